import { sql } from 'kysely';
import type { Flow } from '../../../integrations/pace.ts';
import type { Records } from './index.ts';

const inMicroseconds = (ms: number): number => Math.ceil(ms * 1000);

/**
 * Takes one call of the buckets under a key, for every process together; gives the ms until there is one, 0 when it is
 * taken. `flows` are those of a second and of a minute; `now` is in ms since 1970, and clocks may differ somewhat: the
 * one ahead then waits for nobody, the others for it.
 */
export async function takePace(
  db: Records,
  key: string,
  [second, minute]: readonly Flow[],
  now: number,
): Promise<number> {
  if (!second || !minute) return 0;
  const at = now * 1000;
  // How far ahead of now a bucket may be filled again while there is a call in it.
  const room = ({ size, everyMs }: Flow) => (size - 1) * inMicroseconds(everyMs);
  const later = (column: 'second' | 'minute', { everyMs }: Flow) =>
    sql<number>`case when ${sql.ref(column)} > ${at} then ${sql.ref(column)} else ${at} end + ${inMicroseconds(everyMs)}`;
  const take = () =>
    db
      .updateTable('paces')
      .set({ second: later('second', second), minute: later('minute', minute) })
      .where('key', '=', key)
      .where('second', '<=', at + room(second))
      .where('minute', '<=', at + room(minute))
      .executeTakeFirst();
  if ((await take()).numUpdatedRows > 0n) return 0;
  await db
    .insertInto('paces')
    .values({ key, second: 0, minute: 0 })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  if ((await take()).numUpdatedRows > 0n) return 0;
  const kept = await db.selectFrom('paces').selectAll().where('key', '=', key).executeTakeFirst();
  if (!kept) return 0;
  return Math.max(1, Math.ceil(Math.max(kept.second - room(second) - at, kept.minute - room(minute) - at) / 1000));
}
