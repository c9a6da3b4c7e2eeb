import { type RawBuilder, sql } from 'kysely';

// So much may the clocks of our machines differ, and then some.
const SKEW_MS = 5 * 60_000;

/**
 * Whether a moment has come at `now`, or is further ahead than it ever was when it was set: it is at most `most` ms then, so
 * that the clock went wrong by which it was set, and nobody should wait for that.
 */
export const isDue = (moment: number, now: number, most: number): boolean =>
  moment <= now || moment > now + most + SKEW_MS;

/**
 * The same of a column, as two conditions of which one has to hold: where an index is to serve, each stands with what comes
 * before the column in it.
 */
export const whenDue = (
  column: string,
  now: number,
  most: number | RawBuilder<number>,
): [RawBuilder<boolean>, RawBuilder<boolean>] => [
  sql<boolean>`${sql.ref(column)} <= ${now}`,
  sql<boolean>`${sql.ref(column)} > cast(${now + SKEW_MS} as bigint) + ${most}`,
];
