import { AppError } from '../core/errors.ts';
import { LATE, type Late, within } from './deadline.ts';

/**
 * Stops asking a store that has failed or been late several times in a row, so that not every request waits to find
 * that out. One try in every second finds out when it is back.
 */
export type Breaker = {
  /** Whether to ask now; while the store is out, true once in a second. */
  allows(): boolean;
  succeeded(): void;
  failed(): void;
  /**
   * Asks and counts the result: what the work gives, `Late` after `ms` milliseconds, or `Late` at once while the store
   * is out. An AppError is an answer, any other error a failure; both are thrown.
   */
  within<Result>(work: () => Promise<Result>, ms: number): Promise<Result | Late>;
};

const FAILURES = 5;
const RETRY_MS = 1000;

/** Starts asking; `now` gives milliseconds. */
export function createBreaker(now: () => number = () => performance.now()): Breaker {
  let failures = 0;
  let retryAt = 0;
  const breaker: Breaker = {
    allows() {
      if (failures < FAILURES) return true;
      if (now() < retryAt) return false;
      retryAt = now() + RETRY_MS;
      return true;
    },
    succeeded() {
      failures = 0;
    },
    failed() {
      failures++;
      retryAt = now() + RETRY_MS;
    },
    async within(work, ms) {
      if (!breaker.allows()) return LATE;
      try {
        const result = await within(work(), ms);
        if (result === LATE) breaker.failed();
        else breaker.succeeded();
        return result;
      } catch (error) {
        if (error instanceof AppError) breaker.succeeded();
        else breaker.failed();
        throw error;
      }
    },
  };
  return breaker;
}
