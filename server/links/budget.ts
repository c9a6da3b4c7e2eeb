import { LRUCache } from 'lru-cache';

/** Counts what a link's open fields cause, so that one address with changing words cannot occupy the renderers. */
export type Budget = {
  /** Takes one of `perMinute` renders; false when this minute's are used up. */
  take(link: string, perMinute: number): boolean;
};

const MINUTE_MS = 60_000;

/** A budget per link and minute, in this process; `now` gives milliseconds. */
export function createBudget(now: () => number): Budget {
  const used = new LRUCache<string, { minute: number; count: number }>({ max: 1_000 });
  return {
    take(link, perMinute) {
      const minute = Math.floor(now() / MINUTE_MS);
      const entry = used.get(link);
      if (entry?.minute !== minute) {
        used.set(link, { minute, count: 1 });
        return true;
      }
      entry.count++;
      return entry.count <= perMinute;
    },
  };
}
