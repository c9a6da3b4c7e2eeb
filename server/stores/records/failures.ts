import { sql } from 'kysely';
import type { Records } from './index.ts';
import type { Tables } from './tables.ts';

/** Pictures of one link below fresh for one cause, counted over some seconds; `contact` is one they were for. */
export type FailureRecord = Readonly<Tables['failures']>;

/** Keeps some. */
export const addFailures = async (db: Records, rows: readonly FailureRecord[]): Promise<void> => {
  await db
    .insertInto('failures')
    .values([...rows])
    .execute();
};

/** Failures with the same cause on the same version; id, link and contact are of the latest. */
export type FailureGroup = Pick<
  FailureRecord,
  'id' | 'cause' | 'outcome' | 'template' | 'version' | 'link' | 'contact'
> & {
  readonly count: number;
  readonly first_at: number;
  readonly last_at: number;
};

/** What went wrong since a moment, by cause, template and version, the most frequent first. */
export const groupFailures = (
  db: Records,
  wanted: {
    readonly workspace: string;
    readonly since: number;
    readonly template?: string | undefined;
    readonly link?: string | undefined;
    readonly limit: number;
  },
): Promise<FailureGroup[]> => {
  let found = db.selectFrom('failures').where('workspace', '=', wanted.workspace).where('at', '>=', wanted.since);
  for (const column of ['template', 'link'] as const) {
    const value = wanted[column];
    if (value !== undefined) found = found.where(column, '=', value);
  }
  const placed = found
    .select(['id', 'cause', 'outcome', 'template', 'version', 'link', 'contact', 'at as last_at'])
    .select((row) => [
      row.fn
        .sum<number>('count')
        .over((over) => over.partitionBy(['cause', 'template', 'version']))
        .as('count'),
      row.fn
        .min<number>('at')
        .over((over) => over.partitionBy(['cause', 'template', 'version']))
        .as('first_at'),
      sql<number>`row_number() over (partition by cause, template, version order by at desc, id)`.as('place'),
    ]);
  return db
    .selectFrom(placed.as('placed'))
    .select(['id', 'cause', 'outcome', 'template', 'version', 'link', 'contact', 'count', 'first_at', 'last_at'])
    .where('place', '=', 1)
    .orderBy('count', 'desc')
    .orderBy('last_at', 'desc')
    .limit(wanted.limit)
    .execute();
};

/** One of them. */
export const findFailure = (db: Records, workspace: string, id: string): Promise<FailureRecord | undefined> =>
  db.selectFrom('failures').selectAll().where('workspace', '=', workspace).where('id', '=', id).executeTakeFirst();

/** Leaves a contact's failures, but no longer says whose they were. */
export const forgetContactFailures = async (db: Records, workspace: string, contact: string): Promise<void> => {
  await db
    .updateTable('failures')
    .set({ contact: null })
    .where('workspace', '=', workspace)
    .where('contact', '=', contact)
    .execute();
};
