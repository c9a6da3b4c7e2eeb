import { setImmediate as turn } from 'node:timers/promises';
import { AppError } from '../../core/errors.ts';
import { signReference, verifyReference } from '../../core/links/reference.ts';
import type { PlatformContact } from '../../integrations/connector.ts';
import { createContactId, sealContactFields } from '../contacts/contact.ts';
import type { Services } from '../services.ts';
import {
  type ConnectionContactRecord,
  listConnectionContacts,
  markSeen,
  putConnectionContacts,
} from '../stores/records/connection-contacts.ts';
import {
  addContacts,
  type ContactRecord,
  countForeign,
  holdContacts,
  listContactsByKeys,
  updateContacts,
} from '../stores/records/contacts.ts';
import type { Records } from '../stores/records/index.ts';
import { patiently } from '../stores/records/patiently.ts';
import { listGone } from '../stores/records/received.ts';
import { type Connection, mappedNames, platformContactKeys, sealHandle } from './connection.ts';
import { followMoved } from './follow.ts';
import { digestFields, isTouched, mapFields, takeOver } from './mapped.ts';

/** What keeping contacts works with. */
export type KeepingContacts = Pick<Services, 'records' | 'encryption' | 'signingKeys' | 'contacts' | 'changes'>;

/** What became of some contacts. */
export type KeptContacts = {
  readonly added: number;
  readonly changed: number;
  readonly unsubscribed: number;
  /** How many more references are to be written. */
  readonly wanted: number;
  /** Our ids of those that are kept, by the platform's `key`. */
  readonly ids: ReadonlyMap<string, string>;
};

/** How to keep them. */
export type KeepOrder = {
  /** Id of the sync, or a `timeId` of now. */
  readonly seen: string;
  /** When the platform was asked, in ms since 1970: whom it said to be deleted since is not added. */
  readonly askedAt: number;
  /** Every one that is met is written down as seen, and what was refused is tried once more. */
  readonly isFull: boolean;
  /** Only the audiences of one send were asked for: whoever gets no mail of these may still get that of others. */
  readonly isOfSend?: boolean;
  /** Asks the platform which of these it has no more, by handle. */
  gone(handles: readonly string[]): Promise<readonly string[]>;
  /** What has to be written in the same transaction; when it says false, nothing is. */
  settle?(db: Records, kept: KeptContacts): Promise<boolean>;
};

type Kept = Omit<ConnectionContactRecord, 'handle'>;
type Planned = {
  readonly contact: PlatformContact;
  readonly id: string;
  readonly before: ConnectionContactRecord | undefined;
  readonly row: Kept;
  /** What is to be written of the contact itself; undefined when its fields are as they were. */
  readonly record: ContactRecord | undefined;
};

const TRIES = 5;
// Sealing a hundred contacts takes some milliseconds, and so does writing them: recipients come between.
const AT_ONCE = 100;
// One or two may have been put there by hand, or by whoever they are about.
const FOREIGN_CONTACTS = 5;

/**
 * Keeps contacts as a platform tells them, all of them or, when the order's `settle` says so, none: then it gives
 * undefined. Somebody we do not know is added when they are a member and get mail, unless their reference tells that they
 * are one whose name has changed. Doing it again changes nothing. Throws `connection_refused` when the reference field
 * holds another workspace's references.
 */
export async function keepContacts(
  services: KeepingContacts,
  connection: Connection,
  contacts: readonly PlatformContact[],
  order: KeepOrder,
): Promise<KeptContacts | undefined> {
  const { records, contacts: copies, changes } = services;
  const told = withoutDoubles(contacts);
  for (let i = 1; ; i++) {
    const planned = await plan(services, connection, told, order);
    const kept = sumUp(planned);
    try {
      await patiently(() =>
        records.transaction().execute((db) => write(db, connection, planned, kept, order, services)),
      );
    } catch (error) {
      if (error === stopped) return undefined;
      // Added, changed or erased by somebody else meanwhile: look again.
      if (error === moved && i < TRIES) continue;
      if (error === moved)
        throw new AppError('overloaded', 'These contacts are being changed elsewhere: try again in a moment.');
      throw error;
    }
    const fresh = planned.filter(({ record }) => record);
    for (const { id } of fresh) copies.expire(`${connection.workspace}:${id}`);
    if (fresh.length > 0) changes.note();
    return kept;
  }
}

const stopped = new Error('settle said no');
const moved = new Error('a record is not as it was');

/** Each once; a list that knows them as a member is right. */
function withoutDoubles(contacts: readonly PlatformContact[]): PlatformContact[] {
  const byKey = new Map<string, PlatformContact>();
  for (const contact of contacts)
    byKey.set(contact.key, { ...contact, isMember: contact.isMember || byKey.get(contact.key)?.isMember === true });
  return [...byKey.values()];
}

async function plan(
  services: KeepingContacts,
  connection: Connection,
  contacts: readonly PlatformContact[],
  order: KeepOrder,
): Promise<Planned[]> {
  const { records, encryption, signingKeys } = services;
  const { workspace } = connection;
  const { seen, isFull, askedAt, isOfSend = false } = order;
  const keys = new Map(contacts.map(({ key }) => [key, platformContactKeys(encryption, connection, key)]));
  const look = async () => {
    const found = contacts.length === 0 ? [] : await listContactsByKeys(records, workspace, [...keys.values()].flat());
    return new Map(found.map((record) => [record.external_key, record]));
  };
  let byFingerprint = await look();
  const strangers = contacts.filter(({ key }) => !keys.get(key)?.some((name) => byFingerprint.has(name)));
  const names = strangers.flatMap(({ key }) => keys.get(key) ?? []);
  const gone = await listGone(records, { connection: connection.id, keys: names, since: askedAt });
  const isGone = ({ key }: PlatformContact) => keys.get(key)?.some((name) => gone.has(name)) === true;
  const there = strangers.filter((contact) => !isGone(contact));
  if (await followMoved(services, connection, there, order)) byFingerprint = await look();
  const found = [...byFingerprint.values()];
  const rows = await listConnectionContacts(
    records,
    connection.id,
    found.map(({ id }) => id),
  );
  const byId = new Map(rows.map((row) => [row.contact, row]));
  const planned: Planned[] = [];
  const strange = new Set<string>();
  for (const [i, contact] of contacts.entries()) {
    if (i % AT_ONCE === AT_ONCE - 1) await turn();
    const fingerprints = keys.get(contact.key) ?? [];
    const known = fingerprints.map((fingerprint) => byFingerprint.get(fingerprint)).find((record) => record);
    const before = known && byId.get(known.id);
    // Whoever gets no mail needs no picture, and who is no member is none of ours.
    if (!before && !(contact.isMember && contact.state === 'active')) continue;
    if (isGone(contact)) continue;
    const id = known?.id ?? createContactId();
    const mapped = mapFields(connection, contact);
    const digests = digestFields(encryption, connection, id, mapped);
    const isNews = before === undefined || !digests.includes(before.digest);
    const [digest = ''] = isNews ? digests : [before.digest];
    const merged = known && (isNews || isTouched(known)) ? takeOver(encryption, connection, known, mapped) : undefined;
    const isChanged = isNews || merged !== undefined;
    const reference = signReference(id, signingKeys[0]);
    const holder =
      contact.reference === null || contact.reference === reference
        ? undefined
        : verifyReference(contact.reference, signingKeys);
    if (holder !== undefined && holder !== id) strange.add(holder);
    const now = Date.now();
    const version = (known?.version ?? 0) + 1;
    planned.push({
      ...{ contact, id, before },
      row: {
        ...{
          connection: connection.id,
          contact: id,
          workspace,
          digest,
          seen,
          state: stateOf(contact, before, isOfSend),
        },
        ...referenceOf(contact.reference === reference, before, isChanged || isFull),
      },
      record: isChanged
        ? {
            ...{ id, workspace, external_key: known ? known.external_key : (fingerprints[0] ?? null) },
            fields: known && !merged ? known.fields : sealContactFields(encryption, workspace, id, merged ?? mapped),
            ...{ version, created_at: now, updated_at: now, erased_at: null },
            ...{ mapped: JSON.stringify(mappedNames(connection)), mapped_version: version },
          }
        : undefined,
    });
  }
  const foreign = await countForeign(records, workspace, [...strange]);
  if (foreign >= FOREIGN_CONTACTS && foreign * 2 > contacts.length) {
    const message = `Another workspace writes its references into ${connection.referenceField} of this account: choose another reference field for one of them.`;
    throw new AppError('connection_refused', message);
  }
  return planned;
}

function stateOf({ isMember, state }: PlatformContact, before: Kept | undefined, isOfSend: boolean): Kept['state'] {
  if (before?.state === 'left' && !isMember) return 'left';
  return isOfSend && before?.state === 'active' ? 'active' : state;
}

/** What stands on the platform is right; what is on its way, or was refused, is not tried again for nothing. */
function referenceOf(isThere: boolean, before: Kept | undefined, isNews: boolean): Pick<Kept, 'reference' | 'job'> {
  if (isThere) return { reference: 'written', job: null };
  if (before?.reference === 'writing') return { reference: 'writing', job: before.job };
  if (before?.reference === 'refused' && !isNews) return { reference: 'refused', job: null };
  return { reference: 'wanted', job: null };
}

const isWanted = (row: Pick<Kept, 'reference' | 'state'>): boolean =>
  row.reference === 'wanted' && row.state === 'active';

function sumUp(planned: readonly Planned[]): KeptContacts {
  const count = (is: (each: Planned) => boolean) => planned.filter(is).length;
  const isAdded = ({ before, row }: Planned) => !before || (before.state === 'left' && row.state === 'active');
  return {
    added: count(isAdded),
    changed: count((each) => each.record !== undefined && !isAdded(each)),
    unsubscribed: count(({ before, row }) => before?.state === 'active' && row.state === 'unsubscribed'),
    wanted: count(({ before, row }) => isWanted(row) && !(before && isWanted(before))),
    ids: new Map(planned.map(({ contact, id }) => [contact.key, id])),
  };
}

async function write(
  db: Records,
  connection: Connection,
  planned: readonly Planned[],
  kept: KeptContacts,
  { seen, isFull, settle }: KeepOrder,
  { encryption }: KeepingContacts,
): Promise<void> {
  // First, so that SQLite knows at once that this is going to write.
  if (settle && !(await settle(db, kept))) throw stopped;
  const records = planned.flatMap(({ record }) => record ?? []);
  for (const some of chunks(records.filter(({ version }) => version === 1))) {
    if ((await addContacts(db, some)) < some.length) throw moved;
    await turn();
  }
  for (const some of chunks(records.filter(({ version }) => version > 1))) {
    if ((await updateContacts(db, some)) < some.length) throw moved;
    await turn();
  }
  const [same, other] = [planned.filter(isSame), planned.filter((each) => !isSame(each))];
  // Of those that are written above this is known: whoever was erased meanwhile leaves no trace again.
  const unwritten = other.filter(({ record }) => !record).map(({ id }) => id);
  if ((await holdContacts(db, unwritten)) < unwritten.length) throw moved;
  for (const some of chunks(other)) {
    const rows = some.map(({ row, contact }) => ({
      ...row,
      handle: sealHandle(encryption, { workspace: row.workspace, id: row.contact }, contact.handle),
    }));
    await putConnectionContacts(db, rows);
    await turn();
  }
  if (!isFull) return;
  for (const some of chunks(same))
    await markSeen(
      db,
      connection.id,
      some.map(({ id }) => id),
      seen,
    );
}

const isSame = ({ before, row, record }: Planned): boolean =>
  record === undefined && before?.state === row.state && before.reference === row.reference && before.job === row.job;

function* chunks<Item>(items: readonly Item[]): Generator<readonly Item[]> {
  for (let i = 0; i < items.length; i += AT_ONCE) yield items.slice(i, i + AT_ONCE);
}
