import { createComparer } from '../core/node/compare.ts';
import { createRenderPool, type RenderPool } from '../core/node/pool.ts';
import { type Rung, rungOf } from '../core/paint/fit-report.ts';
import { scaleOf } from '../core/paint/paper.ts';
import type { FittedText } from '../core/paint/surface.ts';
import { applyContract } from '../core/template/contract.ts';
import { type DataSet, standardSets } from '../core/template/datasets.ts';
import { bucketStart } from '../core/template/live.ts';
import { codesOfFile, type WarningCode } from '../core/template/value.ts';
import { variantNames } from '../core/template/variants.ts';
import { type OptionChange, optionChanges } from './option-changes.ts';
import { createPictures } from './pictures.ts';
import { type OpenedTemplate, openTemplate } from './template-argument.ts';

/** How a text is set: its size in CSS pixels, its lines, and how far down the fit ladder it had to go. */
export type SetText = { readonly size: number; readonly lines: readonly string[]; readonly rung: Rung };

/** A text that is set otherwise; null where the layer is not shown. */
export type TextChange = { readonly layer: string; readonly before: SetText | null; readonly after: SetText | null };

/**
 * What a set of data shows of the change from one template to another, in its own size or in that of a variant both have:
 * shares from 0 to 1, and what was warned of.
 */
export type Difference = {
  readonly set: string;
  readonly variant?: string;
  readonly changed: number;
  readonly mean: number;
  readonly before: readonly WarningCode[];
  readonly after: readonly WarningCode[];
  readonly texts: readonly TextChange[];
};

/** The pictures of a set of data: as WebP, and what differs as PNG in red. */
export type DifferencePictures = { readonly before: Buffer; readonly after: Buffer; readonly difference: Uint8Array };

/** Two templates compared; what changed in the documents, and what that makes of every set of data. */
export type TemplateDiff = {
  readonly options: readonly OptionChange[];
  readonly sets: readonly (Difference & { readonly pictures: DifferencePictures })[];
};

// Of a live template: a day like any other, so that nothing but the design differs.
const NOW = Date.UTC(2026, 4, 4, 12);
// A report is looked at, and should still be small enough to send.
const SHOWN_QUALITY = 90;

/**
 * Draws two templates with every set of data of the second one, in every size that both have, and compares them option by
 * option and pixel by pixel.
 */
export async function diffTemplates(before: string, after: string): Promise<TemplateDiff> {
  const opened: OpenedTemplate[] = [];
  const open = async (argument: string, variant?: string): Promise<OpenedTemplate> => {
    const source = await openTemplate(argument, variant);
    opened.push(source);
    return source;
  };
  const old = await open(before);
  const fresh = await open(after);
  const { template } = fresh;
  const own = Object.entries(template.datasets).map(([name, data]) => ({ name, data }));
  const sets = [...own, ...standardSets(template, Object.keys(template.datasets))];
  const known = variantNames(old.template);
  const variants = [undefined, ...variantNames(template).filter((name) => known.includes(name))];
  const pool = createRenderPool({ size: 1 });
  try {
    await pool.ready();
    const drawn: { set: string; variant: string | undefined; before: Drawn; after: Drawn }[] = [];
    for (const variant of variants) {
      const [first, second] = variant ? [await open(before, variant), await open(after, variant)] : [old, fresh];
      for (const set of sets) {
        const pictures = { before: await draw(pool, first, set), after: await draw(pool, second, set) };
        drawn.push({ set: set.name, variant, ...pictures });
      }
    }
    const compared = await createComparer().compare(
      drawn.map(({ before, after }) => ({ before: before.bytes, after: after.bytes })),
    );
    return {
      options: optionChanges(old.template, template),
      sets: drawn.map(({ set, variant, before, after }, i) => ({
        ...{ set, ...(variant !== undefined && { variant }) },
        changed: compared[i]?.changed ?? 0,
        mean: compared[i]?.mean ?? 0,
        before: before.warnings,
        after: after.warnings,
        texts: textChanges(before.texts, after.texts),
        pictures: {
          before: before.shown,
          after: after.shown,
          difference: compared[i]?.picture ?? new Uint8Array(),
        },
      })),
    };
  } finally {
    await Promise.all([pool.close(), ...opened.map((source) => source.close())]);
  }
}

/** How a set of data is called, with the variant it was drawn in. */
export const labelOf = ({ set, variant }: Pick<Difference, 'set' | 'variant'>): string =>
  variant === undefined ? set : `${variant}: ${set}`;

/** Prints differences for reading, or as JSON. */
export function printDifferences({ sets }: TemplateDiff, asJson: boolean): void {
  const differences = sets.map(({ pictures: _, ...difference }): Difference => difference);
  if (asJson) {
    console.log(JSON.stringify(differences, null, 2));
    return;
  }
  const rows = [
    ['set', 'changed', 'mean', 'texts', 'warnings'],
    ...differences.map(({ changed, mean, texts, before, after, ...drawn }) => [
      labelOf(drawn),
      percent(changed),
      percent(mean),
      String(texts.length),
      before.join() === after.join() ? listed(after) : `${listed(before)} -> ${listed(after)}`,
    ]),
  ];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  for (const row of rows)
    console.log(
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    );
}

/** The texts of two pictures that are not set alike, in the order of the second. */
function textChanges(before: readonly FittedText[], after: readonly FittedText[]): TextChange[] {
  const [old, fresh] = [before, after].map((texts) => new Map(texts.map((text) => [text.layer, setOf(text)])));
  return [...new Set([...after, ...before].map(({ layer }) => layer))]
    .map((layer) => ({ layer, before: old?.get(layer) ?? null, after: fresh?.get(layer) ?? null }))
    .filter(({ before, after }) => JSON.stringify(before) !== JSON.stringify(after));
}

const setOf = (text: FittedText): SetText => ({ size: text.size, lines: text.lines, rung: rungOf(text) });

type Drawn = {
  readonly bytes: Buffer;
  readonly shown: Buffer;
  readonly warnings: readonly WarningCode[];
  readonly texts: readonly FittedText[];
};

async function draw(pool: RenderPool, source: OpenedTemplate, { data }: DataSet): Promise<Drawn> {
  const { template, job } = source;
  const { values, warnings } = applyContract(template.fields, data);
  const pictures = createPictures(source);
  try {
    const images = await pictures.load(values);
    const { quality } = template.output;
    const now = bucketStart(template.freshness, NOW);
    const order = {
      template: job,
      values,
      images,
      scale: scaleOf(template),
      ...(now !== undefined && { live: { now } }),
    };
    const proof = await pool.render({ ...order, format: 'png', quality, isProof: true });
    const { bytes: shown } = await pool.render({ ...order, format: 'webp', quality: SHOWN_QUALITY });
    const codes = [...warnings, ...proof.warnings]
      .map(({ code }) => code)
      .filter((code) => !codesOfFile.includes(code));
    return { bytes: proof.bytes, shown, warnings: [...new Set(codes)].sort(), texts: proof.texts ?? [] };
  } finally {
    await pictures.close();
  }
}

/** A share as percent. */
export const percent = (share: number): string => `${(share * 100).toFixed(2)}%`;
const listed = (codes: readonly WarningCode[]): string => codes.join(', ') || 'none';
