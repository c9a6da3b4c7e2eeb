import { AppError } from '../../core/errors.ts';
import type { Services } from '../services.ts';
import {
  addContact,
  type ContactRecord,
  findContact,
  findContactByKey,
  updateContact,
} from '../stores/records/contacts.ts';
import {
  type Contact,
  type ContactFields,
  contactKeys,
  createContactId,
  openContact,
  sealContactFields,
} from './contact.ts';

/** What keeping contacts works with. */
export type Keeping = Pick<Services, 'records' | 'encryption' | 'contacts' | 'changes'>;

/**
 * Keeps a contact. With a `key` the outside knows it by, a second call changes the same contact, so that it can be
 * repeated safely.
 */
export async function putContact(
  services: Keeping,
  workspace: string,
  { key, fields }: { key?: string | undefined; fields: ContactFields },
): Promise<{ contact: Contact; isNew: boolean }> {
  const { records, encryption } = services;
  const fingerprints = key === undefined ? [] : contactKeys(encryption, workspace, key);
  const existing = fingerprints.length > 0 ? await findContactByKey(records, workspace, fingerprints) : undefined;
  if (existing) {
    const contact = await change(services, existing, fields);
    // Changed or erased meanwhile: look again.
    return contact ? { contact, isNew: false } : putContact(services, workspace, { key, fields });
  }
  const id = createContactId();
  const now = Date.now();
  const kept = mergeFields({}, fields);
  const isNew = await addContact(records, {
    id,
    workspace,
    external_key: fingerprints[0] ?? null,
    fields: sealContactFields(encryption, workspace, id, kept),
    version: 1,
    created_at: now,
    updated_at: now,
    erased_at: null,
    ...{ mapped: null, mapped_version: null },
  });
  // Somebody else has just added the same one.
  if (!isNew) return putContact(services, workspace, { key, fields });
  return { contact: { id, version: 1, updatedAt: now, fields: kept }, isNew };
}

/** Changes some fields of a contact and leaves the others; null removes one. Throws `contact_not_found`. */
export async function changeContact(
  services: Keeping,
  workspace: string,
  id: string,
  changes: ContactFields,
): Promise<Contact> {
  const record = await findContact(services.records, workspace, id);
  if (!record || record.erased_at !== null)
    throw new AppError('contact_not_found', 'There is no contact with that id in this workspace: create it first.');
  // Two changes at once: the later one is made again, on what the first one left.
  return (await change(services, record, changes)) ?? changeContact(services, workspace, id, changes);
}

/** Undefined when the record is no longer as it was given. */
async function change(
  { records, encryption, contacts, changes: noted }: Keeping,
  record: ContactRecord,
  changes: ContactFields,
): Promise<Contact | undefined> {
  const { id, workspace, version } = record;
  const fields = mergeFields(openContact(encryption, record).fields, changes);
  const now = Date.now();
  const sealed = sealContactFields(encryption, workspace, id, fields);
  if (!(await updateContact(records, { workspace, id, version, fields: sealed, now }))) return undefined;
  contacts.expire(`${workspace}:${id}`);
  noted.note();
  return { id, version: version + 1, updatedAt: now, fields };
}

/** A contact's fields with some changed, of which null removes one. */
export const mergeFields = (before: ContactFields, changes: ContactFields): ContactFields =>
  Object.fromEntries(Object.entries({ ...before, ...changes }).filter(([, value]) => value !== null));
