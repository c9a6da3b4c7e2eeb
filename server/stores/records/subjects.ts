import type { Records } from './index.ts';

/** What is kept about one subject of a workspace: the digests of its name under every key. */
export type SubjectDigests = { readonly workspace: string; readonly digests: readonly string[] };

/** Takes out the renders ordered for a subject, finished or not; gives how many. */
export async function deleteRendersOf(db: Records, { workspace, digests }: SubjectDigests): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom('renders')
    .where('workspace', '=', workspace)
    .where('subject', 'in', digests)
    .executeTakeFirst();
  return Number(numDeletedRows);
}

/** Empties the rows of batches about a subject; gives how many. The digest belongs to one workspace only. */
export async function emptyBatchRowsOf(db: Records, { digests }: SubjectDigests): Promise<number> {
  const { numUpdatedRows } = await db
    .updateTable('batch_rows')
    .set({ data: '', name: '', subject: null, sealed: null, state: 'failed', error: 'Erased.' })
    .where('subject', 'in', digests)
    .executeTakeFirst();
  return Number(numUpdatedRows);
}

/** Takes back at most `limit` generated pictures about a subject and empties their values; gives their ids. */
export async function emptySealedOf(
  db: Records,
  { workspace, digests }: SubjectDigests,
  { now, limit }: { now: number; limit: number },
): Promise<string[]> {
  const found = await db
    .selectFrom('sealed')
    .select('id')
    .where('workspace', '=', workspace)
    .where('subject', 'in', digests)
    .limit(limit)
    .execute();
  const ids = found.map(({ id }) => id);
  if (ids.length > 0) await emptySealed(db, ids, now);
  return ids;
}

/** Takes back generated pictures and empties their values. */
export const emptySealed = async (db: Records, ids: readonly string[], now: number): Promise<void> => {
  await db
    .updateTable('sealed')
    .set((row) => ({ values: '', subject: null, revoked_at: row.fn.coalesce('revoked_at', row.val(now)) }))
    .where('id', 'in', ids)
    .execute();
};
