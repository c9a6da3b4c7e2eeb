import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { AppError } from '../../core/errors.ts';
import type { KeySecret } from '../config.ts';

/**
 * Encryption at rest. `context` names the record ("contact:default:<id>"): what was sealed for one record opens for no
 * other. `fingerprints` are keyed digests for finding a record by an outside name without storing that name: the first
 * is the one to store, all of them may be stored already.
 */
export type Encryption = {
  seal(plain: string, context: string): string;
  open(sealed: string, context: string): string;
  fingerprints(text: string, context: string): readonly string[];
};

const IV_BYTES = 12;
const TAG_BYTES = 16;

const derive = (secret: string, use: string) => Buffer.from(hkdfSync('sha256', secret, '', `mergepix ${use}`, 32));

/**
 * AES-256-GCM under the first key, `kid.base64url(iv + tag + text)`; every key opens. `open` throws `config_invalid`
 * when the key is not among them or the text was changed or belongs to another record.
 */
export function createEncryption(secrets: readonly KeySecret[]): Encryption {
  const keys = secrets.map(({ kid, secret }) => ({
    kid,
    sealing: derive(secret, 'record'),
    naming: derive(secret, 'fingerprint'),
  }));
  const [first] = keys;
  if (!first)
    throw new AppError('config_invalid', 'At least one encryption key is needed: set MERGEPIX_ENCRYPTION_KEYS.');

  return {
    seal(plain, context) {
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv('aes-256-gcm', first.sealing, iv).setAAD(Buffer.from(context));
      const text = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
      return `${first.kid}.${Buffer.concat([iv, cipher.getAuthTag(), text]).toString('base64url')}`;
    },
    open(sealed, context) {
      const dot = sealed.indexOf('.');
      const kid = sealed.slice(0, Math.max(0, dot));
      const key = keys.find((candidate) => candidate.kid === kid);
      if (!key) {
        const message =
          'A record was sealed with a key that is not configured: add that key to MERGEPIX_ENCRYPTION_KEYS.';
        throw new AppError('config_invalid', message);
      }
      try {
        const bytes = Buffer.from(sealed.slice(dot + 1), 'base64url');
        const iv = bytes.subarray(0, IV_BYTES);
        const decipher = createDecipheriv('aes-256-gcm', key.sealing, iv, { authTagLength: TAG_BYTES })
          .setAAD(Buffer.from(context))
          .setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
        return decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES), undefined, 'utf8') + decipher.final('utf8');
      } catch (cause) {
        const message = 'A sealed record does not open: it was changed, or the key under its name is another one.';
        throw new AppError('config_invalid', message, { cause });
      }
    },
    fingerprints: (text, context) =>
      keys.map(({ naming }) => createHmac('sha256', naming).update(`${context}\n${text}`).digest('base64url')),
  };
}
