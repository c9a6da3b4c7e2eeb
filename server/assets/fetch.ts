import { AppError } from '../../core/errors.ts';
import { S3_ADDRESS } from '../../core/template/parts.ts';
import type { Outgoing } from '../outgoing/client.ts';
import type { S3 } from '../stores/s3.ts';
import { sniffImage } from './sniff.ts';

/** A picture as it was fetched; with its entity tag it can be asked for again, to be sent only when it has changed. */
export type Fetched = { readonly bytes: Buffer; readonly etag: string | undefined };

/** From where pictures may come. Any public host when `hosts` is absent, any bucket when `buckets` is. */
export type Allowed = {
  readonly hosts?: readonly string[] | undefined;
  readonly buckets?: readonly string[] | undefined;
};

/** How pictures are reached. */
export type Ways = { readonly outgoing: Outgoing; readonly s3: S3 };

const MAX_BYTES = 10 * 1024 * 1024;
const TIMEOUT_MS = 3000;
const accept = 'image/jpeg, image/png, image/webp, image/gif, image/avif';
// What says that there is no picture, and not only that it cannot be had just now.
const GONE = [404, 410];

/**
 * The picture at an http(s) address whose host, at every hop, is allowed, or at `s3://bucket/key`; `unchanged` when it still
 * has the entity tag given. Throws `address_refused` (not allowed), `asset_not_found` (not there), `fetch_failed` or
 * `blobs_unavailable` (could not be had in 3 seconds, or over 10 MB), or `asset_invalid` (no picture).
 */
export function fetchImage(ways: Ways, address: string, allowed: Allowed): Promise<Fetched>;
export function fetchImage(
  ways: Ways,
  address: string,
  allowed: Allowed,
  etag: string | undefined,
): Promise<Fetched | 'unchanged'>;
export async function fetchImage(
  ways: Ways,
  address: string,
  allowed: Allowed,
  etag?: string,
): Promise<Fetched | 'unchanged'> {
  const [, bucket, key] = address.match(S3_ADDRESS) ?? [];
  const found =
    bucket !== undefined && key !== undefined
      ? await fetchObject(ways.s3, { bucket, key }, allowed, etag)
      : await fetchAddress(ways.outgoing, address, allowed, etag);
  if (found !== 'unchanged' && !sniffImage(found.bytes))
    throw new AppError('asset_invalid', 'The address holds no JPEG, PNG, WebP, GIF or AVIF picture.');
  return found;
}

async function fetchObject(
  s3: S3,
  place: { bucket: string; key: string },
  { buckets }: Allowed,
  etag: string | undefined,
): Promise<Fetched | 'unchanged'> {
  if (buckets && !buckets.includes(place.bucket))
    throw new AppError('address_refused', 'The bucket is not one that the settings of the workspace allow.');
  const found = await s3.get(place, { maxBytes: MAX_BYTES, timeoutMs: TIMEOUT_MS, etag });
  if (found === undefined) throw new AppError('asset_not_found', 'The bucket holds no such picture.');
  return found;
}

async function fetchAddress(
  outgoing: Outgoing,
  url: string,
  { hosts }: Allowed,
  etag: string | undefined,
): Promise<Fetched | 'unchanged'> {
  const headers = { accept, ...(etag !== undefined && { 'if-none-match': etag }) };
  const order = { url, headers, maxBytes: MAX_BYTES, timeoutMs: TIMEOUT_MS, ...(hosts && { hosts }) };
  const answer = await outgoing.request(order);
  if (answer.status === 304 && etag !== undefined) return 'unchanged';
  const message = `The host of the picture answered with status ${answer.status}.`;
  if (GONE.includes(answer.status)) throw new AppError('asset_not_found', message);
  if (answer.status !== 200) throw new AppError('fetch_failed', message);
  return { bytes: answer.bytes, etag: answer.headers.etag };
}
