import type { ExpressionBuilder } from 'kysely';
import type { Records } from './index.ts';
import type { Tables } from './tables.ts';

/** A job as stored; `payload` is sealed JSON. */
export type JobRecord = Readonly<Tables['jobs']>;

/** Keeps a new job. */
export const addJob = async (db: Records, job: JobRecord): Promise<void> => {
  await db.insertInto('jobs').values(job).execute();
};

const isDue =
  (now: number) =>
  ({ and, eb, or }: ExpressionBuilder<Tables, 'jobs'>) =>
    or([
      and([eb('state', '=', 'queued'), eb('run_at', '<=', now)]),
      and([eb('state', '=', 'running'), eb('leased_until', '<=', now)]),
    ]);

/**
 * Takes at most `limit` jobs of a kind that are due, or whose holder's lease has ended, in the name of `lease`. When two
 * processes reach for the same job, the second update no longer finds it due.
 */
export async function claimJobs(
  db: Records,
  { kind, limit, lease, now, until }: { kind: string; limit: number; lease: string; now: number; until: number },
): Promise<JobRecord[]> {
  // Looking first: an update, also one of nothing, is a write that others wait for.
  const due = await db
    .selectFrom('jobs')
    .select(['id'])
    .where('kind', '=', kind)
    .where(isDue(now))
    .orderBy('run_at')
    .limit(limit)
    .execute();
  if (due.length === 0) return [];
  return db
    .updateTable('jobs')
    .set(({ eb, case: when }) => ({
      takeovers: eb('takeovers', '+', when().when('state', '=', 'running').then(1).else(0).end()),
      state: 'running',
      lease,
      leased_until: until,
    }))
    .where(
      'id',
      'in',
      due.map(({ id }) => id),
    )
    .where(isDue(now))
    .returningAll()
    .execute();
}

/** Prolongs the leases still held and gives the ids they are for. */
export async function renewJobs(db: Records, lease: string, ids: readonly string[], until: number): Promise<string[]> {
  const renewed = await db
    .updateTable('jobs')
    .set({ leased_until: until })
    .where('id', 'in', ids)
    .where('lease', '=', lease)
    .returning('id')
    .execute();
  return renewed.map(({ id }) => id);
}

/** Takes a job that is done out, unless somebody else has it by now. */
export const deleteJob = async (db: Records, lease: string, id: string): Promise<void> => {
  await db.deleteFrom('jobs').where('id', '=', id).where('lease', '=', lease).execute();
};

/** Changes a job that is held under the lease, and gives up the lease. */
export const releaseJob = async (
  db: Records,
  lease: string,
  id: string,
  change: Partial<Pick<JobRecord, 'state' | 'attempts' | 'takeovers' | 'run_at' | 'error' | 'payload' | 'finished_at'>>,
): Promise<void> => {
  await db
    .updateTable('jobs')
    .set({ ...change, lease: null, leased_until: null })
    .where('id', '=', id)
    .where('lease', '=', lease)
    .execute();
};

/** How many jobs there are by kind and state, and since when the first of them is due. */
export const countJobs = (db: Records) =>
  db
    .selectFrom('jobs')
    .where('state', 'in', ['queued', 'running'])
    .groupBy(['kind', 'state'])
    .select(({ fn }) => ['kind', 'state', fn.countAll<number>().as('count'), fn.min('run_at').as('first')])
    .execute();
