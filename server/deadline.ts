/** The reason a deadline gives: never shown to anyone, only told apart from the work's own failures. */
export const LATE: unique symbol = Symbol('late');

/** What a deadline answers instead of a value when the work took too long. */
export type Late = typeof LATE;

/** Whether a result of `within` is the deadline's answer. */
export const isLate = (result: unknown): result is Late => result === LATE;

/**
 * Gives the work's result, or the `Late` mark after `ms` milliseconds. The work itself goes on and its later failure is
 * swallowed; a failure in time is thrown.
 */
export function within<Result>(work: Promise<Result>, ms: number): Promise<Result | Late> {
  return new Promise((resolve, reject) => {
    // After a pause of this process timers come before answers that have long arrived: these get their turn first.
    const timer = setTimeout(() => setImmediate(resolve, LATE), Math.max(0, ms));
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
