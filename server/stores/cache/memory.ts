import type { KeyvStoreAdapter } from 'keyv';
import { LRUCache } from 'lru-cache';

type Entry = { value: Buffer; expires?: number };

/** A Keyv store that forgets with the process: at most `maxBytes` of values, least recently used out first. */
export async function openMemoryStore(_rest: string, maxBytes: number): Promise<KeyvStoreAdapter> {
  const entries = new LRUCache<string, Entry>({
    maxSize: maxBytes,
    sizeCalculation: ({ value }) => value.length || 1,
  });
  const store: KeyvStoreAdapter = {
    opts: {},
    get: async (key) => entries.get(key) as never,
    async set(key, entry: Entry) {
      entries.set(key, entry);
    },
    delete: async (key) => entries.delete(key),
    async clear() {
      entries.clear();
    },
    on: () => store,
  };
  return store;
}
