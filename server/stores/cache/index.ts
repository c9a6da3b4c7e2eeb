import Keyv, { type KeyvStoreAdapter } from 'keyv';
import { LRUCache } from 'lru-cache';
import { isLate, within } from '../../deadline.ts';
import { splitStoreUrl } from '../url.ts';
import { openLmdbStore } from './lmdb.ts';
import { openMemoryStore } from './memory.ts';

/**
 * Finished pictures by digest: losable, bounded in bytes and age. `peek` looks only in this process; `get` also in the
 * store behind it. Neither `get` nor `set` ever fails: a slow or broken store is a miss.
 */
export type Cache = {
  peek(key: string): Buffer | undefined;
  get(key: string): Promise<Buffer | undefined>;
  /** Returns at once; the store is written behind. `ttlMs` shortens the default age of 30 days. */
  set(key: string, bytes: Buffer, ttlMs?: number): void;
  /** Waits for what is being written. */
  close(): Promise<void>;
};

const stores = {
  lmdb: openLmdbStore,
  memory: openMemoryStore,
} satisfies Record<string, (rest: string, maxBytes: number) => Promise<KeyvStoreAdapter>>;

const STORE_DEADLINE_MS = 100;
const MAX_AGE_MS = 30 * 24 * 3600 * 1000;
const PROCESS_BYTES = 64 * 1024 * 1024;
// More writes than this under way means that the store is stuck: what is losable is dropped, not queued.
const MAX_WRITES = 256;

/** What `openCache` needs: how much the store may keep, and who is told when it fails or is late. */
export type CacheOptions = {
  readonly maxBytes: number;
  readonly onFault: (operation: 'get' | 'set', error: unknown) => void;
};

/** Opens the cache at an `lmdb:folder` or `memory:` URL. Throws `start_failed` when it cannot be opened. */
export async function openCache(url: string, { maxBytes, onFault }: CacheOptions): Promise<Cache> {
  const { open, rest } = splitStoreUrl(url, stores);
  return createCache(await open(rest, maxBytes), { maxBytes, onFault });
}

/** The cache over any Keyv store; bytes go to the store as they are, without Keyv's JSON. */
export function createCache(store: KeyvStoreAdapter, { maxBytes, onFault }: CacheOptions): Cache {
  const near = new LRUCache<string, Buffer>({
    maxSize: Math.min(PROCESS_BYTES, maxBytes),
    sizeCalculation: (bytes) => bytes.length || 1,
  });
  const keyv = new Keyv<Buffer>({ store, useKeyPrefix: false, throwOnErrors: true, ttl: MAX_AGE_MS });
  keyv.serialize = undefined;
  keyv.deserialize = undefined;
  // Keyv also reports what it throws as an event, and an event nobody hears would end the process.
  keyv.on('error', () => undefined);
  const writes = new Set<Promise<unknown>>();

  return {
    peek: (key) => near.get(key),
    async get(key) {
      const here = near.get(key);
      if (here) return here;
      try {
        const found = await within(keyv.get<Buffer>(key, { raw: true }), STORE_DEADLINE_MS);
        if (isLate(found)) onFault('get', new Error('the cache store is late'));
        else if (Buffer.isBuffer(found?.value)) {
          const left = found.expires ? found.expires - Date.now() : MAX_AGE_MS;
          if (left > 0) near.set(key, found.value, { ttl: left });
          return found.value;
        }
      } catch (error) {
        onFault('get', error);
      }
      return undefined;
    },
    set(key, bytes, ttlMs = MAX_AGE_MS) {
      near.set(key, bytes, { ttl: ttlMs });
      if (writes.size >= MAX_WRITES) {
        onFault('set', new Error('the cache store is stuck'));
        return;
      }
      const write: Promise<unknown> = keyv
        .set(key, bytes, ttlMs)
        .catch((error: unknown) => onFault('set', error))
        .finally(() => writes.delete(write));
      writes.add(write);
    },
    async close() {
      await within(Promise.all(writes), 1000);
      await within(keyv.disconnect(), 1000);
    },
  };
}
