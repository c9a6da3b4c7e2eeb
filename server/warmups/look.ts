import { createHash } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import { AppError } from '../../core/errors.ts';
import type { Connector, PlannedSend } from '../../integrations/connector.ts';
import { type Connection, readConnection } from '../connections/connection.ts';
import type { Job } from '../jobs/queue.ts';
import type { Link } from '../links/link.ts';
import type { Services } from '../services.ts';
import { countActive } from '../stores/records/connection-contacts.ts';
import { findConnection } from '../stores/records/connections.ts';
import { forgetSend, listSends, putSend, type SendRecord } from '../stores/records/sends.ts';
import { findWarmup, listFinishedWarmups, type WarmupRecord } from '../stores/records/warmups.ts';
import { areLive, findShown } from './find.ts';
import { cancelWarmup, orderWarmup } from './order.ts';
import { planSend, speedOf } from './plan.ts';
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
  const { records, connectors, log } = services;
  const record = await findConnection(records, workspace, payload.connection);
  if (!record || record.warm_sends === 0 || record.error !== null) return;
  const now = Date.now();
  try {
    const look: Look = {
      ...{ services, connection: readConnection(record), now, signal },
      connector: await connectors.open(record),
    };
    const known = new Map((await listSends(records, record.id)).map((send) => [send.send, send]));
    for await (const send of look.connector.sends({ from: now - BEHIND_MS, to: now + WINDOW_MS }, signal)) {
      await lookAt(look, send, known.get(send.id));
      known.delete(send.id);
      await turn();
    }
    for (const send of known.values()) await letGo(look, send);
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'connection_refused') throw error;
    // Only its owner can do something about it, and they are told when they look themselves.
    log.warn('sends.unseen', { workspace, connection: record.id }, error);
  }
}

/** Plans one of them, or leaves it as it is. */
async function lookAt(look: Look, send: PlannedSend, before: SendRecord | undefined): Promise<void> {
  const { services, connection, connector, signal, now } = look;
  const { links, notes } = await findShown(services, connection, connector, send.id, signal);
  const ids = links.map(({ id }) => id);
  const { id, included, excluded, firstAt } = send;
  const asked = JSON.stringify([ids, included, excluded, firstAt]);
  const basis = createHash('sha256').update(asked).digest('base64url').slice(0, 22);
  const seen = {
    ...{ connection: connection.id, send: id, workspace: connection.workspace, basis, looked_at: now },
    ...{ links: JSON.stringify(ids), notes: JSON.stringify(notes) },
  };
  const warmup = await warmupOf(services, before);
  const isOther = before?.basis !== basis;
  if (links.length === 0) {
    if (warmup) await cancelWarmup(services, by(connection), warmup.id);
    await putSend(services.records, { ...seen, warmup: null, start_at: null, again_at: null });
  } else if (isOther || !warmup || canBeTriedAgain(warmup, now)) {
    const planned = await order(look, send, links);
    // The one before was for another time or other people.
    if (warmup && warmup.id !== planned.warmup) await cancelWarmup(services, by(connection), warmup.id);
    await putSend(services.records, { ...seen, ...planned });
  } else if (before.again_at !== null && before.again_at <= now && warmup.state === 'complete') {
    const again = await orderFor(look, send, links, now, before.again_at);
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

/** One that somebody has cancelled is not: it stays so until the send is another one. */
const canBeTriedAgain = ({ state, finished_at }: WarmupRecord, now: number): boolean =>
  state === 'failed' && (finished_at ?? 0) + RETRY_MS <= now;

async function order(
  look: Look,
  send: PlannedSend,
  links: readonly Link[],
): Promise<Pick<SendRecord, 'warmup' | 'start_at' | 'again_at'>> {
  const { services, connection, now } = look;
  const { startAt, againAt } = planSend({
    ...{ now, firstAt: send.firstAt, isLive: await areLive(services, links) },
    contacts: (await countActive(services.records, connection.id)) || MANY,
    perSecond: await measuredSpeed(services),
  });
  const { id } = await orderFor(look, send, links, startAt);
  return { warmup: id, start_at: startAt, again_at: againAt };
}

const orderFor = (
  { services, connection }: Look,
  { id, included, excluded, firstAt }: PlannedSend,
  links: readonly Link[],
  startAt: number,
  freshAt?: number,
): Promise<WarmupRecord> =>
  orderWarmup(services, by(connection), {
    ...{ links: links.map((link) => link.id), connection: connection.id, included, excluded },
    ...{ send: id, sendAt: firstAt, startAt, ...(freshAt !== undefined && { freshAt }) },
  });

const by = ({ workspace }: Connection) => ({ workspace, id: 'schedule' });

/** Of the last warm-ups of this installation. */
async function measuredSpeed({ records }: Pick<Services, 'records'>): Promise<number> {
  const finished = await listFinishedWarmups(records, LATEST);
  const done = await Promise.all(
    finished.map(async (record) => {
      const { contacts, made } = await totalsOf(records, record);
      return { contacts, made, startedAt: record.started_at ?? 0, finishedAt: record.finished_at ?? 0 };
    }),
  );
  return speedOf(done);
}

/** Forgets a send that is planned no more, and does not make its pictures where it was taken back or put off. */
async function letGo({ services, connection, connector, signal }: Look, send: SendRecord): Promise<void> {
  const { records } = services;
  if (send.warmup !== null && !(await connector.hasBegun(send.send, signal)))
    await cancelWarmup(services, by(connection), send.warmup);
  await forgetSend(records, send);
}
