import { createHash } from 'node:crypto';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, type ErrorCode } from '../core/errors.ts';
import type { RenderPool } from '../core/node/pool.ts';
import { applyContract } from '../core/template/contract.ts';
import type { LiveValues } from '../core/template/live.ts';
import type { FormatName } from '../core/template/output.ts';
import type { Values } from '../core/template/value.ts';
import type { FileNames } from '../server/batches/file-names.ts';
import { type Row, readLists } from '../server/batches/rows.ts';
import type { Manifest } from './manifest.ts';
import { writeWhole } from './output-file.ts';
import type { Pictures } from './pictures.ts';
import type { Reporter } from './report.ts';
import type { OpenedTemplate } from './template-argument.ts';

/** Everything a batch works with; `inFlight` rows are under way at a time, `onRow` hears of each that is done. */
export type Batch = {
  readonly source: OpenedTemplate;
  readonly rows: AsyncIterable<Row>;
  readonly folder: string;
  readonly output: { readonly format: FormatName; readonly scale: number; readonly quality: number };
  readonly nameField: string | undefined;
  /** The moment of the whole run, for templates that are not static. */
  readonly live: LiveValues;
  readonly names: FileNames;
  readonly pictures: Pictures;
  readonly pool: RenderPool;
  readonly build: string;
  readonly manifest: Manifest;
  readonly reporter: Reporter;
  readonly inFlight: number;
  readonly signal: AbortSignal;
  readonly onRow: () => void;
};

// What is wrong with one row's picture; anything else is wrong with all of them.
const ofOneRow: readonly ErrorCode[] = ['render_failed', 'render_timeout', 'expression_failed'];

/**
 * Draws every row into its file, going on after bad ones. Stops reading when the signal fires and finishes what is under
 * way. Rejects when the template, its assets or the output folder are at fault.
 */
export async function runBatch(batch: Batch): Promise<void> {
  const running = new Set<Promise<void>>();
  const failures: unknown[] = [];
  for await (const row of batch.rows) {
    if (batch.signal.aborted || failures.length > 0) break;
    // Names are given in the order of the rows, to bad ones as well: mending one must not rename the others.
    const file = batch.names.next(batch.nameField && row.data[batch.nameField], row.number);
    const work = drawRow(batch, row, file)
      .then(batch.onRow, (error: unknown) => failures.push(error))
      .then(() => void running.delete(work));
    running.add(work);
    if (running.size >= batch.inFlight) await Promise.race(running);
  }
  await Promise.all(running);
  if (failures.length > 0) throw failures[0];
}

async function drawRow(batch: Batch, row: Row, file: string): Promise<void> {
  const { source, reporter, manifest, pool, folder } = batch;
  const { template, job } = source;
  if (row.fault !== undefined) return reporter.fail(row.number, [{ path: '', message: row.fault }]);
  const known = Object.entries(row.data).filter(([name]) => Object.hasOwn(template.fields, name));
  const { values, faults, warnings } = applyContract(
    template.fields,
    readLists(template.fields, Object.fromEntries(known)),
  );
  if (faults.length > 0) return reporter.fail(row.number, faults);

  const path = join(folder, file);
  const key = keyOf(batch, values);
  const before = manifest.find(file);
  if (before?.key === key && (await exists(path)))
    return reporter.finish(row.number, file, { isNew: false, warnings: [...warnings, ...before.warnings] });

  try {
    const images = await batch.pictures.load(values);
    const rendered = await pool.render({ template: job, values, live: batch.live, images, ...batch.output });
    await writeWhole(path, rendered.bytes);
    // A picture that could not be had today may be there at the next run.
    const isWhole = rendered.warnings.every(({ code }) => code !== 'image_missing');
    if (isWhole) manifest.add(file, { key, warnings: rendered.warnings });
    reporter.finish(row.number, file, { isNew: true, warnings: [...warnings, ...rendered.warnings] });
  } catch (error) {
    if (!(error instanceof AppError) || !ofOneRow.includes(error.code)) throw error;
    reporter.fail(row.number, [{ path: '', message: error.message }]);
  }
}

const keyOf = ({ source, output, live, build }: Batch, values: Values): string =>
  createHash('sha256')
    .update(JSON.stringify([build, source.job.key, values, output, live]))
    .digest('base64url')
    .slice(0, 22);

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
