import type { Records } from './index.ts';
import type { Tables } from './tables.ts';

/** A set of data kept beside a template; `data` is JSON. */
export type DataSetRecord = Readonly<Tables['datasets']>;

const ofTemplate = (db: Records, workspace: string, name: string) =>
  db.selectFrom('datasets').selectAll().where('workspace', '=', workspace).where('name', '=', name);

/** The sets of a template, in alphabetical order. */
export const listDataSets = (db: Records, workspace: string, name: string): Promise<DataSetRecord[]> =>
  ofTemplate(db, workspace, name).orderBy('dataset').execute();

/** Keeps a set in the place of one of that name. */
export const putDataSet = async (db: Records, record: DataSetRecord): Promise<void> => {
  const { data, changed_by, changed_at } = record;
  await db
    .insertInto('datasets')
    .values(record)
    .onConflict((conflict) =>
      conflict.columns(['workspace', 'name', 'dataset']).doUpdateSet({ data, changed_by, changed_at }),
    )
    .execute();
};

/** Removes a set; false when there is none. */
export async function removeDataSet(db: Records, workspace: string, name: string, dataset: string): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('datasets')
    .where('workspace', '=', workspace)
    .where('name', '=', name)
    .where('dataset', '=', dataset)
    .executeTakeFirst();
  return numDeletedRows > 0n;
}
