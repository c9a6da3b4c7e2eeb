import { setTimeout as pause } from 'node:timers/promises';
import { AppError } from '../../core/errors.ts';
import type { Connector } from '../../integrations/connector.ts';
import { mappedTags, readConnection } from '../connections/connection.ts';
import { opensNothing } from '../connections/opens.ts';
import { createReferences, takeBackReferences } from '../connections/references.ts';
import type { Again, Job } from '../jobs/queue.ts';
import type { Services } from '../services.ts';
import { countWanted } from '../stores/records/connection-contacts.ts';
import { type ConnectionRecord, changeConnection, findConnection } from '../stores/records/connections.ts';
import { patiently } from '../stores/records/patiently.ts';
import { changeSync, findSync, type SyncRecord, syncCounts } from '../stores/records/syncs.ts';
import { checkUnseen } from './check.ts';
import { basisOf } from './order.ts';
import type { Notes, PhaseEnd, SyncRun } from './phase.ts';
import { readContacts } from './read.ts';

const TURN_MS = 60_000;
// A small job of a platform is done in no time.
const SOON_MS = [300, 700, 1000];
const POLL_MS = 3000;
// A platform's job that takes longer has been forgotten there.
const MOST_WAITED_MS = 6 * 3_600_000;
const MAX_NOTES = 10;

/**
 * Does a part of a sync; the job comes again until it is over. What is done is kept page by page, so that whoever takes
 * it over goes on after the last page.
 */
export async function runSync(services: Services, job: Job<'connection.sync'>): Promise<Again | undefined> {
  const { records, log } = services;
  const of = { workspace: job.workspace, connection: job.payload.connection };
  const [found, record] = await Promise.all([
    findSync(records, of, job.payload.sync),
    findConnection(records, of.workspace, of.connection),
  ]);
  if (!record || (found?.state !== 'queued' && found?.state !== 'running')) return undefined;
  const owner = await services.workspaces.get(of.workspace);
  if (owner?.isClosed !== false)
    return finish(services, record, found, { state: 'failed', error: 'The workspace of this connection is closed.' });
  if (record.error !== null) return finish(services, record, found, { state: 'failed', error: record.error });
  const sync = await begin(services, record, found);
  if (!sync) return undefined;
  const stop = new AbortController();
  const signal = AbortSignal.any([job.signal, stop.signal]);
  let connector: Connector | undefined;
  try {
    connector = await services.connectors.open(record);
    return await work(services, record, sync, connector, signal);
  } catch (error) {
    if (job.signal.aborted || !(error instanceof AppError)) throw error;
    if (error.code === 'connection_refused') {
      if (connector && (await opensNothing(connector, signal)))
        await changeConnection(records, record, { error: error.message });
      return finish(services, record, sync, { state: 'failed', error: error.message });
    }
    // It is tried again: whoever looks meanwhile sees what it waits for.
    await changeSync(records, sync.id, { error: error.message }).catch((fault) => log.warn('sync.failed', {}, fault));
    throw error;
  } finally {
    // What was fetched ahead and is not needed in this turn.
    stop.abort();
  }
}

/** Ends a sync that could not be done, several times over. */
export async function failSync(services: Services, { workspace, payload }: Job<'connection.sync'>): Promise<void> {
  const { connection, sync } = payload;
  const found = await findSync(services.records, { workspace, connection }, sync);
  const record = await findConnection(services.records, workspace, connection);
  const error = found?.error ?? 'The sync could not be done, several times over: look at the log, then start it again.';
  if (!found || !record) return;
  // What the platform does not tell of would be waited for again.
  await takeBackReferences(services, record);
  await finish(services, record, found, { state: 'failed', error });
}

/** Writes down that it runs; anew from the first page when the connection is not what it was begun with. */
async function begin(
  { records }: Services,
  record: ConnectionRecord,
  sync: SyncRecord,
): Promise<SyncRecord | undefined> {
  const basis = basisOf(record);
  const anew =
    basis === sync.basis ? {} : ({ mode: 'full', basis, cursor: null, phase: 'reading', total: null } as const);
  const change = { ...anew, state: 'running', started_at: sync.started_at ?? Date.now() } as const;
  return (await patiently(() => changeSync(records, sync.id, change))) ? { ...sync, ...change } : undefined;
}

async function work(
  services: Services,
  record: ConnectionRecord,
  sync: SyncRecord,
  connector: Connector,
  signal: AbortSignal,
): Promise<Again | undefined> {
  const connection = readConnection(record);
  const notes = createNotes(sync);
  const references = createReferences(services, {
    ...{ connection, connector, signal },
    async onWritten(db, { written, refused, reasons }) {
      for (const reason of reasons) notes.add(`A reference was refused: ${reason || 'the platform gives no reason.'}`);
      await changeSync(db, sync.id, { notes: notes.text() }, { written, refused });
    },
  });
  if (references.fault !== undefined) notes.add(`Nothing was written to the platform. ${references.fault}`);
  if (mappedTags(connection).length === 0)
    notes.add('No field is mapped, so that every picture shows its defaults: set the mapping of the connection.');
  const run: SyncRun = {
    ...{
      services,
      sync,
      connection,
      connector,
      references,
      notes,
      signal,
      begunAt: Date.now(),
      until: Date.now() + TURN_MS,
    },
    wanted: await countWanted(services.records, connection.id),
  };
  const first = phases.findIndex(({ phase }) => phase === sync.phase);
  for (const { phase, pass } of phases.slice(first)) {
    const isKnown = await changeSync(services.records, sync.id, { phase, notes: notes.text() });
    const end = isKnown ? await pass(run) : 'cancelled';
    if (end === 'again') return { againIn: 0 };
    if (end === 'cancelled') return undefined;
  }
  let pending = await references.settle();
  for (const ms of SOON_MS) {
    if (pending === 0) break;
    await pause(ms, undefined, { signal });
    pending = await references.settle();
  }
  if (pending > 0 && Date.now() - (sync.started_at ?? 0) < MOST_WAITED_MS) return { againIn: POLL_MS };
  if (pending > 0) {
    await takeBackReferences(services, connection);
    notes.add('The platform did not say what became of some references: the next sync writes them again.');
  }
  return finish(services, record, sync, { state: 'complete', error: null, notes: notes.text() });
}

/** One after the other; one that was interrupted goes on where it was. */
const phases: readonly { readonly phase: SyncRecord['phase']; pass(run: SyncRun): Promise<PhaseEnd> }[] = [
  { phase: 'reading', pass: readContacts },
  { phase: 'checking', pass: (run) => (run.sync.mode === 'full' ? checkUnseen(run) : Promise.resolve('done')) },
  {
    phase: 'writing',
    async pass({ references }) {
      await references.write('all');
      return 'done';
    },
  },
];

function createNotes({ notes }: SyncRecord): Notes {
  const sentences = new Set(JSON.parse(notes) as string[]);
  return {
    add: (sentence) => void (sentences.size < MAX_NOTES && sentences.add(sentence)),
    text: () => JSON.stringify([...sentences]),
  };
}

/** Ends a sync, and says from when on the next one reads. */
async function finish(
  { records, log, observed }: Services,
  record: ConnectionRecord,
  sync: SyncRecord,
  end: Pick<SyncRecord, 'error'> & { readonly state: 'complete' | 'failed'; readonly notes?: string },
): Promise<undefined> {
  const now = Date.now();
  const { id, workspace, connection } = sync;
  const isOver = await patiently(() =>
    records.transaction().execute(async (db) => {
      if (!(await changeSync(db, id, { ...end, finished_at: now }))) return false;
      const current = await findConnection(db, workspace, connection);
      if (!current) return false;
      const isWhole = end.state === 'complete' && basisOf(current) === sync.basis;
      await changeConnection(db, current, {
        ...(isWhole && { synced_from: sync.started_at }),
        ...(isWhole && sync.mode === 'full' && { full_from: sync.started_at }),
        next_sync_at: current.sync_minutes === null ? null : now + current.sync_minutes * 60_000,
      });
      return true;
    }),
  );
  if (!isOver) return undefined;
  const over = await findSync(records, { workspace, connection }, id);
  const counts = Object.fromEntries(syncCounts.map((name) => [name, over?.[name] ?? 0]));
  const ms = now - (sync.started_at ?? now);
  observed.metrics.synced(record.platform, end.state, counts);
  log.info('sync.finished', { workspace, connection, operation: sync.mode, outcome: end.state, ms, contacts: counts });
  return undefined;
}
