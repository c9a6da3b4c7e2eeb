import { maxTextLength } from '../../core/template/clean-text.ts';
import type { PlatformContact } from '../../integrations/connector.ts';
import type { Encryption } from '../access/encryption.ts';
import type { ContactFields } from '../contacts/contact.ts';
import type { Connection } from './connection.ts';

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

/** Digests of a contact's fields, the first of which is kept: the same ones need not be written again. */
export const digestFields = (
  encryption: Encryption,
  { workspace }: Pick<Connection, 'workspace'>,
  id: string,
  fields: ContactFields,
): readonly string[] => encryption.fingerprints(JSON.stringify(fields), `contact digest:${workspace}:${id}`);
