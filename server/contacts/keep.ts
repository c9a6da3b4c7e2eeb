import { nanoid } from 'nanoid';
import { AppError } from '../../core/errors.ts';
import type { Services } from '../services.ts';
import { addContact, findContact, findContactByKey, updateContact } from '../stores/records/contacts.ts';
import { type Contact, type ContactFields, openContact, sealContactFields } from './contact.ts';

type Keeping = Pick<Services, 'records' | 'encryption' | 'contacts' | 'changes'>;

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
  const fingerprints = key === undefined ? [] : encryption.fingerprints(key, `contact key:${workspace}`);
  const existing = fingerprints.length > 0 ? await findContactByKey(records, workspace, fingerprints) : undefined;
  if (existing) return { contact: await changeContact(services, workspace, existing.id, fields), isNew: false };
  const id = nanoid(16);
  const now = Date.now();
  const kept = withoutNulls(fields);
  const isNew = await addContact(records, {
    id,
    workspace,
    external_key: fingerprints[0] ?? null,
    fields: sealContactFields(encryption, workspace, id, kept),
    version: 1,
    created_at: now,
    updated_at: now,
    erased_at: null,
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
  const { records, encryption, contacts, changes: noted } = services;
  const record = await findContact(records, workspace, id);
  if (!record)
    throw new AppError('contact_not_found', 'There is no contact with that id in this workspace: create it first.');
  const { version, fields: before } = openContact(encryption, record);
  const fields = withoutNulls({ ...before, ...changes });
  const now = Date.now();
  const sealed = sealContactFields(encryption, workspace, id, fields);
  // Two changes at once: the later one is made again, on what the first one left.
  if (!(await updateContact(records, { workspace, id, version, fields: sealed, now }))) {
    return changeContact(services, workspace, id, changes);
  }
  contacts.expire(`${workspace}:${id}`);
  noted.note();
  return { id, version: version + 1, updatedAt: now, fields };
}

const withoutNulls = (fields: ContactFields): ContactFields =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
