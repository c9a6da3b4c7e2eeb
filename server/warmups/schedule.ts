import type { Services } from '../services.ts';
import { claimLook, listUnlooked } from '../stores/records/sends.ts';
import { startTicking, type Ticking } from '../ticking.ts';
import { refusalToWarm } from './order.ts';

/** What the schedule works with. */
export type LookingParts = Pick<Services, 'records' | 'jobs' | 'log' | 'config'>;

const TICK_MS = 20_000;
const EVERY_MS = 5 * 60_000;
const AT_ONCE = 50;

/**
 * Queues a look at the planned sends of each connection that is due at `now`, once, however many processes do; none where
 * their pictures could not be made. Gives how many of them there were.
 */
export async function queueLooks(
  { records, jobs, config }: LookingParts,
  now: number,
  dueBy: number = now,
): Promise<number> {
  if (refusalToWarm(config) !== undefined) return 0;
  const due = await listUnlooked(records, { now: dueBy, most: EVERY_MS, limit: AT_ONCE });
  for (const record of due) {
    const { id: connection, workspace } = record;
    await records.transaction().execute(async (db) => {
      if (await claimLook(db, record, now + EVERY_MS))
        await jobs.add('sends.look', { workspace, payload: { connection } }, db);
    });
  }
  return due.length;
}

/** Queues a look at the planned sends of every connection, also where somebody has looked a moment ago. */
export async function queueAllLooks(parts: LookingParts, now: number): Promise<void> {
  // Whoever is claimed comes after this.
  while ((await queueLooks(parts, now, now + EVERY_MS - 1)) > 0);
}

/** Looks who is due three times a minute until closed. */
export const startPlanning = (parts: LookingParts): Ticking =>
  startTicking(
    TICK_MS,
    () => queueLooks(parts, Date.now()),
    (error) => parts.log.warn('sends.unseen', {}, error),
  );
