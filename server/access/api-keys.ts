import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { AppError } from '../../core/errors.ts';
import { findApiKey } from '../stores/records/api-keys.ts';
import { DEFAULT_WORKSPACE, type Records } from '../stores/records/index.ts';
import { type Actor, actorOf, type Scope } from './roles.ts';

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
        if (timingSafeEqual(given, adminDigest)) {
          return actorOf('admin', DEFAULT_WORKSPACE, 'admin', { isOperator: true });
        }
        const record = await findApiKey(db, given.toString('hex'));
        if (record) {
          const narrowed = record.scopes === null ? {} : { narrowed: JSON.parse(record.scopes) as Scope[] };
          return actorOf(record.id, record.workspace, record.role, narrowed);
        }
      }
      throw new AppError('unauthorized', 'Send an API key that is in force, as Authorization: Bearer <key>.');
    },
  };
}
