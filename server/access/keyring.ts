import type { KeySecret } from '../config.ts';
import { addEncryptionKey, listEncryptionKeys, retireEncryptionKey } from '../stores/records/encryption-keys.ts';
import type { Records } from '../stores/records/index.ts';
import { createEncryption, type Encryption, fingerprintSecret } from './encryption.ts';

const fingerprintContext = (kid: string): string => `fingerprint-key:${kid}`;

/**
 * Encryption with the configured keys. The records remember every key that was ever used, and what its fingerprints are
 * made with: so those stay findable when the key is taken away after a rotation, and it is known which keys are missing.
 */
export async function openKeyring(
  records: Records,
  secrets: readonly KeySecret[],
  now: number,
): Promise<{ encryption: Encryption; missing: readonly string[] }> {
  const encryption = createEncryption(secrets);
  for (const { kid, secret } of secrets) {
    const fingerprint = encryption.seal(fingerprintSecret(secret).toString('base64url'), fingerprintContext(kid));
    await addEncryptionKey(records, { kid, fingerprint, created_at: now, retired_at: null });
  }
  const older: Buffer[] = [];
  const missing: string[] = [];
  for (const { kid, fingerprint, retired_at } of await listEncryptionKeys(records)) {
    if (kid === encryption.kid && retired_at !== null) await retireEncryptionKey(records, kid, null);
    if (secrets.some((configured) => configured.kid === kid)) continue;
    const opened = openFingerprint(encryption, kid, fingerprint);
    if (opened) older.push(opened);
    if (!opened || retired_at === null) missing.push(kid);
  }
  return { encryption: older.length > 0 ? createEncryption(secrets, older) : encryption, missing };
}

function openFingerprint(encryption: Encryption, kid: string, sealed: string): Buffer | undefined {
  try {
    return Buffer.from(encryption.open(sealed, fingerprintContext(kid)), 'base64url');
  } catch {
    // Sealed under a key that is not here: it was taken away before everything was sealed anew.
    return undefined;
  }
}
