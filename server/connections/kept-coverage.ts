import { setImmediate as turn } from 'node:timers/promises';
import { type Fields, fieldSchema } from '../../core/template/fields/index.ts';
import { type ContactFields, openContact } from '../contacts/contact.ts';
import type { Services } from '../services.ts';
import { listSomeContacts } from '../stores/records/connection-contacts.ts';
import type { ConnectionRecord } from '../stores/records/connections.ts';
import { readRules } from '../workspaces/rules.ts';
import { readConnection } from './connection.ts';
import { type Coverage, measureCoverage } from './coverage.ts';

/** A mapped field, and for how many of a connection's contacts it is filled. */
export type KeptCoverage = Coverage & { readonly field: string };

const MOST_CONTACTS = 1000;
const AT_ONCE = 100;

/**
 * Measures the mapped fields of up to 1,000 of a connection's contacts as they are kept here, by the workspace's field
 * dictionary, else as text; nothing is asked of the platform.
 */
export async function measureKept(
  { records, encryption }: Pick<Services, 'records' | 'encryption'>,
  record: ConnectionRecord,
): Promise<{ readonly contacts: number; readonly fields: readonly KeptCoverage[] }> {
  const { id: connection, workspace, mapping } = readConnection(record);
  const names = Object.keys(mapping).filter((name) => mapping[name] !== '');
  const { dictionary } = await readRules(records, workspace);
  const contractOf = (name: string) => (Object.hasOwn(dictionary.fields, name) ? dictionary.fields[name] : undefined);
  const anyText = fieldSchema.parse({ type: 'text', fallback: '' });
  const fields: Fields = Object.fromEntries(names.map((name) => [name, contractOf(name) ?? anyText]));
  const contacts = await listSomeContacts(records, { workspace, connection }, MOST_CONTACTS);
  const samples: ContactFields[] = [];
  for (const [i, contact] of contacts.entries()) {
    if (i % AT_ONCE === 0) await turn();
    const known = openContact(encryption, contact).fields;
    samples.push(Object.fromEntries(names.map((name) => [name, asked(known[name], contractOf(name) !== undefined)])));
  }
  const measured = measureCoverage(fields, Object.fromEntries(names.map((name) => [name, name])), samples);
  return {
    contacts: contacts.length,
    fields: [...measured].map(([field, coverage]) => ({ field, ...coverage })),
  };
}

/** What is asked of a value: where nobody said what it has to be, only text can look like junk. */
const asked = (value: unknown, isKnown: boolean): unknown =>
  isKnown || value === undefined || value === null || typeof value === 'string' ? value : JSON.stringify(value);
