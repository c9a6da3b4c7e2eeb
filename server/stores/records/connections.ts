import type { Records } from './index.ts';
import type { Tables } from './tables.ts';

/** A connection as stored. */
export type ConnectionRecord = Readonly<Tables['connections']>;

/** What of a connection may change. */
export type ConnectionChange = Partial<
  Omit<ConnectionRecord, 'id' | 'workspace' | 'platform' | 'created_by' | 'created_at'>
>;

/** Keeps a new connection. */
export const addConnection = async (db: Records, connection: ConnectionRecord): Promise<void> => {
  await db.insertInto('connections').values(connection).execute();
};

/** The connection of that id in a workspace. */
export const findConnection = (db: Records, workspace: string, id: string): Promise<ConnectionRecord | undefined> =>
  db.selectFrom('connections').selectAll().where('workspace', '=', workspace).where('id', '=', id).executeTakeFirst();

/** The connections of a workspace in the order of their ids, at most `limit`. */
export const listConnections = (
  db: Records,
  page: { readonly workspace: string; readonly after?: string | undefined; readonly limit: number },
): Promise<ConnectionRecord[]> =>
  db
    .selectFrom('connections')
    .selectAll()
    .where('workspace', '=', page.workspace)
    .where('id', '>', page.after ?? '')
    .orderBy('id')
    .limit(page.limit)
    .execute();

/** Changes a connection; false when the workspace has none of that id. */
export async function changeConnection(
  db: Records,
  { workspace, id }: Pick<ConnectionRecord, 'workspace' | 'id'>,
  change: ConnectionChange,
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('connections')
    .set(change)
    .where('workspace', '=', workspace)
    .where('id', '=', id)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}
