import { setTimeout as pause } from 'node:timers/promises';
import { eraseContact } from '../erasure/contact.ts';
import type { Services } from '../services.ts';
import {
  deleteOld,
  deleteOldSealed,
  findOldContacts,
  type Old,
  oldAnywhere,
  oldInWorkspace,
} from '../stores/records/old.ts';
import { listWorkspaces } from '../stores/records/workspaces.ts';
import { watchClock } from './clock.ts';

/** What the sweep works with. */
export type SweepParts = Pick<Services, 'records' | 'changes' | 'settings'>;

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const SOURCE_DAYS = 30;
// Nobody tells the same event again for longer.
const RECEIVED_DAYS = 7;
// Nobody looks back further than a day at how pictures were served.
const SERVED_DAYS = 2;
// Deliveries are tried for three days and need their event.
const EVENT_DAYS = 4;
// Who got which picture is only needed while they are made.
const WARMUP_PARTS_DAYS = 1;
// So many rows in one statement, and after each a moment for those who wait for the database or this thread.
const BATCH = 200;
const PAUSE_MS = 5;

/**
 * Takes out what has had its time at `now`, a little at a time: contacts nobody changed are erased, generated pictures
 * taken back, and what is only looked back at is deleted, as each workspace has set. Stops between two batches when
 * `signal` says so. Several processes may do it at once.
 */
export async function sweep(parts: SweepParts, now: number, signal: AbortSignal): Promise<void> {
  const { records } = parts;
  const kept = {
    ...{ values: now - SOURCE_DAYS * DAY_MS, received: now - RECEIVED_DAYS * DAY_MS },
    served: now - SERVED_DAYS * DAY_MS,
  };
  await clear(parts, oldAnywhere({ answers: now - DAY_MS, sessions: now, ...kept }), signal);
  for (let after = ''; ; ) {
    const workspaces = await listWorkspaces(records, { after, limit: BATCH });
    for (const { id } of workspaces) await sweepWorkspace(parts, id, now, signal);
    const last = workspaces.at(-1);
    if (!last || workspaces.length < BATCH) return;
    after = last.id;
  }
}

async function sweepWorkspace(parts: SweepParts, workspace: string, now: number, signal: AbortSignal): Promise<void> {
  const { records, changes, settings } = parts;
  const { retention } = await settings.get(workspace);
  const since = (days: number) => now - days * DAY_MS;
  const { contactDays, sealedDays, failureDays, jobDays, impressionDays } = retention;
  if (contactDays !== null) {
    await repeat(signal, async () => {
      const ids = await findOldContacts(records, workspace, since(contactDays), BATCH);
      for (const id of ids) {
        if (signal.aborted) return 0;
        await eraseContact(parts, { workspace, id: 'retention' }, id);
        await pause(PAUSE_MS);
      }
      return ids.length;
    });
  }
  if (sealedDays !== null) {
    await repeat(signal, async () => {
      const ids = await deleteOldSealed(records, workspace, since(sealedDays), BATCH);
      // Every process forgets it and its picture.
      for (const id of ids) await changes.tell('purge', `sealed:${id}`);
      return ids.length;
    });
  }
  const kept = {
    ...{ failures: since(failureDays), jobs: since(jobDays), impressions: since(impressionDays) },
    warmupParts: since(Math.min(WARMUP_PARTS_DAYS, jobDays)),
  };
  const events = since(Math.max(EVENT_DAYS, jobDays));
  await clear(parts, oldInWorkspace(workspace, { ...kept, events }), signal);
}

async function clear({ records }: SweepParts, old: readonly Old[], signal: AbortSignal): Promise<void> {
  for (const each of old) await repeat(signal, () => deleteOld(records, each, BATCH));
}

/** Runs a batch after the other, until one is not full. */
async function repeat(signal: AbortSignal, batch: () => Promise<number>): Promise<void> {
  while (!signal.aborted && (await batch()) === BATCH) await pause(PAUSE_MS);
}

/**
 * Sweeps every hour until closed, the first time some minutes after the start; a fault is logged and tried again. While the
 * clock has jumped ahead nothing is taken out: what it says is old may be from today.
 */
export function startSweeping(parts: SweepParts & Pick<Services, 'log'>): { close(): Promise<void> } {
  const stopping = new AbortController();
  const clock = watchClock();
  let sweeping: Promise<void> = Promise.resolve();
  const sweepIn = (ms: number) => setTimeout(start, ms).unref();
  function start(): void {
    sweeping = sweepIfSure()
      .catch((error) => parts.log.warn('sweep.failed', {}, error))
      .then(() => {
        timer = sweepIn(HOUR_MS);
      });
  }
  async function sweepIfSure(): Promise<void> {
    if (clock.isBelieved()) await sweep(parts, Date.now(), stopping.signal);
    else parts.log.warn('sweep.skipped', { reason: 'clock' });
  }
  // Processes that start together should not sweep together.
  let timer = sweepIn((1 + Math.random() * 9) * 60_000);
  return {
    async close() {
      stopping.abort();
      clearTimeout(timer);
      await sweeping;
      clearTimeout(timer);
    },
  };
}
