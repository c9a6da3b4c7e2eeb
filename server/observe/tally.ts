import type { Log } from './log.ts';

/** Counts pictures by outcome: what a hit costs instead of a line in the log. */
export type Tally = {
  count(outcome: string): void;
  /** Writes one `served` line with the counts since the last, nothing when there are none. */
  flush(): void;
};

/** A tally that writes its line through the given log. */
export function createTally(log: Log): Tally {
  let counts: Record<string, number> = {};
  return {
    count(outcome) {
      counts[outcome] = (counts[outcome] ?? 0) + 1;
    },
    flush() {
      if (Object.keys(counts).length > 0) log.info('served', { served: counts });
      counts = {};
    },
  };
}
