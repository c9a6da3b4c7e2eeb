import type { Records } from './index.ts';
import type { Tables } from './tables.ts';

/** A render that was asked for, as stored; `request` is sealed JSON, emptied once it is finished. */
export type RenderRecord = Readonly<Tables['renders']>;

/** Keeps a new render. */
export const addRender = async (db: Records, render: RenderRecord): Promise<void> => {
  await db.insertInto('renders').values(render).execute();
};

/** The render of that id in a workspace. */
export const findRender = (db: Records, workspace: string, id: string): Promise<RenderRecord | undefined> =>
  db.selectFrom('renders').selectAll().where('workspace', '=', workspace).where('id', '=', id).executeTakeFirst();

/** Writes down how a render ended; false when that was known already. */
export async function finishRender(
  db: Records,
  id: string,
  end: Pick<RenderRecord, 'state' | 'sealed' | 'error'>,
  now: number,
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('renders')
    .set({ ...end, request: '', finished_at: now })
    .where('id', '=', id)
    .where('state', '=', 'queued')
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}
