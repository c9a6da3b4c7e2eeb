import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { AppError } from '../../core/errors.ts';
import type { Copies } from '../stores/copies.ts';
import { findApiKey } from '../stores/records/api-keys.ts';
import { DEFAULT_WORKSPACE, type Records } from '../stores/records/index.ts';
import type { Workspace } from '../workspaces/workspace.ts';
import { type Actor, actorOf, type Scope } from './roles.ts';

/** The headers a request says with who makes it and where. */
export type Credentials = { readonly authorization?: string | undefined; readonly 'mergepix-workspace'?: unknown };

/** Finds out who makes a request. */
export type Access = { authenticate(headers: Credentials): Promise<Actor> };

const digest = (key: string) => createHash('sha256').update(key).digest();

/** Makes the text of a new key and the sha256 to keep of it. The text is shown once. */
export function makeApiKey(): { key: string; hash: string } {
  const key = `mpx_${randomBytes(32).toString('base64url')}`;
  return { key, hash: digest(key).toString('hex') };
}

/**
 * Checks `Authorization: Bearer <key>` against the admin key (role admin, in the default workspace or the one
 * `Mergepix-Workspace` names) and the stored keys, which work in their own workspace while that is open. `authenticate`
 * throws `unauthorized` for anything else, and `forbidden` or `not_found` for a workspace that is not the key's.
 */
export function createAccess(db: Records, workspaces: Copies<Workspace>, adminKey: string): Access {
  const adminDigest = digest(adminKey);

  async function enter(actor: Actor, wanted: unknown): Promise<Actor> {
    if (wanted === undefined || wanted === actor.workspace) return actor;
    if (!actor.isOperator) {
      throw new AppError('forbidden', 'This key works in its own workspace only: leave Mergepix-Workspace out.');
    }
    const workspace = typeof wanted === 'string' ? await workspaces.get(wanted) : undefined;
    if (!workspace || workspace.isClosed) {
      throw new AppError('not_found', 'There is no open workspace of the name in Mergepix-Workspace.');
    }
    return { ...actor, workspace: workspace.id };
  }

  return {
    async authenticate({ authorization, 'mergepix-workspace': wanted }) {
      const key = /^Bearer +([\x21-\x7e]{1,512})$/i.exec(authorization ?? '')?.[1];
      if (key !== undefined) {
        const given = digest(key);
        if (timingSafeEqual(given, adminDigest)) {
          return enter(actorOf('admin', DEFAULT_WORKSPACE, 'admin', { isOperator: true }), wanted);
        }
        const record = await findApiKey(db, given.toString('hex'));
        if (record && !(await workspaces.get(record.workspace))?.isClosed) {
          const narrowed = record.scopes === null ? {} : { narrowed: JSON.parse(record.scopes) as Scope[] };
          return enter(actorOf(record.id, record.workspace, record.role, narrowed), wanted);
        }
      }
      throw new AppError('unauthorized', 'Send an API key that is in force, as Authorization: Bearer <key>.');
    },
  };
}
