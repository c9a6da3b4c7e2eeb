import { type ExpressionBuilder, sql } from 'kysely';
import { whenDue } from './due.ts';
import type { Records } from './index.ts';
import type { Tables } from './tables.ts';

/** A job as stored; `payload` is sealed JSON. */
export type JobRecord = Readonly<Tables['jobs']>;

/** Keeps a new job. */
export const addJob = async (db: Records, job: JobRecord): Promise<void> => {
  await db.insertInto('jobs').values(job).execute();
};

// A planned send is warmed within the day, and a delivery waits for at most 15 hours.
const MOST_AHEAD_MS = 48 * 3_600_000;
const MOST_LEASED_MS = 5 * 60_000;

const isTime = (now: number) => whenDue('run_at', now, MOST_AHEAD_MS);

const isLeft =
  (now: number) =>
  ({ and, eb, or }: ExpressionBuilder<Tables, 'jobs'>) =>
    and([eb('state', '=', 'running'), or(whenDue('leased_until', now, MOST_LEASED_MS))]);

const isDue = (now: number) => (of: ExpressionBuilder<Tables, 'jobs'>) =>
  of.or([...isTime(now).map((is) => of.and([of('state', '=', 'queued'), is])), isLeft(now)(of)]);

/** Which jobs to take, of some workspaces or of all, and for whom until when. */
export type Claim = {
  readonly kind: string;
  readonly workspaces?: readonly string[] | undefined;
  readonly limit: number;
  readonly lease: string;
  readonly now: number;
  readonly until: number;
};

/**
 * Takes at most `limit` jobs of a kind that are due, or whose holder's lease has ended, in the name of `lease`. When two
 * processes reach for the same job, the second update no longer finds it due.
 */
export async function claimJobs(
  db: Records,
  { kind, workspaces, limit, lease, now, until }: Claim,
): Promise<JobRecord[]> {
  // Looking first: an update, also one of nothing, is a write that others wait for.
  const due = await db
    .selectFrom('jobs')
    .select(['id'])
    .where('kind', '=', kind)
    .$if(workspaces !== undefined, (of) => of.where('workspace', 'in', workspaces ?? []))
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

const toHandOver = (now: number) => (of: ExpressionBuilder<Tables, 'jobs'>) => {
  const isUntold = of.or([of('leased_until', 'is', null), ...whenDue('leased_until', now, MOST_LEASED_MS)]);
  return of.or([...isTime(now).map((is) => of.and([of('state', '=', 'queued'), is, isUntold])), isLeft(now)(of)]);
};

/** What is needed to bring a job to a worker: the rest stays in the records. */
export type HandedJob = Pick<JobRecord, 'id' | 'kind' | 'run_at' | 'takeovers'>;

/**
 * Picks at most `limit` jobs that are due and that nobody was told of since `until` was set last, or whose holder's
 * lease has ended. They stay queued, so that whoever is told of one has to take it.
 */
export async function handOverJobs(
  db: Records,
  { limit, now, until }: { limit: number; now: number; until: number },
): Promise<HandedJob[]> {
  const due = await db
    .selectFrom('jobs')
    .select(['id'])
    .where(toHandOver(now))
    .orderBy('run_at')
    .limit(limit)
    .execute();
  if (due.length === 0) return [];
  const handed = await db
    .updateTable('jobs')
    .set(({ eb, case: when }) => ({
      takeovers: eb('takeovers', '+', when().when('state', '=', 'running').then(1).else(0).end()),
      state: 'queued',
      lease: null,
      leased_until: until,
    }))
    .where(
      'id',
      'in',
      due.map(({ id }) => id),
    )
    .where(toHandOver(now))
    .returning(['id', 'kind', 'run_at', 'takeovers'])
    .execute();
  return handed.sort((one, other) => one.run_at - other.run_at);
}

/** Nobody was told of these jobs (of all that wait, without ids): they are handed over once more. */
export const takeBackJobs = async (db: Records, ids?: readonly string[]): Promise<void> => {
  await db
    .updateTable('jobs')
    .set({ leased_until: null })
    .where('state', '=', 'queued')
    .where('leased_until', 'is not', null)
    .$if(ids !== undefined, (of) => of.where('id', 'in', ids ?? []))
    .execute();
};

/**
 * Takes one job in the name of `lease`; undefined when it is done, held by somebody else, or had another turn since: each
 * turn has another `run_at`.
 */
export const takeJob = (
  db: Records,
  { id, run_at }: Pick<JobRecord, 'id' | 'run_at'>,
  { lease, now, until }: Pick<Claim, 'lease' | 'now' | 'until'>,
): Promise<JobRecord | undefined> =>
  db
    .updateTable('jobs')
    .set(({ eb, case: when }) => ({
      takeovers: eb('takeovers', '+', when().when('state', '=', 'running').then(1).else(0).end()),
      state: 'running',
      lease,
      leased_until: until,
    }))
    .where('id', '=', id)
    .where('run_at', '=', run_at)
    .where((of) => of.or([of('state', '=', 'queued'), isLeft(now)(of)]))
    .returningAll()
    .executeTakeFirst();

/** Whether there are so many jobs of some kinds to take at a moment. */
export async function hasJobs(db: Records, kinds: readonly string[], count: number, at: number): Promise<boolean> {
  const found = await db
    .selectFrom('jobs')
    .select(['id'])
    .where('kind', 'in', kinds)
    .where(isDue(at))
    .limit(count)
    .execute();
  return found.length === count;
}

/** Whether anybody has taken jobs of some kinds. */
export async function areJobsRunning(db: Records, kinds: readonly string[]): Promise<boolean> {
  const of = db.selectFrom('jobs').select(['id']).where('kind', 'in', kinds);
  return (await of.where('state', '=', 'running').limit(1).executeTakeFirst()) !== undefined;
}

/** Ends a lease whose holder is gone: its jobs are taken over at once. */
export const expireLease = async (db: Records, lease: string, now: number): Promise<void> => {
  await db.updateTable('jobs').set({ leased_until: now }).where('lease', '=', lease).execute();
};

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

/** How many jobs of a workspace wait, and since when the first of them is due, in ms since 1970; null when none is. */
export async function countWaiting(db: Records, workspace: string, now: number) {
  const { waiting, first } = await db
    .selectFrom('jobs')
    .where('workspace', '=', workspace)
    .where('state', '=', 'queued')
    .select(({ fn, case: when }) => [
      fn.countAll<number>().as('waiting'),
      fn.min<number | null>(when().when('run_at', '<=', now).then(sql.ref('run_at')).else(null).end()).as('first'),
    ])
    .executeTakeFirstOrThrow();
  return { waiting: Number(waiting), first: first === null ? null : Number(first) };
}

/** How many jobs there are by kind and state, how many of them are due, and since when the first of them is. */
export const countJobs = (db: Records, now: number) =>
  db
    .selectFrom('jobs')
    .where('state', 'in', ['queued', 'running'])
    .groupBy(['kind', 'state'])
    .select(({ fn, or, case: when }) => [
      'kind',
      'state',
      fn.countAll<number>().as('count'),
      fn
        .sum<number>(
          when()
            .when(or(isTime(now)))
            .then(1)
            .else(0)
            .end(),
        )
        .as('due'),
      fn.min('run_at').as('first'),
    ])
    .execute();
