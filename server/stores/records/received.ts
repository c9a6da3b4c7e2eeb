import type { Records } from './index.ts';
import type { Tables } from './tables.ts';

/** Takes what came in for a connection, by its digest; false when it was taken before. */
export async function takeOnce(db: Records, received: Readonly<Tables['received']>): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('received')
    .values(received)
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return (numInsertedOrUpdatedRows ?? 0n) > 0n;
}
