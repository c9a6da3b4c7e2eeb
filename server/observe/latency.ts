/** Times are counted by the first of these they are within, in ms: the ladder ends at 2,000, on a machine that keeps up. */
const BOUNDS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 1500, 2000, 5000, 60_000] as const;

/** The bound a time in ms is counted under. */
export const boundOf = (ms: number): number => BOUNDS.find((bound) => ms <= bound) ?? 60_000;

/** How many took at most how many ms. */
type Timed = { readonly within_ms: number; readonly count: number };

/** The ms within which at least a share of them was done; null when there are none. */
export function withinOf(timed: readonly Timed[], share: number): number | null {
  const all = timed.reduce((sum, { count }) => sum + count, 0);
  let done = 0;
  for (const { within_ms, count } of timed.toSorted((a, b) => a.within_ms - b.within_ms)) {
    done += count;
    if (done >= all * share) return within_ms;
  }
  return null;
}
