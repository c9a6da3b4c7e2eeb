import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startJobs } from '../../server/jobs/index.ts';
import { type FakeKlaviyo, startFakeKlaviyo } from '../fakes/klaviyo.ts';
import { adminKey, publish, startTestService, swatch, type TestService } from './service.ts';

type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };
type Schema = {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly examples?: readonly Json[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly enum?: readonly Json[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly required?: readonly string[];
};
type Described = {
  readonly operationId: string;
  readonly parameters?: readonly { readonly in: string; readonly name: string }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema?: Schema }>> };
};
type Order = { readonly id: string; readonly method: string; readonly path: string; readonly schema: Schema };

let service: TestService;
let klaviyo: FakeKlaviyo;
let orders: Order[];
/** With the key, and the secret of the connection's webhook. */
let headers: Record<string, string>;
let schemas: Readonly<Record<string, Schema>>;
/** What stands in paths, by the name it has there, or by the path up to there where that is not enough. */
let names: Record<string, string>;
/** Bodies that get further than the examples of the document do. */
let bodies: Record<string, Json>;

beforeAll(async () => {
  klaviyo = await startFakeKlaviyo({ limits: Number.POSITIVE_INFINITY });
  const account = klaviyo.addAccount();
  service = await startTestService({
    MERGEPIX_JOBS: 'off',
    MERGEPIX_KLAVIYO_URL: klaviyo.url,
    MERGEPIX_PUBLIC_URL: 'https://img.example.com',
  });
  const make = async (path: string, body: unknown): Promise<string> => {
    const answer = await service.api('POST', path, body);
    expect(answer.status, `${path}: ${JSON.stringify(answer.body)}`).toBeLessThan(300);
    return (answer.body as { id: string }).id;
  };
  const variants = { story: { title: 'Story', size: { width: 40, height: 90 }, layers: { half: { box: { y: 9 } } } } };
  await publish(service, swatch({ links: { allowMerge: true }, variants }));
  const listing = swatch({ name: 'listing' });
  const lines = { type: 'list', of: { what: { type: 'text', fallback: '' } }, fallback: [] };
  await publish(service, { ...listing, fields: { ...listing.fields, lines } } as typeof listing);
  const red = { create: { width: 2, height: 2, channels: 3 as const, background: '#ff0000' } };
  await service.api('PUT', '/v1/assets/red', await sharp(red).png().toBuffer());
  const source = { url: 'https://weather.example.com/', map: { temp: '$.temp' } };
  await service.api('PUT', '/v1/sources/weather', source);
  const given = { first_name: 'Amira', color: '#112233' };
  const order = { template: 'swatch', variant: 'story', data: given };
  const connection = { platform: 'klaviyo', apiKey: account.apiKey, mapping: { first_name: 'first_name' } };
  const link = await make('/v1/links', { template: 'swatch', platform: 'klaviyo' });
  const held = await make('/v1/connections', connection);
  names = {
    ...{ name: 'swatch', version: '1', set: 'good', picture: 'after' },
    '/v1/assets/{name}': 'red',
    '/v1/fonts/{family}': 'Acme Hand',
    '/v1/sources/{name}': 'weather',
    '/v1/batches/{id}': await make('/v1/batches', { template: 'swatch', rows: [given] }),
    '/v1/connections/{id}': held,
    '/v1/contacts/{id}': await make('/v1/contacts', { fields: given }),
    '/v1/hooks/{id}': await make('/v1/hooks', { url: 'https://example.com/h', events: ['template.published'] }),
    '/v1/keys/{id}': await make('/v1/keys', { name: 'robot' }),
    '/v1/links/{id}': link,
    '/v1/members/{id}': await make('/v1/members', { name: 'Amira', role: 'viewer' }),
    '/v1/workspaces/{id}': 'default',
  };
  const small = {
    ...{ name: 'small', size: { width: 10, height: 10 }, alt: 'A colour', fields: { color: { type: 'color' } } },
    layers: [
      { id: 'half', type: 'shape', shape: 'rect', box: { x: 0, y: 0, width: 5, height: 5 }, fill: '{{ color }}' },
    ],
    variants,
  };
  const { body: setup } = await service.api('GET', `/v1/connections/${held}/webhook-setup`);
  headers = {
    ...{ authorization: `Bearer ${adminKey}`, 'content-type': 'application/json' },
    'x-mergepix-secret': (setup as { header: { value: string } }).header.value,
  };
  bodies = {
    createConnection: connection,
    createLink: { template: 'swatch', platform: 'klaviyo', mode: 'mixed', fields: { first_name: { from: 'contact' } } },
    createVersion: small,
    validateTemplate: small,
    receiveWebhook: { profile: '01GDDKASAP8TKDDA2GRZDSVP4H', pictures: ['https://img.example.com/i/x.jpg'] },
    generatePicture: order,
    orderBatch: { template: 'swatch', variant: 'story', rows: [given, given] },
    orderRender: { template_id: 'swatch', data: given },
    previewVersion: { variant: 'story', data: given },
    putDataSet: { data: given },
    putSource: source,
    startWarmup: { links: [link] },
    validateRows: { template: 'swatch', variant: 'story', rows: [given] },
  };
  const { body } = await service.api('GET', '/openapi.json');
  const document = body as {
    paths: Record<string, Record<string, Described>>;
    components: { schemas: Record<string, Schema> };
  };
  schemas = document.components.schemas;
  orders = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, { operationId: id, requestBody }]) => {
      const schema = requestBody?.content['application/json']?.schema;
      return schema ? [{ id, method: method.toUpperCase(), path, schema }] : [];
    }),
  );
});
afterAll(async () => {
  await service.close();
  await klaviyo.close();
});

/** Something that a schema lets through, or nearly. */
function exampleOf(schema: Schema, depth = 0): Json {
  const { $ref, examples, properties = {}, items, anyOf, oneOf, type } = schema;
  if ($ref !== undefined) return exampleOf(schemas[$ref.split('/').at(-1) ?? ''] ?? {}, depth + 1);
  if (examples?.[0] !== undefined) return examples[0];
  const [one] = anyOf ?? oneOf ?? [];
  if (one) return exampleOf(one, depth + 1);
  if (schema.enum) return schema.enum[0] ?? null;
  if (depth > 6) return null;
  if (type === 'array') return items ? [exampleOf(items, depth + 1)] : [];
  if (type === 'object')
    return Object.fromEntries(Object.entries(properties).map(([name, of]) => [name, exampleOf(of, depth + 1)]));
  return type === 'boolean' ? true : type === 'number' || type === 'integer' ? 1 : 'x';
}

const deep = (open: string, close: string, times: number): string => open.repeat(times) + close.repeat(times);
/** As they stand in JSON: some are nothing that a value could be written as. */
const HOSTILE = [
  ...['null', 'true', '[]', '{}', '""', '[null]', '[{}]', '0', '-1.5', '1e999', '9007199254740993', '"\\u0000"'],
  ...['"\\ud800"', '"__proto__"', '"../.."', '{"__proto__":{"polluted":true}}', '{"toString":1,"then":1}'],
  ...[JSON.stringify('x'.repeat(70_000)), deep('[', ']', 20_000), deep('{"a":', '}', 20_000).replace(':}', ':1}')],
];

/** The JSON of a value with each of its parts in turn, and the whole, put into other words. */
function* replaced(value: Json, words: string): Generator<string> {
  yield words;
  if (value === null || typeof value !== 'object') return;
  const parts = Object.entries(value);
  const isList = Array.isArray(value);
  for (const [at, [, part]] of parts.entries()) {
    for (const other of replaced(part as Json, words)) {
      const written = parts.map(([name, each], i) => {
        const text = i === at ? other : JSON.stringify(each);
        return isList ? text : `${JSON.stringify(name)}:${text}`;
      });
      yield isList ? `[${written.join(',')}]` : `{${written.join(',')}}`;
    }
  }
  if (!isList)
    yield `{${[...parts.map(([name, each]) => `${JSON.stringify(name)}:${JSON.stringify(each)}`), `"__proto__":${words}`].join(',')}}`;
}

function pathInto({ id, path }: Order): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string, at: number) => {
    const found = names[path.slice(0, path.indexOf('}', at) + 1)] ?? names[name];
    if (found === undefined) throw new Error(`${id}: tell this test what may stand at {${name}} of ${path}`);
    return found;
  });
}

describe('a body of JSON', () => {
  it('that nobody would send is answered with what is wrong with it, whatever it is put into', async () => {
    expect(orders.length).toBeGreaterThan(25);
    const faults = new Map<string, string>();
    for (const order of orders) {
      const url = service.url + pathInto(order);
      const start = bodies[order.id] ?? exampleOf(order.schema);
      const left = HOSTILE.flatMap((words) => [...replaced(start, words)]);
      const send = async () => {
        for (let body = left.pop(); body !== undefined; body = left.pop()) {
          const answer = await fetch(url, { method: order.method, headers, body });
          const text = await answer.text();
          if (answer.status < 400) continue;
          const said = text === '' ? {} : (JSON.parse(text) as { detail?: string; code?: string });
          // A stranger at a webhook is told nothing.
          const isSentence = text === '' || /^[A-Z].*\.$/.test(said.detail ?? '');
          if (answer.status >= 500 || !isSentence)
            faults.set(`${order.id}: ${answer.status} ${text.slice(0, 300)}`, body.slice(0, 300));
        }
      };
      await Promise.all(Array.from({ length: 4 }, send));
    }
    expect(Object.fromEntries(faults)).toEqual({});
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  }, 240_000);

  it('whose rows nobody would send makes a batch in which they alone fail', async () => {
    const rows = HOSTILE.slice(0, -2).flatMap((words) => [words, `{"first_name":${words}}`, `{"color":${words}}`]);
    const body = `{"template":"swatch","rows":[{"first_name":"Amira"},${rows.join(',')},{"first_name":"Bo"}]}`;
    const answer = await fetch(`${service.url}/v1/batches`, { method: 'POST', headers, body });
    expect(answer.status).toBe(202);
    const { id } = (await answer.json()) as { id: string };
    const jobs = startJobs(service.services, { kinds: ['batch.run'] });
    const read = async () => (await service.api('GET', `/v1/batches/${id}`)).body as { state: string };
    await expect.poll(async () => (await read()).state, { timeout: 60_000 }).toBe('complete');
    await jobs.close();
    const { data } = (await service.api('GET', `/v1/batches/${id}/rows?limit=1000`)).body as {
      data: { state: string }[];
    };
    expect([data.at(0)?.state, data.at(-1)?.state]).toEqual(['complete', 'complete']);
  }, 90_000);

  it('in a cell of a table that is nested without an end is read as text', async () => {
    const cell = deep('[', ']', 20_000);
    const answer = await fetch(`${service.url}/v1/batches?template=listing`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'text/csv' },
      body: `first_name,lines\nAmira,${cell}\n`,
    });
    expect(answer.status).toBe(202);
  });
});
