import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { AppError } from '../../core/errors.ts';
import type { SessionRecord } from '../stores/records/sessions.ts';
import { digestOf } from './api-keys.ts';

/** A session that has just begun: what the cookie holds, what its requests show besides, and what is stored. */
export type NewSession = { readonly token: string; readonly csrf: string; readonly record: SessionRecord };

const HOUR_MS = 3_600_000;
const IDLE_MS = 12 * HOUR_MS;
const LONGEST_MS = 7 * 24 * HOUR_MS;
const TOUCH_MS = 60_000;

/** Begins a session in a workspace for whoever showed the key with this sha256. */
export function beginSession(workspace: string, keyHash: string, now: number): NewSession {
  const token = randomBytes(32).toString('base64url');
  const record = {
    id: digestOf(token),
    workspace,
    api_key: keyHash,
    created_at: now,
    used_at: now,
    expires_at: now + IDLE_MS,
  };
  return { token, csrf: csrfOf(token), record };
}

/** Until when a session lasts that is used now: 12 hours more, 7 days in all. Undefined when that was noted just now. */
export const prolonged = ({ created_at, used_at }: SessionRecord, now: number): number | undefined =>
  now - used_at < TOUCH_MS ? undefined : Math.min(now + IDLE_MS, created_at + LONGEST_MS);

/** What requests that change something show besides the cookie, which no other site can read. */
export const csrfOf = (token: string): string => createHash('sha256').update(`csrf ${token}`).digest('base64url');

/** The name of the cookie: over TLS its prefix makes browsers refuse it from anything but this very host. */
export const sessionCookieName = (isSecure: boolean): string => (isSecure ? '__Host-mergepix' : 'mergepix');

/** The `Set-Cookie` of a session; an undefined token takes the cookie away. */
export function sessionCookie(token: string | undefined, isSecure: boolean): string {
  const seconds = token === undefined ? 0 : LONGEST_MS / 1000;
  const flags = `Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Strict${isSecure ? '; Secure' : ''}`;
  return `${sessionCookieName(isSecure)}=${token ?? ''}; ${flags}`;
}

/** What the session cookie of a request holds. */
export function readSessionCookie(cookies: string | undefined, isSecure: boolean): string | undefined {
  const start = `${sessionCookieName(isSecure)}=`;
  const found = cookies?.split('; ').find((cookie) => cookie.startsWith(start));
  return found === undefined || found.length > 200 ? undefined : found.slice(start.length);
}

const READING = new Set(['GET', 'HEAD', 'OPTIONS']);

type OwnSite = { readonly isSecure: boolean; readonly origin: string | undefined };
type Asking = { readonly method?: string | undefined; readonly headers: IncomingHttpHeaders };

/** Refuses what another site's page made a browser send. Throws `forbidden`. */
export function checkFromOwnPage({ method = '', headers }: Asking, { isSecure, origin: ownOrigin }: OwnSite): void {
  const { host, origin, 'sec-fetch-site': site } = headers;
  const isOwn =
    (site === undefined || site === 'same-origin' || (site === 'none' && READING.has(method))) &&
    (origin === undefined || origin === ownOrigin || origin === `${isSecure ? 'https' : 'http'}://${host}`);
  if (!isOwn) throw new AppError('forbidden', "A session works from this service's own pages only: use an API key.");
}

/**
 * Refuses what another site made a browser send: a cookie travels by itself, so every request with one must come from
 * our own pages, and one that changes something must show the token only they can know. Throws `forbidden`.
 */
export function checkOwnSite(asking: Asking, token: string, site: OwnSite): void {
  checkFromOwnPage(asking, site);
  if (READING.has(asking.method ?? '')) return;
  const shown = asking.headers['x-csrf-token'];
  const expected = Buffer.from(csrfOf(token));
  const given = Buffer.from(typeof shown === 'string' ? shown : '');
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
    throw new AppError(
      'forbidden',
      "Send the session's csrf token as X-CSRF-Token with everything that changes something.",
    );
  }
}
