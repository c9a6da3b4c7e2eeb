import { setTimeout as pause } from 'node:timers/promises';
import { nanoid } from 'nanoid';
import { AppError } from '../../core/errors.ts';
import type { Encryption } from '../access/encryption.ts';
import { isLate, within } from '../deadline.ts';
import type { Log } from '../observe/log.ts';
import { isDue } from '../stores/records/due.ts';
import type { Records } from '../stores/records/index.ts';
import { deleteJob, type JobRecord, releaseJob, renewJobs } from '../stores/records/jobs.ts';
import type { JobKind } from './kinds.ts';
import { type Job, jobContext, type Lane, type Lanes } from './queue.ts';

// How long jobs may take to end when the process is told to stop.
const FINISH_MS = 8000;
// A job whose process is lost this often is most likely what ends it.
const MOST_TAKEOVERS = 30;
const QUERY_MS = 5000;
const SETTLE_TRIES = 5;
const SETTLE_PAUSE_MS = 200;
// A job whose key was taken away waits for it so long, and is tried so often.
const CLOSED_FOR_MS = 7 * 24 * 3_600_000;
const CLOSED_PAUSE_MS = 600_000;

type Running = { readonly kind: JobKind; readonly abort: AbortController; readonly done: Promise<void> };

/** What every queue is made of; `leaseMs` is how long a job of a lost process lies there. */
export type QueueParts = {
  readonly records: Records;
  readonly encryption: Encryption;
  readonly log: Log;
  readonly leaseMs: number;
};

/** The jobs this process holds, whoever brought them. */
export type Turns = {
  /** In whose name they are held in the records. */
  readonly lease: string;
  count(kind: JobKind): number;
  holds(id: string): boolean;
  /** Runs a job that is held, and writes down how it ended; gives back when that is done, and never fails. */
  run(record: JobRecord): Promise<void>;
  /** Tells those under way to end, gives them some seconds, and hands back the rest. */
  close(): Promise<void>;
};

/** A whole number, as PostgreSQL wants it. */
const inMs = (ms: number): number => Math.round(Date.now() + ms);

/** Runs jobs in this process, each for as long as the records say that it is ours. */
export function createTurns(
  { records, encryption, log, leaseMs }: QueueParts,
  lanes: Partial<Lanes>,
  lease: string = nanoid(),
): Turns {
  const running = new Map<string, Running>();
  let isClosing = false;

  async function work(record: JobRecord, signal: AbortSignal): Promise<void> {
    const { id, workspace } = record;
    const kind = record.kind as JobKind;
    const lane = lanes[kind] as Lane;
    const attempt = record.attempts + 1;
    // Every turn of a job has a moment of its own: see `takeJob`. One far ahead was set by a clock that was wrong.
    const next = record.run_at + 1;
    const from = (moment: number) => (isDue(next, moment, 0) ? moment : next);
    let job: Job | undefined;
    try {
      const payload = JSON.parse(encryption.open(record.payload, jobContext(id))) as Job['payload'];
      job = { id, workspace, kind, payload, attempt, createdAt: record.created_at, signal };
      if (record.takeovers > MOST_TAKEOVERS)
        throw new AppError('overloaded', 'The process of this job was lost too often.');
      signal.throwIfAborted();
      const again = await lane.run(job);
      await settle(() =>
        again
          ? releaseJob(records, lease, id, {
              ...{ state: 'queued', run_at: from(inMs(again.againIn)), attempts: 0, takeovers: 0, error: null },
            })
          : deleteJob(records, lease, id),
      );
    } catch (error) {
      if (signal.aborted)
        return settle(() => releaseJob(records, lease, id, { state: 'queued', run_at: from(Date.now()) }));
      log.warn('job.failed', { operation: kind }, error);
      const told = error instanceof AppError ? error.code : 'internal_error';
      if (!job && !isDue(record.created_at + CLOSED_FOR_MS, Date.now(), CLOSED_FOR_MS)) {
        const run_at = from(inMs(CLOSED_PAUSE_MS));
        return settle(() => releaseJob(records, lease, id, { state: 'queued', run_at, takeovers: 0, error: told }));
      }
      const isLost = !job || record.takeovers > MOST_TAKEOVERS;
      if (!isLost && attempt < lane.attempts) {
        const run_at = from(inMs(lane.backoff(attempt) * (0.75 + Math.random() / 2)));
        return settle(() =>
          releaseJob(records, lease, id, { state: 'queued', run_at, attempts: attempt, error: told }),
        );
      }
      if (job) await lane.gaveUp?.(job);
      const end = { state: 'failed', attempts: attempt, error: told, payload: '', finished_at: Date.now() } as const;
      await settle(() => releaseJob(records, lease, id, end));
    }
  }

  async function renew(): Promise<void> {
    if (running.size === 0) return;
    const asked = [...running.keys()];
    const held = await within(renewJobs(records, lease, asked, Date.now() + leaseMs), leaseMs / 3);
    if (isLate(held)) return;
    for (const id of asked) if (!held.includes(id)) running.get(id)?.abort.abort();
  }

  const renewing = setInterval(() => {
    renew().catch((error: unknown) => log.warn('queue.failed', { operation: 'renew' }, error));
  }, leaseMs / 3);

  return {
    lease,
    count: (kind) => [...running.values()].filter((each) => each.kind === kind).length,
    holds: (id) => running.has(id),
    run(record) {
      const kind = record.kind as JobKind;
      const abort = new AbortController();
      if (isClosing) abort.abort();
      const done = work(record, abort.signal)
        .catch((error: unknown) => log.warn('job.unsettled', { operation: kind }, error))
        .finally(() => running.delete(record.id));
      running.set(record.id, { kind, abort, done });
      return done;
    },
    async close() {
      isClosing = true;
      for (const { abort } of running.values()) abort.abort();
      await within(Promise.all([...running.values()].map(({ done }) => done)), FINISH_MS);
      clearInterval(renewing);
      for (const id of running.keys()) {
        await releaseJob(records, lease, id, { state: 'queued', run_at: Date.now() }).catch((error: unknown) =>
          log.warn('queue.failed', { operation: 'release' }, error),
        );
      }
    },
  };
}

/** Writes down how a job ended: what it did should not be done again because the database was busy for a moment. */
async function settle(write: () => Promise<void>): Promise<void> {
  for (let i = 1; ; i++) {
    try {
      const written = await within(write(), QUERY_MS);
      if (!isLate(written)) return;
      throw new AppError('overloaded', 'The queue did not answer in time.');
    } catch (error) {
      if (i === SETTLE_TRIES) throw error;
      await pause(SETTLE_PAUSE_MS * i);
    }
  }
}
