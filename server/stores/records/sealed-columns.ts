import { sql } from 'kysely';
import type { Records } from './index.ts';
import type { Tables } from './tables.ts';

type Row = Readonly<Record<string, string | number | null>>;

/** A column of sealed text: the primary key of its table, and what each of its texts was sealed for. */
export type SealedColumn = {
  readonly table: keyof Tables;
  readonly column: string;
  readonly key: readonly string[];
  context(row: Row): string;
};

const named =
  (kind: string, ...columns: readonly string[]) =>
  (row: Row) =>
    [kind, ...columns.map((column) => row[column])].join(':');
const inWorkspace = (kind: string) => named(kind, 'workspace', 'id');

/** Every one there is; test/e2e/rotation.test.ts looks for others. */
export const sealedColumns: readonly SealedColumn[] = [
  { table: 'contacts', column: 'fields', key: ['id'], context: inWorkspace('contact') },
  { table: 'sealed', column: 'values', key: ['id'], context: inWorkspace('sealed') },
  { table: 'members', column: 'name', key: ['id'], context: inWorkspace('member') },
  { table: 'jobs', column: 'payload', key: ['id'], context: named('job', 'id') },
  { table: 'renders', column: 'request', key: ['id'], context: inWorkspace('render') },
  { table: 'batches', column: 'callback', key: ['id'], context: inWorkspace('batch-callback') },
  ...(['data', 'name'] as const).map((column) => ({
    table: 'batch_rows' as const,
    column,
    key: ['batch', 'row'],
    context: named(`batch-${column}`, 'workspace', 'batch', 'row'),
  })),
  { table: 'hooks', column: 'url', key: ['id'], context: inWorkspace('hook-url') },
  { table: 'hooks', column: 'secret', key: ['id'], context: inWorkspace('hook-secret') },
  { table: 'hook_events', column: 'payload', key: ['id'], context: inWorkspace('hook-event') },
  { table: 'hook_deliveries', column: 'url', key: ['id'], context: inWorkspace('hook-delivery') },
  { table: 'connections', column: 'credentials', key: ['id'], context: inWorkspace('connection') },
  { table: 'connections', column: 'webhook_secret', key: ['id'], context: inWorkspace('connection-webhook') },
  {
    table: 'connection_contacts',
    column: 'handle',
    key: ['connection', 'contact'],
    context: named('connection-contact', 'workspace', 'contact'),
  },
  {
    table: 'sources',
    column: 'secrets',
    key: ['workspace', 'name'],
    context: ({ workspace, name }) => `source:${workspace}/${name}`,
  },
  {
    table: 'source_values',
    column: 'value',
    key: ['workspace', 'source', 'key'],
    context: ({ workspace, source, key }) => `source-value:${workspace}/${source}:${key}`,
  },
  {
    table: 'idempotency',
    column: 'answer',
    key: ['workspace', 'key'],
    context: named('idempotency', 'workspace', 'key'),
  },
  { table: 'encryption_keys', column: 'fingerprint', key: ['kid'], context: named('fingerprint-key', 'kid') },
];

const list = (columns: readonly string[]) => sql.join(columns.map((column) => sql.ref(column)));
const keyOf = ({ key }: SealedColumn, row: Row) => sql.join(key.map((column) => row[column]));

function workspaceOf(table: keyof Tables) {
  // Rows of batches belong to one by their batch, keys to none.
  if (table === 'batch_rows') return sql`(select workspace from batches where batches.id = batch_rows.batch)`;
  return table === 'encryption_keys' ? sql`null` : sql.ref(`${table}.workspace`);
}

/** At most `limit` texts of a column after the row `after`, with what their contexts need, in the order of the key. */
export async function listSealedTexts(
  db: Records,
  sealed: SealedColumn,
  after: Row | undefined,
  limit: number,
): Promise<Row[]> {
  const { table, column, key } = sealed;
  const next = after ? sql`where (${list(key)}) > (${keyOf(sealed, after)})` : sql``;
  const { rows } = await sql<Row>`select ${list(key)}, ${sql.ref(column)} as text, ${workspaceOf(table)} as workspace
    from ${sql.table(table)} ${next} order by ${list(key)} limit ${limit}`.execute(db);
  return rows;
}

/** Puts another text in place of the one that was read, unless that has changed since. */
export async function replaceSealedText(db: Records, sealed: SealedColumn, row: Row, text: string): Promise<void> {
  const { table, column, key } = sealed;
  await sql`update ${sql.table(table)} set ${sql.ref(column)} = ${text}
    where (${list(key)}) = (${keyOf(sealed, row)}) and ${sql.ref(column)} = ${row.text}`.execute(db);
}
