import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { dialects } from '../core/links/dialects/index.ts';
import { layerTypes } from '../core/paint/layers/index.ts';
import { fieldTypes } from '../core/template/fields/index.ts';
import { filters } from '../core/template/filters.ts';
import { outputs } from '../core/template/output.ts';
import { problems } from '../server/api/problems.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\n')
  .filter((file) => file !== '' && existsSync(join(root, file)));
const sources = files.filter(
  (file) => /^(core|integrations|server|cli|studio)\/.*\.tsx?$/.test(file) && !file.endsWith('.d.ts'),
);
const read = (file: string): string => readFileSync(join(root, file), 'utf8');

type Import = { readonly from: string; readonly to: string };
const IMPORT =
  /(?:^|\n)\s*(?:import|export)\s+(?:type\s)?(?:[^'";]*?\sfrom\s+)?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/g;

/** Every import of a source; one of our own files is named from the root, anything else as it is written. */
const importsOf = (file: string): Import[] =>
  [...read(file).matchAll(IMPORT)].map(([, named = '', loaded]) => {
    const name = loaded ?? named;
    return {
      from: file,
      to: name.startsWith('.') ? normalize(join(dirname(file), name)) : name,
    };
  });
const imports = sources.flatMap(importsOf);
const isOurs = ({ to }: Import): boolean => sources.includes(to);
const within =
  (...folders: string[]) =>
  (file: string): boolean =>
    folders.some((folder) => file.startsWith(`${folder}/`) || file === folder);

/** What every connector shares. */
const SHARED = ['body', 'calls', 'connector', 'pace'].map((name) => `integrations/${name}.ts`);

/** Who may import what of ours, by folder. */
const RULES = [
  { of: within('core'), may: within('core') },
  { of: within('integrations/klaviyo'), may: within('core', ...SHARED, 'integrations/klaviyo') },
  { of: within('integrations/mailchimp'), may: within('core', ...SHARED, 'integrations/mailchimp') },
  { of: within('integrations/zapier'), may: within('integrations/zapier') },
  { of: within('server'), may: within('server', 'core', 'integrations') },
  { of: within('cli'), may: within('cli', 'server', 'core', 'integrations') },
  { of: within('studio'), may: within('studio', 'core/browser.ts') },
];
const NATIVE = new Set(['canvas', 'sharp', 'lmdb', 'libsql']);
const isBuiltIn = (name: string): boolean => name.startsWith('node:') || builtinModules.includes(name);

describe('the house', () => {
  it('lets every room import only what it may', () => {
    const broken = imports.filter(isOurs).filter(({ from, to }) => RULES.some(({ of, may }) => of(from) && !may(to)));
    expect(broken, 'move the code, or turn the import round').toEqual([]);
  });

  it('keeps the core free of Node and of native libraries outside core/node', () => {
    const broken = imports.filter(
      ({ from, to }) => within('core')(from) && !within('core/node')(from) && (isBuiltIn(to) || NATIVE.has(to)),
    );
    expect(broken, 'give it to the core as an argument').toEqual([]);
  });

  it('has no code in the core that reads a clock, the environment or chance', () => {
    const impure = sources
      .filter((file) => within('core')(file) && !within('core/node')(file))
      .filter((file) => /\bDate\.now\(|new Date\(\)|\bprocess\.\w|Math\.random\(|\bfetch\(/.test(read(file)));
    expect(impure, 'let it come in as an argument').toEqual([]);
  });

  it('has no cycles', () => {
    const graph = new Map(
      sources.map((file) => [file, imports.filter((each) => each.from === file && isOurs(each)).map(({ to }) => to)]),
    );
    const done = new Set<string>();
    const cycles: string[] = [];
    const visit = (file: string, path: readonly string[]): void => {
      if (path.includes(file)) cycles.push([...path.slice(path.indexOf(file)), file].join(' -> '));
      if (done.has(file) || path.includes(file)) return;
      for (const next of graph.get(file) ?? []) visit(next, [...path, file]);
      done.add(file);
    };
    for (const file of sources) visit(file, []);
    expect(cycles, 'break the cycle at its weakest arrow').toEqual([]);
  });

  it('leaves tests, benchmarks and examples to themselves', () => {
    expect(imports.filter(({ to }) => within('test', 'bench', 'examples')(to))).toEqual([]);
  });

  it('names every file by what it is', () => {
    expect(sources.filter((file) => /(^|\/)(utils?|helpers?|common|misc)(\.|\/)/.test(file))).toEqual([]);
    // Zapier's own layout names these files by their keys, which have no dashes.
    const isKeyed = (file: string) =>
      /^integrations\/zapier\/src\/(triggers|creates|searches)\/[a-z_]+\.ts$/.test(file);
    expect(sources.filter((file) => !/^[a-z0-9./-]+$/.test(file) && !isKeyed(file))).toEqual([]);
  });

  it('pins every dependency to one version', () => {
    for (const file of files.filter((each) => /(^|\/)package\.json$/.test(each))) {
      const { dependencies = {}, devDependencies = {} } = JSON.parse(read(file)) as Record<
        string,
        Record<string, string>
      >;
      const loose = Object.entries({ ...dependencies, ...devDependencies }).filter(
        ([, version]) => !/^\d/.test(version),
      );
      expect(loose, file).toEqual([]);
    }
  });
});

describe('what is said to people', () => {
  it('is a whole sentence wherever something is refused', () => {
    // A fault of a template stands behind its path, so it goes on in small letters.
    const sentences = sources.flatMap((file) =>
      [...read(file).matchAll(/new AppError\(\s*'(?!template_invalid)\w+',\s*(['"`])((?:\\.|(?!\1).)*)\1/gs)].map(
        ([, , text = '']) => `${file}: ${text}`,
      ),
    );
    expect(sentences.length).toBeGreaterThan(50);
    expect(
      sentences.filter((text) => !/^\S+: (?:\p{Lu}|\$\{).*(?:[.?]|\})$/u.test(text)),
      'begin with a capital or a name, and end with a full stop',
    ).toEqual([]);
  });

  it('has one code for every fault, and one that something throws', () => {
    const thrown = sources.filter((file) => file !== 'server/api/problems.ts').map(read);
    const unused = Object.keys(problems).filter(
      (code) => code !== 'internal_error' && thrown.filter((text) => text.includes(`'${code}'`)).length < 2,
    );
    expect(unused, 'take the code out of core/errors.ts').toEqual([]);
    const titles = Object.values(problems).map(({ title }) => title);
    expect(new Set(titles).size).toBe(titles.length);
  });
});

describe('the tables', () => {
  const tests = files.filter((file) => /^test\/.*\.(test\.ts|json)$/.test(file)).map((file) => read(file));
  const isProven = (mark: RegExp): boolean => tests.some((text) => mark.test(text));

  it.each(Object.keys(layerTypes))('prove the %s layer with a picture', (type) => {
    const golden = files.filter((file) => /^(test\/golden|examples)\/.*\.json$/.test(file)).map(read);
    expect(golden.some((text) => new RegExp(`"type":\\s*"${type}"`).test(text))).toBe(true);
  });

  it.each(Object.keys(fieldTypes))('prove the %s field with a test', (type) => {
    expect(isProven(new RegExp(`type['"]?:\\s*['"]${type}['"]`))).toBe(true);
  });

  it.each(Object.keys(outputs))('prove the %s format with a test', (format) => {
    expect(isProven(new RegExp(`['"]${format}['"]`))).toBe(true);
  });

  it.each(Object.keys(dialects))('prove the %s dialect with a test', (dialect) => {
    expect(isProven(new RegExp(`['"]${dialect}['"]`))).toBe(true);
  });

  it.each(Object.keys(filters))('prove the %s filter with a test', (filter) => {
    expect(isProven(new RegExp(`\\|\\s*${filter}\\b`))).toBe(true);
  });
});
