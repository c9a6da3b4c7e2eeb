import type { Records } from './index.ts';
import type { Tables } from './tables.ts';

/** A workspace as stored; settings, brand and dictionary are JSON. */
export type WorkspaceRecord = Readonly<Tables['workspaces']>;

/** Keeps a new workspace with nothing set; false when the id is taken, be it by a closed one. */
export async function addWorkspace(
  db: Records,
  { id, name, now }: { id: string; name: string; now: number },
): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('workspaces')
    .values({ id, name, settings: '{}', brand: '{}', dictionary: '{}', created_at: now, closed_at: null })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return (numInsertedOrUpdatedRows ?? 0n) > 0n;
}

/** The workspace of that id, open or closed. */
export const findWorkspace = (db: Records, id: string): Promise<WorkspaceRecord | undefined> =>
  db.selectFrom('workspaces').selectAll().where('id', '=', id).executeTakeFirst();

/** Workspaces in the order of their ids, closed ones too. */
export const listWorkspaces = (
  db: Records,
  { after = '', limit }: { after?: string | undefined; limit: number },
): Promise<WorkspaceRecord[]> =>
  db.selectFrom('workspaces').selectAll().where('id', '>', after).orderBy('id').limit(limit).execute();

/** Gives an open workspace another name; false when there is none. */
export async function renameWorkspace(db: Records, id: string, name: string): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('workspaces')
    .set({ name })
    .where('id', '=', id)
    .where('closed_at', 'is', null)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Closes a workspace for good; false when there is no open one of that id. */
export async function closeWorkspace(db: Records, id: string, now: number): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('workspaces')
    .set({ closed_at: now })
    .where('id', '=', id)
    .where('closed_at', 'is', null)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Replaces the settings; false when somebody changed them since `before`. */
export async function replaceSettings(
  db: Records,
  { id, before, after }: { id: string; before: string; after: string },
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('workspaces')
    .set({ settings: after })
    .where('id', '=', id)
    .where('settings', '=', before)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Replaces what the templates of a workspace are held to. */
export const replaceRules = async (
  db: Records,
  id: string,
  rules: Partial<Pick<WorkspaceRecord, 'brand' | 'dictionary'>>,
): Promise<void> => {
  await db.updateTable('workspaces').set(rules).where('id', '=', id).execute();
};
