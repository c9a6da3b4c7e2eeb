import { createComparer } from '../core/node/compare.ts';
import { createRenderPool, type RenderPool } from '../core/node/pool.ts';
import { applyContract } from '../core/template/contract.ts';
import { type DataSet, standardSets } from '../core/template/datasets.ts';
import type { WarningCode } from '../core/template/value.ts';
import { readLive } from './live-data.ts';
import { createPictures } from './pictures.ts';
import { type OpenedTemplate, openTemplate } from './template-argument.ts';

/** What a set of data shows of the change from one template to another: shares from 0 to 1, and what was warned of. */
export type Difference = {
  readonly set: string;
  readonly changed: number;
  readonly mean: number;
  readonly before: readonly WarningCode[];
  readonly after: readonly WarningCode[];
};

/** Draws two templates with every set of data of the second one, and compares them pixel by pixel. */
export async function diffTemplates(before: string, after: string): Promise<Difference[]> {
  const sources = [await openTemplate(before), await openTemplate(after)] as const;
  const [, { template }] = sources;
  const own = Object.entries(template.datasets).map(([name, data]) => ({ name, data }));
  const sets = [...own, ...standardSets(template, Object.keys(template.datasets))];
  const pool = createRenderPool({ size: 1 });
  try {
    await pool.ready();
    const drawn: { set: DataSet; before: Drawn; after: Drawn }[] = [];
    for (const set of sets)
      drawn.push({ set, before: await draw(pool, sources[0], set), after: await draw(pool, sources[1], set) });
    const compared = await createComparer().compare(
      drawn.map(({ before, after }) => ({ before: before.bytes, after: after.bytes })),
    );
    return drawn.map(({ set, before, after }, i) => ({
      set: set.name,
      changed: compared[i]?.changed ?? 0,
      mean: compared[i]?.mean ?? 0,
      before: before.warnings,
      after: after.warnings,
    }));
  } finally {
    await Promise.all([pool.close(), ...sources.map((source) => source.close())]);
  }
}

/** Prints differences for reading, or as JSON. */
export function printDifferences(differences: readonly Difference[], asJson: boolean): void {
  if (asJson) {
    console.log(JSON.stringify(differences, null, 2));
    return;
  }
  const rows = [
    ['set', 'changed', 'mean', 'warnings'],
    ...differences.map(({ set, changed, mean, before, after }) => [
      set,
      percent(changed),
      percent(mean),
      before.join() === after.join() ? listed(after) : `${listed(before)} -> ${listed(after)}`,
    ]),
  ];
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  for (const row of rows)
    console.log(
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    );
}

type Drawn = { readonly bytes: Buffer; readonly warnings: readonly WarningCode[] };

async function draw(pool: RenderPool, source: OpenedTemplate, { data }: DataSet): Promise<Drawn> {
  const { template, job } = source;
  const { values, warnings } = applyContract(template.fields, data);
  const pictures = createPictures(source);
  try {
    const images = await pictures.load(values);
    const { scale, quality } = template.output;
    const live = readLive(template, [], 0);
    const rendered = await pool.render({ template: job, values, live, images, format: 'png', scale, quality });
    const codes = [...warnings, ...rendered.warnings].map(({ code }) => code);
    return { bytes: rendered.bytes, warnings: [...new Set(codes)].sort() };
  } finally {
    await pictures.close();
  }
}

const percent = (share: number): string => `${(share * 100).toFixed(2)}%`;
const listed = (codes: readonly WarningCode[]): string => codes.join(', ') || 'none';
