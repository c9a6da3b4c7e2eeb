import { readdirSync, readFileSync } from 'node:fs';
import sharp from 'sharp';
import { afterAll, describe, expect, it } from 'vitest';
import { app, runCommand, zapier } from './zapier.ts';

afterAll(() => zapier.close());

// What Zapier's reviewers check before an app may be published, by their own numbers.

type Field = {
  readonly key: string;
  readonly label?: string;
  readonly type?: string;
  readonly helpText?: string;
  readonly required?: boolean;
  readonly dynamic?: string;
  readonly search?: string;
  readonly altersDynamicFields?: boolean;
  readonly choices?: unknown;
  readonly list?: boolean;
  readonly children?: readonly Field[];
};
type Operation = {
  readonly key: string;
  readonly noun: string;
  readonly display: { readonly label: string; readonly description: string; readonly hidden?: boolean };
  readonly operation: {
    readonly type?: string;
    readonly inputFields?: readonly (Field | (() => unknown))[];
    readonly outputFields?: readonly Field[];
    readonly sample?: Record<string, unknown>;
    readonly perform: unknown;
    readonly performList?: unknown;
    readonly performSubscribe?: unknown;
    readonly performUnsubscribe?: unknown;
  };
};
type Table = Record<string, Operation>;

const definition = app as unknown as {
  triggers: Table;
  searches: Table;
  creates: Table;
  searchOrCreates?: Record<string, { key: string; search: string; create: string }>;
  authentication: { fields: Field[]; connectionLabel: string };
};
const { triggers, searches, creates, authentication } = definition;
const tables = { triggers, searches, creates };
const operations = Object.entries(tables).flatMap(([table, of]) =>
  Object.values(of).map((operation) => ({ table, ...operation })),
);
const visible = operations.filter(({ display }) => !display.hidden);
const flat = (fields: readonly Field[] = []): Field[] =>
  fields.flatMap((field) => [field, ...flat(field.children ?? [])]);
const inputsOf = ({ operation }: Operation): Field[] =>
  flat(operation.inputFields?.filter((field): field is Field => typeof field === 'object'));
const inputs = operations.flatMap((operation) => inputsOf(operation).map((field) => ({ of: operation.key, ...field })));
/** Everything people read. */
const texts = [
  ...operations.flatMap(({ display }) => [display.label, display.description]),
  ...[...inputs, ...authentication.fields].flatMap(({ label = '', helpText = '' }) => [label, helpText]),
];

const SMALL = new Set('a an and as at but by for from in of on or the to with'.split(' '));
const isTitle = (label: string): boolean =>
  label
    .split(/[\s-]+/)
    .every((word, i, words) => /^[^a-z]/.test(word) || (SMALL.has(word) && i > 0 && i < words.length - 1));

describe("Zapier's schema", () => {
  it('finds nothing wrong with the app', async () => {
    expect(await runCommand({ command: 'validate' })).toEqual([]);
  });
});

describe("Zapier's reviewers", () => {
  it('find every step in a file of its name, with its key', () => {
    for (const [table, of] of Object.entries(tables)) {
      const folder = new URL(`../../../integrations/zapier/src/${table}/`, import.meta.url);
      const files = table === 'searches' && Object.keys(of).length === 0 ? [] : readdirSync(folder);
      expect(files.map((file) => file.replace(/\.ts$/, '')).sort(), table).toEqual(Object.keys(of).sort());
      for (const [key, operation] of Object.entries(of)) expect(operation.key).toBe(key);
    }
    expect(operations.filter(({ key }) => !/^[a-zA-Z]+[a-zA-Z0-9_]*$/.test(key))).toEqual([]);
  });

  it('find no step that asks for an API key (D001)', () => {
    expect(inputs.filter(({ key, type }) => type === 'password' || /key|secret|token|password/i.test(key))).toEqual([]);
  });

  it('find a link to help beside the fields of a connection, and a label that tells connections apart (D002, D003)', () => {
    expect(authentication.fields.map(({ key, type }) => ({ key, type }))).toEqual([
      { key: 'base_url', type: undefined },
      { key: 'api_key', type: 'password' },
    ]);
    for (const { helpText } of authentication.fields) expect(helpText).toMatch(/\[[^\]]+\]\(https:\/\/[^)]+\)/);
    expect(authentication.connectionLabel.match(/{{\w+}}/g)).toEqual(['{{workspace}}', '{{host}}']);
  });

  it('find a dropdown wherever an id is asked for, and the trigger and fields it names (D004, D005)', () => {
    const named = /^(template|version|connection|link|send|audience|contact|\w+_id)$/;
    expect(
      inputs.filter(({ key, dynamic, choices }) => named.test(key) && !dynamic && !choices),
      'add dynamic: a hidden trigger that lists them',
    ).toEqual([]);
    for (const { dynamic = '', key } of inputs.filter((input) => input.dynamic)) {
      const [trigger = '', id = '', label = ''] = dynamic.split('.');
      expect(triggers[trigger], `the dropdown of ${key}`).toBeDefined();
      expect(triggers[trigger]?.operation.sample, dynamic).toHaveProperty(id);
      expect(triggers[trigger]?.operation.sample, dynamic).toHaveProperty(label);
    }
  });

  it('find hooks that are subscribed, unsubscribed and listed (D006, D016, D017)', () => {
    for (const { key, operation } of operations.filter((each) => each.operation.type === 'hook'))
      for (const of of ['performList', 'performSubscribe', 'performUnsubscribe'] as const)
        expect(operation[of], `${of} of ${key}`).toBeInstanceOf(Function);
  });

  it('find https in every address, and addresses only in links or back-ticks (D007, D008)', () => {
    for (const text of texts) {
      expect(text).not.toMatch(/http:\/\//);
      expect(text.replaceAll(/\[[^\]]+\]\([^)\s]+\)|`[^`]*`/g, '')).not.toMatch(/https?:\/\/|\]\(/);
    }
  });

  it('find something to search by in every search (D009)', () => {
    for (const search of Object.values(searches)) expect(inputsOf(search), search.key).not.toEqual([]);
  });

  it('find an id in every sample (D010)', () => {
    for (const { key, operation } of operations) expect(operation.sample, key).toHaveProperty('id');
  });

  it('find help that says more than the label (D011)', () => {
    const words = (text = '') => text.toLowerCase().replaceAll(/[^a-z ]/g, '');
    expect(inputs.filter(({ label, helpText }) => helpText && words(label) === words(helpText))).toEqual([]);
  });

  it('find searches and steps that are there wherever one is named (D013, D014, D015)', () => {
    for (const { search = '', dynamic, key } of inputs.filter((input) => input.search)) {
      expect(searches[search.split('.')[0] ?? ''], `the search of ${key}`).toBeDefined();
      expect(dynamic, `${key} can be searched for, and needs a dropdown`).toBeDefined();
    }
    for (const [key, both] of Object.entries(definition.searchOrCreates ?? {})) {
      expect(both.key).toBe(key);
      expect(searches[both.search]).toBeDefined();
      expect(creates[both.create]).toBeDefined();
    }
  });

  it('find labels in title case, of 2 to 64 characters (D018)', () => {
    const labels = [...operations.map(({ display }) => display.label), ...inputs.map(({ label = '' }) => label)];
    expect(labels.filter((label) => !isTitle(label) || label.length < 2 || label.length > 64)).toEqual([]);
  });

  it('find triggers that say when (D021), and actions that say what', () => {
    for (const { display, table, key } of operations) {
      expect(display.description, key).toMatch(/^[A-Z].*\.$/);
      expect(/^Triggers when \S/.test(display.description), key).toBe(table === 'triggers');
    }
  });

  it('find fields in every action that are there for everybody (D022)', () => {
    for (const create of Object.values(creates)) expect(inputsOf(create), create.key).not.toEqual([]);
  });

  it('find samples that are what the fields say, with moments in ISO 8601 (D012, D023, D024)', () => {
    const types: Record<string, (value: unknown) => boolean> = {
      string: (value) => typeof value === 'string',
      file: (value) => typeof value === 'string' && value.startsWith('https://'),
      integer: Number.isInteger,
      number: (value) => typeof value === 'number',
      boolean: (value) => typeof value === 'boolean',
      datetime: (value) => /^\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d))?$/.test(String(value)),
    };
    const hold = (fields: readonly Field[], sample: Record<string, unknown>, where: string) => {
      const named = new Map(fields.map((field) => [field.key.replace(/\[\]$/, ''), field]));
      expect(
        Object.keys(sample).filter((key) => !named.has(key)),
        `${where} says what all of its sample is`,
      ).toEqual([]);
      for (const [key, { required }] of named) if (required) expect(sample, where).toHaveProperty(key);
      for (const [key, sampled] of Object.entries(sample)) {
        const { type = 'string', list, children } = named.get(key) as Field;
        for (const value of list || children ? [sampled].flat() : [sampled])
          if (children) hold(children, value as Record<string, unknown>, `${where}.${key}`);
          else expect(types[type]?.(value), `${where}.${key} is ${type}, not ${JSON.stringify(value)}`).toBe(true);
      }
    };
    for (const { key, operation } of operations) hold(operation.outputFields ?? [], operation.sample ?? {}, key);
    for (const { key, operation } of visible)
      expect(Object.keys(operation.sample ?? {}).length, key).toBeGreaterThan(1);
  });

  it('find forms that are made anew when what they depend on is chosen', () => {
    for (const { key, operation } of operations) {
      const fields = operation.inputFields ?? [];
      if (!fields.some((field) => typeof field === 'function')) continue;
      const changing = fields.filter((field) => typeof field === 'object' && field.altersDynamicFields) as Field[];
      expect(changing.length, key).toBeGreaterThan(0);
      expect(
        changing.filter(({ dynamic, choices, type }) => !dynamic && !choices && type !== 'boolean'),
        'only dropdowns change a form',
      ).toEqual([]);
    }
  });

  it('find steps that are named after what Mergepix does, not after Zapier', () => {
    expect(operations.filter(({ display }) => /zapier/i.test(display.label + display.description))).toEqual([]);
  });

  it('find a listing that speaks of the product, and a logo they can show (M002, M004)', async () => {
    const listing = new URL('../../../integrations/zapier/', import.meta.url);
    const [, description = ''] =
      /^\| Description \| (.*) \|$/m.exec(readFileSync(new URL('README.md', listing), 'utf8')) ?? [];
    expect(description.length).toBeGreaterThanOrEqual(40);
    expect(description).not.toMatch(/zapier|sync/i);
    const logo = await sharp(readFileSync(new URL('listing/logo.png', listing))).metadata();
    expect(logo).toMatchObject({ format: 'png', hasAlpha: true });
    expect(logo.width).toBe(logo.height);
    expect(logo.width).toBeGreaterThanOrEqual(256);
  });

  it('find no import that leaves the folder, which is uploaded alone', () => {
    const folder = new URL('../../../integrations/zapier/', import.meta.url);
    const { dependencies } = JSON.parse(readFileSync(new URL('package.json', folder), 'utf8'));
    expect(Object.keys(dependencies)).toEqual(['zapier-platform-core']);
    const sources = readdirSync(new URL('src/', folder), { recursive: true, encoding: 'utf8' }).filter((file) =>
      file.endsWith('.ts'),
    );
    for (const file of sources) {
      const names = [...readFileSync(new URL(`src/${file}`, folder), 'utf8').matchAll(/from '([^']+)'/g)];
      for (const [, name = ''] of names)
        expect(
          name.startsWith('.')
            ? new URL(name, new URL(`src/${file}`, folder)).href.startsWith(folder.href)
            : /^(zapier-platform-core|node:\w+)$/.test(name),
          `${file} imports ${name}`,
        ).toBe(true);
    }
  });
});
