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

/** A render with what its picture was made of, where there is one. */
export type ShownRender = Pick<RenderRecord, 'id' | 'state' | 'sealed' | 'error' | 'created_at' | 'finished_at'> & {
  readonly template: string | null;
  readonly version: number | null;
  readonly format: string | null;
};

const shownRenders = (db: Records, workspace: string) =>
  db
    .selectFrom('renders')
    .leftJoin('sealed', 'sealed.id', 'renders.sealed')
    .select(['renders.id', 'renders.state', 'renders.sealed', 'renders.error'])
    .select(['renders.created_at', 'renders.finished_at'])
    .select(['sealed.template', 'sealed.version', 'sealed.format'])
    .where('renders.workspace', '=', workspace);

/** The render of that id in a workspace, as it is shown. */
export const findShownRender = (db: Records, workspace: string, id: string): Promise<ShownRender | undefined> =>
  shownRenders(db, workspace).where('renders.id', '=', id).executeTakeFirst();

/** The renders of a workspace before `after`, newest first, at most `limit`; of one state or template where it is named. */
export const listRenders = (
  db: Records,
  page: {
    readonly workspace: string;
    readonly state?: RenderRecord['state'] | undefined;
    readonly template?: string | undefined;
    readonly after?: string | undefined;
    readonly limit: number;
  },
): Promise<ShownRender[]> =>
  shownRenders(db, page.workspace)
    .$if(page.state !== undefined, (query) => query.where('renders.state', '=', page.state as RenderRecord['state']))
    .$if(page.template !== undefined, (query) => query.where('sealed.template', '=', page.template as string))
    .$if(page.after !== undefined, (query) => query.where('renders.id', '<', page.after as string))
    .orderBy('renders.id', 'desc')
    .limit(page.limit)
    .execute();

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
