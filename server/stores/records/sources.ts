import type { Records } from './index.ts';
import type { Tables } from './tables.ts';

/** A source as stored; `secrets` is sealed JSON. */
export type SourceRecord = Readonly<Tables['sources']>;
/** The last good answer of a source to some parameters; `value` is sealed. */
export type SourceValueRecord = Readonly<Tables['source_values']>;

/** The source of that name. */
export const findSource = (db: Records, workspace: string, name: string): Promise<SourceRecord | undefined> =>
  db.selectFrom('sources').selectAll().where('workspace', '=', workspace).where('name', '=', name).executeTakeFirst();

/** The sources of a workspace by name after `after`, at most `limit`. */
export const listSources = (
  db: Records,
  page: { readonly workspace: string; readonly after?: string | undefined; readonly limit: number },
): Promise<SourceRecord[]> =>
  db
    .selectFrom('sources')
    .selectAll()
    .where('workspace', '=', page.workspace)
    .where('name', '>', page.after ?? '')
    .orderBy('name')
    .limit(page.limit)
    .execute();

/** Keeps a source in the place of the one of its name. */
export async function saveSource(db: Records, source: SourceRecord): Promise<void> {
  const { workspace: _, name: __, ...changed } = source;
  await db
    .insertInto('sources')
    .values(source)
    .onConflict((conflict) => conflict.columns(['workspace', 'name']).doUpdateSet(changed))
    .execute();
}

/** Removes a source and everything it ever answered; false when there is none of that name. */
export const removeSource = (db: Records, workspace: string, name: string): Promise<boolean> =>
  db.transaction().execute(async (db) => {
    await db.deleteFrom('source_values').where('workspace', '=', workspace).where('source', '=', name).execute();
    const { numDeletedRows } = await db
      .deleteFrom('sources')
      .where('workspace', '=', workspace)
      .where('name', '=', name)
      .executeTakeFirst();
    return numDeletedRows > 0n;
  });

/** The last good answer under any of these keys. */
export const findSourceValue = (
  db: Records,
  workspace: string,
  source: string,
  keys: readonly string[],
): Promise<SourceValueRecord | undefined> =>
  db
    .selectFrom('source_values')
    .selectAll()
    .where('workspace', '=', workspace)
    .where('source', '=', source)
    .where('key', 'in', [...keys])
    .orderBy('fetched_at', 'desc')
    .limit(1)
    .executeTakeFirst();

/** Keeps an answer as the last good one under its key. */
export async function saveSourceValue(db: Records, record: SourceValueRecord): Promise<void> {
  const { value, fetched_at } = record;
  await db
    .insertInto('source_values')
    .values(record)
    .onConflict((conflict) => conflict.columns(['workspace', 'source', 'key']).doUpdateSet({ value, fetched_at }))
    .execute();
}
