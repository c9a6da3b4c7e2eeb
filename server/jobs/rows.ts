import { nanoid } from 'nanoid';
import type { Records } from '../stores/records/index.ts';
import { addJob, countJobs, type JobRecord } from '../stores/records/jobs.ts';
import type { JobKind } from './kinds.ts';
import { type JobOrder, jobContext, type QueueStats } from './queue.ts';
import type { QueueParts } from './turns.ts';

/** Writes an ordered job down, its payload sealed. */
export async function keepJob<Kind extends JobKind>(
  { encryption }: Pick<QueueParts, 'encryption'>,
  db: Records,
  kind: Kind,
  { workspace, payload, runAt }: JobOrder<Kind>,
): Promise<JobRecord> {
  const id = nanoid(16);
  const now = Date.now();
  const record: JobRecord = {
    ...{ id, workspace, kind, state: 'queued', attempts: 0, takeovers: 0 },
    payload: encryption.seal(JSON.stringify(payload), jobContext(id)),
    run_at: runAt ?? now,
    ...{ lease: null, leased_until: null, error: null, created_at: now, finished_at: null },
  };
  await addJob(db, record);
  return record;
}

/** What the records hold, by kind. */
export async function countQueue(records: Records): Promise<QueueStats[]> {
  const now = Date.now();
  const counted = new Map<string, Omit<QueueStats, 'kind'>>();
  for (const { kind, state, count, due, first } of await countJobs(records, now)) {
    const of = counted.get(kind) ?? { waiting: 0, due: 0, running: 0, oldestMs: 0 };
    const waiting = { waiting: Number(count), due: Number(due), oldestMs: Math.max(0, now - Number(first)) };
    counted.set(kind, { ...of, ...(state === 'running' ? { running: Number(count) } : waiting) });
  }
  return [...counted].map(([kind, of]) => ({ kind, ...of }));
}
