import type { Services } from '../services.ts';
import { type Held, pinnable } from '../stores/cache/store.ts';

/** A cache that has no room: what it keeps for others, and its size. */
export type Full = Pick<Held, 'pinnedBytes'> & { readonly maxBytes: number };

/** What the cache has where it cannot keep so many bytes besides; undefined when it can. */
export async function findFull({ stats }: Pick<Services['cache'], 'stats'>, wanted: number): Promise<Full | undefined> {
  const { pinnedBytes, maxBytes } = await stats();
  return pinnedBytes + wanted > pinnable(maxBytes) ? { pinnedBytes, maxBytes } : undefined;
}
