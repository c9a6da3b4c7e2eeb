import type { Services } from './services.ts';

/**
 * Drops the pictures under a tag, or `all`, here and in every other process within two seconds, and tells how many the
 * store had. Throws `overloaded` when the store does not answer: what other processes hold is dropped all the same.
 */
export async function purge({ cache, changes }: Pick<Services, 'cache' | 'changes'>, tag: string): Promise<number> {
  try {
    return await cache.purge(tag);
  } finally {
    await changes.tell('purge', tag);
  }
}
