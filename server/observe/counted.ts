/** Rows that are counted in memory and written together, so that whoever counts never waits. */
export type Counted<Row> = {
  /** Adds one to the row of a key, made when it is the first. Full or stuck, it drops what is new. */
  add(key: string, first: () => Row): void;
  /** Writes what there is; does nothing while the writing before is under way. What could not be written is kept. */
  flush(): Promise<void>;
  /** How many were dropped so far. */
  dropped(): number;
};

const CHUNK = 100;

/** Counts at most `max` rows between two writings; `write` is given a hundred at a time and may fail. */
export function createCounted<Row extends { count: number }>(
  max: number,
  write: (rows: readonly Row[]) => Promise<void>,
): Counted<Row> {
  let rows = new Map<string, Row>();
  let isFlushing = false;
  let dropped = 0;

  function merge(key: string, row: Row): void {
    const found = rows.get(key);
    if (found) found.count += row.count;
    else if (rows.size < max) rows.set(key, row);
    else dropped += row.count;
  }

  return {
    add(key, first) {
      const found = rows.get(key);
      if (found) found.count++;
      else if (rows.size < max) rows.set(key, first());
      else dropped++;
    },
    async flush() {
      if (isFlushing || rows.size === 0) return;
      isFlushing = true;
      // In one order: two processes that wait for each other's rows would wait for ever.
      const taken = [...rows].sort(([a], [b]) => (a < b ? -1 : 1));
      rows = new Map();
      try {
        while (taken.length > 0) {
          const chunk = taken.slice(0, CHUNK);
          await write(chunk.map(([, row]) => row));
          taken.splice(0, chunk.length);
          // SQLite works on this thread: pictures go out between two chunks.
          await new Promise((resolve) => setImmediate(resolve));
        }
      } finally {
        for (const [key, row] of taken) merge(key, row);
        isFlushing = false;
      }
    },
    dropped: () => dropped,
  };
}
