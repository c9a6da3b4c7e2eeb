import type { Keyv } from 'keyv';
import { AppError } from '../../../core/errors.ts';
import { createBreaker } from '../../breaker.ts';
import { isLate, within } from '../../deadline.ts';
import type { Kept, StoredEntry } from './store.ts';

/** What the store is used for where it may fail in silence. */
export type Use = 'get' | 'set';

/** A store behind deadlines: whatever it does, nobody waits long for it, and nothing is queued up before it. */
export type Guard = {
  /** The entry, once for all who ask meanwhile; undefined, too, when the store is late or fails. */
  read(key: string): Promise<StoredEntry | undefined>;
  /** Does some writing; false when it was not done, or not in time. Never rejects. */
  write(work: () => Promise<unknown>): Promise<boolean>;
  /** Does what somebody waits for. Throws `overloaded` when the store fails or takes too long. */
  ask<Result>(work: () => Promise<Result>): Promise<Result>;
  /** Tells of a fault, once a minute for each use. */
  report(use: Use, error: unknown): void;
  /** Waits for what is being written. */
  settle(): Promise<void>;
};

const READ_MS = 100;
const WRITE_MS = 1000;
const ASK_MS = 10_000;
// More writes than this under way means that the store is stuck: what is losable is dropped, not queued.
const MAX_WRITES = 256;
const REPORT_MS = 60_000;

/** Puts deadlines and a breaker for each use before a store. */
export function createGuard(keyv: Keyv<Kept>, onFault: (use: Use, error: unknown) => void): Guard {
  const breakers = { get: createBreaker(), set: createBreaker() };
  const reportedAt: Record<Use, number> = { get: -REPORT_MS, set: -REPORT_MS };
  const reading = new Map<string, Promise<StoredEntry | undefined>>();
  const writes = new Set<Promise<unknown>>();

  function report(use: Use, error: unknown): void {
    const now = performance.now();
    if (now - reportedAt[use] < REPORT_MS) return;
    reportedAt[use] = now;
    onFault(use, error);
  }

  async function read(key: string): Promise<StoredEntry | undefined> {
    try {
      const found = await breakers.get.within(() => keyv.get<Kept>(key, { raw: true }), READ_MS);
      if (isLate(found)) report('get', new Error('the cache store is late'));
      else if (Buffer.isBuffer(found?.value?.bytes)) return found as StoredEntry;
    } catch (error) {
      report('get', error);
    }
    return undefined;
  }

  return {
    read(key) {
      const known = reading.get(key);
      if (known) return known;
      const started = read(key).finally(() => reading.delete(key));
      reading.set(key, started);
      return started;
    },
    async write(work) {
      try {
        if (writes.size >= MAX_WRITES) throw new Error('the cache store is stuck');
        const writing = breakers.set.within(work, WRITE_MS);
        writes.add(writing);
        const result = await writing.finally(() => writes.delete(writing));
        if (isLate(result)) report('set', new Error('the cache store is late'));
        return !isLate(result);
      } catch (error) {
        report('set', error);
        return false;
      }
    },
    async ask(work) {
      const result = await within(work(), ASK_MS).catch((cause: unknown) => new Error('the store failed', { cause }));
      if (!isLate(result) && !(result instanceof Error)) return result;
      throw new AppError('overloaded', 'The cache does not answer now: try again in a moment.', { cause: result });
    },
    report,
    settle: async () => void (await within(Promise.allSettled(writes), WRITE_MS)),
  };
}
