import { sql } from 'kysely';
import { whenDue } from './due.ts';
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

/** The connection of that id in whatever workspace is not closed: whoever asks has to know its secret, too. */
export const findAnyConnection = (db: Records, id: string): Promise<ConnectionRecord | undefined> =>
  db
    .selectFrom('connections')
    .innerJoin('workspaces', 'workspaces.id', 'connections.workspace')
    .selectAll('connections')
    .where('connections.id', '=', id)
    .where('workspaces.closed_at', 'is', null)
    .executeTakeFirst();

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

/** Lets nobody take a connection out before the transaction is over; false when somebody has. */
export async function holdConnection(
  db: Records,
  { workspace, id }: Pick<ConnectionRecord, 'workspace' | 'id'>,
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('connections')
    .set((row) => ({ name: row.ref('name') }))
    .where('workspace', '=', workspace)
    .where('id', '=', id)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Puts renewed credentials in the place of those they come from, unless others are there by now. */
export const renewCredentials = async (
  db: Records,
  { workspace, id, credentials }: Pick<ConnectionRecord, 'workspace' | 'id' | 'credentials'>,
  renewed: string,
): Promise<void> => {
  await db
    .updateTable('connections')
    .set({ credentials: renewed })
    .where('workspace', '=', workspace)
    .where('id', '=', id)
    .where('credentials', '=', credentials)
    .execute();
};

/** The connections of any workspace to an account that write into the same field. */
export const listSharers = (
  db: Records,
  shared: Pick<ConnectionRecord, 'platform' | 'account' | 'reference_field'>,
): Promise<ConnectionRecord[]> =>
  db
    .selectFrom('connections')
    .selectAll()
    .where('platform', '=', shared.platform)
    .where('account', '=', shared.account)
    .where('reference_field', '=', shared.reference_field)
    .execute();

/** Ends the syncs of a connection that are not done. */
export const cancelSyncs = async (db: Records, connection: string, now: number): Promise<void> => {
  await db
    .updateTable('syncs')
    .set({ state: 'cancelled', finished_at: now })
    .where('connection', '=', connection)
    .where('state', 'in', ['queued', 'running'])
    .execute();
};

/** Forgets at most `limit` of the contacts that came from a connection, not what is known of them; gives how many. */
export async function forgetContacts(db: Records, connection: string, limit: number): Promise<number> {
  const some = db.selectFrom('connection_contacts').select('contact').where('connection', '=', connection).limit(limit);
  const { numDeletedRows } = await db
    .deleteFrom('connection_contacts')
    .where('connection', '=', connection)
    .where('contact', 'in', some)
    .executeTakeFirst();
  return Number(numDeletedRows);
}

/** Takes a connection out, with its syncs and what it received; false when the workspace has none of that id. */
export async function removeConnection(
  db: Records,
  { workspace, id }: Pick<ConnectionRecord, 'workspace' | 'id'>,
): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('connections')
    .where('workspace', '=', workspace)
    .where('id', '=', id)
    .executeTakeFirst();
  if (numDeletedRows === 0n) return false;
  for (const table of ['connection_contacts', 'syncs', 'sends', 'received'] as const)
    await db.deleteFrom(table).where('connection', '=', id).execute();
  return true;
}

/** Connections of open workspaces whose next sync is due and which their platforms do not refuse, at most `limit`. */
export const listDue = (db: Records, now: number, limit: number): Promise<ConnectionRecord[]> =>
  db
    .selectFrom('connections')
    .innerJoin('workspaces', 'workspaces.id', 'connections.workspace')
    .selectAll('connections')
    .where('workspaces.closed_at', 'is', null)
    .where('sync_minutes', 'is not', null)
    .where(({ or }) => or(whenDue('next_sync_at', now, sql<number>`sync_minutes * 60000`)))
    .where('error', 'is', null)
    .orderBy('next_sync_at')
    .limit(limit)
    .execute();

/** Puts off a sync that is due; false when another process has done so. */
export async function claimDue(
  db: Records,
  { id, next_sync_at }: Pick<ConnectionRecord, 'id' | 'next_sync_at'>,
  next: number,
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('connections')
    .set({ next_sync_at: next })
    .where('id', '=', id)
    .where('next_sync_at', '=', next_sync_at)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** When the last complete sync of the connection that waits longest began, by platform, of those with a schedule. */
export const listOldestSyncs = (db: Records): Promise<{ platform: string; oldest: number | null }[]> =>
  db
    .selectFrom('connections')
    .select((row) => ['platform', row.fn.min<number | null>('synced_from').as('oldest')])
    .where('sync_minutes', 'is not', null)
    .groupBy('platform')
    .execute();
