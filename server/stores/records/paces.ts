import { sql } from 'kysely';
import type { Flow } from '../../../integrations/pace.ts';
import type { Records } from './index.ts';

// Further ahead than any bucket is ever filled and clocks of machines are apart: a clock was put back since.
const FAR_US = 120_000_000;

const inMicroseconds = (ms: number): number => Math.ceil(ms * 1000);

/**
 * Takes one call of the buckets under a key, for every process together; gives the ms until there is one, 0 when it is
 * taken. `flows` are those of a second and of a minute; `now` is in ms since 1970, and clocks may differ somewhat: the
 * one ahead then waits for nobody, the others for it. What was written by a clock that is minutes ahead counts for nothing.
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
    sql<number>`case when ${sql.ref(column)} > ${at} and ${sql.ref(column)} <= ${at + FAR_US}
      then ${sql.ref(column)} else ${at} end + ${inMicroseconds(everyMs)}`;
  const take = () =>
    db
      .updateTable('paces')
      .set({ second: later('second', second), minute: later('minute', minute) })
      .where('key', '=', key)
      .where((row) => row.or([row('second', '<=', at + room(second)), row('second', '>', at + FAR_US)]))
      .where((row) => row.or([row('minute', '<=', at + room(minute)), row('minute', '>', at + FAR_US)]))
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
  const missing = (filled: number, flow: Flow) => (filled > at + FAR_US ? 0 : filled - room(flow) - at);
  return Math.max(1, Math.ceil(Math.max(missing(kept.second, second), missing(kept.minute, minute)) / 1000));
}
