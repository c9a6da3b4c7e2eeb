import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { AppError } from '../../core/errors.ts';
import { findApiKey } from '../stores/records/api-keys.ts';
import { DEFAULT_WORKSPACE, type Records } from '../stores/records/index.ts';
import type { Role } from '../stores/records/tables.ts';

/** Who makes a request: the key's id (never its text), its workspace and what it may do. */
export type Actor = { readonly id: string; readonly workspace: string; readonly role: Role };

/** Finds out who makes a request. */
export type Access = { authenticate(authorization: string | undefined): Promise<Actor> };

const digest = (key: string) => createHash('sha256').update(key).digest();

/** Makes the text of a new key and the sha256 to keep of it. The text is shown once. */
export function makeApiKey(): { key: string; hash: string } {
  const key = `mpx_${randomBytes(32).toString('base64url')}`;
  return { key, hash: digest(key).toString('hex') };
}

/**
 * Checks `Authorization: Bearer <key>` against the admin key (role admin, default workspace) and the stored keys.
 * `authenticate` throws `unauthorized` for anything else.
 */
export function createAccess(db: Records, adminKey: string): Access {
  const adminDigest = digest(adminKey);
  return {
    async authenticate(authorization) {
      const key = /^Bearer +([\x21-\x7e]{1,512})$/i.exec(authorization ?? '')?.[1];
      if (key !== undefined) {
        const given = digest(key);
        if (timingSafeEqual(given, adminDigest)) return { id: 'admin', workspace: DEFAULT_WORKSPACE, role: 'admin' };
        const record = await findApiKey(db, given.toString('hex'));
        if (record) return { id: record.id, workspace: record.workspace, role: record.role };
      }
      throw new AppError('unauthorized', 'Send an API key that is in force, as Authorization: Bearer <key>.');
    },
  };
}
