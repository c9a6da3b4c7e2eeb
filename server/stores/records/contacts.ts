import type { Records } from './index.ts';
import type { Tables } from './tables.ts';

/** A contact as stored; `fields` is sealed JSON. */
export type ContactRecord = Readonly<Tables['contacts']>;

/** The contact of that id, which must be one of the workspace's; also an erased one. */
export const findContact = (db: Records, workspace: string, id: string): Promise<ContactRecord | undefined> =>
  db.selectFrom('contacts').selectAll().where('workspace', '=', workspace).where('id', '=', id).executeTakeFirst();

/** The contact the outside knows by a name with one of these fingerprints. */
export const findContactByKey = (
  db: Records,
  workspace: string,
  fingerprints: readonly string[],
): Promise<ContactRecord | undefined> =>
  db
    .selectFrom('contacts')
    .selectAll()
    .where('workspace', '=', workspace)
    .where('external_key', 'in', fingerprints)
    .executeTakeFirst();

/** Keeps a new contact; false when the workspace has one with the same external key already. */
export async function addContact(db: Records, contact: ContactRecord): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('contacts')
    .values(contact)
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return (numInsertedOrUpdatedRows ?? 0n) > 0n;
}

/** Replaces a contact's sealed fields; false when somebody changed them since `version`. */
export async function updateContact(
  db: Records,
  change: { workspace: string; id: string; version: number; fields: string; now: number },
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('contacts')
    .set({ fields: change.fields, version: change.version + 1, updated_at: change.now })
    .where('workspace', '=', change.workspace)
    .where('id', '=', change.id)
    .where('version', '=', change.version)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Contacts of a workspace in the order of their ids, without erased ones; what is sealed stays sealed. */
export const listContacts = (
  db: Records,
  page: { workspace: string; after?: string | undefined; limit: number },
): Promise<ContactRecord[]> =>
  db
    .selectFrom('contacts')
    .selectAll()
    .where('workspace', '=', page.workspace)
    .where('id', '>', page.after ?? '')
    .where('erased_at', 'is', null)
    .orderBy('id')
    .limit(page.limit)
    .execute();

/** Leaves nothing of a contact but its id; false when the workspace has none of that id. */
export async function emptyContact(db: Records, workspace: string, id: string, now: number): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('contacts')
    .set((row) => ({
      external_key: null,
      fields: '',
      version: row('version', '+', 1),
      updated_at: now,
      erased_at: row.fn.coalesce('erased_at', row.val(now)),
    }))
    .where('workspace', '=', workspace)
    .where('id', '=', id)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}
