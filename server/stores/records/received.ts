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

const goneAs = (key: string): string => `gone:${key}`;

/** Writes down that a platform has deleted whoever has one of these keys. */
export const markGone = async (
  db: Records,
  { connection, keys, at }: { readonly connection: string; readonly keys: readonly string[]; readonly at: number },
): Promise<void> => {
  await db
    .insertInto('received')
    .values(keys.map((key) => ({ connection, digest: goneAs(key), at })))
    .onConflict((conflict) =>
      conflict.columns(['connection', 'digest']).doUpdateSet((row) => ({ at: row.ref('excluded.at') })),
    )
    .execute();
};

/** Those of some hundred keys that were written down as gone since then. */
export async function listGone(
  db: Records,
  {
    connection,
    keys,
    since,
  }: { readonly connection: string; readonly keys: readonly string[]; readonly since: number },
): Promise<ReadonlySet<string>> {
  if (keys.length === 0) return new Set();
  const rows = await db
    .selectFrom('received')
    .select('digest')
    .where('connection', '=', connection)
    .where('digest', 'in', keys.map(goneAs))
    .where('at', '>=', since)
    .execute();
  return new Set(rows.map(({ digest }) => digest.slice(goneAs('').length)));
}
