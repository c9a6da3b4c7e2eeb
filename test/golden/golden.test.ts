import { readdirSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { places } from '../../core/node/places.ts';
import { createRenderer } from '../../core/node/renderer.ts';
import { imageRefs } from '../../core/template/assets.ts';
import { applyContract } from '../../core/template/contract.ts';
import { variantKey, variantNames, variantOf } from '../../core/template/variants.ts';
import { readAsset, readTemplateFolder, type TemplateSource } from '../../server/assets/folder.ts';
import { ALLOWED_SHARE, compare, decode, encode, onto, type Pixels, without } from './compare.ts';

// Expected pictures are written by `npm run golden` and by nothing else; one that is missing is a failure.
const isWriting = process.env.GOLDEN === 'write';
const here = import.meta.dirname;
const renderer = createRenderer();
// When the live ones are opened.
const live = { now: Date.UTC(2027, 0, 30, 12) };

async function draw(source: TemplateSource, folder: string, set: string): Promise<Pixels> {
  const { values } = applyContract(source.template.fields, source.template.datasets[set] ?? {});
  // Nothing is fetched here: a picture at an address is one that cannot be had.
  const read = imageRefs(source.template, values).map(
    async (ref) => [ref, (await readAsset(join(folder, 'assets'), ref)) ?? null] as const,
  );
  const images = Object.fromEntries(await Promise.all(read));
  const template = { key: source.key, load: () => source };
  const { bytes } = await renderer.render({ template, values, live, images, format: 'png', scale: 1, quality: 100 });
  return decode(bytes);
}

const expectedFile = (name: string, set: string) => join(here, 'expected', name, `${set}.png`);
const readExpected = (name: string, set: string) =>
  readFile(expectedFile(name, set)).catch(() => {
    throw new Error(`there is no expected picture of ${name} with ${set}: look at it, then run npm run golden`);
  });

async function save(file: string, picture: Pixels): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, await encode(picture));
}

async function check(name: string, set: string, actual: Pixels, expected: Pixels): Promise<void> {
  const file = (kind: string) => join(here, 'actual', name, `${set}.${kind}.png`);
  await Promise.all(['actual', 'difference'].map((kind) => rm(file(kind), { force: true })));
  const { share, difference } = compare(actual, expected);
  if (share <= ALLOWED_SHARE) return;
  await save(file('actual'), actual);
  await save(file('difference'), difference);
  expect.fail(`${(share * 100).toFixed(2)}% of ${name} with ${set} has changed: look at ${file('difference')}`);
}

/** One template with its data sets, the first of which is kept whole and the others as what they change in it. */
function golden(name: string, source: TemplateSource, folder: string): void {
  describe(name, () => {
    const [first = '', ...others] = Object.keys(source.template.datasets);
    it(`is drawn as expected with ${first}`, async () => {
      const actual = await draw(source, folder, first);
      if (isWriting) await save(expectedFile(name, first), actual);
      await check(name, first, actual, await decode(await readExpected(name, first)));
    });
    it.each(others)('is drawn as expected with %s', async (set) => {
      const actual = await draw(source, folder, set);
      const base = await decode(await readExpected(name, first));
      if (isWriting) await save(expectedFile(name, set), without(base, actual));
      await check(name, set, actual, onto(base, await decode(await readExpected(name, set))));
    });
  });
}

const samples = readdirSync(places.samples, { recursive: true, encoding: 'utf8' }).filter(
  (file) => basename(file) === 'template.json',
);
for (const file of samples.sort()) {
  const source = await readTemplateFolder(join(places.samples, file));
  const folder = join(places.samples, dirname(file));
  golden(dirname(file), source, folder);
  for (const name of variantNames(source.template))
    golden(
      join(dirname(file), name),
      { ...source, template: variantOf(source.template, name), key: variantKey(source.key, name) },
      folder,
    );
}

const layers = readdirSync(join(here, 'layers')).filter((file) => file.endsWith('.json'));
for (const file of layers.sort())
  golden(
    join('layers', basename(file, '.json')),
    await readTemplateFolder(join(here, 'layers', file)),
    join(here, 'layers'),
  );
