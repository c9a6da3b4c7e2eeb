import { LRUCache } from 'lru-cache';
import type { Blobs } from './blobs.ts';

const KEPT_BYTES = 64 * 1024 * 1024;

/**
 * Keeps 64 MB of the blobs that were read last in this process, and reads each once at a time: a store across the network
 * should not be asked for every picture.
 */
export function keepRecent(blobs: Blobs): Blobs {
  const kept = new LRUCache<string, Buffer>({
    maxSize: KEPT_BYTES,
    sizeCalculation: (bytes) => bytes.length || 1,
  });
  const reading = new Map<string, Promise<Buffer | undefined>>();

  async function read(digest: string): Promise<Buffer | undefined> {
    try {
      const bytes = await blobs.get(digest);
      if (bytes) kept.set(digest, bytes);
      return bytes;
    } finally {
      reading.delete(digest);
    }
  }

  return {
    put: (bytes) => blobs.put(bytes),
    async get(digest) {
      const known = kept.get(digest);
      if (known) return known;
      let result = reading.get(digest);
      if (!result) {
        result = read(digest);
        reading.set(digest, result);
      }
      return result;
    },
  };
}
