import type { Encryption } from '../access/encryption.ts';
import type { ContactRecord } from '../stores/records/contacts.ts';

/** What is known of a contact: JSON values under our own or the platform's names. */
export type ContactFields = Readonly<Record<string, unknown>>;

/** A contact, opened. */
export type Contact = {
  readonly id: string;
  readonly version: number;
  readonly updatedAt: number;
  readonly fields: ContactFields;
};

const contextOf = (workspace: string, id: string) => `contact:${workspace}:${id}`;

/** Seals a contact's fields for its record, and for no other. */
export const sealContactFields = (
  encryption: Encryption,
  workspace: string,
  id: string,
  fields: ContactFields,
): string => encryption.seal(JSON.stringify(fields), contextOf(workspace, id));

/** Opens a contact's record. Throws `config_invalid` when its key is not configured any more. */
export const openContact = (encryption: Encryption, record: ContactRecord): Contact => ({
  id: record.id,
  version: record.version,
  updatedAt: record.updated_at,
  fields: JSON.parse(encryption.open(record.fields, contextOf(record.workspace, record.id))) as ContactFields,
});
