import type { Records } from './index.ts';
import type { Tables } from './tables.ts';

/** A batch as stored; `warnings` and `ignored_columns` are JSON, `callback` is sealed. */
export type BatchRecord = Readonly<Tables['batches']>;
/** One row of a batch as stored; `data` and `name` are sealed, `warnings` is JSON. */
export type BatchRowRecord = Readonly<Tables['batch_rows']>;

/** Keeps a new batch. */
export const addBatch = async (db: Records, batch: BatchRecord): Promise<void> => {
  await db.insertInto('batches').values(batch).execute();
};

/** Keeps rows of a batch, at most some hundred at once. */
export const addBatchRows = async (db: Records, rows: readonly BatchRowRecord[]): Promise<void> => {
  await db.insertInto('batch_rows').values(rows).execute();
};

/** Takes out the rows of a batch that was not kept in the end. */
export const deleteBatchRows = async (db: Records, batch: string): Promise<void> => {
  await db.deleteFrom('batch_rows').where('batch', '=', batch).execute();
};

/** The batch of that id in a workspace. */
export const findBatch = (db: Records, workspace: string, id: string): Promise<BatchRecord | undefined> =>
  db.selectFrom('batches').selectAll().where('workspace', '=', workspace).where('id', '=', id).executeTakeFirst();

/** The batches of a workspace before `after`, newest first, at most `limit`. */
export const listBatches = (
  db: Records,
  { workspace, after, limit }: { workspace: string; after?: string | undefined; limit: number },
): Promise<BatchRecord[]> =>
  db
    .selectFrom('batches')
    .selectAll()
    .where('workspace', '=', workspace)
    .$if(after !== undefined, (query) => query.where('id', '<', after as string))
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();

/** Changes a batch that is not over yet; false when it is. */
export async function changeBatch(
  db: Records,
  id: string,
  change: Partial<Pick<BatchRecord, 'state' | 'done' | 'failed' | 'warnings' | 'callback' | 'finished_at'>>,
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('batches')
    .set(change)
    .where('id', '=', id)
    .where('state', 'in', ['queued', 'running'])
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** The rows of a batch after row number `after`, in order, at most `limit`. */
export const listBatchRows = (
  db: Records,
  page: { batch: string; state?: BatchRowRecord['state'] | undefined; after?: number | undefined; limit: number },
): Promise<BatchRowRecord[]> =>
  db
    .selectFrom('batch_rows')
    .selectAll()
    .where('batch', '=', page.batch)
    .where('row', '>', page.after ?? 0)
    .$if(page.state !== undefined, (query) => query.where('state', '=', page.state as BatchRowRecord['state']))
    .orderBy('row')
    .limit(page.limit)
    .execute();

/** Writes down how a row went and forgets its data; false when that is known already. */
export async function settleBatchRow(
  db: Records,
  { batch, row }: Pick<BatchRowRecord, 'batch' | 'row'>,
  end: Pick<BatchRowRecord, 'state' | 'sealed' | 'warnings' | 'error'>,
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('batch_rows')
    .set({ ...end, data: '' })
    .where('batch', '=', batch)
    .where('row', '=', row)
    .where('state', '=', 'queued')
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Forgets the data of rows that will not be drawn any more. */
export const dropQueuedRows = async (db: Records, batch: string, error: string): Promise<void> => {
  await db
    .updateTable('batch_rows')
    .set({ state: 'failed', data: '', error })
    .where('batch', '=', batch)
    .where('state', '=', 'queued')
    .execute();
};

/** How many rows of a batch are done and have failed. */
export async function countBatchRows(db: Records, batch: string): Promise<{ done: number; failed: number }> {
  const counts = await db
    .selectFrom('batch_rows')
    .where('batch', '=', batch)
    .groupBy('state')
    .select(({ fn }) => ['state', fn.countAll<number>().as('count')])
    .execute();
  const of = (state: BatchRowRecord['state']) => Number(counts.find((each) => each.state === state)?.count ?? 0);
  return { done: of('complete') + of('failed'), failed: of('failed') };
}
