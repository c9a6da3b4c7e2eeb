import type { Records } from './index.ts';
import type { Tables } from './tables.ts';

/** A picture that nobody should draw; `digest` is the sha256 of its bytes. */
export type QuarantineRecord = Readonly<Tables['quarantine']>;

/** Puts a picture into quarantine, or keeps it there from now on. */
export async function addToQuarantine(db: Records, record: QuarantineRecord): Promise<void> {
  const { reason, at } = record;
  await db
    .insertInto('quarantine')
    .values(record)
    .onConflict((conflict) => conflict.column('digest').doUpdateSet({ reason, at }))
    .execute();
}

/** What was put into quarantine since a moment, the latest first. */
export const listQuarantine = (
  db: Records,
  { since, limit }: { since: number; limit: number },
): Promise<QuarantineRecord[]> =>
  db.selectFrom('quarantine').selectAll().where('at', '>', since).orderBy('at', 'desc').limit(limit).execute();
