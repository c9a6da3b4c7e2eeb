import { setTimeout as pause } from 'node:timers/promises';
import { nanoid } from 'nanoid';
import { AppError } from '../../core/errors.ts';
import type { Encryption } from '../access/encryption.ts';
import { isLate, within } from '../deadline.ts';
import type { Log } from '../observe/log.ts';
import type { Records } from '../stores/records/index.ts';
import {
  addJob,
  claimJobs,
  countJobs,
  deleteJob,
  type JobRecord,
  releaseJob,
  renewJobs,
} from '../stores/records/jobs.ts';
import type { JobKind } from './kinds.ts';
import type { Job, Lane, Lanes, Queue } from './queue.ts';

const LEASE_MS = 30_000;
const IDLE_MS = 1000;
const QUERY_MS = 5000;
// How long jobs may take to end when the process is told to stop.
const FINISH_MS = 8000;
// A job whose process is lost this often is most likely what ends it.
const MOST_TAKEOVERS = 30;
const SETTLE_TRIES = 5;
const SETTLE_PAUSE_MS = 200;

type Running = { readonly kind: JobKind; readonly abort: AbortController; readonly done: Promise<void> };

/** What an embedded queue is made of; `leaseMs` is how long a job of a lost process lies there. */
export type EmbeddedParts = {
  readonly records: Records;
  readonly encryption: Encryption;
  readonly log: Log;
  readonly leaseMs?: number;
};

/** A whole number, as PostgreSQL wants it. */
const inMs = (ms: number): number => Math.round(Date.now() + ms);

const contextOf = (id: string) => `job:${id}`;

/** A queue in the records, for any number of processes; idle, each looks once a second. */
export function createEmbeddedQueue({ records, encryption, log, leaseMs = LEASE_MS }: EmbeddedParts): Queue {
  // Whoever works here is woken by what is added here.
  const listeners = new Set<(kind: JobKind) => void>();

  return {
    async add(kind, { workspace, payload, runAt }, db = records) {
      const id = nanoid(16);
      const now = Date.now();
      await addJob(db, {
        id,
        workspace,
        kind,
        payload: encryption.seal(JSON.stringify(payload), contextOf(id)),
        state: 'queued',
        attempts: 0,
        takeovers: 0,
        run_at: runAt ?? now,
        lease: null,
        leased_until: null,
        error: null,
        created_at: now,
        finished_at: null,
      });
      if (runAt === undefined || runAt <= now) for (const wake of listeners) wake(kind);
      return id;
    },
    work(lanes) {
      const worker = startWorker({ records, encryption, log, leaseMs }, lanes);
      listeners.add(worker.wake);
      return {
        close() {
          listeners.delete(worker.wake);
          return worker.close();
        },
      };
    },
    async stats() {
      const counted = new Map<string, { waiting: number; running: number; oldestMs: number }>();
      for (const { kind, state, count, first } of await countJobs(records)) {
        const of = counted.get(kind) ?? { waiting: 0, running: 0, oldestMs: 0 };
        if (state === 'running') of.running = Number(count);
        else Object.assign(of, { waiting: Number(count), oldestMs: Math.max(0, Date.now() - Number(first)) });
        counted.set(kind, of);
      }
      return [...counted].map(([kind, of]) => ({ kind, ...of }));
    },
  };
}

function startWorker({ records, encryption, log, leaseMs }: Required<EmbeddedParts>, lanes: Partial<Lanes>) {
  const lease = nanoid();
  const kinds = Object.keys(lanes) as JobKind[];
  const laneOf = (kind: JobKind) => lanes[kind] as Lane;
  const running = new Map<string, Running>();
  const promising = new Set<JobKind>(kinds);
  let isClosing = false;
  let rouse = () => {};

  const wake = (kind: JobKind) => {
    promising.add(kind);
    rouse();
  };

  /** Starts what is due, as far as there is room. */
  async function take(kind: JobKind): Promise<void> {
    const lane = laneOf(kind);
    const free = lane.concurrency - [...running.values()].filter((each) => each.kind === kind).length;
    if (free <= 0) return;
    const now = Date.now();
    const claimed = await within(
      claimJobs(records, { kind, limit: free, lease, now, until: now + leaseMs }),
      Math.min(QUERY_MS, leaseMs / 2),
    );
    // What comes in late is not begun: its lease will have ended before it is done.
    if (isLate(claimed)) throw new AppError('overloaded', 'The queue did not answer in time.');
    for (const record of claimed) {
      // After a standstill a job of our own may look abandoned.
      if (running.has(record.id)) continue;
      const abort = new AbortController();
      if (isClosing) abort.abort();
      const done = run(record, lane, abort.signal)
        .catch((error: unknown) => log.warn('job.unsettled', { operation: kind }, error))
        .finally(() => {
          running.delete(record.id);
          wake(kind);
        });
      running.set(record.id, { kind, abort, done });
    }
  }

  async function run(record: JobRecord, lane: Lane, signal: AbortSignal): Promise<void> {
    const { id, workspace } = record;
    const kind = record.kind as JobKind;
    const attempt = record.attempts + 1;
    let job: Job | undefined;
    try {
      const payload = JSON.parse(encryption.open(record.payload, contextOf(id))) as Job['payload'];
      job = { id, workspace, kind, payload, attempt, createdAt: record.created_at, signal };
      if (record.takeovers > MOST_TAKEOVERS)
        throw new AppError('overloaded', 'The process of this job was lost too often.');
      signal.throwIfAborted();
      const again = await lane.run(job);
      await settle(() =>
        again
          ? releaseJob(records, lease, id, {
              ...{ state: 'queued', run_at: inMs(again.againIn), attempts: 0, takeovers: 0, error: null },
            })
          : deleteJob(records, lease, id),
      );
    } catch (error) {
      if (signal.aborted) return settle(() => releaseJob(records, lease, id, { state: 'queued', run_at: Date.now() }));
      log.warn('job.failed', { operation: kind }, error);
      const told = error instanceof AppError ? error.code : 'internal_error';
      const isLost = !job || record.takeovers > MOST_TAKEOVERS;
      if (!isLost && attempt < lane.attempts) {
        const run_at = inMs(lane.backoff(attempt) * (0.75 + Math.random() / 2));
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

  async function loop(): Promise<void> {
    while (!isClosing) {
      const roused = new Promise<void>((resolve) => {
        rouse = resolve;
      });
      const looking = [...promising];
      promising.clear();
      for (const kind of looking) {
        await take(kind).catch((error: unknown) => log.warn('queue.failed', { operation: kind }, error));
      }
      if (promising.size === 0) await roused;
    }
  }

  const polling = setInterval(() => {
    for (const kind of kinds) promising.add(kind);
    rouse();
  }, IDLE_MS);
  const renewing = setInterval(() => {
    renew().catch((error: unknown) => log.warn('queue.failed', { operation: 'renew' }, error));
  }, leaseMs / 3);
  const looping = loop();

  return {
    wake,
    async close() {
      isClosing = true;
      clearInterval(polling);
      rouse();
      await looping;
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
