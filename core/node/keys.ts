import { createHmac, createSecretKey } from 'node:crypto';
import { AppError } from '../errors.ts';
import type { SigningKey } from '../links/token.ts';

const KID = /^[A-Za-z0-9_-]{1,16}$/;
const SECRET_BYTES = 32;
const MAC_BYTES = 18;

/**
 * A signing key from its public name (1 to 16 letters, digits, `-` or `_`) and its secret (at least 32 bytes of UTF-8).
 * Throws `config_invalid` for anything weaker; the sentence never holds the secret.
 */
export function createSigningKey(kid: string, secret: string): SigningKey {
  if (!KID.test(kid))
    throw new AppError('config_invalid', 'Name a signing key with 1 to 16 letters, digits, "-" or "_".');
  const bytes = Buffer.from(secret, 'utf8');
  if (bytes.length < SECRET_BYTES) {
    throw new AppError('config_invalid', `Give signing key "${kid}" a secret of at least ${SECRET_BYTES} bytes.`);
  }
  // A KeyObject: verifying with a string or Buffer imports the key anew each time, fifty times slower.
  const key = createSecretKey(bytes);
  return {
    kid,
    key,
    mac: (text) => createHmac('sha256', key).update(text).digest().subarray(0, MAC_BYTES).toString('base64url'),
  };
}
