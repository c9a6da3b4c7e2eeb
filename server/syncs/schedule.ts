import { AppError } from '../../core/errors.ts';
import type { Services } from '../services.ts';
import { claimDue, listDue } from '../stores/records/connections.ts';
import { startTicking, type Ticking } from '../ticking.ts';
import { queueSync } from './order.ts';

/** What the schedule works with. */
export type ScheduleParts = Pick<Services, 'records' | 'jobs' | 'log'>;

const LOOK_MS = 20_000;
const AT_ONCE = 50;

/** Queues the syncs that are due at `now`, each once, however many processes look. */
export async function queueDue({ records, jobs, log }: ScheduleParts, now: number): Promise<void> {
  for (const record of await listDue(records, now, AT_ONCE)) {
    const next = now + (record.sync_minutes ?? 0) * 60_000;
    try {
      await records.transaction().execute(async (db) => {
        if (await claimDue(db, record, next))
          await queueSync({ jobs }, db, record, { mode: 'incremental', by: 'schedule', now });
      });
    } catch (error) {
      // One that lacks something holds up no other.
      log.warn('sync.unscheduled', { workspace: record.workspace, connection: record.id }, error);
      if (error instanceof AppError) await claimDue(records, record, next);
    }
  }
}

/** Looks three times a minute until closed. */
export const startScheduling = (parts: ScheduleParts): Ticking =>
  startTicking(
    LOOK_MS,
    () => queueDue(parts, Date.now()),
    (error) => parts.log.warn('sync.unscheduled', {}, error),
  );
