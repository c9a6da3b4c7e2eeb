/** What is known of a send before its warm-up; times are in ms since 1970. */
export type SendFacts = {
  readonly now: number;
  /** When its first recipient gets it. */
  readonly firstAt: number;
  /** How many recipients it has, at most. */
  readonly contacts: number;
  /** How many of them are done in a second, from the list to the picture. */
  readonly perSecond: number;
  /** Whether all its pictures change with time. */
  readonly isLive: boolean;
};

/** When its warm-up begins, and when it is begun once more for fresh values; null when it is not. */
export type SendPlan = { readonly startAt: number; readonly againAt: number | null };

const MINUTE_MS = 60_000;
// By when before the first recipient everything is to be made.
const MARGIN_MS = 15 * MINUTE_MS;
// Between the end of the first look and the second one: somebody may want to mend what the first has found.
const BETWEEN_MS = 60 * MINUTE_MS;

/**
 * Plans a warm-up: once with time to mend what it finds, and once more as late as it fits, when most is warm already and
 * only what has changed is made. Live pictures are made as late as it fits only. What is too near begins at once.
 */
export function planSend({ now, firstAt, contacts, perSecond, isLive }: SendFacts): SendPlan {
  const takesMs = Math.round((contacts / perSecond) * 1000);
  const latestAt = firstAt - MARGIN_MS - takesMs;
  if (isLive) return { startAt: Math.max(now, latestAt), againAt: null };
  const startAt = Math.max(now, latestAt - BETWEEN_MS - takesMs);
  // Begun too late for both, the first one is fresh enough.
  return { startAt, againAt: startAt + takesMs < latestAt ? latestAt : null };
}

/** A warm-up that was done; times are in ms since 1970. */
export type Done = {
  readonly contacts: number;
  /** Pictures that were not there before. */
  readonly made: number;
  readonly startedAt: number;
  /** When all were there: how long references take says nothing of other warm-ups. */
  readonly madeAt: number;
};

// Two cores do several hundred; slow sources and large pictures take longer.
const FIRST_PER_SECOND = 50;
// Fewer pictures tell nothing of how long many take.
const TELLING = 200;

/** How many contacts the slowest of some warm-ups did in a second, or a cautious guess where none of them tells. */
export function speedOf(done: readonly Done[]): number {
  const speeds = done
    .filter(({ made, startedAt, madeAt }) => made >= TELLING && madeAt > startedAt)
    .map(({ contacts, startedAt, madeAt }) => (contacts * 1000) / (madeAt - startedAt));
  return speeds.length === 0 ? FIRST_PER_SECOND : Math.min(...speeds);
}
