import { type RawBuilder, sql } from 'kysely';
import type { Records } from './index.ts';
import type { Tables } from './tables.ts';

/** Rows of a table that have had their time; `key` are the columns of its primary key. */
export type Old<Table extends keyof Tables = keyof Tables> = {
  readonly table: Table;
  readonly key: readonly string[];
  readonly where: RawBuilder<unknown>;
};

/** Takes out at most `limit` old rows; gives how many. */
export async function deleteOld(db: Records, { table, key, where }: Old, limit: number): Promise<number> {
  const columns = sql.join(key.map((column) => sql.ref(column)));
  // Neither database knows `delete … limit`, and both compare several columns at once.
  const { numAffectedRows } = await sql`delete from ${sql.table(table)} where (${columns}) in
    (select ${columns} from ${sql.table(table)} where ${where} limit ${limit})`.execute(db);
  return Number(numAffectedRows ?? 0);
}

const finished = (workspace: string, before: number) =>
  sql`workspace = ${workspace} and finished_at is not null and created_at < ${before}`;

/** What goes in every workspace alike, by the moment (ms since 1970) from which it stays. */
export const oldAnywhere = (kept: {
  answers: number;
  sessions: number;
  values: number;
  received: number;
  served: number;
}): readonly Old[] => [
  { table: 'idempotency', key: ['workspace', 'key'], where: sql`created_at < ${kept.answers}` },
  { table: 'sessions', key: ['id'], where: sql`expires_at < ${kept.sessions}` },
  { table: 'source_values', key: ['workspace', 'source', 'key'], where: sql`fetched_at < ${kept.values}` },
  { table: 'received', key: ['connection', 'digest'], where: sql`at < ${kept.received}` },
  {
    table: 'served',
    key: ['workspace', 'at', 'outcome', 'below', 'within_ms'],
    where: sql`at < ${kept.served}`,
  },
  {
    table: 'field_fallbacks',
    key: ['workspace', 'at', 'template', 'field', 'reason'],
    where: sql`at < ${kept.served}`,
  },
];

/** What a warm-up works with; its report is in itself. */
const warmupParts = [
  ['warmup_excluded', 'warmup', 'key'],
  ['warmup_contacts', 'warmup', 'contact'],
  ['warmup_pictures', 'warmup', 'key'],
  ['warmup_chunks', 'warmup', 'phase', 'chunk'],
] as const;

/** What goes in a workspace, by the moment from which it stays. Rows go before the batches they belong to. */
export const oldInWorkspace = (
  workspace: string,
  kept: { failures: number; jobs: number; events: number; impressions: number; warmupParts: number },
): readonly Old[] => [
  { table: 'failures', key: ['id'], where: sql`workspace = ${workspace} and at < ${kept.failures}` },
  { table: 'jobs', key: ['id'], where: sql`${finished(workspace, kept.jobs)} and state = 'failed'` },
  { table: 'renders', key: ['id'], where: finished(workspace, kept.jobs) },
  {
    table: 'batch_rows',
    key: ['batch', 'row'],
    where: sql`batch in (select id from batches where ${finished(workspace, kept.jobs)})`,
  },
  { table: 'batches', key: ['id'], where: finished(workspace, kept.jobs) },
  { table: 'syncs', key: ['id'], where: finished(workspace, kept.jobs) },
  ...warmupParts.map(
    ([table, ...key]): Old => ({
      table,
      key,
      where: sql`warmup in (select id from warmups where workspace = ${workspace} and finished_at < ${kept.warmupParts})`,
    }),
  ),
  { table: 'warmups', key: ['id'], where: finished(workspace, kept.jobs) },
  { table: 'hook_deliveries', key: ['id'], where: finished(workspace, kept.jobs) },
  { table: 'hook_events', key: ['id'], where: sql`workspace = ${workspace} and created_at < ${kept.events}` },
  {
    table: 'impressions',
    key: ['workspace', 'link', 'send', 'hour', 'reader', 'outcome'],
    where: sql`workspace = ${workspace} and hour < ${kept.impressions}`,
  },
];

/** Ids of contacts nobody has changed since a moment; without those a platform still sends to, who would come back as others. */
export async function findOldContacts(db: Records, workspace: string, before: number, limit: number) {
  const found = await db
    .selectFrom('contacts')
    .select('id')
    .where('workspace', '=', workspace)
    .where('erased_at', 'is', null)
    .where('updated_at', '<', before)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('connection_contacts')
            .select('connection')
            .whereRef('contact', '=', 'contacts.id')
            .where('state', '=', 'active'),
        ),
      ),
    )
    .limit(limit)
    .execute();
  return found.map(({ id }) => id);
}

/** Takes out at most `limit` generated pictures made before a moment; gives their ids. */
export async function deleteOldSealed(db: Records, workspace: string, before: number, limit: number) {
  const found = await db
    .selectFrom('sealed')
    .select('id')
    .where('workspace', '=', workspace)
    .where('created_at', '<', before)
    .limit(limit)
    .execute();
  const ids = found.map(({ id }) => id);
  if (ids.length > 0) await db.deleteFrom('sealed').where('id', 'in', ids).execute();
  return ids;
}
