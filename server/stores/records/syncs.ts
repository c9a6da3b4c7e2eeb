import { sql } from 'kysely';
import type { Records } from './index.ts';
import type { Tables } from './tables.ts';

/** A sync as stored; `notes` is JSON. */
export type SyncRecord = Readonly<Tables['syncs']>;

/** What is counted of the contacts of a sync. */
export const syncCounts = [
  'read',
  'added',
  'changed',
  'unsubscribed',
  'left',
  'erased',
  'written',
  'refused',
] as const satisfies readonly (keyof SyncRecord)[];

/** How many more, by what became of them. */
export type SyncCounts = { readonly [Name in (typeof syncCounts)[number]]?: number };

const pending = ['queued', 'running'] as const;

/** Keeps a new sync; false when one of the same connection is not over yet. */
export async function addSync(db: Records, sync: SyncRecord): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('syncs')
    .values(sync)
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return (numInsertedOrUpdatedRows ?? 0n) > 0n;
}

type Of = { readonly workspace: string; readonly connection: string };

const syncsOf = (db: Records, { workspace, connection }: Of) =>
  db.selectFrom('syncs').selectAll().where('workspace', '=', workspace).where('connection', '=', connection);

/** The sync of that id. */
export const findSync = (db: Records, of: Of, id: string): Promise<SyncRecord | undefined> =>
  syncsOf(db, of).where('id', '=', id).executeTakeFirst();

/** The one that is not over yet. */
export const findPendingSync = (db: Records, of: Of): Promise<SyncRecord | undefined> =>
  syncsOf(db, of).where('state', 'in', pending).executeTakeFirst();

/** The syncs of a connection before `after`, newest first, at most `limit`. */
export const listSyncs = (
  db: Records,
  { after, limit, ...of }: Of & { readonly after?: string | undefined; readonly limit: number },
): Promise<SyncRecord[]> =>
  syncsOf(db, of)
    .$if(after !== undefined, (query) => query.where('id', '<', after as string))
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();

/** Changes a sync that is not over yet, and adds to what it has counted; false when it is over. */
export async function changeSync(
  db: Records,
  id: string,
  change: Partial<
    Pick<SyncRecord, 'mode' | 'state' | 'basis' | 'cursor' | 'phase' | 'total' | 'notes' | 'error'> &
      Pick<SyncRecord, 'started_at' | 'finished_at'>
  >,
  counts: SyncCounts = {},
): Promise<boolean> {
  const more = Object.entries(counts).filter(([, count]) => count > 0);
  const { numUpdatedRows } = await db
    .updateTable('syncs')
    // Also when nothing is to be changed, it tells whether the sync is still under way.
    .set({
      ...(Object.keys(change).length + more.length === 0 && { connection: sql`connection` }),
      ...change,
      ...Object.fromEntries(more.map(([name, count]) => [name, sql`${sql.ref(name)} + ${count}`])),
    })
    .where('id', '=', id)
    .where('state', 'in', pending)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}
