import type { S3 } from '../s3.ts';
import { splitStoreUrl } from '../url.ts';
import type { Blobs } from './blobs.ts';
import { openFileBlobs } from './file.ts';
import { keepRecent } from './recent.ts';
import { openS3Blobs } from './s3.ts';

export type { Blobs } from './blobs.ts';

const stores = {
  file: openFileBlobs,
  s3: async (rest, s3) => keepRecent(await openS3Blobs(rest, s3)),
} satisfies Record<string, (rest: string, s3: S3) => Promise<Blobs>>;

/** Opens the blobs at a `file:folder` or `s3://bucket/prefix` URL. Throws `start_failed` when they cannot be written. */
export function openBlobs(url: string, s3: S3): Promise<Blobs> {
  const { open, rest } = splitStoreUrl<(rest: string, s3: S3) => Promise<Blobs>>(url, stores);
  return open(rest, s3);
}
