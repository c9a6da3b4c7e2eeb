/**
 * What this process has on its way into the store, or had until lately: a purge by another process misses what comes in
 * just after it.
 */
export type Underway = {
  /** Notes that a key goes under tags from now on; gives what to call once the store has that, or will never have it. */
  start(key: string, tags: readonly string[]): () => void;
  /**
   * The keys under a tag, or `all`, that were on their way at a moment (ms since 1970) and did not set out again later;
   * waits until they have arrived. Undefined when that moment is too long ago to tell.
   */
  at(tag: string, moment: number): Promise<string[]> | undefined;
};

/** `from` and `to` are in ms since 1970; `arrived` waits for the end. */
type Way = {
  readonly key: string;
  readonly tags: readonly string[];
  readonly from: number;
  to: number;
  readonly arrived: Promise<void>;
};

// Dropping takes ten seconds at most, and is heard of within two, by clocks that may be five seconds apart.
const KNOWN_MS = 20_000;

/** Knows of nothing yet. */
export function createUnderway(): Underway {
  // In the order they set out.
  const ways = new Set<Way>();

  function forgetOld(): void {
    const before = Date.now() - KNOWN_MS;
    for (const way of ways) {
      if (way.to < before) ways.delete(way);
      else if (way.to !== Number.POSITIVE_INFINITY) return;
    }
  }

  return {
    start(key, tags) {
      forgetOld();
      let arrive = () => {};
      const arrived = new Promise<void>((resolve) => {
        arrive = resolve;
      });
      const way: Way = { key, tags, from: Date.now(), to: Number.POSITIVE_INFINITY, arrived };
      ways.add(way);
      return () => {
        way.to = Date.now();
        arrive();
      };
    },
    at(tag, moment) {
      if (moment < Date.now() - KNOWN_MS) return undefined;
      const found = [...ways].filter(({ tags }) => tag === 'all' || tags.includes(tag));
      const later = new Set(found.filter(({ from }) => from > moment).map(({ key }) => key));
      const caught = found.filter(({ key, from, to }) => from <= moment && to >= moment && !later.has(key));
      return Promise.all(caught.map(({ arrived, key }) => arrived.then(() => key)));
    },
  };
}
