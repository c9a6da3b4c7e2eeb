import { setImmediate as turn } from 'node:timers/promises';
import { AppError } from '../../core/errors.ts';
import type { Connector, PlatformContact } from '../../integrations/connector.ts';
import { type Connection, mappedTags, platformContactKeys } from '../connections/connection.ts';
import { opensNothing } from '../connections/opens.ts';
import { keepContacts } from '../connections/pages.ts';
import { writeSoon } from '../connections/receive.ts';
import type { Again } from '../jobs/queue.ts';
import type { Services } from '../services.ts';
import { changeConnection } from '../stores/records/connections.ts';
import { listContacts } from '../stores/records/contacts.ts';
import type { Records } from '../stores/records/index.ts';
import { patiently } from '../stores/records/patiently.ts';
import { timeId } from '../stores/records/time-id.ts';
import {
  addChunk,
  addExcluded,
  addWarmupContacts,
  changeWarmup,
  countLeft,
  listExcluded,
  type WarmupRecord,
} from '../stores/records/warmups.ts';
import { endWarmup, goOn, noteTrouble, openRun, type WarmupJob } from './steps.ts';
import type { Warmup } from './warmup.ts';

const TURN_MS = 60_000;
const KEPT_AT_ONCE = 200;
/** About how many contacts a chunk has. */
const CHUNK = 400;

/** Where a listing stands, for one turn of its job. */
type Listing = {
  readonly services: Services;
  readonly warmup: Warmup;
  readonly connection: Connection;
  readonly connector: Connector;
  readonly signal: AbortSignal;
  readonly until: number;
  cursor: string | null;
  listed: number;
};

/** How a part of it ended: all is read, others have their turn, somebody cancelled the warm-up. */
type End = 'done' | 'again' | 'cancelled';

/**
 * Lists who gets the send, with fresh values from the platform, and has them looked at chunk by chunk meanwhile. What is
 * done is kept page by page: whoever takes it over goes on after the last one.
 */
export async function listAudience(services: Services, job: WarmupJob): Promise<Again | undefined> {
  const { records } = services;
  const run = await openRun(services, job, 'excluding', 'listing');
  if (!run) return undefined;
  const { record, warmup, source, connection } = run;
  const started_at = record.started_at ?? Date.now();
  if (!(await patiently(() => changeWarmup(records, record.id, { state: 'running', started_at })))) return undefined;
  if (warmup.connection === null) return listEverybody(services, record, job.signal);
  const fault = source ? source.error : 'The connection was taken out.';
  if (!source || !connection || fault !== null)
    return endWarmup(services, { ...record, started_at }, { state: 'failed', error: fault });
  const stop = new AbortController();
  const signal = AbortSignal.any([job.signal, stop.signal]);
  let connector: Connector | undefined;
  try {
    connector = await services.connectors.open(source);
    const { cursor, listed } = record;
    const until = Date.now() + TURN_MS;
    const listing: Listing = { services, warmup, connection, connector, signal, until, cursor, listed };
    let end: End = record.phase === 'excluding' ? await readExcluded(listing) : 'done';
    if (end === 'done') end = await readIncluded(listing);
    return end === 'again' ? { againIn: 0 } : undefined;
  } catch (error) {
    if (job.signal.aborted || !(error instanceof AppError)) throw error;
    if (error.code === 'connection_refused') {
      if (connector && (await opensNothing(connector, signal)))
        await changeConnection(records, source, { error: error.message });
      return endWarmup(services, { ...record, started_at }, { state: 'failed', error: error.message });
    }
    return noteTrouble(services, record.id, error);
  } finally {
    // What was fetched ahead and is not needed in this turn.
    stop.abort();
  }
}

/** Keeps the fingerprints of those who do not get the send. */
async function readExcluded(listing: Listing): Promise<End> {
  const { services, warmup, connection, connector, signal, until } = listing;
  const { records, encryption } = services;
  if (warmup.excluded.length > 0) {
    const { cursor } = listing;
    const order = { audiences: warmup.excluded, since: null, cursor, tags: [], signal };
    for await (const page of connector.contacts(order)) {
      const keys = page.contacts.flatMap(({ key }) => platformContactKeys(encryption, connection, key).slice(0, 1));
      for (let at = 0; at < keys.length; at += KEPT_AT_ONCE) {
        await patiently(() => addExcluded(records, warmup.id, keys.slice(at, at + KEPT_AT_ONCE)));
        await turn();
      }
      if (!(await changeWarmup(records, warmup.id, { cursor: page.cursor, error: null }, 'excluding')))
        return 'cancelled';
      if (page.cursor !== null && Date.now() > until) return 'again';
    }
  }
  listing.cursor = null;
  const isUnderWay = await changeWarmup(records, warmup.id, { phase: 'listing', cursor: null }, 'excluding');
  return isUnderWay ? 'done' : 'cancelled';
}

async function readIncluded(listing: Listing): Promise<End> {
  const { services, warmup, connection, connector, signal, until } = listing;
  const tags = mappedTags(connection);
  const order = { audiences: warmup.included, since: null, cursor: listing.cursor, tags, signal };
  for await (const { contacts, cursor, total } of connector.contacts(order)) {
    for (let at = 0; at === 0 || at < contacts.length; at += KEPT_AT_ONCE) {
      const isLast = at + KEPT_AT_ONCE >= contacts.length;
      const change = isLast ? { cursor, error: null, ...(total !== null && { total }) } : {};
      if (!(await keepPart(listing, contacts.slice(at, at + KEPT_AT_ONCE), change))) return 'cancelled';
    }
    if (cursor === null) break;
    if (Date.now() > until) return 'again';
  }
  return endListing(services, warmup, listing.listed);
}

/** Keeps some contacts and lists those of them who get the send. False when the warm-up was cancelled. */
async function keepPart(
  listing: Listing,
  contacts: readonly PlatformContact[],
  change: Parameters<typeof changeWarmup>[2],
): Promise<boolean> {
  const { services, warmup, connection, connector, signal, until } = listing;
  const { records, encryption } = services;
  const wanted = contacts.filter(({ isMember, state }) => isMember && state === 'active');
  const prints = new Map(wanted.map(({ key }) => [key, platformContactKeys(encryption, connection, key)]));
  const excluded = new Set(
    warmup.excluded.length === 0 ? [] : await listExcluded(records, warmup.id, [...prints.values()].flat()),
  );
  const members = wanted.filter(({ key }) => !prints.get(key)?.some((print) => excluded.has(print)));
  let { listed } = listing;
  const kept = await keepContacts(services, connection, contacts, {
    seen: timeId(Date.now()),
    // Begin of this turn, in which all of it was asked for.
    askedAt: until - TURN_MS,
    isFull: false,
    isOfSend: true,
    gone: (handles) => connector.gone(handles, signal),
    async settle(db, { ids, wanted: references }) {
      const found = members.flatMap(({ key }) => ids.get(key) ?? []);
      listed = await listContactsOf(services, db, warmup, listing.listed, found, change);
      if (listed < 0) return false;
      if (references > 0) await writeSoon(services, connection, db);
      return true;
    },
  });
  listing.listed = listed;
  return kept !== undefined;
}

/** All contacts of the workspace, where no platform says who gets it. */
async function listEverybody(
  services: Services,
  record: WarmupRecord,
  signal: AbortSignal,
): Promise<Again | undefined> {
  const { records } = services;
  const { id, workspace } = record;
  let { cursor, listed } = record;
  if (record.phase === 'excluding' && !(await changeWarmup(records, id, { phase: 'listing' }, 'excluding')))
    return undefined;
  for (;;) {
    if (signal.aborted) return { againIn: 0 };
    const page = await listContacts(records, { workspace, after: cursor ?? undefined, limit: KEPT_AT_ONCE });
    cursor = page.at(-1)?.id ?? null;
    if (cursor === null) break;
    const ids = page.map((contact) => contact.id);
    const change = { cursor };
    listed = await patiently(() =>
      records.transaction().execute((db) => listContactsOf(services, db, record, listed, ids, change)),
    );
    if (listed < 0) return undefined;
    await turn();
  }
  await endListing(services, record, listed);
  return undefined;
}

/**
 * Lists contacts in the chunk that is being filled, and has it looked at once it is full. Gives how many are listed now,
 * -1 when the warm-up was cancelled.
 */
async function listContactsOf(
  { jobs }: Pick<Services, 'jobs'>,
  db: Records,
  { id, workspace }: Pick<Warmup, 'id' | 'workspace'>,
  before: number,
  contacts: readonly string[],
  change: Parameters<typeof changeWarmup>[2],
): Promise<number> {
  const chunk = Math.floor(before / CHUNK);
  const listed = before + (await addWarmupContacts(db, { warmup: id, chunk }, contacts));
  if (!(await changeWarmup(db, id, { ...change, listed }, 'listing'))) return -1;
  if (Math.floor(listed / CHUNK) > chunk) await addResolving({ jobs }, db, { id, workspace }, chunk);
  return listed;
}

async function addResolving(
  { jobs }: Pick<Services, 'jobs'>,
  db: Records,
  { id, workspace }: Pick<Warmup, 'id' | 'workspace'>,
  chunk: number,
): Promise<void> {
  if (!(await addChunk(db, { warmup: id, phase: 'resolving', chunk, at: '', last: '', result: '{}' }))) return;
  await countLeft(db, id, 1);
  await jobs.add('warmup.resolve', { workspace, payload: { warmup: id, chunk } }, db);
}

/** All are listed: the last chunk may have room left. */
async function endListing(
  { records, jobs }: Pick<Services, 'records' | 'jobs'>,
  warmup: Pick<Warmup, 'id' | 'workspace'>,
  listed: number,
): Promise<End> {
  await patiently(() =>
    records.transaction().execute(async (db) => {
      if (!(await changeWarmup(db, warmup.id, { phase: 'resolving', cursor: null }, 'listing'))) return;
      if (listed % CHUNK > 0) await addResolving({ jobs }, db, warmup, Math.floor(listed / CHUNK));
      const now = await countLeft(db, warmup.id, 0);
      if (now) await goOn({ jobs }, db, now);
    }),
  );
  return 'done';
}
