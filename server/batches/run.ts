import { nanoid } from 'nanoid';
import { applyContract } from '../../core/template/contract.ts';
import type { FormatName } from '../../core/template/output.ts';
import type { Warning } from '../../core/template/value.ts';
import type { Drawing } from '../image/pictures.ts';
import { sealedTags } from '../image/plan.ts';
import type { Again, Job } from '../jobs/queue.ts';
import { drawEach, drawInBackground, isOfOne, whenBusy } from '../renders/draw.ts';
import { keepDrawing } from '../sealed/seal.ts';
import type { Services } from '../services.ts';
import {
  type BatchRecord,
  type BatchRowRecord,
  changeBatch,
  countBatchRows,
  dropQueuedRows,
  findBatch,
  listBatchRows,
  settleBatchRow,
} from '../stores/records/batches.ts';
import type { Records } from '../stores/records/index.ts';
import type { Published } from '../templates/library.ts';
import { openFields } from '../workspaces/open-fields.ts';
import { callbackContext, countWarnings, openData, openName, type WarningCounts } from './batch.ts';
import { putOutput } from './output.ts';

// One turn of a batch: then others have theirs.
const ROWS_AT_A_TURN = 96;
// Drawn and written down together: what is lost when the process is.
const ROWS_AT_ONCE = 16;
const MAX_FAULTS = 5;

/** How one row went: what to seal, or why there is nothing. */
type Drawn =
  | { readonly id: string; readonly drawing: Drawing; readonly warnings: readonly Warning[] }
  | { readonly error: string };

/**
 * Draws some rows of a batch, those that are next; the job comes again until all have had their turn, however long
 * recipients keep the processes busy meanwhile.
 */
export async function runBatch(services: Services, job: Job<'batch.run'>): Promise<Again | undefined> {
  const { records, library } = services;
  const batch = await findBatch(records, job.workspace, job.payload.batch);
  if (batch?.state !== 'queued' && batch?.state !== 'running') return undefined;
  const { workspace, template, version, variant } = batch;
  const published = await library.get(workspace, template, { version, variant: variant ?? undefined });
  if (!published) return end(services, batch, 'failed', 'The template of the batch is not there any more.');
  const rows = await listBatchRows(records, { batch: batch.id, state: 'queued', limit: ROWS_AT_A_TURN });
  if (rows.length === 0) return end(services, batch, 'complete');
  for (let i = 0; i < rows.length; i += ROWS_AT_ONCE) {
    if (job.signal.aborted) return { againIn: 0 };
    const drawn = new Map<BatchRowRecord, Drawn>();
    const fault = await drawEach(rows.slice(i, i + ROWS_AT_ONCE), job.signal, async (row) => {
      drawn.set(row, await draw(services, batch, published, row));
    }).catch((error: unknown) => ({ error }));
    // What was drawn before something went wrong is not drawn again.
    if (!(await settle(services, batch, drawn))) return undefined;
    if (fault) return whenBusy(fault.error);
  }
  return { againIn: 0 };
}

/** Ends a batch whose rows could not be drawn, several times over. */
export async function failBatch(services: Services, { workspace, payload }: Job<'batch.run'>): Promise<void> {
  const batch = await findBatch(services.records, workspace, payload.batch);
  if (batch) await end(services, batch, 'failed', 'The picture could not be drawn, several times over.');
}

/** Stops a batch: what is drawn stays, what is not is forgotten. False when it is over already. */
export const cancelBatch = (services: Services, batch: Pick<BatchRecord, 'id' | 'workspace'>): Promise<boolean> =>
  services.records.transaction().execute(async (db) => {
    await dropQueuedRows(db, batch.id, 'The batch was cancelled.');
    return close(services, db, batch, 'cancelled');
  });

async function draw(
  services: Services,
  { workspace, format, scale, output }: BatchRecord,
  published: Published,
  { batch, row, data, name, subject }: BatchRowRecord,
): Promise<Drawn> {
  const given = openData(services.encryption, { workspace, batch, row }, data);
  const fields = await openFields(services.settings, workspace, published.template.fields);
  const { values, faults, warnings } = applyContract(fields, given);
  if (faults.length > 0) {
    const told = faults.slice(0, MAX_FAULTS).map(({ path, message }) => (path ? `${path}: ${message}` : message));
    return { error: `${told.join('; ')}.` };
  }
  const drawing = { published, values, format: format as FormatName, scale };
  const id = nanoid(16);
  try {
    const tags = sealedTags({ workspace, template: published.name, subject }, id);
    const made = await drawInBackground(services, drawing, tags);
    if (output !== null) {
      const file = openName(services.encryption, { workspace, batch, row }, name);
      await putOutput(services, output, { name: file, format: drawing.format, bytes: made.bytes });
    }
    return { id, drawing, warnings: [...warnings, ...made.warnings] };
  } catch (error) {
    // What is wrong with one picture stops no other; anything else is tried again.
    if (isOfOne(error)) return { error: error.message };
    throw error;
  }
}

/** Writes down how rows went, all of them or none; false when the batch was cancelled meanwhile. */
async function settle(
  { records, encryption }: Services,
  { id, workspace }: BatchRecord,
  drawn: ReadonlyMap<BatchRowRecord, Drawn>,
): Promise<boolean> {
  return records.transaction().execute(async (db) => {
    const before = await findBatch(db, workspace, id);
    if (before?.state !== 'queued' && before?.state !== 'running') return false;
    let { done, failed } = before;
    const counts = JSON.parse(before.warnings) as WarningCounts;
    for (const [row, went] of drawn) {
      const sealed = 'drawing' in went ? went.id : null;
      const told = 'drawing' in went ? went.warnings : [];
      const isNew = await settleBatchRow(db, row, {
        ...{ state: sealed === null ? 'failed' : 'complete', sealed, warnings: JSON.stringify(told) },
        error: 'error' in went ? went.error : null,
      });
      // Erased meanwhile, or done by another process.
      if (!isNew) continue;
      if (sealed !== null && 'drawing' in went) await keepDrawing(db, encryption, went.drawing, row.subject, sealed);
      countWarnings(counts, told);
      done++;
      if (sealed === null) failed++;
    }
    return changeBatch(db, id, { state: 'running', done, failed, warnings: JSON.stringify(counts) });
  });
}

async function end(
  services: Services,
  batch: BatchRecord,
  state: 'complete' | 'failed',
  error?: string,
): Promise<undefined> {
  await services.records.transaction().execute(async (db) => {
    if (error !== undefined) await dropQueuedRows(db, batch.id, error);
    await close(services, db, batch, state);
  });
  return undefined;
}

/**
 * Writes down that a batch is over and tells of it: whoever waits for this one, and the hooks unless it was cancelled. False
 * when it was over before.
 */
async function close(
  { encryption, hooks }: Services,
  db: Records,
  { id, workspace }: Pick<BatchRecord, 'id' | 'workspace'>,
  state: 'complete' | 'failed' | 'cancelled',
): Promise<boolean> {
  // Holds it, so that nobody names another address to call back meanwhile.
  if (!(await changeBatch(db, id, await countBatchRows(db, id)))) return false;
  const batch = await findBatch(db, workspace, id);
  if (!batch || !(await changeBatch(db, id, { state, callback: null, finished_at: Date.now() }))) return false;
  const callback =
    batch.callback === null ? undefined : encryption.open(batch.callback, callbackContext(workspace, id));
  const only = state === 'cancelled' ? { only: null } : {};
  await hooks.emit(workspace, 'batch.finished', toldOf({ ...batch, state }), { callback, db, ...only });
  return true;
}

const toldOf = ({ id, template, version, variant, format, state, total, done, failed }: BatchRecord): object => ({
  ...{ id, template, version, variant, format, state, total, done, failed },
});

/** Has an address told of the end of a batch, in place of the one before; at once when it is over. */
export async function callBack(
  { records, encryption, hooks }: Services,
  { id, workspace }: Pick<BatchRecord, 'id' | 'workspace'>,
  url: string,
): Promise<void> {
  await records.transaction().execute(async (db) => {
    if (await changeBatch(db, id, { callback: encryption.seal(url, callbackContext(workspace, id)) })) return;
    const batch = await findBatch(db, workspace, id);
    if (batch) await hooks.emit(workspace, 'batch.finished', toldOf(batch), { callback: url, only: null, db });
  });
}
