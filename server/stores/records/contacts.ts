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
      ...{ mapped: null, mapped_version: null },
      version: row('version', '+', 1),
      updated_at: now,
      erased_at: row.fn.coalesce('erased_at', row.val(now)),
    }))
    .where('workspace', '=', workspace)
    .where('id', '=', id)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** The contacts the outside knows by names with these fingerprints, at most some hundred; what is sealed stays sealed. */
export const listContactsByKeys = (
  db: Records,
  workspace: string,
  fingerprints: readonly string[],
): Promise<ContactRecord[]> =>
  db
    .selectFrom('contacts')
    .selectAll()
    .where('workspace', '=', workspace)
    .where('external_key', 'in', [...fingerprints])
    .execute();

/** The contacts of these ids, at most some hundred, erased ones too; what is sealed stays sealed. */
export const listContactsByIds = (db: Records, workspace: string, ids: readonly string[]): Promise<ContactRecord[]> =>
  db
    .selectFrom('contacts')
    .selectAll()
    .where('workspace', '=', workspace)
    .where('id', 'in', [...ids])
    .execute();

/** Keeps new contacts, at most some hundred; gives how many of them nobody else has just added. */
export async function addContacts(db: Records, contacts: readonly ContactRecord[]): Promise<number> {
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('contacts')
    .values([...contacts])
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return Number(numInsertedOrUpdatedRows ?? 0n);
}

/** Replaces the sealed fields of some hundred contacts at most, whose `version` is one more than it was; gives how many nobody had changed or erased. */
export async function updateContacts(
  db: Records,
  contacts: readonly Omit<ContactRecord, 'external_key' | 'created_at' | 'erased_at'>[],
): Promise<number> {
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('contacts')
    // One statement for all of them. They are there, so that nothing of a row is taken but what is set below.
    .values(contacts.map((row) => ({ ...row, external_key: null, created_at: row.updated_at, erased_at: null })))
    .onConflict((conflict) =>
      conflict
        .column('id')
        .doUpdateSet((row) => ({
          fields: row.ref('excluded.fields'),
          version: row.ref('excluded.version'),
          updated_at: row.ref('excluded.updated_at'),
          mapped: row.ref('excluded.mapped'),
          mapped_version: row.ref('excluded.mapped_version'),
        }))
        .where((row) => row('contacts.version', '=', row('excluded.version', '-', 1)))
        .whereRef('contacts.workspace', '=', 'excluded.workspace')
        .where('contacts.erased_at', 'is', null),
    )
    .executeTakeFirst();
  return Number(numInsertedOrUpdatedRows ?? 0n);
}

/** Lets nobody erase these contacts, at most some hundred, before the transaction is over; gives how many were not erased. */
export async function holdContacts(db: Records, ids: readonly string[]): Promise<number> {
  if (ids.length === 0) return 0;
  // Reading them would hold nothing: whoever erases one meanwhile would not be waited for.
  const { numUpdatedRows } = await db
    .updateTable('contacts')
    .set((row) => ({ version: row.ref('version') }))
    .where('id', 'in', [...ids])
    .where('erased_at', 'is', null)
    .executeTakeFirst();
  return Number(numUpdatedRows);
}

/** How many of these ids are contacts of other workspaces. */
export async function countForeign(db: Records, workspace: string, ids: readonly string[]): Promise<number> {
  if (ids.length === 0) return 0;
  const { count } = await db
    .selectFrom('contacts')
    .select((row) => row.fn.countAll<number>().as('count'))
    .where('id', 'in', [...ids])
    .where('workspace', '!=', workspace)
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** Gives a contact another name that the outside knows it by; false when somebody else has that, or it is erased. */
export async function renameContact(
  db: Records,
  { workspace, id, key }: { readonly workspace: string; readonly id: string; readonly key: string },
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('contacts')
    .set({ external_key: key })
    .where('workspace', '=', workspace)
    .where('id', '=', id)
    .where('erased_at', 'is', null)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('contacts as other')
            .select('other.id')
            .where('other.workspace', '=', workspace)
            .where('other.external_key', '=', key),
        ),
      ),
    )
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}
