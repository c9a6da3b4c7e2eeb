import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { AppError } from '../../core/errors.ts';
import type { KeySecret } from '../config.ts';

/**
 * Encryption at rest. `context` names the record ("contact:default:<id>"): what was sealed for one record opens for no
 * other. `fingerprints` are keyed digests for finding a record by an outside name without storing that name: the first
 * is the one to store, all of them may be stored already.
 */
export type Encryption = {
  /** Of the key that seals. */
  readonly kid: string;
  seal(plain: string, context: string): string;
  open(sealed: string, context: string): string;
  fingerprints(text: string, context: string): readonly string[];
};

const IV_BYTES = 12;
const TAG_BYTES = 16;

/** What the fingerprints of a key are made with. */
export const fingerprintSecret = (secret: string): Buffer => derive(secret, 'fingerprint');

const derive = (secret: string, use: string) => Buffer.from(hkdfSync('sha256', secret, '', `mergepix ${use}`, 32));

/**
 * AES-256-GCM under the first key, `kid.base64url(iv + tag + text)`; every key opens. `open` throws `config_invalid`
 * when the key is not among them or the text was changed or belongs to another record. `olderFingerprints` are those
 * of keys that are gone.
 */
export function createEncryption(secrets: readonly KeySecret[], olderFingerprints: readonly Buffer[] = []): Encryption {
  const keys = secrets.map(({ kid, secret }) => ({
    kid,
    sealing: derive(secret, 'record'),
    naming: fingerprintSecret(secret),
  }));
  const [first] = keys;
  if (!first)
    throw new AppError('config_invalid', 'At least one encryption key is needed: set MERGEPIX_ENCRYPTION_KEYS.');

  /** iv + tag + text. */
  const encrypt = (plain: Uint8Array, context: string): Buffer[] => {
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv('aes-256-gcm', first.sealing, iv).setAAD(Buffer.from(context));
    const text = [cipher.update(plain), cipher.final()];
    return [iv, cipher.getAuthTag(), ...text];
  };
  const decrypt = (kid: string, bytes: Buffer, context: string): Buffer => {
    const key = keys.find((candidate) => candidate.kid === kid);
    if (!key) {
      const message =
        'A record was sealed with a key that is not configured: add that key to MERGEPIX_ENCRYPTION_KEYS.';
      throw new AppError('config_invalid', message);
    }
    try {
      const iv = bytes.subarray(0, IV_BYTES);
      const decipher = createDecipheriv('aes-256-gcm', key.sealing, iv, { authTagLength: TAG_BYTES })
        .setAAD(Buffer.from(context))
        .setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
      return Buffer.concat([decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]);
    } catch (cause) {
      const message = 'A sealed record does not open: it was changed, or the key under its name is another one.';
      throw new AppError('config_invalid', message, { cause });
    }
  };

  return {
    kid: first.kid,
    seal: (plain, context) =>
      `${first.kid}.${Buffer.concat(encrypt(Buffer.from(plain), context)).toString('base64url')}`,
    open(sealed, context) {
      const dot = sealed.indexOf('.');
      const kid = sealed.slice(0, Math.max(0, dot));
      return decrypt(kid, Buffer.from(sealed.slice(dot + 1), 'base64url'), context).toString();
    },
    fingerprints: (text, context) =>
      [...keys.map(({ naming }) => naming), ...olderFingerprints].map((naming) =>
        createHmac('sha256', naming).update(`${context}\n${text}`).digest('base64url'),
      ),
  };
}
