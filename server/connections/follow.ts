import { verifyReference } from '../../core/links/reference.ts';
import type { PlatformContact } from '../../integrations/connector.ts';
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
  if (before !== now.handle && (await isGone(before))) await rename({ records, encryption }, connection, contact, now);
}

/**
 * Follows those of some contacts we do not know that hold the reference of one whose old name the platform has no more.
 * Whoever was met since `seen` is there. True when there was one to follow.
 */
export async function followMoved(
  { records, encryption, signingKeys }: Pick<Services, 'records' | 'encryption' | 'signingKeys'>,
  connection: Connection,
  contacts: readonly PlatformContact[],
  { seen, gone }: { readonly seen: string; gone(handles: readonly string[]): Promise<readonly string[]> },
): Promise<boolean> {
  const { workspace, id } = connection;
  const holders = new Map<string, PlatformContact>();
  for (const contact of contacts) {
    const holder = contact.reference === null ? undefined : verifyReference(contact.reference, signingKeys);
    if (holder !== undefined) holders.set(holder, contact);
  }
  const rows = (await listConnectionContacts(records, id, [...holders.keys()])).filter((row) => row.seen < seen);
  if (rows.length === 0) return false;
  const handles = rows.map((row) => openHandle(encryption, { workspace, id: row.contact }, row.handle));
  const missing = new Set(await gone(handles));
  for (const [i, { contact }] of rows.entries()) {
    const now = holders.get(contact);
    if (now && missing.has(handles[i] as string)) await rename({ records, encryption }, connection, contact, now);
  }
  return missing.size > 0;
}

async function rename(
  { records, encryption }: Pick<Parts, 'records' | 'encryption'>,
  connection: Connection,
  contact: string,
  now: { readonly key: string; readonly handle: string },
): Promise<void> {
  const { workspace } = connection;
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
