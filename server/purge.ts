import type { Changes } from './changes.ts';
import type { Cache } from './stores/cache/index.ts';

type Parts = { readonly cache: Cache; readonly changes: Changes };

const RETRY_MS = 2000;

/**
 * Drops the pictures under a tag, or `all`, here and in every other process within two seconds, and tells how many the
 * store had. Throws `overloaded` when the store does not answer; it is tried again all the same.
 */
export async function purge({ cache, changes }: Parts, tag: string): Promise<number> {
  try {
    return await cache.purge(tag);
  } finally {
    await changes.tell('purge', tag);
  }
}

/**
 * Drops what any process tells to purge, again and again while the store does not answer; `onFault` hears of the first
 * time for each tag. Gives what ends it.
 */
export function followPurges({ cache, changes }: Parts, onFault: (error: unknown) => void): () => void {
  const waiting = new Set<string>();
  let timer: NodeJS.Timeout | undefined;

  async function drop(tag: string): Promise<void> {
    try {
      await cache.purge(tag);
      waiting.delete(tag);
    } catch (error) {
      if (!waiting.has(tag)) onFault(error);
      waiting.add(tag);
      timer ??= setTimeout(dropWaiting, RETRY_MS).unref();
    }
  }

  async function dropWaiting(): Promise<void> {
    for (const tag of waiting) await drop(tag);
    timer = waiting.size > 0 ? setTimeout(dropWaiting, RETRY_MS).unref() : undefined;
  }

  changes.on('purge', (tag) => void drop(tag));
  return () => clearTimeout(timer);
}
