import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { bundledFonts } from '../core/node/coverage.ts';
import { emojiSvg } from '../core/node/emoji.ts';
import { places } from '../core/node/places.ts';
import { createRenderPool } from '../core/node/pool.ts';
import { createRenderer, type RenderJob } from '../core/node/renderer.ts';
import { joinSpans } from '../core/paint/text/spans.ts';
import { imageRefs } from '../core/template/assets.ts';
import { compileTemplate } from '../core/template/compile.ts';
import { applyContract } from '../core/template/contract.ts';
import { liveScope } from '../core/template/live.ts';
import type { Span } from '../core/template/markup.ts';
import type { FormatName } from '../core/template/output.ts';
import { checkPublishable } from '../core/template/parse.ts';
import { variantKey, variantNames, variantOf } from '../core/template/variants.ts';
import { readAsset, readTemplateFolder, type TemplateSource } from '../server/assets/folder.ts';
import { coveredCodePoints } from './coverage.ts';

const sets = ['good', 'blank', 'longest', 'arabic', 'japanese', 'emoji', 'junk'];
const names = [
  'abandoned-cart',
  'cart-items',
  'conference-agenda',
  'course-certificate',
  'event-badge',
  'outreach-card',
  'sale-countdown',
  'summer-rewards-hero',
  'trip-countdown',
];
// When the live ones are opened.
const live = { now: Date.UTC(2027, 0, 30, 12) };
const samples = await Promise.all(
  names.map(async (name) => ({ name, source: await readTemplateFolder(join(places.samples, name)) })),
);
/** Every size of every sample. */
const layouts = samples.flatMap(({ name, source }) =>
  [undefined, ...variantNames(source.template)].map((variant) => ({
    layout: variant === undefined ? name : `${name}/${variant}`,
    source: { ...source, template: variantOf(source.template, variant), key: variantKey(source.key, variant) },
  })),
);
const renderer = createRenderer();
const pool = createRenderPool({ size: 1 });
afterAll(() => pool.close());

const valuesOf = ({ template }: TemplateSource, set: string) =>
  applyContract(template.fields, template.datasets[set] ?? {});

async function jobOf(source: TemplateSource, set: string): Promise<RenderJob> {
  const { template, key } = source;
  const { values } = valuesOf(source, set);
  const folder = join(places.samples, template.name, 'assets');
  const read = imageRefs(template, values).map(async (ref) => [ref, (await readAsset(folder, ref)) ?? null] as const);
  const images = Object.fromEntries(await Promise.all(read));
  return {
    template: { key, load: () => source },
    values,
    live,
    images,
    ...template.output,
    format: template.output.format as FormatName,
  };
}

it('there is a test for every sample', () => {
  const found = readdirSync(places.samples).filter((name) => existsSync(join(places.samples, name, 'template.json')));
  expect(found.sort()).toEqual(names);
});

describe.each(samples)('the sample $name', ({ name, source }) => {
  const { template } = source;

  it('can be published, and says what every field is', () => {
    expect(template.name).toBe(name);
    expect(checkPublishable(template)).toEqual([]);
    for (const field of Object.values(template.fields)) expect(field.label).toBeTruthy();
  });

  it('has the data sets people try first', () => {
    expect(Object.keys(template.datasets)).toEqual(sets);
  });

  it('has an alt text of plain fields, which merge tags can stand for', () => {
    for (const [tag = ''] of template.alt.matchAll(/\{[{%].*?[%}]\}/g)) expect(tag).toMatch(/^\{\{ [a-z_]+ \}\}$/);
  });

  it('keeps its pictures small', () => {
    const folder = join(places.samples, name, 'assets');
    for (const file of readdirSync(folder)) expect(statSync(join(folder, file)).size, file).toBeLessThan(250 * 1024);
  });
});

describe.each(layouts)('the sample $layout', ({ source }) => {
  const { template } = source;

  it('needs no mending with its good data', async () => {
    const { faults, warnings } = valuesOf(source, 'good');
    expect([...faults, ...warnings]).toEqual([]);
    expect((await renderer.render(await jobOf(source, 'good'))).warnings).toEqual([]);
  });

  it.each(sets)('draws %s without cutting a text short', async (set) => {
    const { warnings } = await renderer.render(await jobOf(source, set));
    expect(warnings.filter(({ code }) => code === 'ellipsis')).toEqual([]);
  });

  it('gives the same bytes in another process, whatever was drawn in between', async () => {
    for (const set of sets) await renderer.render(await jobOf(source, set));
    for (const set of ['good', 'arabic', 'emoji']) {
      const [here, there] = await Promise.all(
        [renderer, pool].map(async (each) => each.render(await jobOf(source, set))),
      );
      expect(here && there && Buffer.from(there.bytes).equals(here.bytes), set).toBe(true);
    }
  });

  it('has a letter for everything its data sets write', async () => {
    const missing = new Set<string>();
    for (const set of sets) {
      const { values } = valuesOf(source, set);
      const compiled = compileTemplate(template);
      for (const layer of compiled.layers) {
        const drawn = layer.resolve(liveScope(compiled, values, live)) as
          | { type: string; text: readonly Span[] }
          | undefined;
        if (drawn?.type !== 'text') continue;
        const { text, runs, missing: lost } = joinSpans(drawn.text, 'Inter', 16, bundledFonts());
        for (const letter of lost) missing.add(letter);
        for (const run of runs) {
          const part = text.slice(run.start, run.end);
          if (run.emoji) {
            if (!(await emojiSvg(part))) missing.add(part);
          } else for (const letter of part) if (!isCovered(letter)) missing.add(letter);
        }
      }
    }
    expect([...missing]).toEqual([]);
  });
});

const covered = coveredCodePoints();
const isCovered = (letter: string): boolean =>
  /[\s\p{Default_Ignorable_Code_Point}]/u.test(letter) || covered.has(letter.codePointAt(0) ?? 0);
