import { sql } from 'kysely';
import type { ContactRecord } from './contacts.ts';
import type { Records } from './index.ts';
import type { Tables } from './tables.ts';

/** A warm-up as stored; `links`, `included`, `excluded`, `limits`, `attention` and `report` are JSON. */
export type WarmupRecord = Readonly<Tables['warmups']>;
/** A part of one; `result` is JSON. */
export type ChunkRecord = Readonly<Tables['warmup_chunks']>;
/** A picture of one, by its key. */
export type WarmupPicture = Readonly<Omit<Tables['warmup_pictures'], 'warmup'>>;

type Of = { readonly workspace: string };
type Place = Pick<ChunkRecord, 'warmup' | 'phase' | 'chunk'>;

const pending = ['queued', 'running'] as const;

/** Keeps a new warm-up; false when one of the same send is not over yet. */
export async function addWarmup(db: Records, warmup: WarmupRecord): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('warmups')
    .values(warmup)
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return (numInsertedOrUpdatedRows ?? 0n) > 0n;
}

const warmupsOf = (db: Records, { workspace }: Of) =>
  db.selectFrom('warmups').selectAll().where('workspace', '=', workspace);

/** The warm-up of that id. */
export const findWarmup = (db: Records, workspace: string, id: string): Promise<WarmupRecord | undefined> =>
  warmupsOf(db, { workspace }).where('id', '=', id).executeTakeFirst();

/** The last one of a send that is under way or complete. */
export const findWarmupOfSend = (
  db: Records,
  { workspace, connection, send }: Pick<WarmupRecord, 'workspace' | 'connection'> & { readonly send: string },
): Promise<WarmupRecord | undefined> =>
  warmupsOf(db, { workspace })
    .where('connection', connection === null ? 'is' : '=', connection)
    .where('send', '=', send)
    .where('state', 'in', [...pending, 'complete'])
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();

/** The warm-ups of a workspace before `after`, newest first, at most `limit`. */
export const listWarmups = (
  db: Records,
  { after, limit, ...of }: Of & { readonly after?: string | undefined; readonly limit: number },
): Promise<WarmupRecord[]> =>
  warmupsOf(db, of)
    .$if(after !== undefined, (query) => query.where('id', '<', after as string))
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();

/** The last ones that made pictures, whoever's, newest first: how long they took tells how long the next one will. */
export const listFinishedWarmups = (db: Records, limit: number): Promise<WarmupRecord[]> =>
  db
    .selectFrom('warmups')
    .selectAll()
    .where('state', '=', 'complete')
    .where('making_at', 'is not', null)
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();

/** Changes a warm-up that is not over yet, of a phase where one is named; false when it is over or past it. */
export async function changeWarmup(
  db: Records,
  id: string,
  change: Partial<
    Pick<WarmupRecord, 'state' | 'phase' | 'cursor' | 'total' | 'listed' | 'left' | 'pictures' | 'expected_at'> &
      Pick<WarmupRecord, 'attention' | 'report' | 'error' | 'started_at' | 'making_at' | 'finished_at'>
  >,
  phase?: WarmupRecord['phase'],
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('warmups')
    // Also when nothing is to be changed, it tells whether it is still under way.
    .set(Object.keys(change).length === 0 ? { state: sql`state` } : change)
    .where('id', '=', id)
    .where('state', 'in', pending)
    .$if(phase !== undefined, (query) => query.where('phase', '=', phase as WarmupRecord['phase']))
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Counts chunks of a warm-up that is not over: those that are to be done, or with -1 one that is. */
export const countLeft = (db: Records, id: string, more: number): Promise<WarmupRecord | undefined> =>
  db
    .updateTable('warmups')
    .set((row) => ({ left: row('left', '+', more) }))
    .where('id', '=', id)
    .where('state', 'in', pending)
    .returningAll()
    .executeTakeFirst();

/** Keeps who does not get the send, at most some hundred. */
export const addExcluded = async (db: Records, warmup: string, keys: readonly string[]): Promise<void> => {
  if (keys.length === 0) return;
  await db
    .insertInto('warmup_excluded')
    .values(keys.map((key) => ({ warmup, key })))
    .onConflict((conflict) => conflict.doNothing())
    .execute();
};

/** Those of the fingerprints that do not get the send. */
export async function listExcluded(db: Records, warmup: string, keys: readonly string[]): Promise<string[]> {
  if (keys.length === 0) return [];
  const found = await db
    .selectFrom('warmup_excluded')
    .select('key')
    .where('warmup', '=', warmup)
    .where('key', 'in', [...keys])
    .execute();
  return found.map(({ key }) => key);
}

/** Keeps contacts of a chunk, at most some hundred; gives how many were not listed before. */
export async function addWarmupContacts(
  db: Records,
  { warmup, chunk }: Pick<ChunkRecord, 'warmup' | 'chunk'>,
  contacts: readonly string[],
): Promise<number> {
  if (contacts.length === 0) return 0;
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('warmup_contacts')
    .values(contacts.map((contact) => ({ warmup, contact, chunk })))
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return Number(numInsertedOrUpdatedRows ?? 0n);
}

/** The contacts of a chunk, erased ones too. */
export const listChunkContacts = (
  db: Records,
  { warmup, chunk }: Pick<ChunkRecord, 'warmup' | 'chunk'>,
): Promise<ContactRecord[]> =>
  db
    .selectFrom('warmup_contacts')
    .innerJoin('contacts', 'contacts.id', 'warmup_contacts.contact')
    .selectAll('contacts')
    .where('warmup', '=', warmup)
    .where('chunk', '=', chunk)
    .execute();

/** How many contacts of a chunk the platform holds no reference of, so that they see the defaults; `pending` may still get one. */
export async function countUnreferenced(
  db: Records,
  connection: string,
  { warmup, chunk }: Pick<ChunkRecord, 'warmup' | 'chunk'>,
): Promise<{ readonly all: number; readonly pending: number }> {
  const found = await db
    .selectFrom('warmup_contacts')
    .innerJoin('connection_contacts', (join) =>
      join
        .onRef('connection_contacts.contact', '=', 'warmup_contacts.contact')
        .on('connection_contacts.connection', '=', connection),
    )
    .select((row) => ['reference', row.fn.countAll<number>().as('count')])
    .where('warmup', '=', warmup)
    .where('chunk', '=', chunk)
    .where('reference', '!=', 'written')
    .groupBy('reference')
    .execute();
  const sum = (rows: typeof found) => rows.reduce((all, { count }) => all + Number(count), 0);
  return { all: sum(found), pending: sum(found.filter(({ reference }) => reference !== 'refused')) };
}

/** Keeps pictures, at most some hundred; those that are known already stay as they are. */
export const addWarmupPictures = async (
  db: Records,
  warmup: string,
  pictures: readonly WarmupPicture[],
): Promise<void> => {
  if (pictures.length === 0) return;
  await db
    .insertInto('warmup_pictures')
    .values(pictures.map((picture) => ({ ...picture, warmup })))
    .onConflict((conflict) => conflict.doNothing())
    .execute();
};

const picturesAfter = (db: Records, warmup: string, after: string) =>
  db.selectFrom('warmup_pictures').where('warmup', '=', warmup).where('key', '>', after).orderBy('key');

/** The pictures after a key, in the order of their keys. */
export const listWarmupPictures = (
  db: Records,
  { warmup, after, upTo, limit }: { warmup: string; after: string; upTo?: string; limit: number },
): Promise<WarmupPicture[]> =>
  picturesAfter(db, warmup, after)
    .select(['key', 'link', 'contact'])
    .$if(upTo !== undefined, (query) => query.where('key', '<=', upTo as string))
    .limit(limit)
    .execute();

/** At most 200 of the pictures: keys are digests, so that the first ones are as good a sample as any. */
export const sampleWarmupPictures = (db: Records, warmup: string): Promise<WarmupPicture[]> =>
  listWarmupPictures(db, { warmup, after: '', limit: 200 });

/** The key so many pictures on, or the last one; undefined when there is none after it. */
export async function findKeyAfter(
  db: Records,
  warmup: string,
  after: string,
  count: number,
): Promise<string | undefined> {
  const { last } = await db
    .selectFrom(picturesAfter(db, warmup, after).select('key').limit(count).as('some'))
    .select((row) => row.fn.max<string | null>('some.key').as('last'))
    .executeTakeFirstOrThrow();
  return last ?? undefined;
}

/** How many pictures there are. */
export async function countWarmupPictures(db: Records, warmup: string): Promise<number> {
  const { count } = await db
    .selectFrom('warmup_pictures')
    .select((row) => row.fn.countAll<number>().as('count'))
    .where('warmup', '=', warmup)
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** Keeps a new chunk; false when there is one in its place. */
export async function addChunk(db: Records, chunk: Omit<ChunkRecord, 'done'>): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('warmup_chunks')
    .values({ ...chunk, done: 0 })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return (numInsertedOrUpdatedRows ?? 0n) > 0n;
}

const chunkAt = (db: Records, { warmup, phase, chunk }: Place) =>
  db
    .updateTable('warmup_chunks')
    .where('warmup', '=', warmup)
    .where('phase', '=', phase)
    .where('chunk', '=', chunk)
    .where('done', '=', 0);

/** The chunk in that place. */
export const findChunk = (db: Records, { warmup, phase, chunk }: Place): Promise<ChunkRecord | undefined> =>
  db
    .selectFrom('warmup_chunks')
    .selectAll()
    .where('warmup', '=', warmup)
    .where('phase', '=', phase)
    .where('chunk', '=', chunk)
    .executeTakeFirst();

/** The chunks of a warm-up. */
export const listChunks = (db: Records, warmup: string): Promise<ChunkRecord[]> =>
  db.selectFrom('warmup_chunks').selectAll().where('warmup', '=', warmup).execute();

/** Writes down how far a chunk is; false when somebody else was further, or it is done. */
export async function advanceChunk(
  db: Records,
  place: Place & Pick<ChunkRecord, 'at'>,
  change: Pick<ChunkRecord, 'at' | 'result'>,
): Promise<boolean> {
  const { numUpdatedRows } = await chunkAt(db, place).set(change).where('at', '=', place.at).executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Writes down that a chunk is done; false when it was. */
export async function finishChunk(db: Records, place: Place, result?: string): Promise<boolean> {
  const { numUpdatedRows } = await chunkAt(db, place)
    .set({ done: 1, ...(result !== undefined && { result }) })
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Pictures of some links that were served since an hour, by send and outcome. */
export const sumServed = (
  db: Records,
  { workspace, links, since }: Of & { readonly links: readonly string[]; readonly since: number },
): Promise<{ send: string; outcome: string; count: number }[]> =>
  db
    .selectFrom('impressions')
    .select((row) => ['send', 'outcome', row.fn.sum<number>('count').as('count')])
    .where('workspace', '=', workspace)
    .where('link', 'in', [...links])
    .where('hour', '>=', since)
    .groupBy(['send', 'outcome'])
    .execute();
