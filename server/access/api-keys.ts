import { createHash, randomBytes } from 'node:crypto';

/** sha256 of the text of a key or a cookie, in hex: all that is ever stored of one. */
export const digestOf = (secret: string): string => createHash('sha256').update(secret).digest('hex');

/** Makes the text of a new key and the sha256 to keep of it. The text is shown once. */
export function makeApiKey(): { key: string; hash: string } {
  const key = `mpx_${randomBytes(32).toString('base64url')}`;
  return { key, hash: digestOf(key) };
}
