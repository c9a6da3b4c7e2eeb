import type { ContactRecord } from './contacts.ts';
import type { Records } from './index.ts';
import type { Tables } from './tables.ts';

/** A contact that came from a connection, as stored; `handle` is sealed. */
export type ConnectionContactRecord = Readonly<Tables['connection_contacts']>;

/** One that a reference is written for. */
export type ReferenceRow = Pick<ConnectionContactRecord, 'contact' | 'handle'>;

const rowsOf = (db: Records, connection: string) =>
  db.selectFrom('connection_contacts').where('connection', '=', connection);
const changing = (db: Records, connection: string, contacts: readonly string[]) =>
  db
    .updateTable('connection_contacts')
    .where('connection', '=', connection)
    .where('contact', 'in', [...contacts]);

/** What is kept of these contacts, at most some hundred. */
export const listConnectionContacts = (
  db: Records,
  connection: string,
  contacts: readonly string[],
): Promise<ConnectionContactRecord[]> =>
  contacts.length === 0
    ? Promise.resolve([])
    : rowsOf(db, connection)
        .selectAll()
        .where('contact', 'in', [...contacts])
        .execute();

/** Keeps contacts of a connection, at most some hundred, in place of what there was of them. */
export const putConnectionContacts = async (db: Records, rows: readonly ConnectionContactRecord[]): Promise<void> => {
  await db
    .insertInto('connection_contacts')
    .values([...rows])
    .onConflict((conflict) =>
      conflict.columns(['connection', 'contact']).doUpdateSet((row) => ({
        handle: row.ref('excluded.handle'),
        digest: row.ref('excluded.digest'),
        state: row.ref('excluded.state'),
        seen: row.ref('excluded.seen'),
        reference: row.ref('excluded.reference'),
        job: row.ref('excluded.job'),
      })),
    )
    .execute();
};

/** Writes down which sync has seen some that have not changed. */
export const markSeen = async (
  db: Records,
  connection: string,
  contacts: readonly string[],
  seen: string,
): Promise<void> => {
  await changing(db, connection, contacts).set({ seen }).execute();
};

/** Those that no sync from `since` on has seen, in the order of their ids, at most `limit`. */
export const listUnseen = (
  db: Records,
  connection: string,
  since: string,
  limit: number,
): Promise<(ReferenceRow & Pick<ConnectionContactRecord, 'state'>)[]> =>
  rowsOf(db, connection)
    .select(['contact', 'handle', 'state'])
    .where('seen', '<', since)
    .orderBy('seen')
    .limit(limit)
    .execute();

/** Some are none of the audiences' any more. */
export const markLeft = async (
  db: Records,
  connection: string,
  contacts: readonly string[],
  seen: string,
): Promise<void> => {
  await changing(db, connection, contacts).set({ seen, state: 'left' }).execute();
};

/** Those whose reference is to be written, at most `limit`. */
export const listWanted = (db: Records, connection: string, limit: number): Promise<ReferenceRow[]> =>
  rowsOf(db, connection)
    .select(['contact', 'handle'])
    .where('reference', '=', 'wanted')
    .where('state', '=', 'active')
    .limit(limit)
    .execute();

/** How many there are of them. */
export async function countWanted(db: Records, connection: string): Promise<number> {
  const { count } = await rowsOf(db, connection)
    .select((row) => row.fn.countAll<number>().as('count'))
    .where('reference', '=', 'wanted')
    .where('state', '=', 'active')
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** The platform's jobs that are to settle references. */
export async function listWritingJobs(db: Records, connection: string): Promise<string[]> {
  const found = await rowsOf(db, connection)
    .select('job')
    .distinct()
    .where('reference', '=', 'writing')
    .where('job', 'is not', null)
    .execute();
  return found.flatMap(({ job }) => job ?? []);
}

/** Those whose reference a job is to settle. */
export const listOfJob = (db: Records, connection: string, job: string): Promise<ReferenceRow[]> =>
  rowsOf(db, connection)
    .select(['contact', 'handle'])
    .where('reference', '=', 'writing')
    .where('job', '=', job)
    .execute();

/** Writes down what became of the references of some contacts that were in the state `from`; gives of how many. */
export async function markReferences(
  db: Records,
  connection: string,
  contacts: readonly string[],
  from: ConnectionContactRecord['reference'],
  change: Pick<ConnectionContactRecord, 'reference' | 'job'>,
): Promise<number> {
  if (contacts.length === 0) return 0;
  const { numUpdatedRows } = await changing(db, connection, contacts)
    .set(change)
    .where('reference', '=', from)
    .executeTakeFirst();
  return Number(numUpdatedRows);
}

/** The platform finds a contact by another name now. */
export const changeHandle = async (db: Records, contact: string, handle: string): Promise<void> => {
  await db.updateTable('connection_contacts').set({ handle }).where('contact', '=', contact).execute();
};

/** Forgets where a contact came from; whoever it is may come again, as another one. */
export const deleteConnectionContacts = async (db: Records, contacts: readonly string[]): Promise<void> => {
  await db
    .deleteFrom('connection_contacts')
    .where('contact', 'in', [...contacts])
    .execute();
};

/** How many contacts of a connection get mail. */
export async function countActive(db: Records, connection: string): Promise<number> {
  const { count } = await rowsOf(db, connection)
    .select((row) => row.fn.countAll<number>().as('count'))
    .where('state', '=', 'active')
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** Some contacts of a connection that get mail, the same ones each time; their ids are made by chance, and so is the choice. */
export const listSomeContacts = (
  db: Records,
  { workspace, connection }: { readonly workspace: string; readonly connection: string },
  limit: number,
): Promise<ContactRecord[]> =>
  db
    .selectFrom('connection_contacts')
    .innerJoin('contacts', (join) =>
      join
        .onRef('contacts.workspace', '=', 'connection_contacts.workspace')
        .onRef('contacts.id', '=', 'connection_contacts.contact'),
    )
    .where('connection_contacts.connection', '=', connection)
    .where('connection_contacts.workspace', '=', workspace)
    .where('state', '=', 'active')
    .where('erased_at', 'is', null)
    .orderBy('contact')
    .limit(limit)
    .selectAll('contacts')
    .execute();
