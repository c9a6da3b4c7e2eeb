import { eraseContact } from '../erasure/contact.ts';
import type { Services } from '../services.ts';
import { changeHandle, listConnectionContacts } from '../stores/records/connection-contacts.ts';
import { listContactsByKeys, renameContact } from '../stores/records/contacts.ts';
import { markGone } from '../stores/records/received.ts';
import { type Connection, openHandle, platformContactKeys, sealHandle } from './connection.ts';

type Parts = Pick<Services, 'records' | 'encryption' | 'changes'>;

/** Our id of the contact that the platform knows by `key`. */
export async function findByKey(
  { records, encryption }: Pick<Parts, 'records' | 'encryption'>,
  connection: Connection,
  key: string,
): Promise<string | undefined> {
  const keys = platformContactKeys(encryption, connection, key);
  return (await listContactsByKeys(records, connection.workspace, keys))[0]?.id;
}

/**
 * A contact whose name on the platform has changed, such as an email address, stays the one it was, and so do the
 * addresses of its pictures. `isGone` asks the platform whether the old name is: a reference may also have been copied
 * to somebody else.
 */
export async function followContact(
  { records, encryption }: Pick<Parts, 'records' | 'encryption'>,
  connection: Connection,
  contact: string,
  now: { readonly key: string; readonly handle: string },
  isGone: (handle: string) => Promise<boolean>,
): Promise<void> {
  const { workspace } = connection;
  const [row] = await listConnectionContacts(records, connection.id, [contact]);
  if (!row) return;
  const before = openHandle(encryption, { workspace, id: contact }, row.handle);
  if (before === now.handle || !(await isGone(before))) return;
  const [key = ''] = platformContactKeys(encryption, connection, now.key);
  await records.transaction().execute(async (db) => {
    if (!(await renameContact(db, { workspace, id: contact, key }))) return;
    await changeHandle(db, contact, sealHandle(encryption, { workspace, id: contact }, now.handle));
  });
}

/** Erases a contact that its platform has deleted, if there is one of that name; what was read of it before brings it back no more. */
export async function eraseByKey(services: Parts, connection: Connection, key: string): Promise<void> {
  const keys = platformContactKeys(services.encryption, connection, key);
  await markGone(services.records, { connection: connection.id, keys, at: Date.now() });
  const contact = await findByKey(services, connection, key);
  if (contact !== undefined)
    await eraseContact(services, { workspace: connection.workspace, id: connection.id }, contact);
}
