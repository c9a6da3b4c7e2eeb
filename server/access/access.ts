import { timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { LRUCache } from 'lru-cache';
import { AppError } from '../../core/errors.ts';
import type { Changes } from '../changes.ts';
import { type Copies, createCopies } from '../stores/copies.ts';
import { type ApiKeyRecord, findApiKey, touchApiKey } from '../stores/records/api-keys.ts';
import { DEFAULT_WORKSPACE, type Records } from '../stores/records/index.ts';
import { findSession, prolongSession, type SessionRecord } from '../stores/records/sessions.ts';
import type { Workspace } from '../workspaces/workspace.ts';
import { digestOf } from './api-keys.ts';
import { type Actor, actorOf, type Scope } from './roles.ts';
import { checkOwnSite, csrfOf, prolonged, readSessionCookie } from './sessions.ts';

/** What a request says with who makes it and where. */
export type Asking = { readonly method: string; readonly headers: IncomingHttpHeaders };

/** Finds out who makes a request. */
export type Access = {
  /**
   * Throws `unauthorized` without a key or session in force, `forbidden` when another site may have made the browser
   * ask or the workspace is not the key's, `not_found` for a workspace that is not there.
   */
  authenticate(asking: Asking): Promise<Actor>;
  /** Whether the key and the session somebody showed are still in force, and may do no less; using neither. */
  isInForce(actor: Actor): Promise<boolean>;
  /** Makes this process see at once that a session was ended. */
  expireSession(id: string): void;
};

/** What it works with; sessions of a secure service need TLS, `origin` is where its pages are. */
export type AccessParts = {
  readonly records: Records;
  readonly workspaces: Copies<Workspace>;
  readonly changes: Changes;
  readonly adminKey: string;
  readonly isSecure: boolean;
  readonly origin: string | undefined;
};

const MAX_KEYS = 10_000;
const MAX_SESSIONS = 10_000;
const TOUCH_MS = 60_000;

/**
 * Knows people and machines by `Authorization: Bearer <key>` or by the cookie of a session begun with a key. Keys and
 * sessions are copies, at most two seconds old: while the records are down, those in use go on working. The admin key
 * acts in the default workspace or the one `Mergepix-Workspace` names, every other one in its own.
 */
export function createAccess({ records, workspaces, changes, adminKey, isSecure, origin }: AccessParts): Access {
  const adminHash = digestOf(adminKey);
  const keys = createCopies<ApiKeyRecord>(MAX_KEYS, (hash) => findApiKey(records, hash));
  const sessions = createCopies<SessionRecord>(MAX_SESSIONS, (id) => findSession(records, id));
  const touched = new LRUCache<string, true>({ max: MAX_KEYS, ttl: TOUCH_MS });
  changes.on('key', keys.expire);

  /** Whoever holds the key with this sha256, in the key's own workspace. */
  async function holderOf(hash: string): Promise<Actor | undefined> {
    if (timingSafeEqual(Buffer.from(hash), Buffer.from(adminHash))) {
      return actorOf('admin', DEFAULT_WORKSPACE, 'admin', { isOperator: true, keyHash: hash });
    }
    const key = await keys.get(hash);
    if (!key || (key.expires_at !== null && key.expires_at <= Date.now())) return undefined;
    if ((await workspaces.get(key.workspace))?.isClosed) return undefined;
    const narrowed = key.scopes === null ? {} : { narrowed: JSON.parse(key.scopes) as Scope[] };
    return actorOf(key.member ?? key.id, key.workspace, key.role, { ...narrowed, keyHash: hash });
  }

  // Nobody waits for it: that a key was used is worth knowing, to the minute.
  function noteUse(hash: string): void {
    if (touched.has(hash)) return;
    touched.set(hash, true);
    touchApiKey(records, hash, Date.now()).catch(() => touched.delete(hash));
  }

  async function inSession(asking: Asking, token: string): Promise<Actor | undefined> {
    const id = digestOf(token);
    const session = await sessions.get(id);
    const now = Date.now();
    if (!session || session.expires_at <= now) return undefined;
    const holder = await holderOf(session.api_key);
    if (!holder) return undefined;
    checkOwnSite(asking, token, { isSecure, origin });
    const until = prolonged(session, now);
    if (until !== undefined) {
      sessions.set(id, { ...session, used_at: now, expires_at: until });
      prolongSession(records, id, now, until).catch(() => sessions.expire(id));
    }
    const expiresAt = until ?? session.expires_at;
    return { ...holder, workspace: session.workspace, session: { id, csrf: csrfOf(token), expiresAt } };
  }

  async function enter(actor: Actor, wanted: string | string[] | undefined): Promise<Actor> {
    const name = wanted ?? actor.workspace;
    if (name === DEFAULT_WORKSPACE && actor.workspace === name) return actor;
    if (name !== actor.workspace && !actor.isOperator) {
      throw new AppError('forbidden', 'This key works in its own workspace only: leave Mergepix-Workspace out.');
    }
    const workspace = typeof name === 'string' ? await workspaces.get(name) : undefined;
    if (!workspace || workspace.isClosed) {
      throw new AppError('not_found', 'There is no open workspace of the name in Mergepix-Workspace.');
    }
    return { ...actor, workspace: workspace.id };
  }

  return {
    async authenticate(asking) {
      const { authorization, cookie, 'mergepix-workspace': wanted } = asking.headers;
      const key = /^Bearer +([\x21-\x7e]{1,512})$/i.exec(authorization ?? '')?.[1];
      const token = authorization === undefined ? readSessionCookie(cookie, isSecure) : undefined;
      const actor =
        key !== undefined
          ? await holderOf(digestOf(key))
          : token !== undefined
            ? await inSession(asking, token)
            : undefined;
      if (actor) {
        if (actor.keyHash !== undefined && !actor.isOperator) noteUse(actor.keyHash);
        return enter(actor, wanted);
      }
      const message = 'Send an API key that is in force, as Authorization: Bearer <key>, or sign in.';
      throw new AppError('unauthorized', message);
    },
    async isInForce({ keyHash, session, workspace, scopes }) {
      if (keyHash === undefined) return false;
      const known = session && (await sessions.get(session.id));
      if (session && (!known || known.expires_at <= Date.now())) return false;
      const holder = await holderOf(keyHash);
      if (!holder || (await workspaces.get(workspace))?.isClosed) return false;
      return [...scopes].every((scope) => holder.scopes.has(scope));
    },
    expireSession: sessions.expire,
  };
}
