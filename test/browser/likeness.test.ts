import { readdirSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { places } from '../../core/node/places.ts';
import { createRenderer } from '../../core/node/renderer.ts';
import { codePointsOf } from '../../core/node/sfnt.ts';
import { writeCoverage } from '../../core/paint/text/coverage.ts';
import { fontReference } from '../../core/paint/text/own-fonts.ts';
import { imageRefs } from '../../core/template/assets.ts';
import { applyContract } from '../../core/template/contract.ts';
import { standardSets } from '../../core/template/datasets.ts';
import { parseTemplate } from '../../core/template/parse.ts';
import { readAsset, readTemplateFolder } from '../../server/assets/folder.ts';
import { sha256 } from '../../server/stores/blobs/blobs.ts';
import { fontFile } from '../coverage.ts';
import { decode } from '../golden/compare.ts';
import { describeReal } from '../real/describe.ts';
import { alike } from './alike.ts';
import { realBrowser } from './chromium.ts';
import { fitsOf } from './fits.ts';
import type { InPage, Shown } from './page.ts';

declare const inPage: InPage;

const SETS = ['good', 'longest', 'right-to-left', 'japanese', 'emoji'];
/** How alike the service's picture and the browser's have to be, within the box of each text and as a whole. */
const LEAST = { text: 0.95, whole: 0.98 };

const live = { now: Date.UTC(2027, 0, 30, 12) };
const renderer = createRenderer();
const samples = readdirSync(places.samples, { recursive: true, encoding: 'utf8' })
  .filter((file) => basename(file) === 'template.json')
  .map(dirname)
  .sort();

/** Keeps two pictures to look at. */
async function keep(name: string, pictures: Readonly<Record<string, Buffer>>): Promise<string> {
  const folder = join(import.meta.dirname, 'actual', name);
  await mkdir(folder, { recursive: true });
  for (const [kind, bytes] of Object.entries(pictures)) await writeFile(join(folder, `${kind}.png`), bytes);
  return folder;
}

describeReal(realBrowser, 'a picture drawn in a browser', (browser) => {
  describe.each(samples)('%s', (sample) => {
    it.each(SETS)('has the texts and looks of the one from the service with %s', { timeout: 90_000 }, async (set) => {
      const { page, files } = browser();
      const folder = join(places.samples, sample);
      const source = await readTemplateFolder(folder);
      const { template, assets, key } = source;
      const data = standardSets(template, []).find(({ name }) => name === set)?.data ?? {};
      const { values } = applyContract(template.fields, data);
      const images: Record<string, Uint8Array | null> = {};
      for (const ref of imageRefs(template, values))
        images[ref] = (await readAsset(join(folder, 'assets'), ref)) ?? null;
      files.clear();
      // What is cropped to what matters in it is square in the samples, and so is its place.
      for (const [ref, bytes] of Object.entries({ ...assets, ...images }))
        if (bytes) files.set(ref, bytes).set(`${ref} attention`, bytes);

      const { scale } = template.output;
      const job = { template: { key, load: () => source }, values, live, images, scale, quality: 100 };
      const served = await renderer.render({ ...job, format: 'png' });
      await page.evaluate((template) => inPage.open(template), template);
      const shown = (await page.evaluate(([data, live]) => inPage.paint(data, live), [data, live] as const)) as Shown;

      expect(shown.texts).toEqual(fitsOf(template, values, live));
      expect(shown.warnings).toEqual(served.warnings);
      const png = Buffer.from(shown.png, 'base64');
      const similarity = alike(await decode(served.bytes), await decode(png));
      const texts = template.layers.filter(({ type }) => type === 'text');
      const parts = texts.map(({ id, box: { x, y, width, height } }) => ({
        id,
        alike: similarity({ x: x * scale, y: y * scale, width: width * scale, height: height * scale }),
      }));
      const unlike = parts.filter((part) => part.alike < LEAST.text);
      if (unlike.length === 0 && similarity() >= LEAST.whole) return;
      const kept = await keep(`${sample}-${set}`, { served: served.bytes, shown: png });
      expect.fail(`alike by ${similarity().toFixed(3)}, less in ${JSON.stringify(unlike)}: look into ${kept}`);
    });
  });

  it.each(['text-spacing', 'text-spans', 'text-spans-scripts'])('has the typography of %s', async (name) => {
    const { page, files } = browser();
    const source = await readTemplateFolder(join(import.meta.dirname, '../golden/layers', `${name}.json`));
    const { template, key } = source;
    files.clear();
    const job = { template: { key, load: () => source }, values: {}, images: {}, scale: 2, quality: 100 };
    const served = await renderer.render({ ...job, format: 'png' });
    const twice = { ...template, output: { ...template.output, scale: 2 } };
    await page.evaluate((template) => inPage.open(template), twice);
    const shown = (await page.evaluate(() => inPage.paint({}))) as Shown;
    expect(shown.texts).toEqual(fitsOf(twice, {}));
    const png = Buffer.from(shown.png, 'base64');
    const similarity = alike(await decode(served.bytes), await decode(png));
    const unlike = template.layers
      .map(({ id, box: { x, y, width, height } }) => ({
        id,
        alike: similarity({ x: x * 2, y: y * 2, width: width * 2, height: height * 2 }),
      }))
      .filter((part) => part.alike < LEAST.text);
    if (unlike.length === 0) return;
    const kept = await keep(name, { served: served.bytes, shown: png });
    expect.fail(`less alike in ${JSON.stringify(unlike)}: look into ${kept}`);
  });

  it("is set in fonts of the workspace's own as by the service", async () => {
    const { page, files } = browser();
    const layer = (id: string, y: number, text: string, more: object) => ({
      ...{ id, type: 'text', text, fontSize: 28, fontFamily: 'Acme', fit: { lines: 2, minFontSize: 12 } },
      ...{ box: { x: 10, y, width: 280, height: 60 }, ...more },
    });
    const template = parseTemplate({
      ...{ name: 'own', size: { width: 300, height: 280 }, output: { format: 'png', scale: 2 }, alt: 'Own' },
      layers: [
        layer('plain', 10, 'Welcome back, **Amira** Ελένη', {}),
        layer('bold', 75, 'A bold one, أميرة', { fontWeight: 600 }),
        layer('slanted', 140, 'Slanted where it can', { fontStyle: 'italic' }),
        layer('bundled', 205, 'Inter, [and Acme]{font=Acme}', { fontFamily: 'Inter' }),
      ],
    });
    const cuts = [
      { family: 'Acme', weight: 400, italic: false, bytes: fontFile('Playfair Display') },
      { family: 'Acme', weight: 400, italic: true, bytes: fontFile('Playfair Display', 400, true) },
      { family: 'Acme', weight: 800, italic: false, bytes: fontFile('Roboto Slab', 800) },
    ];
    const assets = Object.fromEntries(cuts.map((cut) => [fontReference(cut), cut.bytes]));
    const served = await renderer.render({
      ...{ template: { key: 'own', load: () => ({ template, assets }) }, values: {}, images: {} },
      ...{ scale: 2, quality: 100, format: 'png' },
    });
    files.clear();
    const own = cuts.map(({ bytes, ...face }) => {
      const reference = fontReference(face);
      files.set(reference, bytes);
      const coverage = writeCoverage(codePointsOf(bytes));
      return { ...face, coverage, digest: sha256(bytes), url: `/studio/test/${encodeURIComponent(reference)}` };
    });
    await page.evaluate(([template, own]) => inPage.open(template, own), [template, own] as const);
    const shown = (await page.evaluate(() => inPage.paint({}))) as Shown;
    const png = Buffer.from(shown.png, 'base64');
    const similarity = alike(await decode(served.bytes), await decode(png));
    const parts = template.layers.map(({ box: { x, y, width, height } }) =>
      similarity({ x: x * 2, y: y * 2, width: width * 2, height: height * 2 }),
    );
    if (Math.min(...parts) >= LEAST.text) return;
    const kept = await keep('own-fonts', { served: served.bytes, shown: png });
    expect.fail(`alike by ${parts.map((part) => part.toFixed(3))}: look into ${kept}`);
  });
});
