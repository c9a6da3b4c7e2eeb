import { splitStoreUrl } from '../url.ts';
import type { Blobs } from './blobs.ts';
import { openFileBlobs } from './file.ts';

export type { Blobs } from './blobs.ts';

const stores = {
  file: openFileBlobs,
} satisfies Record<string, (rest: string) => Promise<Blobs>>;

/** Opens the blobs at a `file:folder` URL. Throws `start_failed` when they cannot be written. */
export function openBlobs(url: string): Promise<Blobs> {
  const { open, rest } = splitStoreUrl(url, stores);
  return open(rest);
}
