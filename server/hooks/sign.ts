import { createHmac, randomBytes } from 'node:crypto';

/** Makes the secret of a hook; it is shown once. */
export const makeHookSecret = (): string => `whs_${randomBytes(32).toString('base64url')}`;

/**
 * The value of `Mergepix-Signature` for a body: `t=<seconds since 1970>`, then `v1=<hex HMAC-SHA256 of "<t>.<body>">` for
 * each secret. More than one means that the secrets are being replaced: one that fits is enough.
 */
export function signBody(secrets: readonly string[], body: string, now: number): string {
  const seconds = Math.floor(now / 1000);
  const sums = secrets.map((secret) => `v1=${createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')}`);
  return [`t=${seconds}`, ...sums].join(',');
}
