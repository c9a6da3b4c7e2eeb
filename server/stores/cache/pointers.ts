import { LRUCache } from 'lru-cache';

/** The picture a name stands for: its key, its media type, and when it was made or last seen whole (ms since 1970). */
export type Pointer = { readonly key: string; readonly mime: string; readonly at: number };

/** Names of pictures, in this process and in the store behind it; see `Cache`. */
export type Pointers = {
  recall(name: string): Promise<Pointer | undefined>;
  remember(name: string, pointer: Pointer, tags?: readonly string[]): void;
  clear(): void;
};

/** The store the pointers are in: `read` never fails, `write` is false when it was not taken. */
export type PointerStore = {
  readonly read: (key: string) => Promise<Buffer | undefined>;
  readonly write: (key: string, bytes: Buffer, tags: readonly string[]) => boolean;
};

/** `until` is when another process's word is asked for again; both on the clock of `performance.now()`. */
type Known = { readonly pointer: Pointer; readonly until: number; readonly writtenAt: number };

const KNOWN = 50_000;
const FRESH_MS = 2000;
const WRITTEN_MS = 600_000;

const keyOf = (name: string) => `@${name}`;

/** What is known here serves on when the store does not answer. */
export function createPointers({ read, write }: PointerStore): Pointers {
  const known = new LRUCache<string, Known>({ max: KNOWN });
  let clears = 0;
  return {
    async recall(name) {
      const here = known.get(name);
      const asked = clears;
      if (here && here.until > performance.now()) return here.pointer;
      const found = parse(await read(keyOf(name)));
      if (!found || asked !== clears) return found ?? (asked === clears ? here?.pointer : undefined);
      known.set(name, {
        pointer: found,
        until: performance.now() + FRESH_MS,
        writtenAt: here?.writtenAt ?? Number.NEGATIVE_INFINITY,
      });
      return found;
    },
    remember(name, pointer, tags = []) {
      const now = performance.now();
      const here = known.get(name);
      if (here && here.writtenAt + WRITTEN_MS > now && isSame(here.pointer, pointer)) return;
      if (!write(keyOf(name), Buffer.from(JSON.stringify(pointer)), tags)) return;
      known.set(name, { pointer, until: now + FRESH_MS, writtenAt: now });
    },
    clear() {
      clears++;
      known.clear();
    },
  };
}

const isSame = (a: Pointer, b: Pointer) => a.key === b.key && a.mime === b.mime && a.at === b.at;

function parse(bytes: Buffer | undefined): Pointer | undefined {
  if (!bytes) return undefined;
  try {
    const { key, mime, at } = JSON.parse(bytes.toString()) as Partial<Pointer>;
    if (typeof key === 'string' && typeof mime === 'string' && typeof at === 'number') return { key, mime, at };
  } catch {
    // Whatever it is, it is none of ours.
  }
  return undefined;
}
