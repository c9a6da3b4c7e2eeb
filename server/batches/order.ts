import { AppError, nearest } from '../../core/errors.ts';
import { type FormatName, outputs } from '../../core/template/output.ts';
import type { Template } from '../../core/template/schema.ts';
import type { Actor } from '../access/roles.ts';
import { checkAddress } from '../outgoing/order.ts';
import { subjectDigest } from '../sealed/seal.ts';
import type { Services } from '../services.ts';
import {
  addBatch,
  addBatchRows,
  type BatchRecord,
  type BatchRowRecord,
  deleteBatchRows,
} from '../stores/records/batches.ts';
import { timeId } from '../stores/records/time-id.ts';
import { findPublished, whichVersion } from '../templates/find-published.ts';
import { chooseScale, type Fineness } from '../templates/scale.ts';
import { callbackContext, sealData, sealName } from './batch.ts';
import { createFileNames } from './file-names.ts';
import { checkOutput } from './output.ts';
import { noteColumns, type Row, readFields } from './rows.ts';

/** A picture for every row; format and fineness default to the template's own. */
export type BatchOrder = {
  readonly template: string;
  readonly version?: number | undefined;
  readonly variant?: string | undefined;
  readonly format?: FormatName | undefined;
  /** Column whose cells name the files of the zip. */
  readonly naming?: string | undefined;
  /** Column that says whom each picture is about. */
  readonly subjectField?: string | undefined;
  readonly callback?: string | undefined;
  /** Folder of a bucket that every finished picture is put into, `s3://bucket/folder`. */
  readonly output?: string | undefined;
} & Fineness;

/** Rows of one batch. */
export const MAX_ROWS = 50_000;
const ROWS_AT_ONCE = 100;
// A table may have any number; these are enough to see what is wrong with it.
const MAX_IGNORED = 100;

/**
 * Keeps the rows, sealed, and has them drawn one after the other; a bad row is told of later and stops nothing. Throws
 * `template_not_found`, `address_refused` for the callback, `request_invalid` for the output, and `data_invalid` when no row could be drawn at all.
 */
export async function orderBatch(
  services: Services,
  { workspace, id: actor }: Actor,
  order: BatchOrder,
  rows: AsyncIterable<Row> | Iterable<Row>,
): Promise<BatchRecord> {
  const { records, encryption, jobs, config } = services;
  const { callback, format: asked } = order;
  if (callback !== undefined)
    checkAddress({ url: callback, httpsOnly: config.production, maxBytes: 0, timeoutMs: 0 }, callback);
  if (order.output !== undefined) await checkOutput(services, workspace, order.output);
  const which = whichVersion(order.version, order.variant);
  const published = await findPublished(services, workspace, order.template, which);
  const { template, version, variant = null } = published;
  const format = asked ?? published.format;
  const scale = chooseScale(template, order);
  const now = Date.now();
  const id = timeId(now);
  try {
    const { total, ignored } = await keepRows(services, { workspace, batch: id, order, template, format }, rows);
    const batch: BatchRecord = {
      ...{ id, workspace, template: template.name, version, variant, format, scale },
      ...{ state: 'queued', total, done: 0, failed: 0 },
      ...{ warnings: '{}', ignored_columns: JSON.stringify(ignored) },
      callback: callback === undefined ? null : encryption.seal(callback, callbackContext(workspace, id)),
      output: order.output ?? null,
      ...{ created_by: actor, created_at: now, finished_at: null },
    };
    await records.transaction().execute(async (db) => {
      await addBatch(db, batch);
      await jobs.add('batch.run', { workspace, payload: { batch: id } }, db);
    });
    return batch;
  } catch (error) {
    await deleteBatchRows(records, id);
    throw error;
  }
}

type Keeping = {
  readonly workspace: string;
  readonly batch: string;
  readonly order: BatchOrder;
  readonly template: Template;
  readonly format: FormatName;
};

async function keepRows(
  { records, encryption }: Services,
  { workspace, batch, order, template, format }: Keeping,
  rows: AsyncIterable<Row> | Iterable<Row>,
): Promise<{ readonly total: number; readonly ignored: readonly string[] }> {
  const { naming, subjectField } = order;
  const names = createFileNames(outputs[format].extension);
  let waiting: BatchRowRecord[] = [];
  let total = 0;
  const columns = new Set<string>();
  for await (const { number, data, fault } of rows) {
    if (++total > MAX_ROWS) throw new AppError('data_invalid', `Send at most ${MAX_ROWS} rows at once: split them.`);
    noteColumns(columns, data);
    const part = { workspace, batch, row: number };
    const about = subjectField === undefined ? undefined : data[subjectField];
    // Names are given in the order of the rows, to bad ones as well: mending one must not rename the others.
    const name = names.next(naming && data[naming], number);
    waiting.push({
      ...{ batch, row: number, state: fault === undefined ? 'queued' : 'failed', sealed: null, warnings: '[]' },
      data: fault === undefined ? sealData(encryption, part, readFields(template.fields, data)) : '',
      name: sealName(encryption, part, name),
      subject: isText(about) ? subjectDigest(encryption, workspace, String(about)) : null,
      error: fault === undefined ? null : `The row ${fault}.`,
    });
    if (waiting.length < ROWS_AT_ONCE) continue;
    await addBatchRows(records, waiting);
    waiting = [];
    // Fifty thousand rows take a while, and recipients must not wait for them.
    await new Promise((resolve) => setImmediate(resolve));
  }
  if (total === 0) throw new AppError('data_invalid', 'There is no row: send at least one.');
  const ignored = checkColumns(template, columns, [naming, subjectField]);
  if (waiting.length > 0) await addBatchRows(records, waiting);
  return { total, ignored };
}

const isText = (value: unknown): value is string | number =>
  (typeof value === 'string' && value !== '') || typeof value === 'number';

/** The columns that nothing is made of, some of them. Throws `data_invalid` when it is all of them, or a named one is not there. */
export function checkColumns(
  template: Template,
  columns: ReadonlySet<string>,
  named: readonly (string | undefined)[] = [],
): readonly string[] {
  if (columns.size === 0) return [];
  const absent = named.find((name) => name !== undefined && !columns.has(name));
  if (absent !== undefined) {
    const near = nearest(absent, columns);
    const hint = near ? `: did you mean ${near}?` : '.';
    throw new AppError('data_invalid', `There is no column ${absent}${hint}`);
  }
  const fields = Object.keys(template.fields);
  if (fields.length > 0 && !fields.some((field) => columns.has(field)))
    throw new AppError('data_invalid', `No column is a field of the template: name them ${fields.join(', ')}.`);
  return [...columns].filter((name) => !fields.includes(name) && !named.includes(name)).slice(0, MAX_IGNORED);
}
