import type { Records } from './index.ts';
import type { Tables } from './tables.ts';

/** Pictures of a link served in one hour (`hour`: its first ms), by send, kind of reader and outcome. */
export type ImpressionRecord = Readonly<Tables['impressions']>;

/** Adds counts to those that are there already. */
export const addImpressions = async (db: Records, rows: readonly ImpressionRecord[]): Promise<void> => {
  await db
    .insertInto('impressions')
    .values([...rows])
    .onConflict((conflict) =>
      conflict
        .columns(['workspace', 'link', 'send', 'hour', 'reader', 'outcome'])
        .doUpdateSet((row) => ({ count: row('impressions.count', '+', row.ref('excluded.count')) })),
    )
    .execute();
};

/** Of one link, from an hour until another; its figures in the order of their columns. */
type Range = { readonly workspace: string; readonly link: string; readonly since: number; readonly until: number };

const within = (db: Records, { workspace, link, since, until }: Range) =>
  db
    .selectFrom('impressions')
    .where('workspace', '=', workspace)
    .where('link', '=', link)
    .where('hour', '>=', since)
    .where('hour', '<', until);

/** The counts of a link, oldest hour first, after the first `skip`. */
export const listImpressions = (
  db: Records,
  { skip, limit, ...range }: Range & { readonly skip: number; readonly limit: number },
): Promise<ImpressionRecord[]> =>
  within(db, range)
    .selectAll()
    .orderBy('hour')
    .orderBy('send')
    .orderBy('reader')
    .orderBy('outcome')
    .limit(limit)
    .offset(skip)
    .execute();

/** How many pictures each kind of reader was served. */
export const sumByReader = (db: Records, range: Range): Promise<{ reader: string; count: number }[]> =>
  within(db, range)
    .select((row) => ['reader', row.fn.sum<number>('count').as('count')])
    .groupBy('reader')
    .orderBy('reader')
    .execute();
