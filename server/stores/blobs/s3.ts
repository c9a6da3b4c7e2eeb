import { AppError } from '../../../core/errors.ts';
import type { S3, S3Place } from '../s3.ts';
import { type Blobs, isDigest, sha256 } from './blobs.ts';

// Larger than anything that is kept: assets are 10 MB at most, a batch is held in memory while it is packed.
const MAX_BYTES = 512 * 1024 * 1024;
// A render process may be waiting for it, and would be taken for hung after five seconds.
const READ_MS = 3_000;
const WRITE_MS = 30_000;

/** Blobs as objects `prefix/ab/cdef…` of a bucket: the same names as in a folder, so that one can be copied to the other. */
export async function openS3Blobs(rest: string, s3: S3): Promise<Blobs> {
  const [, bucket, prefix] = rest.match(/^\/\/([^/]+)(?:\/(.*?))?\/*$/) ?? [];
  if (bucket === undefined)
    throw new AppError(
      'config_invalid',
      'MERGEPIX_BLOBS names no bucket: write it as s3://bucket or s3://bucket/prefix.',
    );
  const placeOf = (digest: string): S3Place => ({
    bucket,
    key: `${prefix ? `${prefix}/` : ''}${digest.slice(0, 2)}/${digest.slice(2)}`,
  });

  return {
    async put(bytes) {
      const digest = sha256(bytes);
      await s3.put(placeOf(digest), bytes, WRITE_MS);
      return digest;
    },
    async get(digest) {
      if (!isDigest(digest)) return undefined;
      const found = await s3.get(placeOf(digest), { maxBytes: MAX_BYTES, timeoutMs: READ_MS });
      if (typeof found !== 'object' || sha256(found.bytes) !== digest) return undefined;
      return found.bytes;
    },
  };
}
