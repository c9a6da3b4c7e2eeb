import { isDeepStrictEqual } from 'node:util';
import { maxTextLength } from '../../core/template/clean-text.ts';
import type { PlatformContact } from '../../integrations/connector.ts';
import type { Encryption } from '../access/encryption.ts';
import { type ContactFields, openContact } from '../contacts/contact.ts';
import type { ContactRecord } from '../stores/records/contacts.ts';
import { type Connection, mappedNames } from './connection.ts';

/** What is kept of a contact: the mapped fields it has, under our names in their order. */
export function mapFields({ mapping }: Pick<Connection, 'mapping'>, { fields }: PlatformContact): ContactFields {
  const mapped = Object.entries(mapping).map(([name, tag]) => [
    name,
    tag !== '' && Object.hasOwn(fields, tag) ? fields[tag] : null,
  ]);
  return Object.fromEntries(
    mapped.filter(([, value]) => isKept(value)).sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
  );
}

/** No field takes more: what is longer gives the fallback either way. */
const isKept = (value: unknown): boolean => value !== null && value !== undefined && value !== '' && isShort(value);

function isShort(value: unknown): boolean {
  try {
    return JSON.stringify(value).length <= maxTextLength;
  } catch (error) {
    // Values within values by the thousand use up the stack.
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/**
 * What a contact's fields are once those that its platform has are taken over: whatever was set here stays, unless it is
 * mapped. Undefined when they are so already.
 */
export function takeOver(
  encryption: Encryption,
  connection: Pick<Connection, 'mapping'>,
  known: ContactRecord,
  fields: ContactFields,
): ContactFields | undefined {
  const before = openContact(encryption, known).fields;
  // As long as no platform has given any, nobody knows where they are from.
  const given = known.mapped === null ? Object.keys(before) : (JSON.parse(known.mapped) as string[]);
  const theirs = new Set([...given, ...mappedNames(connection)]);
  const own = Object.entries(before).filter(([name]) => !theirs.has(name));
  const after = { ...Object.fromEntries(own), ...fields };
  return isDeepStrictEqual(after, before) ? undefined : after;
}

/** Whether something was set here since a platform's fields were written. */
export const isTouched = ({ version, mapped_version }: ContactRecord): boolean =>
  mapped_version !== null && version > mapped_version;

/** Digests of a contact's fields, the first of which is kept: the same ones need not be written again. */
export const digestFields = (
  encryption: Encryption,
  { workspace }: Pick<Connection, 'workspace'>,
  id: string,
  fields: ContactFields,
): readonly string[] => encryption.fingerprints(JSON.stringify(fields), `contact digest:${workspace}:${id}`);
