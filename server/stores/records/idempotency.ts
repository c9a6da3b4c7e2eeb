import type { Records } from './index.ts';
import type { Tables } from './tables.ts';

/** A request that is not to be done twice, as stored; `key` and `request` are digests, `answer` is sealed. */
export type IdempotencyRecord = Readonly<Tables['idempotency']>;

const at = (db: Records, { workspace, key }: Pick<IdempotencyRecord, 'workspace' | 'key'>) =>
  db.selectFrom('idempotency').selectAll().where('workspace', '=', workspace).where('key', '=', key);

/**
 * Claims a key for a request: undefined when it is ours, otherwise whose it is. What is older than `expired` counts as
 * gone, and so does what was begun before `stuck` and never answered.
 */
export async function claimRequest(
  db: Records,
  request: IdempotencyRecord,
  { expired, stuck }: { expired: number; stuck: number },
): Promise<IdempotencyRecord | undefined> {
  await db
    .deleteFrom('idempotency')
    .where('workspace', '=', request.workspace)
    .where('key', '=', request.key)
    .where(({ and, eb, or }) =>
      or([eb('created_at', '<=', expired), and([eb('status', 'is', null), eb('created_at', '<=', stuck)])]),
    )
    .execute();
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('idempotency')
    .values(request)
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  if (numInsertedOrUpdatedRows === 1n) return undefined;
  return at(db, request).executeTakeFirst();
}

/** Keeps the answer to a request for the next time it comes. */
export const answerRequest = async (
  db: Records,
  { workspace, key, created_at }: IdempotencyRecord,
  answer: { status: number; answer: string | null },
): Promise<void> => {
  await db
    .updateTable('idempotency')
    .set(answer)
    .where('workspace', '=', workspace)
    .where('key', '=', key)
    .where('created_at', '=', created_at)
    .execute();
};

/** Lets the key go: nothing was made. */
export const dropRequest = async (db: Records, { workspace, key, created_at }: IdempotencyRecord): Promise<void> => {
  await db
    .deleteFrom('idempotency')
    .where('workspace', '=', workspace)
    .where('key', '=', key)
    .where('created_at', '=', created_at)
    .execute();
};

/** Forgets the kept answers of an operation in a workspace: what they tell was erased. */
export const dropAnswers = async (db: Records, workspace: string, operation: string): Promise<void> => {
  await db.deleteFrom('idempotency').where('workspace', '=', workspace).where('operation', '=', operation).execute();
};
