import { setImmediate as turn } from 'node:timers/promises';
import { AppError } from '../../core/errors.ts';
import { addContacts, type ContactRecord, listContactsByKeys, updateContacts } from '../stores/records/contacts.ts';
import type { Records } from '../stores/records/index.ts';
import { patiently } from '../stores/records/patiently.ts';
import { type ContactFields, contactKeys, createContactId, openContact, sealContactFields } from './contact.ts';
import { type Keeping, mergeFields } from './keep.ts';

/** A contact under the name the outside knows it by; null removes a field. */
export type ContactOrder = { readonly key: string; readonly fields: ContactFields };

/** What became of a contact. */
export type KeptContact = { readonly id: string; readonly done: 'added' | 'changed' | 'unchanged' };

type Planned = KeptContact & {
  /** What is to be written; undefined when its fields are as they were. */
  readonly record: ContactRecord | undefined;
};

const TRIES = 5;
const moved = new Error('a record is not as it was');

/**
 * Keeps contacts as `putContact` does, at most a hundred of different keys, in their order; all of them or none. One whose
 * fields are as they were is not written.
 */
export async function putContacts(
  services: Keeping,
  workspace: string,
  orders: readonly ContactOrder[],
): Promise<readonly KeptContact[]> {
  const { records, contacts, changes } = services;
  for (let i = 1; ; i++) {
    // Others come between two hundreds.
    await turn();
    const planned = await plan(services, workspace, orders);
    try {
      await patiently(() => records.transaction().execute((db) => write(db, planned)));
    } catch (error) {
      // Added, changed or erased by somebody else meanwhile: look again.
      if (error === moved && i < TRIES) continue;
      if (error === moved)
        throw new AppError('overloaded', 'These contacts are being changed elsewhere: try again in a moment.');
      throw error;
    }
    const changed = planned.filter(({ done }) => done === 'changed');
    for (const { id } of changed) contacts.expire(`${workspace}:${id}`);
    if (changed.length > 0) changes.note();
    return planned.map(({ id, done }) => ({ id, done }));
  }
}

async function plan(
  { records, encryption }: Keeping,
  workspace: string,
  orders: readonly ContactOrder[],
): Promise<Planned[]> {
  const keyed = orders.map(({ key, fields }) => ({ fingerprints: contactKeys(encryption, workspace, key), fields }));
  const all = keyed.flatMap(({ fingerprints }) => fingerprints);
  const found = all.length === 0 ? [] : await listContactsByKeys(records, workspace, all);
  const byFingerprint = new Map(found.map((record) => [record.external_key, record]));
  return keyed.map(({ fingerprints, fields }) => {
    const known = fingerprints.map((fingerprint) => byFingerprint.get(fingerprint)).find((record) => record);
    const before = known ? openContact(encryption, known).fields : {};
    const after = mergeFields(before, fields);
    if (known && JSON.stringify(after) === JSON.stringify(before))
      return { id: known.id, done: 'unchanged', record: undefined };
    const id = known?.id ?? createContactId();
    const now = Date.now();
    const record = {
      ...{ id, workspace, external_key: known ? known.external_key : (fingerprints[0] ?? null) },
      fields: sealContactFields(encryption, workspace, id, after),
      ...{ version: (known?.version ?? 0) + 1, created_at: now, updated_at: now, erased_at: null },
      ...{ mapped: known?.mapped ?? null, mapped_version: known?.mapped_version ?? null },
    };
    return { id, done: known ? 'changed' : 'added', record };
  });
}

async function write(db: Records, planned: readonly Planned[]): Promise<void> {
  const recordsOf = (wanted: KeptContact['done']) =>
    planned.flatMap(({ done, record }) => (done === wanted && record ? [record] : []));
  const [added, changed] = [recordsOf('added'), recordsOf('changed')];
  if (added.length > 0 && (await addContacts(db, added)) < added.length) throw moved;
  if (changed.length > 0 && (await updateContacts(db, changed)) < changed.length) throw moved;
}
