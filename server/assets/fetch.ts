import { AppError } from '../../core/errors.ts';
import type { Outgoing } from '../outgoing/client.ts';
import { sniffImage } from './sniff.ts';

const MAX_BYTES = 10 * 1024 * 1024;
const TIMEOUT_MS = 3000;
const headers = { accept: 'image/jpeg, image/png, image/webp, image/gif, image/avif' };

/**
 * The bytes of the image at an http(s) address whose host, at every hop, is in `hosts` (any public one when absent). Throws
 * `address_refused` (not allowed), `fetch_failed` (could not be had in time, or over 10 MB) or `asset_invalid` (no image).
 */
export async function fetchImage(outgoing: Outgoing, url: string, hosts?: readonly string[]): Promise<Buffer> {
  const order = { url, headers, maxBytes: MAX_BYTES, timeoutMs: TIMEOUT_MS, ...(hosts && { hosts }) };
  const { status, bytes } = await outgoing.request(order);
  if (status !== 200) throw new AppError('fetch_failed', `The host of the image answered with status ${status}.`);
  if (!sniffImage(bytes))
    throw new AppError('asset_invalid', 'The address holds no JPEG, PNG, WebP, GIF or AVIF image.');
  return bytes;
}
