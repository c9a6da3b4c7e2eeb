import { AppError } from '../../core/errors.ts';
import { isLate, within } from '../deadline.ts';
import { claimJobs, type JobRecord } from '../stores/records/jobs.ts';
import type { JobKind } from './kinds.ts';
import type { Lane, Lanes, Queue, Worker, WorkOptions } from './queue.ts';
import { countQueue, keepJob } from './rows.ts';
import { createTurns, type QueueParts } from './turns.ts';

const LEASE_MS = 30_000;
const IDLE_MS = 1000;
const QUERY_MS = 5000;
const REPORT_MS = 60_000;

/** A queue in the records, for any number of processes; idle, each looks once a second. */
export function createEmbeddedQueue(given: Omit<QueueParts, 'leaseMs'> & { readonly leaseMs?: number }): Queue {
  const parts = { leaseMs: LEASE_MS, ...given };
  // Whoever works here is woken by what is added here.
  const listeners = new Set<(kind: JobKind) => void>();

  return {
    async add(kind, order, db = parts.records) {
      const { id, run_at } = await keepJob(parts, db, kind, order);
      if (run_at <= Date.now()) for (const wake of listeners) wake(kind);
      return id;
    },
    work(lanes, options) {
      const worker = startLooking(parts, lanes, options);
      listeners.add(worker.wake);
      return {
        close() {
          listeners.delete(worker.wake);
          return worker.close();
        },
      };
    },
    stats: () => countQueue(parts.records),
    check: async () => undefined,
    close: async () => undefined,
  };
}

/** Looking for jobs in the records; `onTaken` hears of each that was found. */
export type LookOptions = WorkOptions & { onTaken?(record: JobRecord): void };

/** Looks for jobs in the records and runs them. */
export function startLooking(
  parts: QueueParts,
  lanes: Partial<Lanes>,
  { workspaces, leaves, lease, onTaken }: LookOptions = {},
): Worker & { wake(kind: JobKind): void } {
  const { records, log, leaseMs } = parts;
  const turns = createTurns(parts, lanes, lease);
  const kinds = Object.keys(lanes) as JobKind[];
  const promising = new Set<JobKind>(kinds);
  let isClosing = false;
  let rouse = () => {};
  let reportedAt = -REPORT_MS;

  function report(operation: string, error: unknown): void {
    const now = performance.now();
    if (now - reportedAt < REPORT_MS) return;
    reportedAt = now;
    log.warn('queue.failed', { operation }, error);
  }

  const wake = (kind: JobKind) => {
    promising.add(kind);
    rouse();
  };

  /** Starts what is due, as far as there is room. */
  async function take(kind: JobKind): Promise<void> {
    const free = (lanes[kind] as Lane).concurrency - turns.count(kind);
    if (free <= 0 || leaves?.(kind)) return;
    const now = Date.now();
    const claimed = await within(
      claimJobs(records, { kind, workspaces, limit: free, lease: turns.lease, now, until: now + leaseMs }),
      Math.min(QUERY_MS, leaseMs / 2),
    );
    // What comes in late is not begun: its lease will have ended before it is done.
    if (isLate(claimed)) throw new AppError('overloaded', 'The queue did not answer in time.');
    for (const record of claimed) {
      // After a standstill a job of our own may look abandoned.
      if (turns.holds(record.id)) continue;
      onTaken?.(record);
      void turns.run(record).then(() => wake(kind));
    }
  }

  async function loop(): Promise<void> {
    while (!isClosing) {
      const roused = new Promise<void>((resolve) => {
        rouse = resolve;
      });
      const looking = [...promising];
      promising.clear();
      for (const kind of looking) {
        await take(kind).catch((error: unknown) => report(kind, error));
      }
      if (promising.size === 0) await roused;
    }
  }

  const polling = setInterval(() => {
    for (const kind of kinds) promising.add(kind);
    rouse();
  }, IDLE_MS);
  const looping = loop();

  return {
    wake,
    async close() {
      isClosing = true;
      clearInterval(polling);
      rouse();
      await looping;
      await turns.close();
    },
  };
}
