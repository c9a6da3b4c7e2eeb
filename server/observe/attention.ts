import { LRUCache } from 'lru-cache';

/** The share of pictures below fresh that made somebody look: the last five minutes of a link. */
export type Jump = { readonly below: number; readonly served: number; readonly share: number };

/** Watches how many pictures of each link come out below fresh. */
export type Attention = {
  /** Counts one at `now` (ms) and gives the jump it completes; at most one an hour for a link. */
  count(link: string, isBelowFresh: boolean, now: number): Jump | undefined;
};

type Minutes = { readonly served: Uint32Array; readonly below: Uint32Array; last: number; toldAt: number };

const MAX_LINKS = 5_000;
const MINUTE_MS = 60_000;
const KEPT = 60;
const RECENT = 5;
const QUIET_MS = 3_600_000;
const MIN_BELOW = 20;
const MIN_SHARE = 0.05;
// Twice what it usually is: a link whose contacts are half unknown is no news.
const TIMES_USUAL = 2;
// Fewer pictures than this in the hour before do not say what is usual.
const MIN_USUAL = 100;

/** Keeps the last hour, by the minute, of the five thousand links that were served last. */
export function createAttention(): Attention {
  const links = new LRUCache<string, Minutes>({ max: MAX_LINKS });

  function at(link: string, minute: number): Minutes {
    let minutes = links.get(link);
    if (!minutes) {
      minutes = { served: new Uint32Array(KEPT), below: new Uint32Array(KEPT), last: minute, toldAt: -QUIET_MS };
      links.set(link, minutes);
    }
    for (let passed = Math.max(minutes.last + 1, minute - KEPT + 1); passed <= minute; passed++) {
      minutes.served[passed % KEPT] = 0;
      minutes.below[passed % KEPT] = 0;
    }
    minutes.last = Math.max(minutes.last, minute);
    return minutes;
  }

  return {
    count(link, isBelowFresh, now) {
      const minute = Math.floor(now / MINUTE_MS);
      const minutes = at(link, minute);
      const { served, below, toldAt } = minutes;
      served[minute % KEPT] = (served[minute % KEPT] ?? 0) + 1;
      if (!isBelowFresh) return undefined;
      below[minute % KEPT] = (below[minute % KEPT] ?? 0) + 1;
      if (now - toldAt < QUIET_MS) return undefined;
      const recent = sum(minutes, minute - RECENT + 1, minute);
      const share = recent.below / recent.served;
      if (recent.below <= MIN_BELOW || share <= MIN_SHARE) return undefined;
      const before = sum(minutes, minute - KEPT + 1, minute - RECENT);
      if (before.served >= MIN_USUAL && share < (TIMES_USUAL * before.below) / before.served) return undefined;
      minutes.toldAt = now;
      return { ...recent, share };
    },
  };
}

function sum({ served, below }: Minutes, from: number, to: number): { served: number; below: number } {
  const total = { served: 0, below: 0 };
  for (let minute = from; minute <= to; minute++) {
    total.served += served[minute % KEPT] ?? 0;
    total.below += below[minute % KEPT] ?? 0;
  }
  return total;
}
