import { createHash } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import { AppError } from '../../core/errors.ts';
import type { Connector, PlannedSend } from '../../integrations/connector.ts';
import type { Actor } from '../access/roles.ts';
import { askPlatform } from '../connections/ask.ts';
import { type Connection, readConnection } from '../connections/connection.ts';
import { heldConnection } from '../connections/keep.ts';
import type { Job } from '../jobs/queue.ts';
import type { Services } from '../services.ts';
import { countActive } from '../stores/records/connection-contacts.ts';
import { type ConnectionRecord, findConnection } from '../stores/records/connections.ts';
import { isDue } from '../stores/records/due.ts';
import { forgetSend, listSends, putSend, type SendRecord } from '../stores/records/sends.ts';
import { findWarmup, listFinishedWarmups, type WarmupRecord } from '../stores/records/warmups.ts';
import { areLive, type Found, findShown } from './find.ts';
import { cancelWarmup, orderWarmup } from './order.ts';
import { planSend, type SendPlan, speedOf } from './plan.ts';
import { findFull } from './room.ts';
import { totalsOf } from './totals.ts';

const HOUR_MS = 3_600_000;
/** How far ahead sends are looked for. */
export const WINDOW_MS = 24 * HOUR_MS;
// Some are still going out that long after their first recipient, each by their own clock.
const BEHIND_MS = 26 * HOUR_MS;
// Where nobody knows how many there are.
const MANY = 50_000;
const LATEST = 5;
const RETRY_MS = 10 * 60_000;
// Characters of a digest.
const DIGEST = 22;

/** A look at one connection. */
type Look = {
  readonly services: Services;
  readonly connection: Connection;
  readonly connector: Connector;
  readonly now: number;
  readonly signal: AbortSignal;
};

/**
 * Looks at the planned sends of a connection, and plans a warm-up for each that shows pictures of ours: anew where its time,
 * its audiences or its links are others, and none any more where it was taken back. Looking again changes nothing.
 */
export async function lookAtSends(
  services: Services,
  { workspace, payload, signal }: Job<'sends.look'>,
): Promise<undefined> {
  const { records, connectors } = services;
  const record = await findConnection(records, workspace, payload.connection);
  if (!record || record.warm_sends === 0 || record.error !== null) return;
  const now = Date.now();
  await unlessRefused(services, record, async () => {
    const look: Look = {
      ...{ services, connection: readConnection(record), now, signal },
      connector: await connectors.open(record),
    };
    const known = new Map((await listSends(records, record.id)).map((send) => [send.send, send]));
    for await (const send of look.connector.sends({ from: now - BEHIND_MS, to: now + WINDOW_MS }, signal)) {
      // One that the platform does not show must not hide the others, nor is it taken back.
      await unlessRefused(services, record, () => lookAt(look, send, known.get(send.id)));
      known.delete(send.id);
      await turn();
    }
    for (const send of known.values()) await unlessRefused(services, record, () => letGo(look, send));
  });
}

/** Only the owner of a connection can do something about what it is refused, and they are told when they look themselves. */
async function unlessRefused(
  { log }: Pick<Services, 'log'>,
  { workspace, id }: ConnectionRecord,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'connection_refused') throw error;
    log.warn('sends.unseen', { workspace, connection: id }, error);
  }
}

/** Plans one of them, or leaves it as it is. */
async function lookAt(look: Look, send: PlannedSend, before: SendRecord | undefined): Promise<void> {
  const { services, connection, connector, signal, now } = look;
  const found = await findShown(services, connection, connector, send.id, signal);
  const seen = seenAs(look, send, found);
  const warmup = await warmupOf(services, before);
  const isOther = !before || !isSame(before, seen, warmup);
  if (found.links.length === 0) {
    if (warmup) await cancelWarmup(services, scheduler(connection), warmup.id);
    await putSend(services.records, { ...seen, warmup: null, start_at: null, again_at: null });
  } else if (isOther || !warmup || (await canBeTriedAgain(look, warmup))) {
    const { startAt, againAt } = await plan(look, send, found);
    // Tried again, it is not to be given the run before it that came to its end.
    const freshAt = isOther ? undefined : (warmup?.finished_at ?? undefined);
    const planned = await orderFor(look, send, found, { by: scheduler(connection), startAt, freshAt });
    await putSend(services.records, { ...seen, warmup: planned.id, start_at: startAt, again_at: againAt });
  } else if (before.again_at !== null && before.again_at <= now && hasEnded(warmup)) {
    const times = { startAt: now, freshAt: before.again_at };
    const again = await orderFor(look, send, found, { by: scheduler(connection), ...times });
    await putSend(services.records, { ...seen, warmup: again.id, start_at: now, again_at: null });
  } else {
    const { start_at, again_at } = before;
    await putSend(services.records, { ...seen, warmup: warmup.id, start_at, again_at });
  }
}

const warmupOf = async (
  { records }: Pick<Services, 'records'>,
  send: SendRecord | undefined,
): Promise<WarmupRecord | undefined> => (send?.warmup ? findWarmup(records, send.workspace, send.warmup) : undefined);

/**
 * Whether a send and the mapping that decides what it shows are what they were. A warm-up that somebody has cancelled stays so
 * until the send is another one; what earlier versions wrote down knows of no mapping either.
 */
const isSame = (before: SendRecord, { basis }: Pick<SendRecord, 'basis'>, warmup: WarmupRecord | undefined): boolean =>
  basis.startsWith(warmup?.state === 'cancelled' ? before.basis.slice(0, DIGEST) : before.basis);

/** Whether it came as far as it could: another one may find what has changed since. */
const hasEnded = ({ state }: WarmupRecord): boolean => state === 'complete' || state === 'refused';

/**
 * Where it has failed, or lacked room that the cache has by now. One that somebody has cancelled is not: it stays so until the
 * send is another one.
 */
async function canBeTriedAgain({ services, now }: Look, record: WarmupRecord): Promise<boolean> {
  const { state, finished_at } = record;
  if (state !== 'failed' && state !== 'refused') return false;
  if (!isDue((finished_at ?? 0) + RETRY_MS, now, RETRY_MS)) return false;
  if (state === 'failed') return true;
  const { wanted } = await totalsOf(services.records, record);
  return (await findFull(services.cache, wanted)) === undefined;
}

async function plan({ services, connection, now }: Look, send: PlannedSend, { links }: Found): Promise<SendPlan> {
  return planSend({
    ...{ now, firstAt: send.firstAt, isLive: await areLive(services, links) },
    contacts: (await countActive(services.records, connection.id)) || MANY,
    perSecond: await measuredSpeed(services),
  });
}

/** A send as it is kept, but for its warm-up. */
function seenAs(
  { connection, now }: Look,
  { id: send, included, excluded, firstAt }: PlannedSend,
  { pictures, notes }: Found,
): Omit<SendRecord, 'warmup' | 'start_at' | 'again_at'> {
  return {
    ...{ connection: connection.id, send, workspace: connection.workspace, looked_at: now },
    basis: `${digestOf([pictures, included, excluded, firstAt])}.${digestOf(connection.mapping)}`,
    ...{ links: JSON.stringify(pictures), notes: JSON.stringify(notes) },
  };
}

const digestOf = (asked: unknown): string =>
  createHash('sha256').update(JSON.stringify(asked)).digest('base64url').slice(0, DIGEST);

/** Orders its warm-up, which takes the place of another one of the same send. */
const orderFor = (
  { services, connection }: Look,
  { id, included, excluded, firstAt }: PlannedSend,
  { pictures }: Found,
  { by, ...times }: { by: Pick<Actor, 'workspace' | 'id'>; startAt: number; freshAt?: number | undefined },
): Promise<WarmupRecord> =>
  orderWarmup(services, by, {
    ...{ links: pictures, connection: connection.id, included, excluded },
    ...{ send: id, sendAt: firstAt, ...times },
  });

const scheduler = ({ workspace }: Connection) => ({ workspace, id: 'schedule' });

/** Of the last warm-ups of this installation. */
async function measuredSpeed({ records }: Pick<Services, 'records'>): Promise<number> {
  const finished = await listFinishedWarmups(records, LATEST);
  const done = await Promise.all(
    finished.map(async (record) => {
      const { contacts, made, waitedMs } = await totalsOf(records, record);
      const madeAt = (record.finished_at ?? 0) - waitedMs;
      return { contacts, made, startedAt: record.started_at ?? 0, madeAt };
    }),
  );
  return speedOf(done);
}

/** Forgets a send that is planned no more, and does not make its pictures where it was taken back or put off. */
async function letGo({ services, connection, connector, signal }: Look, send: SendRecord): Promise<void> {
  const { records } = services;
  if (send.warmup !== null && !(await connector.hasBegun(send.send, signal)))
    await cancelWarmup(services, scheduler(connection), send.warmup);
  await forgetSend(records, send);
}

const FAR_MS = 31 * 24 * HOUR_MS;

/**
 * Warms a planned send now, however far away it is, in place of what was planned for it; one that has begun goes on. Throws
 * `connection_not_found`, `connection_refused`, `platform_unavailable`, `not_found` when the platform has no such send
 * planned, and `link_not_found` when it shows no link whose pictures can be made.
 */
export async function warmSend(
  services: Services,
  actor: Pick<Actor, 'workspace' | 'id'>,
  { connection: id, send: wanted }: Pick<SendRecord, 'connection' | 'send'>,
): Promise<WarmupRecord> {
  const { records } = services;
  const record = await heldConnection(services, actor.workspace, id);
  if (record.error !== null) throw new AppError('connection_refused', record.error);
  const now = Date.now();
  const before = (await listSends(records, id)).find(({ send }) => send === wanted);
  const warmup = await warmupOf(services, before);
  if (warmup?.state === 'running') return warmup;
  return askPlatform(services, record, async (connector, signal) => {
    const look: Look = { services, connection: readConnection(record), connector, now, signal };
    for await (const send of connector.sends({ from: now - BEHIND_MS, to: now + FAR_MS }, signal)) {
      if (send.id !== wanted) continue;
      const found = await findShown(services, look.connection, connector, send.id, signal);
      if (found.links.length === 0)
        throw new AppError(
          'link_not_found',
          found.notes[0] ?? 'The emails of this campaign show no link of this workspace: place one first.',
        );
      const { againAt } = await plan(look, send, found);
      const ordered = await orderFor(look, send, found, { by: actor, startAt: now, freshAt: now });
      const seen = { ...seenAs(look, send, found), warmup: ordered.id, start_at: now };
      // One that is further away is planned anew once it is seen.
      if (send.firstAt <= now + WINDOW_MS)
        await putSend(records, { ...seen, again_at: againAt !== null && againAt > now + HOUR_MS ? againAt : null });
      return ordered;
    }
    throw new AppError('not_found', 'The platform has no such campaign planned: look at the sends of the connection.');
  });
}
