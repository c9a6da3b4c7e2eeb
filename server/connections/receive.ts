import { LRUCache } from 'lru-cache';
import { AppError } from '../../core/errors.ts';
import type { Connector } from '../../integrations/connector.ts';
import type { Again, Job } from '../jobs/queue.ts';
import { whenBusy } from '../renders/draw.ts';
import type { Services } from '../services.ts';
import { changeConnection, findAnyConnection, findConnection, holdConnection } from '../stores/records/connections.ts';
import type { Records } from '../stores/records/index.ts';
import { takeOnce } from '../stores/records/received.ts';
import { timeId } from '../stores/records/time-id.ts';
import { type Connection, mappedTags, readConnection } from './connection.ts';
import { namedPictures, usualPictures } from './expected.ts';
import { eraseByKey, findByKey, followContact } from './follow.ts';
import { opensNothing } from './opens.ts';
import { keepContacts } from './pages.ts';
import { unreachable } from './reachable.ts';
import { createReferences } from './references.ts';
import { warmPicture } from './warm.ts';

// Platforms take thousands of references in one call, and few calls in a minute.
const GATHER_MS = 2000;
const SETTLE_MS = 3000;
// A job of the platform that takes longer is looked after by the next sync.
const SETTLE_FOR_MS = 600_000;
// A list of thousands may be refused one by one, and finding out why takes calls, too.
const lookedAt = new LRUCache<string, true>({ max: 1000, ttl: 60_000 });

/**
 * Does what an event of a webhook asks for: looks the contact up on the platform, keeps it as it is there and makes its
 * pictures. Who is gone there is erased. Doing it again changes nothing.
 */
export async function receiveEvent(services: Services, job: Job<'connection.receive'>): Promise<Again | undefined> {
  const { workspace, payload, signal } = job;
  const { connection: id, event } = payload;
  let isAnswered = false;
  let again: Again | undefined;
  await withConnection(services, { workspace, connection: id, signal }, async (connection, connector) => {
    const gone = (handles: readonly string[]) => connector.gone(handles, signal);
    const isGone = async (handle: string) => (await gone([handle])).length > 0;
    const tags = mappedTags(connection);
    const askedAt = Date.now();
    const found =
      event.isDeletion && (await isGone(event.handle)) ? null : await connector.find(event.handle, tags, signal);
    const former = event.former && (await findByKey(services, connection, event.former.key));
    if (former) await followContact(services, connection, former, event, isGone);
    if (event.former && (await isGone(event.former.handle))) await eraseByKey(services, connection, event.former.key);
    isAnswered = true;
    if (!found) return eraseByKey(services, connection, event.key);
    const kept = await keepContacts(services, connection, [{ ...found, isMember: event.isMember }], {
      seen: timeId(Date.now()),
      askedAt,
      isFull: false,
      gone,
      settle: async (db, { wanted }) => {
        // Nothing is to be left of one that was taken out meanwhile.
        if (!(await holdConnection(db, connection))) return false;
        if (wanted > 0) await writeSoon(services, connection, db);
        return true;
      },
    });
    const contact = kept?.ids.get(found.key);
    if (contact === undefined || found.state !== 'active') return;
    const pictures =
      event.pictures.length > 0
        ? await namedPictures(services, connection, event.pictures)
        : await usualPictures(services, connection, Date.now());
    for (const { link, how } of pictures) {
      const warmed = await warmPicture(services, link, { ...how, contact }).catch(whenBusy);
      if (typeof warmed === 'boolean') continue;
      again = warmed;
      return;
    }
  });
  if (!isAnswered) await giveUpEvent(services, job);
  return again;
}

/** Writes the references that are wanted, and looks until the platform has taken them. */
export async function writeBack(
  services: Services,
  { workspace, payload, signal, createdAt }: Job<'connection.write'>,
): Promise<Again | undefined> {
  return withConnection(services, { workspace, ...payload, signal }, async (connection, connector) => {
    const references = createReferences(services, { connection, connector, signal });
    await references.write('all');
    const isDone = (await references.settle()) === 0 || Date.now() - createdAt > SETTLE_FOR_MS;
    return isDone ? undefined : { againIn: SETTLE_MS };
  });
}

/**
 * Of a contact that the platform could not be asked about: that it was deleted is not believed, since an archived one is
 * told of in the same words, but the next sync is a full one and finds out.
 */
export async function giveUpEvent(
  services: Services,
  { workspace, payload: { connection: id, event } }: Job<'connection.receive'>,
): Promise<void> {
  const record = await findConnection(services.records, workspace, id);
  if (record && event.isDeletion) await changeConnection(services.records, record, { full_from: null });
}

/** Has wanted references written, once for all that come within two seconds. */
export async function writeSoon(services: Services, { id, workspace }: Connection, db: Records): Promise<void> {
  if (unreachable(services) !== undefined) return;
  const now = Date.now();
  const runAt = (Math.floor(now / GATHER_MS) + 1) * GATHER_MS;
  if (await takeOnce(db, { connection: id, digest: `write:${runAt}`, at: now }))
    await services.jobs.add('connection.write', { workspace, payload: { connection: id }, runAt }, db);
}

/** Works with a connection of an open workspace that is there and not refused; when its credentials open nothing now, that is kept as its `error`. */
async function withConnection<Result>(
  { records, connectors, log }: Services,
  { workspace, connection: id, signal }: { workspace: string; connection: string; signal: AbortSignal },
  work: (connection: Connection, connector: Connector) => Promise<Result>,
): Promise<Result | undefined> {
  const record = await findAnyConnection(records, id);
  if (record?.workspace !== workspace || record.error !== null) return undefined;
  let connector: Connector | undefined;
  try {
    connector = await connectors.open(record);
    return await work(readConnection(record), connector);
  } catch (error) {
    if (!(error instanceof AppError && error.code === 'connection_refused')) throw error;
    log.warn('webhook.refused', { workspace, connection: id }, error);
    if (lookedAt.has(id)) return undefined;
    lookedAt.set(id, true);
    if (!connector || (await opensNothing(connector, signal)))
      await changeConnection(records, record, { error: error.message });
    return undefined;
  }
}
