import type { Records } from './index.ts';
import type { Tables } from './tables.ts';

/** A hook as stored; `url` and `secret` are sealed, `events` is a JSON list. */
export type HookRecord = Readonly<Tables['hooks']>;
/** Something that happened, as stored; `payload` is sealed JSON. */
export type HookEventRecord = Readonly<Tables['hook_events']>;
/** One event on its way to one address, as stored; `url` is sealed. */
export type DeliveryRecord = Readonly<Tables['hook_deliveries']>;

/** Keeps a new hook. */
export const addHook = async (db: Records, hook: HookRecord): Promise<void> => {
  await db.insertInto('hooks').values(hook).execute();
};

/** The hooks of a workspace, oldest first, also those that are disabled. */
export const listHooks = (db: Records, workspace: string): Promise<HookRecord[]> =>
  db.selectFrom('hooks').selectAll().where('workspace', '=', workspace).orderBy('created_at').orderBy('id').execute();

/** The hook of that id in a workspace. */
export const findHook = (db: Records, workspace: string, id: string): Promise<HookRecord | undefined> =>
  db.selectFrom('hooks').selectAll().where('workspace', '=', workspace).where('id', '=', id).executeTakeFirst();

/** Takes a hook away; false when the workspace has none of that id. */
export async function deleteHook(db: Records, workspace: string, id: string): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('hooks')
    .where('workspace', '=', workspace)
    .where('id', '=', id)
    .executeTakeFirst();
  return numDeletedRows > 0n;
}

/** Sends nothing more to a hook. */
export const disableHook = async (db: Records, id: string, now: number): Promise<void> => {
  await db.updateTable('hooks').set({ disabled_at: now }).where('id', '=', id).execute();
};

/** Keeps what happened. */
export const addHookEvent = async (db: Records, event: HookEventRecord): Promise<void> => {
  await db.insertInto('hook_events').values(event).execute();
};

/** The event of that id in a workspace. */
export const findHookEvent = (db: Records, workspace: string, id: string): Promise<HookEventRecord | undefined> =>
  db.selectFrom('hook_events').selectAll().where('workspace', '=', workspace).where('id', '=', id).executeTakeFirst();

/** Keeps a new delivery. */
export const addDelivery = async (db: Records, delivery: DeliveryRecord): Promise<void> => {
  await db.insertInto('hook_deliveries').values(delivery).execute();
};

/** The delivery of that id in a workspace. */
export const findDelivery = (db: Records, workspace: string, id: string): Promise<DeliveryRecord | undefined> =>
  db
    .selectFrom('hook_deliveries')
    .selectAll()
    .where('workspace', '=', workspace)
    .where('id', '=', id)
    .executeTakeFirst();

/** Writes down how a delivery went. */
export const changeDelivery = async (
  db: Records,
  id: string,
  change: Partial<Pick<DeliveryRecord, 'state' | 'attempts' | 'status' | 'error' | 'finished_at'>>,
): Promise<void> => {
  await db.updateTable('hook_deliveries').set(change).where('id', '=', id).execute();
};

/** The deliveries to a hook (to callback addresses for null) before `after`, newest first, with the type of their event. */
export function listDeliveries(
  db: Records,
  page: {
    workspace: string;
    hook: string | null;
    state?: DeliveryRecord['state'] | undefined;
    after?: string | undefined;
    limit: number;
  },
) {
  const { workspace, hook, state, after, limit } = page;
  return db
    .selectFrom('hook_deliveries')
    .innerJoin('hook_events', 'hook_events.id', 'hook_deliveries.event')
    .selectAll('hook_deliveries')
    .select('hook_events.type')
    .where('hook_deliveries.workspace', '=', workspace)
    .where('hook_deliveries.hook', hook === null ? 'is' : '=', hook)
    .$if(state !== undefined, (query) => query.where('hook_deliveries.state', '=', state as DeliveryRecord['state']))
    .$if(after !== undefined, (query) => query.where('hook_deliveries.id', '<', after as string))
    .orderBy('hook_deliveries.id', 'desc')
    .limit(limit)
    .execute();
}
