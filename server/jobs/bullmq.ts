import type { Queue as BullQueue } from 'bullmq';
import { AppError } from '../../core/errors.ts';
import { createBreaker } from '../breaker.ts';
import { isLate, within } from '../deadline.ts';
import { type HandedJob, handOverJobs, takeBackJobs, takeJob } from '../stores/records/jobs.ts';
import { startLooking } from './embedded.ts';
import type { Lane, Lanes, Queue, Worker } from './queue.ts';
import { openQueueRedis } from './redis.ts';
import { countQueue, keepJob } from './rows.ts';
import { createTurns, type QueueParts } from './turns.ts';

// In braces, so that a cluster keeps all of it in one place.
const PREFIX = '{mergepix-queue}';
/** Gone when the server has lost what it held. */
const MARK = `${PREFIX}:mark`;
const LEASE_MS = 30_000;
const IDLE_MS = 1000;
// A transaction that adds a job mostly ends by then; otherwise the next look finds it.
const SOON_MS = 10;
const QUEUE_MS = 500;
const QUERY_MS = 5000;
const FINISH_MS = 10_000;
const HANDED_AT_ONCE = 200;
// Longer than the longest blocking read: what is silent then is not there.
const SILENT_MS = 15_000;
const RETRY_MS = 1000;
const REPORT_MS = 60_000;
const MAX_EVENTS = 100;
// How often a job may be lost with its process is decided by the records: BullMQ would give it up at the second time.
const MOST_STALLED = 1_000_000;

/** What a queue in Redis is made of: besides, its address and that of the cache. */
export type BullParts = Omit<QueueParts, 'leaseMs'> & {
  readonly url: string;
  readonly cache: string;
  readonly leaseMs?: number;
};

/**
 * A queue that BullMQ brings to workers on any number of machines. The records keep the jobs and say whose turn it is;
 * Redis holds ids only, and may lose them: what it has not heard of, or has forgotten, it is told again. While it is away
 * jobs are kept and wait. Throws `start_failed` as `openQueueRedis` does.
 */
export async function openBullQueue({ url, cache, ...given }: BullParts): Promise<Queue> {
  const parts = { leaseMs: LEASE_MS, ...given };
  const { records, log, leaseMs } = parts;
  const library = await import('bullmq').catch((cause: unknown) => {
    throw new AppError('start_failed', 'The library of the queue does not load: run ./setup again.', { cause });
  });
  const redis = await openQueueRedis({ url, cache, log });
  const breaker = createBreaker();
  const queues = new Map<string, BullQueue>();
  let reportedAt = 0;
  let handing: Promise<void> | undefined;
  let isWanted = false;
  let soon: NodeJS.Timeout | undefined;

  function report(operation: string, error: unknown): void {
    if (Date.now() - reportedAt < REPORT_MS) return;
    reportedAt = Date.now();
    log.warn('queue.failed', { operation }, error);
  }

  /** What Redis says in time: BullMQ itself would wait for it for ever. */
  async function ask<Result>(work: () => Promise<Result>): Promise<Result> {
    const answer = await breaker.within(work, QUEUE_MS);
    if (isLate(answer)) throw new AppError('overloaded', 'The queue did not answer in time.');
    return answer;
  }

  function queueOf(kind: string): BullQueue {
    let queue = queues.get(kind);
    if (!queue) {
      queue = new library.Queue(kind, {
        ...{ connection: redis, prefix: PREFIX },
        streams: { events: { maxLen: MAX_EVENTS } },
      });
      queue.on('error', (error) => report('add', error));
      queues.set(kind, queue);
    }
    return queue;
  }

  /** Tells Redis of jobs; one that it knows already is not told twice. */
  async function tell(jobs: readonly HandedJob[]): Promise<void> {
    const kinds = [...new Set(jobs.map(({ kind }) => kind))];
    const entryOf = (job: HandedJob) => ({
      name: job.kind,
      data: { id: job.id, run_at: job.run_at },
      opts: { jobId: entryId(job), removeOnComplete: true, removeOnFail: true },
    });
    await ask(() =>
      Promise.all(kinds.map((kind) => queueOf(kind).addBulk(jobs.filter((job) => job.kind === kind).map(entryOf)))),
    );
  }

  async function handOver(): Promise<void> {
    if (redis.status !== 'ready') return;
    if ((await ask(() => redis.set(MARK, '1', 'NX'))) === 'OK') await handOverAll();
    for (;;) {
      const now = Date.now();
      const jobs = await handOverJobs(records, { limit: HANDED_AT_ONCE, now, until: now + 2 * leaseMs });
      if (jobs.length === 0) return;
      try {
        await tell(jobs);
      } catch (error) {
        await takeBackJobs(
          records,
          jobs.map(({ id }) => id),
        );
        throw error;
      }
    }
  }

  /** Redis has lost what it held, or never held anything. */
  async function handOverAll(): Promise<void> {
    try {
      await takeBackJobs(records);
    } catch (error) {
      await ask(() => redis.del(MARK));
      throw error;
    }
  }

  /** Hands over what is due, once more when something came meanwhile. */
  async function handOverSoon(): Promise<void> {
    isWanted = true;
    if (handing) return handing;
    handing = (async () => {
      while (isWanted) {
        isWanted = false;
        await handOver().catch((error: unknown) => report('hand_over', error));
      }
    })();
    await handing;
    handing = undefined;
  }

  function hurry(): void {
    soon ??= setTimeout(() => {
      soon = undefined;
      void handOverSoon();
    }, SOON_MS);
  }

  function startWorker(lanes: Partial<Lanes>): Worker {
    // For these waiting is right: they go on when it is back.
    const patient = redis.duplicate({
      ...{ lazyConnect: false, enableOfflineQueue: true, autoResendUnfulfilledCommands: true },
      ...{ maxRetriesPerRequest: null, socketTimeout: SILENT_MS },
    });
    patient.on('error', () => undefined);
    const turns = createTurns(parts, lanes);

    async function run({ data }: { data: Pick<HandedJob, 'id' | 'run_at'> }): Promise<void> {
      const now = Date.now();
      const record = await within(
        takeJob(records, data, { lease: turns.lease, now, until: now + leaseMs }),
        Math.min(QUERY_MS, leaseMs / 2),
      );
      // What comes in late is not begun: its lease will have ended before it is done.
      if (isLate(record)) throw new AppError('overloaded', 'The records did not answer in time.');
      if (!record) return;
      await turns.run(record);
      hurry();
    }

    const workers = Object.entries(lanes).map(([kind, lane]) => {
      const worker = new library.Worker(kind, run, {
        ...{ connection: patient, prefix: PREFIX, concurrency: (lane as Lane).concurrency, runRetryDelay: RETRY_MS },
        ...{ lockDuration: leaseMs, stalledInterval: leaseMs, maxStalledCount: MOST_STALLED },
      });
      worker.on('error', (error) => report(kind, error));
      worker.on('failed', (_, error) => report(kind, error));
      return worker;
    });
    return {
      async close() {
        const isAway = patient.status !== 'ready';
        const closing = workers.map((worker) => worker.close(isAway));
        await turns.close();
        await within(Promise.all(closing), FINISH_MS);
        patient.disconnect();
        await handOverSoon();
      },
    };
  }

  const looking = setInterval(() => void handOverSoon(), IDLE_MS);

  return {
    async add(kind, order, db = records) {
      const { id } = await keepJob(parts, db, kind, order);
      hurry();
      return id;
    },
    work(lanes, { workspaces } = {}) {
      if (workspaces === undefined) return startWorker(lanes);
      // Redis cannot be asked for the jobs of some workspaces; the records can.
      const onTaken = (job: HandedJob) => {
        if (redis.status !== 'ready') return;
        ask(() => queueOf(job.kind).remove(entryId(job))).catch((error: unknown) => report('remove', error));
      };
      return startLooking(parts, lanes, { workspaces, onTaken });
    },
    stats: () => countQueue(records),
    async check() {
      await ask(() => redis.ping());
    },
    async close() {
      clearInterval(looking);
      clearTimeout(soon);
      await within(Promise.resolve(handing), QUERY_MS);
      redis.disconnect();
    },
  };
}

/**
 * Another one for each turn of a job, so that it can be told of the next one before the last one is through; and for each
 * process that was lost with it, whose entry lies there for longer than its lease.
 */
const entryId = ({ id, run_at, takeovers }: HandedJob): string => `${id}-${run_at}-${takeovers}`;
