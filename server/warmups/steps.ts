import { AppError } from '../../core/errors.ts';
import { type Connection, readConnection } from '../connections/connection.ts';
import type { Job } from '../jobs/queue.ts';
import type { Services } from '../services.ts';
import { type ConnectionRecord, findConnection } from '../stores/records/connections.ts';
import type { Records } from '../stores/records/index.ts';
import { patiently } from '../stores/records/patiently.ts';
import {
  type ChunkRecord,
  changeWarmup,
  countLeft,
  findWarmup,
  finishChunk,
  type WarmupRecord,
} from '../stores/records/warmups.ts';
import { callAttention } from './attention.ts';
import { failures } from './result.ts';
import { totalsOf, type WarmupTotals } from './totals.ts';
import { type Attention, readWarmup, type Warmup } from './warmup.ts';

/** A job of a warm-up. */
export type WarmupJob = Pick<Job<'warmup.list'>, 'workspace' | 'payload' | 'signal'>;

/** A warm-up under way. */
export type WarmupRun = {
  readonly record: WarmupRecord;
  readonly warmup: Warmup;
  /** Where its contacts come from, unless they are all of the workspace's, or it was taken out. */
  readonly source: ConnectionRecord | undefined;
  readonly connection: Connection | undefined;
};

/** Opens a warm-up that is not over and stands where it should; undefined when it does not. */
export async function openRun(
  { records }: Pick<Services, 'records'>,
  { workspace, payload }: Pick<WarmupJob, 'workspace' | 'payload'>,
  ...phases: readonly WarmupRecord['phase'][]
): Promise<WarmupRun | undefined> {
  const record = await findWarmup(records, workspace, payload.warmup);
  if ((record?.state !== 'queued' && record?.state !== 'running') || !phases.includes(record.phase)) return undefined;
  const source = record.connection === null ? undefined : await findConnection(records, workspace, record.connection);
  return { record, warmup: readWarmup(record), source, connection: source && readConnection(source) };
}

/** Writes down that a chunk is done, and goes on with the next phase after the last one. */
export async function finishPart(
  { records, jobs }: Pick<Services, 'records' | 'jobs'>,
  place: Pick<ChunkRecord, 'warmup' | 'phase' | 'chunk'>,
  result?: string,
): Promise<void> {
  await patiently(() =>
    records.transaction().execute(async (db) => {
      if (!(await finishChunk(db, place, result))) return;
      const warmup = await countLeft(db, place.warmup, -1);
      if (warmup) await goOn({ jobs }, db, warmup);
    }),
  );
}

/** Goes on with the next phase when this one has nothing left to be done. */
export async function goOn(
  { jobs }: Pick<Services, 'jobs'>,
  db: Records,
  { id, workspace, phase, left }: Pick<WarmupRecord, 'id' | 'workspace' | 'phase' | 'left'>,
): Promise<void> {
  if (left > 0 || (phase !== 'resolving' && phase !== 'making')) return;
  const next = phase === 'resolving' ? ('checking' as const) : ('reporting' as const);
  if (!(await changeWarmup(db, id, { phase: next }, phase))) return;
  const order = { workspace, payload: { warmup: id } };
  if (next === 'checking') await jobs.add('warmup.check', order, db);
  else await jobs.add('warmup.report', order, db);
}

/** How a warm-up ends. */
export type WarmupEnd = {
  readonly state: 'complete' | 'refused' | 'failed';
  readonly error: string | null;
  readonly totals?: WarmupTotals;
};

/** What is told of a warm-up that is over. */
export function toldOf(record: WarmupRecord, totals: WarmupTotals): object {
  const { id, connection, send, send_at, state, error } = record;
  return {
    ...{ id, connection, send, sendAt: send_at === null ? null : new Date(send_at).toISOString(), state, error },
    ...{ contacts: totals.contacts, made: totals.made, warm: totals.warm, failed: failures(totals) },
    attention: JSON.parse(record.attention) as Attention[],
  };
}

/** Ends a warm-up and tells of it; one that did not come to its end asks for attention. */
export async function endWarmup(services: Services, record: WarmupRecord, end: WarmupEnd): Promise<undefined> {
  const { records, hooks, log, observed } = services;
  const { id, workspace } = record;
  const causes: Partial<Record<WarmupEnd['state'], Attention>> = { refused: 'refused', failed: 'stopped' };
  const cause = causes[end.state];
  if (cause) await callAttention(services, record, [cause]);
  const totals = end.totals ?? (await totalsOf(records, record));
  const now = Date.now();
  const counts = { made: totals.made, warm: totals.warm, failed: failures(totals) };
  const isOver = await patiently(() =>
    records.transaction().execute(async (db) => {
      const change = { state: end.state, error: end.error, report: JSON.stringify(totals), finished_at: now };
      if (!(await changeWarmup(db, id, change))) return false;
      const ended = await findWarmup(db, workspace, id);
      if (ended) await hooks.emit(workspace, 'warmup.finished', toldOf(ended, totals), { db });
      return true;
    }),
  );
  if (!isOver) return undefined;
  observed.metrics.warmed(end.state, counts);
  const ms = now - (record.started_at ?? now);
  log.info('warmup.finished', { workspace, warmup: id, outcome: end.state, ms, pictures: counts });
  return undefined;
}

/** Ends a warm-up that could not go on, several times over. */
export async function failWarmup(services: Services, { workspace, payload }: WarmupJob): Promise<void> {
  const record = await findWarmup(services.records, workspace, payload.warmup);
  if (!record) return;
  const error =
    record.error ?? 'The warm-up could not go on, several times over: look at the log, then order it again.';
  await endWarmup(services, record, { state: 'failed', error });
}

/** Keeps why a step is tried again, for whoever looks meanwhile. Throws the error. */
export async function noteTrouble({ records, log }: Services, id: string, error: unknown): Promise<never> {
  if (error instanceof AppError && error.code !== 'overloaded')
    await changeWarmup(records, id, { error: error.message }).catch((fault) => log.warn('warmup.failed', {}, fault));
  throw error;
}
