import type { Records } from './index.ts';
import type { Tables } from './tables.ts';

/** An API key as stored: only the sha256 of its text. */
export type ApiKeyRecord = Readonly<Tables['api_keys']>;

/** Keeps a new key. */
export const addApiKey = async (db: Records, key: ApiKeyRecord): Promise<void> => {
  await db.insertInto('api_keys').values(key).execute();
};

/** The key in force whose text has this sha256. */
export const findApiKey = (db: Records, hash: string): Promise<ApiKeyRecord | undefined> =>
  db.selectFrom('api_keys').selectAll().where('hash', '=', hash).where('revoked_at', 'is', null).executeTakeFirst();

/** The keys in force of a workspace, oldest first. */
export const listApiKeys = (db: Records, workspace: string): Promise<ApiKeyRecord[]> =>
  db
    .selectFrom('api_keys')
    .selectAll()
    .where('workspace', '=', workspace)
    .where('revoked_at', 'is', null)
    .orderBy('created_at')
    .execute();

/** Takes a key out of force; false when the workspace has no such key in force. */
export async function revokeApiKey(db: Records, workspace: string, id: string, now: number): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('api_keys')
    .set({ revoked_at: now })
    .where('workspace', '=', workspace)
    .where('id', '=', id)
    .where('revoked_at', 'is', null)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}
