import type { Mark } from './store.ts';

/**
 * What reading a picture leaves to write: that it was used, and whom it belongs to besides. Collected, so that serving
 * costs no write: marks go out within a quarter of a second, uses once a minute.
 */
export type Behind = {
  used(key: string): void;
  mark(key: string, tags: readonly string[]): void;
  /** Writes the marks now. */
  flush(): Promise<void>;
  close(): Promise<void>;
};

/** Where it goes; neither ever rejects. */
export type BehindTarget = {
  readonly tag: (marks: readonly Mark[]) => Promise<void>;
  readonly touch: (keys: readonly string[]) => Promise<void>;
};

const MARK_MS = 250;
const USE_MS = 60_000;
const MAX_USED = 20_000;

/** Starts collecting; more than twenty thousand uses a minute are left out. */
export function createBehind({ tag, touch }: BehindTarget): Behind {
  const used = new Set<string>();
  let marks: Mark[] = [];
  let timer: NodeJS.Timeout | undefined;

  async function writeUses(): Promise<void> {
    const keys = [...used];
    used.clear();
    if (keys.length > 0) await touch(keys);
  }
  const uses = setInterval(writeUses, USE_MS).unref();

  async function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    const now = marks;
    marks = [];
    if (now.length > 0) await tag(now);
  }

  return {
    used(key) {
      if (used.size < MAX_USED) used.add(key);
    },
    mark(key, tags) {
      for (const tag of tags) marks.push([key, tag]);
      if (marks.length > 0) timer ??= setTimeout(flush, MARK_MS).unref();
    },
    flush,
    async close() {
      clearInterval(uses);
      await Promise.all([flush(), writeUses()]);
    },
  };
}
