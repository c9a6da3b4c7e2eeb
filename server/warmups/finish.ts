import { setImmediate as turn } from 'node:timers/promises';
import { unreachable } from '../connections/reachable.ts';
import type { Again, Job } from '../jobs/queue.ts';
import type { Services } from '../services.ts';
import { countUnreferenced, listChunks } from '../stores/records/warmups.ts';
import { callAttention, crossedLimits } from './attention.ts';
import { endWarmup, openRun } from './steps.ts';
import { totalsOf } from './totals.ts';

// References of contacts that were new are on their way: what a platform has not taken by then is told as lacking.
const MOST_WAITED_MS = 600_000;
const FIRST_POLL_MS = 250;
const LONGEST_POLL_MS = 2000;

/** After the last picture: counts whom the platform has no reference of still, and writes down what came of it all. */
export async function finishWarmup(services: Services, job: Job<'warmup.report'>): Promise<Again | undefined> {
  const { records } = services;
  const run = await openRun(services, job, 'reporting');
  if (!run) return undefined;
  const { record, warmup } = run;
  let [defaults, pending] = [0, 0];
  if (warmup.connection !== null) {
    for (const { phase, chunk } of await listChunks(records, record.id)) {
      if (phase !== 'resolving') continue;
      const lacking = await countUnreferenced(records, warmup.connection, { warmup: record.id, chunk });
      defaults += lacking.all;
      pending += lacking.pending;
      await turn();
    }
  }
  const until = Math.min(job.createdAt + MOST_WAITED_MS, warmup.sendAt ?? Number.POSITIVE_INFINITY);
  const now = Date.now();
  if (pending > 0 && unreachable(services) === undefined && now < until)
    return { againIn: Math.min(LONGEST_POLL_MS, Math.max(FIRST_POLL_MS, now - job.createdAt)) };
  const totals = { ...(await totalsOf(records, record)), defaults, waitedMs: Math.max(0, now - job.createdAt) };
  await callAttention(services, record, crossedLimits(warmup, totals, record.pictures ?? 0));
  return endWarmup(services, record, { state: 'complete', error: null, totals });
}
