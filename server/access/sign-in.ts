import { createHash, randomBytes } from 'node:crypto';
import type { Records } from '../stores/records/index.ts';
import { addSession, takeSession } from '../stores/records/sessions.ts';

const LASTS_MS = 60 * 60_000;

// Another digest than that of sessions: until it is used, it opens nothing as a cookie.
const idOf = (token: string): string => createHash('sha512').update(token).digest('base64url');

/**
 * Makes a token that signs in once, within an hour, as whoever holds the key with this sha256: for a link that is opened
 * instead of a key that is typed. Kept beside the sessions, digest only.
 */
export async function makeSignIn(db: Records, workspace: string, keyHash: string, now: number): Promise<string> {
  const token = randomBytes(32).toString('base64url');
  const record = { id: idOf(token), workspace, api_key: keyHash, created_at: now, used_at: now };
  await addSession(db, { ...record, expires_at: now + LASTS_MS });
  return token;
}

/** What a token signs in to; undefined when it was used or has expired. It is spent by this. */
export async function takeSignIn(
  db: Records,
  token: string,
  now: number,
): Promise<{ readonly workspace: string; readonly keyHash: string } | undefined> {
  const record = await takeSession(db, idOf(token));
  return record && record.expires_at > now ? { workspace: record.workspace, keyHash: record.api_key } : undefined;
}
