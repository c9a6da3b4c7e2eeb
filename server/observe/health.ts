import { sql } from 'kysely';
import { isLate, within } from '../deadline.ts';
import type { Queue } from '../jobs/queue.ts';
import type { Cache } from '../stores/cache/index.ts';
import type { Records } from '../stores/records/index.ts';

const ANSWER_MS = 500;

/** What a store says, as long as it does so in half a second; undefined when it is late or fails. */
export async function answerOf<Answer>(asked: Promise<Answer>): Promise<Answer | undefined> {
  const answer = await within(asked, ANSWER_MS).catch(() => undefined);
  return isLate(answer) ? undefined : answer;
}

/** Asks the records for nothing; undefined when they do not answer. */
export const askRecords = (records: Records) => answerOf(sql`select 1`.execute(records));

/** Asks what brings jobs to workers whether it is there; undefined when it does not answer. */
export const askQueue = (jobs: Pick<Queue, 'check'>) => answerOf(jobs.check().then(() => true));

/** Asks the cache what it holds; undefined when it does not answer. */
export const askCache = (cache: Pick<Cache, 'stats'>) => answerOf(cache.stats());
