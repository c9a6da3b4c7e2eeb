import { createHash } from 'node:crypto';
import { AppError } from '../../core/errors.ts';
import type { Actor } from '../access/roles.ts';
import type { Config } from '../config.ts';
import { type Connection, readConnection } from '../connections/connection.ts';
import { heldConnection } from '../connections/keep.ts';
import { platforms } from '../connections/platforms.ts';
import type { Link } from '../links/link.ts';
import type { Services } from '../services.ts';
import { audit } from '../stores/records/audit.ts';
import type { Records } from '../stores/records/index.ts';
import { patiently } from '../stores/records/patiently.ts';
import { timeId } from '../stores/records/time-id.ts';
import {
  addWarmup,
  changeWarmup,
  findWarmup,
  findWarmupOfSend,
  sampleWarmupPictures,
  type WarmupRecord,
} from '../stores/records/warmups.ts';
import { isOwnCache } from '../stores/url.ts';
import { unknownFields } from './expected.ts';
import { nameShown, readShown } from './shown.ts';
import { type GivenLimits, keptUntil, limitsSchema, readWarmup } from './warmup.ts';

/**
 * Pictures to be made before anybody asks for them: those of some links, for the members of a connection's audiences (its
 * own when none are named), without those of others; for all contacts of the workspace when there is no connection.
 */
export type WarmupOrder = {
  /** By their names: see `Shown`. */
  readonly links: readonly string[];
  readonly connection?: string | undefined;
  readonly included?: readonly string[] | undefined;
  readonly excluded?: readonly string[] | undefined;
  /** The marker of the send, of which there is one warm-up at a time. */
  readonly send?: string | undefined;
  /** When its first recipient gets it, in ms since 1970. */
  readonly sendAt?: number | undefined;
  readonly limits?: GivenLimits | undefined;
  /** When to begin; at once when absent. */
  readonly startAt?: number | undefined;
  /** From when on the values have to be: a later time for the same send is another run. */
  readonly freshAt?: number | undefined;
};

type Ordering = Pick<Services, 'records' | 'jobs' | 'links' | 'config' | 'cache'>;

/** Why no pictures can be made ahead for a service, and what to do; undefined when they can. */
export const refusalToWarm = ({ cache, jobs }: Pick<Config, 'cache' | 'jobs'>): string | undefined =>
  isOwnCache(cache) && jobs === 'off'
    ? 'Workers cannot put pictures into the memory of this process: set MERGEPIX_CACHE to a cache that they share.'
    : undefined;

/**
 * Has pictures made. The same order for the same send gives the warm-up there is, as long as its pictures are there, too;
 * another one for it takes the place of the one under way, and finds warm what that has made. Throws `link_not_found`,
 * `link_refused`, `connection_not_found`, `connection_refused` while the platform refuses its credentials,
 * `request_invalid`, or `overloaded` when the cache does not tell what it has.
 */
export async function orderWarmup(
  services: Ordering,
  { workspace, id: actor }: Pick<Actor, 'workspace' | 'id'>,
  order: WarmupOrder,
): Promise<WarmupRecord> {
  const { records, jobs, config } = services;
  const refusal = refusalToWarm(config);
  if (refusal !== undefined) throw new AppError('request_invalid', refusal);
  const connection =
    order.connection === undefined ? undefined : await usableConnection(services, workspace, order.connection);
  const named: string[] = [];
  for (const name of order.links) {
    const { id, how } = readShown(name);
    named.push(nameShown(await usableLink(services, workspace, id, connection), how));
  }
  const links = [...new Set(named)];
  const included = [...new Set(order.included ?? connection?.audiences)];
  const excluded = [...new Set(order.excluded)];
  const { send = null, sendAt = null } = order;
  if (!connection && included.length + excluded.length > 0)
    throw new AppError('request_invalid', 'Name the connection that the audiences are of.');
  if (connection && platforms[connection.platform].needsAudience && included.length === 0)
    throw new AppError('request_invalid', 'Choose at least one audience of the connection first: it has none.');
  const now = Date.now();
  const limits = limitsSchema.parse(order.limits ?? {});
  const { startAt, freshAt } = order;
  const asked = {
    links,
    connection: connection?.id ?? null,
    included,
    excluded,
    sendAt,
    limits,
    freshAt,
    mapping: connection?.mapping,
  };
  const warmup: WarmupRecord = {
    ...{ id: timeId(now), workspace, connection: asked.connection, send, send_at: sendAt },
    links: JSON.stringify(links),
    included: JSON.stringify(included),
    excluded: JSON.stringify(excluded),
    limits: JSON.stringify(limits),
    basis: createHash('sha256').update(JSON.stringify(asked)).digest('base64url').slice(0, 22),
    ...{ state: 'queued', phase: 'excluding', cursor: null, total: null, listed: 0, left: 0, pictures: null },
    ...{ expected_at: null, attention: '[]', report: null, error: null, created_by: actor, created_at: now },
    ...{ started_at: null, making_at: null, finished_at: null },
  };
  const findOther = async (db: Records) => (send === null ? undefined : findWarmupOfSend(db, { ...warmup, send }));
  const equal = await findOther(records);
  // The cache is asked before the transaction, which may hold up everybody else.
  const lost = equal?.basis === warmup.basis && (await lacksPictures(services, equal)) ? equal.id : undefined;
  return patiently(() =>
    records.transaction().execute(async (db) => {
      const before = await findOther(db);
      if (before?.basis === warmup.basis && before.id !== lost) return before;
      if (before) await changeWarmup(db, before.id, { state: 'cancelled', finished_at: now });
      if (!(await addWarmup(db, warmup))) {
        const other = await findOther(db);
        if (other) return other;
        throw new AppError('overloaded', 'The warm-up is being ordered elsewhere: try again in a moment.');
      }
      const payload = { warmup: warmup.id };
      await jobs.add('warmup.list', { workspace, payload, ...(startAt !== undefined && { runAt: startAt }) }, db);
      await audit(db, { workspace, actor, action: 'warmup.ordered', subject: warmup.id, now });
      return warmup;
    }),
  );
}

/** Whether a warm-up is complete and the cache has not all of its pictures, be it that they were purged or never made. */
async function lacksPictures({ records, cache }: Ordering, record: WarmupRecord): Promise<boolean> {
  if (record.state !== 'complete') return false;
  const some = await sampleWarmupPictures(records, record.id);
  if (some.length === 0) return false;
  const keys = some.map(({ key }) => key);
  const { missing } = await cache.pin(keys, keptUntil(readWarmup(record), Date.now()));
  return missing.length > 0;
}

async function usableConnection(services: Ordering, workspace: string, id: string): Promise<Connection> {
  const record = await heldConnection(services, workspace, id);
  if (record.error !== null) throw new AppError('connection_refused', record.error);
  return readConnection(record);
}

async function usableLink(
  { links }: Ordering,
  workspace: string,
  id: string,
  connection: Connection | undefined,
): Promise<Link> {
  const link = await links.get(id);
  if (link?.workspace !== workspace)
    throw new AppError('link_not_found', 'There is no link with that id in this workspace.');
  if (link.isRevoked || (link.expiresAt !== null && link.expiresAt <= Date.now()))
    throw new AppError('link_refused', `The link ${id} shows nothing any more: name another one.`);
  const unknown = unknownFields(link, connection);
  if (unknown.length > 0)
    throw new AppError(
      'link_refused',
      `What the link ${id} shows in ${unknown.join(', ')} stands in its address alone: map it in the connection, or take another link.`,
    );
  return link;
}

/** The warm-up of that id. Throws `not_found`. */
export async function heldWarmup(
  { records }: Pick<Services, 'records'>,
  workspace: string,
  id: string,
): Promise<WarmupRecord> {
  const record = await findWarmup(records, workspace, id);
  if (!record) throw new AppError('not_found', 'There is no warm-up with that id in this workspace.');
  return record;
}

/** Stops a warm-up: what it has made stays. False when it is over already. */
export async function cancelWarmup(
  { records }: Pick<Services, 'records'>,
  { workspace, id: actor }: Pick<Actor, 'workspace' | 'id'>,
  id: string,
): Promise<boolean> {
  const now = Date.now();
  const isCancelled = await changeWarmup(records, id, { state: 'cancelled', finished_at: now });
  if (isCancelled) await audit(records, { workspace, actor, action: 'warmup.cancelled', subject: id, now });
  return isCancelled;
}
