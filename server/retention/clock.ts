import { uptime } from 'node:os';

const HOUR_MS = 3_600_000;
const DOUBTED_MS = 24 * HOUR_MS;

/**
 * Says, whenever it is asked, whether the clock can be believed. One that jumped ahead by more than an hour since is not for
 * a day, in which somebody can set it right; then it was the one before that was wrong. `now` gives milliseconds, and so
 * does `up`, which goes on while the machine sleeps and which nobody sets.
 */
export function watchClock(
  now: () => number = Date.now,
  up: () => number = () => uptime() * 1000,
): { isBelieved(): boolean } {
  // When the machine was started, by the clock: it stays so until that is set.
  const startedAt = () => now() - up();
  let believed = startedAt();
  let doubted: { readonly started: number; readonly since: number } | undefined;
  return {
    isBelieved() {
      const started = startedAt();
      if (started - believed > HOUR_MS) {
        if (!doubted || Math.abs(started - doubted.started) > HOUR_MS) doubted = { started, since: up() };
        if (up() - doubted.since < DOUBTED_MS) return false;
      }
      believed = started;
      doubted = undefined;
      return true;
    },
  };
}
