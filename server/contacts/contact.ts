import { nanoid } from 'nanoid';
import type { Encryption } from '../access/encryption.ts';
import type { ContactRecord } from '../stores/records/contacts.ts';

/** What is known of a contact: JSON values under our own or the platform's names. */
export type ContactFields = Readonly<Record<string, unknown>>;

/** What pictures are made of: a contact's fields, or that it is erased. */
export type KnownContact = ContactFields | 'erased';

/** A contact, opened. */
export type Contact = {
  readonly id: string;
  readonly version: number;
  readonly updatedAt: number;
  readonly fields: ContactFields;
};

/** A new contact's id, 16 base64url characters. None begins with a dash: a spreadsheet takes that reference for a formula. */
export function createContactId(): string {
  const id = nanoid(16);
  return id.startsWith('-') ? createContactId() : id;
}

/** What is kept of the name the outside knows a contact by, and what may have been kept under older keys. */
export const contactKeys = (encryption: Encryption, workspace: string, key: string): readonly string[] =>
  encryption.fingerprints(key, `contact key:${workspace}`);

const contextOf = (workspace: string, id: string) => `contact:${workspace}:${id}`;

/** Seals a contact's fields for its record, and for no other. */
export const sealContactFields = (
  encryption: Encryption,
  workspace: string,
  id: string,
  fields: ContactFields,
): string => encryption.seal(JSON.stringify(fields), contextOf(workspace, id));

/** What a contact's record gives for pictures. Throws `config_invalid` when its key is not configured any more. */
export const readKnownContact = (encryption: Encryption, record: ContactRecord): KnownContact =>
  record.erased_at === null ? openContact(encryption, record).fields : 'erased';

/** Opens a contact's record. Throws `config_invalid` when its key is not configured any more. */
export const openContact = (encryption: Encryption, record: ContactRecord): Contact => ({
  id: record.id,
  version: record.version,
  updatedAt: record.updated_at,
  fields: JSON.parse(encryption.open(record.fields, contextOf(record.workspace, record.id))) as ContactFields,
});
