import type { Role } from '../../access/roles.ts';
import type { Records } from './index.ts';
import type { Tables } from './tables.ts';

/** An API key as stored: only the sha256 of its text. */
export type ApiKeyRecord = Readonly<Tables['api_keys']>;

/** Keeps a new key. */
export const addApiKey = async (db: Records, key: ApiKeyRecord): Promise<void> => {
  await db.insertInto('api_keys').values(key).execute();
};

/** The key in force whose text has this sha256; it may have expired. */
export const findApiKey = (db: Records, hash: string): Promise<ApiKeyRecord | undefined> =>
  db.selectFrom('api_keys').selectAll().where('hash', '=', hash).where('revoked_at', 'is', null).executeTakeFirst();

/** The keys in force of a workspace, oldest first, after the one of the id `after`. */
export async function listApiKeys(
  db: Records,
  { workspace, after, limit }: { workspace: string; after?: string | undefined; limit: number },
): Promise<ApiKeyRecord[]> {
  const last =
    after === undefined
      ? undefined
      : await db
          .selectFrom('api_keys')
          .selectAll()
          .where('workspace', '=', workspace)
          .where('id', '=', after)
          .executeTakeFirst();
  let found = db
    .selectFrom('api_keys')
    .selectAll()
    .where('workspace', '=', workspace)
    .where('revoked_at', 'is', null)
    .orderBy('created_at')
    .orderBy('id')
    .limit(limit);
  if (last) {
    found = found.where((row) =>
      row.or([
        row('created_at', '>', last.created_at),
        row.and([row('created_at', '=', last.created_at), row('id', '>', last.id)]),
      ]),
    );
  }
  return found.execute();
}

/** Takes a key out of force and gives its sha256; undefined when the workspace has no such key in force. */
export async function revokeApiKey(
  db: Records,
  workspace: string,
  id: string,
  now: number,
): Promise<string | undefined> {
  const revoked = await db
    .updateTable('api_keys')
    .set({ revoked_at: now })
    .where('workspace', '=', workspace)
    .where('id', '=', id)
    .where('revoked_at', 'is', null)
    .returning('hash')
    .executeTakeFirst();
  return revoked?.hash;
}

/** Takes every key of a member out of force and gives their sha256s. */
export async function revokeKeysOf(db: Records, workspace: string, member: string, now: number): Promise<string[]> {
  const revoked = await db
    .updateTable('api_keys')
    .set({ revoked_at: now })
    .where('workspace', '=', workspace)
    .where('member', '=', member)
    .where('revoked_at', 'is', null)
    .returning('hash')
    .execute();
  return revoked.map(({ hash }) => hash);
}

/** Gives every key of a member another role and gives their sha256s. */
export async function changeRoleOfKeys(db: Records, workspace: string, member: string, role: Role): Promise<string[]> {
  const changed = await db
    .updateTable('api_keys')
    .set({ role })
    .where('workspace', '=', workspace)
    .where('member', '=', member)
    .returning('hash')
    .execute();
  return changed.map(({ hash }) => hash);
}

/** Notes when a key was last used. */
export const touchApiKey = async (db: Records, hash: string, now: number): Promise<void> => {
  await db.updateTable('api_keys').set({ used_at: now }).where('hash', '=', hash).execute();
};
