import type { ConnectionRecord } from './connections.ts';
import { whenDue } from './due.ts';
import type { Records } from './index.ts';
import type { Tables } from './tables.ts';

/** A planned send as it was when it was last looked at; `links` and `notes` are JSON. */
export type SendRecord = Readonly<Tables['sends']>;

/** The planned sends of a connection. */
export const listSends = (db: Records, connection: string): Promise<SendRecord[]> =>
  db.selectFrom('sends').selectAll().where('connection', '=', connection).execute();

/** The planned sends of a workspace, the next one to be warmed first. */
export const listWorkspaceSends = (db: Records, workspace: string): Promise<SendRecord[]> =>
  db
    .selectFrom('sends')
    .selectAll()
    .where('workspace', '=', workspace)
    .orderBy('start_at')
    .orderBy('connection')
    .orderBy('send')
    .execute();

/** Keeps a planned send, in place of what was known of it. */
export const putSend = async (db: Records, send: SendRecord): Promise<void> => {
  const { connection: _, send: __, ...rest } = send;
  await db
    .insertInto('sends')
    .values(send)
    .onConflict((conflict) => conflict.columns(['connection', 'send']).doUpdateSet(rest))
    .execute();
};

/** Forgets a send that is not planned any more. */
export const forgetSend = async (
  db: Records,
  { connection, send }: Pick<SendRecord, 'connection' | 'send'>,
): Promise<void> => {
  await db.deleteFrom('sends').where('connection', '=', connection).where('send', '=', send).execute();
};

/** Forgets the planned sends of a connection, and ends the warm-ups of theirs that are not done. */
export const cancelSends = async (db: Records, connection: string, now: number): Promise<void> => {
  const warmups = db.selectFrom('sends').select('warmup').where('connection', '=', connection);
  await db
    .updateTable('warmups')
    .set({ state: 'cancelled', finished_at: now })
    .where('connection', '=', connection)
    .where('id', 'in', warmups.where('warmup', 'is not', null).$castTo<{ warmup: string }>())
    .where('state', 'in', ['queued', 'running'])
    .execute();
  await db.deleteFrom('sends').where('connection', '=', connection).execute();
};

/**
 * Connections of open workspaces whose planned sends are to be looked at, at most `limit`: there is a link for their platform,
 * nobody has said otherwise, and their next look is due, which is put off by at most `most` ms.
 */
export const listUnlooked = (
  db: Records,
  { now, most, limit }: { readonly now: number; readonly most: number; readonly limit: number },
): Promise<ConnectionRecord[]> =>
  db
    .selectFrom('connections')
    .innerJoin('workspaces', 'workspaces.id', 'connections.workspace')
    .selectAll('connections')
    .where('workspaces.closed_at', 'is', null)
    .where('warm_sends', '=', 1)
    .where('error', 'is', null)
    .where((row) => row.or([row('look_at', 'is', null), ...whenDue('look_at', now, most)]))
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom('links')
          .select('links.id')
          .whereRef('links.workspace', '=', 'connections.workspace')
          .whereRef('links.platform', '=', 'connections.platform')
          .where('links.revoked_at', 'is', null),
      ),
    )
    .orderBy('look_at')
    .limit(limit)
    .execute();

/** Puts off the next look; false when another process has done so. */
export async function claimLook(
  db: Records,
  { id, look_at }: Pick<ConnectionRecord, 'id' | 'look_at'>,
  next: number,
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('connections')
    .set({ look_at: next })
    .where('id', '=', id)
    .where('look_at', look_at === null ? 'is' : '=', look_at)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}
