import { createHash } from 'node:crypto';
import { AppError } from '../../core/errors.ts';
import type { Actor } from '../access/roles.ts';
import { readConnection } from '../connections/connection.ts';
import { heldConnection } from '../connections/keep.ts';
import { platforms } from '../connections/platforms.ts';
import type { Services } from '../services.ts';
import { audit } from '../stores/records/audit.ts';
import type { ConnectionRecord } from '../stores/records/connections.ts';
import { isDue } from '../stores/records/due.ts';
import type { Records } from '../stores/records/index.ts';
import { addSync, changeSync, type SyncRecord } from '../stores/records/syncs.ts';
import { timeId } from '../stores/records/time-id.ts';

type Ordering = Pick<Services, 'records' | 'jobs'>;

/** Everything there is, or what has changed since the last sync. */
export type SyncMode = SyncRecord['mode'];

// Who left an audience is only seen by reading all of it.
const FULL_AFTER_MS = 24 * 3_600_000;

/**
 * Has a connection synced. Only what has changed is enough when a full sync of the same fields and audiences is not a day
 * old. Throws `connection_not_found`, `sync_pending`, `connection_refused` while the platform refuses its credentials, and
 * `request_invalid` when no audience is chosen where one is needed.
 */
export async function orderSync(
  services: Ordering,
  { workspace, id: actor }: Pick<Actor, 'workspace' | 'id'>,
  connection: string,
  asked: SyncMode,
): Promise<SyncRecord> {
  const { records } = services;
  const record = await heldConnection(services, workspace, connection);
  if (record.error !== null) throw new AppError('connection_refused', record.error);
  const now = Date.now();
  const sync = await records.transaction().execute(async (db) => {
    const added = await queueSync(services, db, record, { mode: asked, by: actor, now });
    if (added) await audit(db, { workspace, actor, action: 'sync.ordered', subject: connection, now });
    return added;
  });
  if (!sync)
    throw new AppError('sync_pending', 'A sync of this connection is under way: wait until it is done, or cancel it.');
  return sync;
}

/** Keeps a sync and its job; undefined when another one of the connection is not over yet. */
export async function queueSync(
  { jobs }: Pick<Services, 'jobs'>,
  db: Records,
  record: ConnectionRecord,
  { mode, by, now }: { readonly mode: SyncMode; readonly by: string; readonly now: number },
): Promise<SyncRecord | undefined> {
  const { platform, audiences } = readConnection(record);
  if (platforms[platform].needsAudience && audiences.length === 0)
    throw new AppError('request_invalid', 'Choose at least one audience of the connection first: it has none.');
  const { id: connection, workspace } = record;
  const sync: SyncRecord = {
    ...{ id: timeId(now), workspace, connection, state: 'queued', cursor: null, phase: 'reading', total: null },
    mode: mayBeIncremental(record, now) ? mode : 'full',
    basis: basisOf(record),
    ...{ read: 0, added: 0, changed: 0, unsubscribed: 0, left: 0, erased: 0, written: 0, refused: 0 },
    ...{ notes: '[]', error: null, created_by: by, created_at: now, started_at: null, finished_at: null },
  };
  if (!(await addSync(db, sync))) return undefined;
  await jobs.add('connection.sync', { workspace, payload: { connection, sync: sync.id } }, db);
  return sync;
}

const mayBeIncremental = ({ synced_from, full_from }: ConnectionRecord, now: number): boolean =>
  [synced_from, full_from].every((from) => from !== null && !isDue(from + FULL_AFTER_MS, now, FULL_AFTER_MS));

/** What a sync depends on: with another one of these, what it read is not what it should have. */
export const basisOf = ({ audiences, mapping, reference_field }: ConnectionRecord): string =>
  createHash('sha256')
    .update(JSON.stringify([audiences, mapping, reference_field]))
    .digest('base64url')
    .slice(0, 22);

/** Stops a sync: what it has kept stays. False when it is over already. */
export async function cancelSync(
  { records }: Pick<Services, 'records'>,
  { workspace, id: actor }: Pick<Actor, 'workspace' | 'id'>,
  { id, connection }: Pick<SyncRecord, 'id' | 'connection'>,
): Promise<boolean> {
  const now = Date.now();
  const isCancelled = await changeSync(records, id, { state: 'cancelled', finished_at: now });
  if (isCancelled) await audit(records, { workspace, actor, action: 'sync.cancelled', subject: connection, now });
  return isCancelled;
}
