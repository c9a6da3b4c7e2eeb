import type { Records } from './index.ts';
import type { Tables } from './tables.ts';

/** A sealed picture as stored: its values stay on our side, its address names it by id. `values` is sealed JSON. */
export type SealedRecord = Readonly<Tables['sealed']>;

/** Keeps a new sealed picture. */
export const addSealed = async (db: Records, sealed: SealedRecord): Promise<void> => {
  await db.insertInto('sealed').values(sealed).execute();
};

/** The sealed picture of that id in whatever workspace: its token was signed, so the id is not a guess. */
export const findSealed = (db: Records, id: string): Promise<SealedRecord | undefined> =>
  db
    .selectFrom('sealed')
    .innerJoin('workspaces', 'workspaces.id', 'sealed.workspace')
    .selectAll('sealed')
    // Of a closed workspace, it is as good as revoked.
    .select((row) => row.fn.coalesce('sealed.revoked_at', 'workspaces.closed_at').as('revoked_at'))
    .where('sealed.id', '=', id)
    .executeTakeFirst();

/** Takes a sealed picture back; false when the workspace has none of that id. Doing it again changes nothing. */
export async function revokeSealed(db: Records, workspace: string, id: string, now: number): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('sealed')
    .set((row) => ({ revoked_at: row.fn.coalesce('revoked_at', row.val(now)) }))
    .where('workspace', '=', workspace)
    .where('id', '=', id)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** The oldest sealed picture in force of a template about a subject, by the digest that is kept of it. */
export const findSealedOf = (
  db: Records,
  workspace: string,
  template: string,
  subject: string,
): Promise<SealedRecord | undefined> =>
  db
    .selectFrom('sealed')
    .selectAll()
    .where('workspace', '=', workspace)
    .where('template', '=', template)
    .where('subject', '=', subject)
    .where('revoked_at', 'is', null)
    .orderBy('created_at')
    .limit(1)
    .executeTakeFirst();
