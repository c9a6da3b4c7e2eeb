import Keyv from 'keyv';
import { LRUCache } from 'lru-cache';
import { within } from '../../deadline.ts';
import { splitStoreUrl } from '../url.ts';
import { createBehind } from './behind.ts';
import { createGuard, type Use } from './guard.ts';
import { openLmdbStore } from './lmdb.ts';
import { openMemoryStore } from './memory.ts';
import { createPointers, type Pointer } from './pointers.ts';
import { openPostgresStore } from './postgres.ts';
import { openRedisStore } from './redis.ts';
import type { CacheStore, Held, Kept, Pinned } from './store.ts';
import { createUnderway } from './underway.ts';

/**
 * Finished pictures by digest: losable, bounded in bytes and age, found again by tag. Reading and writing never fail
 * and never wait long: a slow or broken store is a miss.
 */
export type Cache = {
  /** The picture, where it is there at once: in this process, or in a store that reads in microseconds. */
  peek(key: string): Buffer | undefined;
  get(key: string): Promise<Buffer | undefined>;
  /** Returns at once; the store is written behind. `ttlMs` shortens the age of 30 days; tags say what to drop it with. */
  set(key: string, bytes: Buffer, options?: SetOptions): void;
  /** Puts a picture under more tags: it was made for somebody else, and now belongs to these as well. */
  note(key: string, tags: readonly string[]): void;
  /** What a name points at; undefined when that is not known, or the store does not answer. */
  recall(name: string): Promise<Pointer | undefined>;
  /** Lets a name point at a picture; the same again costs nothing. */
  remember(name: string, pointer: Pointer, tags?: readonly string[]): void;
  /**
   * Drops what is under a tag, or `all`, in this process and in the store, and tells how many entries that were. What
   * belongs to a contact or subject is not taken in again for a minute. Throws `overloaded` when the store fails: then
   * it may still be there. A `mark` is left in the store for a minute: see `takeBack`.
   */
  purge(tag: string, mark?: string): Promise<number>;
  /** Drops the copies of this process: the store may not have them any more. */
  forget(): void;
  /**
   * For what another process has purged: `forget`, and takes back what this process had on its way into the store just
   * then. What came later stays, unless the mark says that it was another store. Throws as `purge` does.
   */
  takeBack(tag: string, by: PurgeMark): Promise<void>;
  /**
   * Keeps pictures until a moment (ms since 1970, at most 30 days ahead), whatever else comes: some thousands of keys at
   * a time. When all pins together would take more than nine tenths of the store, none of these is pinned. Throws `overloaded` when the store fails.
   */
  pin(keys: readonly string[], until: number): Promise<Pinned>;
  /** What it holds, and how it was used since this process started. Throws `overloaded` when the store fails. */
  stats(): Promise<CacheStats>;
  /** Waits for what is being written. */
  close(): Promise<void>;
};

/** When a process began to purge (ms since 1970), and what it has left in its store. */
export type PurgeMark = { readonly moment: number; readonly mark: string };

/** How a picture is kept. */
export type SetOptions = {
  readonly ttlMs?: number;
  readonly tags?: readonly string[];
  /** Nobody asks for it yet: it goes to the store alone. */
  readonly isForLater?: boolean;
  /** Hears that the store has the bytes, and that the buffer they came in is not needed here. */
  readonly onWritten?: () => void;
};

/** See `Cache.stats`; `store` is the scheme of its URL. */
export type CacheStats = Held & {
  readonly store: string;
  readonly maxBytes: number;
  readonly hits: { readonly process: number; readonly store: number };
  readonly misses: number;
};

const stores = {
  lmdb: openLmdbStore,
  memory: openMemoryStore,
  redis: (rest, maxBytes) => openRedisStore(`redis:${rest}`, maxBytes),
  postgres: (rest, maxBytes) => openPostgresStore(`postgres:${rest}`, maxBytes),
  postgresql: (rest, maxBytes) => openPostgresStore(`postgresql:${rest}`, maxBytes),
  rediss: (rest, maxBytes) => openRedisStore(`rediss:${rest}`, maxBytes),
} satisfies Record<string, (rest: string, maxBytes: number) => Promise<CacheStore>>;

const MAX_AGE_MS = 30 * 24 * 3600 * 1000;
const NEAR_BYTES = 64 * 1024 * 1024;
const CLOSE_MS = 1000;
const MAX_NOTED = 10_000;
// A picture that is being drawn while its contact is erased must not come after the erasure.
const GONE_MS = 60_000;
const MARK_MS = 60_000;
const GONE = /^(?:contact|subject):/;

const markKey = (mark: string) => `#${mark}`;

type Near = { readonly bytes: Buffer; readonly noted: Set<string> };

/**
 * What `openCache` needs: how much the store and, besides, this process may keep (64 MB by default), and who is told,
 * once a minute, that the store fails or is late.
 */
export type CacheOptions = {
  readonly maxBytes: number;
  readonly nearBytes?: number;
  readonly onFault: (use: Use, error: unknown) => void;
};

/** Opens the cache at a `scheme:rest` URL. Throws `start_failed` when it cannot be opened. */
export async function openCache(url: string, options: CacheOptions): Promise<Cache> {
  const { open, rest } = splitStoreUrl(url, stores);
  return createCache(await open(rest, options.maxBytes), options);
}

/** The cache over a store; bytes go to it as they are, without Keyv's JSON. */
export function createCache(store: CacheStore, { maxBytes, nearBytes = NEAR_BYTES, onFault }: CacheOptions): Cache {
  const near = new LRUCache<string, Near>({
    // What is larger than all of it is not kept, and a size of 0 would mean any.
    maxSize: Math.max(1, Math.min(nearBytes, maxBytes)),
    sizeCalculation: ({ bytes }) => bytes.length || 1,
  });
  const keyv = new Keyv<Kept>({ store, useKeyPrefix: false, throwOnErrors: true, ttl: MAX_AGE_MS });
  keyv.serialize = undefined;
  keyv.deserialize = undefined;
  // Keyv also reports what it throws as an event, and an event nobody hears would end the process.
  keyv.on('error', () => undefined);
  const gone = new LRUCache<string, true>({ max: 100_000, ttl: GONE_MS });
  const guard = createGuard(keyv, onFault);
  const hits = { process: 0, store: 0 };
  let misses = 0;
  /** Purges so far: what was read before one must not be kept near after it. */
  let purges = 0;

  function keepNear(
    key: string,
    bytes: Buffer,
    expires = Date.now() + MAX_AGE_MS,
    noted: readonly string[] = [],
  ): void {
    const ttl = expires - Date.now();
    if (ttl > 0) near.set(key, { bytes, noted: new Set(noted) }, { ttl });
  }

  function peekStore(key: string): Buffer | undefined {
    try {
      const found = store.peek?.(key);
      if (!found || found.expires <= Date.now()) return undefined;
      keepNear(key, found.value.bytes, found.expires);
      return found.value.bytes;
    } catch (error) {
      guard.report('get', error);
      return undefined;
    }
  }

  const underway = createUnderway();
  /** What to call when what was noted is written. */
  let notes: (() => void)[] = [];

  const behind = createBehind({
    async tag(marks) {
      const arrivals = notes;
      notes = [];
      let tagging: Promise<void> | undefined;
      const isWritten = await guard.write(() => {
        tagging = store.tag(marks);
        return tagging;
      });
      // Also when that takes so long that nobody waits for it.
      const arrive = () => {
        for (const each of arrivals) each();
      };
      void Promise.resolve(tagging).then(arrive, arrive);
      if (isWritten) return;
      // They are not written, so they have to be noted again.
      for (const { noted } of near.values()) noted.clear();
    },
    touch: async (keys) => void (await guard.write(() => store.touch(keys))),
  });

  const isGone = (tags: readonly string[]) => gone.size > 0 && tags.some((tag) => gone.has(tag));

  function put(key: string, bytes: Buffer, { ttlMs = MAX_AGE_MS, tags = [], ...options }: SetOptions): boolean {
    if (isGone(tags)) return false;
    void guard.write(async () => {
      const arrive = underway.start(key, tags);
      const isKept = await keyv.set(key, { bytes, tags } satisfies Kept, Math.min(ttlMs, MAX_AGE_MS)).finally(arrive);
      // Also when that took so long that nobody waited for it; what failed may still be on its way.
      if (isKept && options.isForLater && !store.keepsBuffers) options.onWritten?.();
    });
    return true;
  }

  const pointers = createPointers({
    read: async (key) => (await guard.read(key))?.value.bytes,
    write: (key, bytes, tags) => put(key, bytes, { tags }),
  });

  function forgetNear(): void {
    purges++;
    near.clear();
    pointers.clear();
  }

  async function purge(tag: string, mark?: string): Promise<number> {
    if (GONE.test(tag)) gone.set(tag, true);
    forgetNear();
    await guard.settle();
    await behind.flush();
    try {
      return await guard.ask(async () => {
        const dropped = tag === 'all' ? (await store.held()).entries : await store.drop(tag);
        if (tag === 'all') await keyv.clear();
        if (mark !== undefined) await keyv.set(markKey(mark), { bytes: Buffer.alloc(0) } satisfies Kept, MARK_MS);
        return dropped;
      });
    } finally {
      forgetNear();
    }
  }

  async function takeBack(tag: string, { moment, mark }: PurgeMark): Promise<void> {
    if (GONE.test(tag)) gone.set(tag, true);
    forgetNear();
    const caught = underway.at(tag, moment);
    const isDropped = await guard.ask(async () => (await keyv.get(markKey(mark))) !== undefined);
    if (!caught || !isDropped) return void (await purge(tag));
    await behind.flush();
    try {
      await guard.ask(async () => {
        for (const key of await caught) await store.delete(key);
      });
    } finally {
      forgetNear();
    }
  }

  return {
    peek(key) {
      const here = near.get(key)?.bytes;
      if (here) hits.process++;
      const found = here ?? peekStore(key);
      if (!found) return undefined;
      if (!here) hits.store++;
      behind.used(key);
      return found;
    },
    async get(key) {
      const here = near.get(key);
      if (here) hits.process++;
      const asked = purges;
      const found = here ? undefined : await guard.read(key);
      if (found) {
        hits.store++;
        if (asked === purges) keepNear(key, found.value.bytes, found.expires);
      }
      const bytes = here?.bytes ?? found?.value.bytes;
      if (bytes) behind.used(key);
      else misses++;
      return bytes;
    },
    set(key, bytes, options = {}) {
      const { ttlMs = MAX_AGE_MS, tags, isForLater } = options;
      if (put(key, bytes, options) && !isForLater) keepNear(key, bytes, Date.now() + ttlMs, tags);
    },
    note(key, tags) {
      const noted = near.peek(key)?.noted;
      const fresh = tags.filter((tag) => !noted?.has(tag));
      if (noted && noted.size > MAX_NOTED) noted.clear();
      for (const tag of fresh) noted?.add(tag);
      if (fresh.length === 0) return;
      notes.push(underway.start(key, fresh));
      behind.mark(key, fresh);
    },
    recall: pointers.recall,
    remember: pointers.remember,
    purge,
    forget: forgetNear,
    takeBack,
    async pin(keys, until) {
      // What was set before is there to be kept.
      await guard.settle();
      return guard.ask(() => store.pin(keys, Math.min(until, Date.now() + MAX_AGE_MS)));
    },
    async stats() {
      const held = await guard.ask(() => store.held());
      return { store: store.name, maxBytes, ...held, hits: { ...hits }, misses };
    },
    async close() {
      await within(behind.close(), CLOSE_MS);
      await guard.settle();
      await within(keyv.disconnect(), CLOSE_MS);
    },
  };
}
