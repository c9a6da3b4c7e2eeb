import type { Records } from './index.ts';
import type { Tables } from './tables.ts';

/** A session as stored: digests only. */
export type SessionRecord = Readonly<Tables['sessions']>;

/** Keeps a new session. */
export const addSession = async (db: Records, session: SessionRecord): Promise<void> => {
  await db.insertInto('sessions').values(session).execute();
};

/** The session of that id; it may have expired. */
export const findSession = (db: Records, id: string): Promise<SessionRecord | undefined> =>
  db.selectFrom('sessions').selectAll().where('id', '=', id).executeTakeFirst();

/** Lets a session last until a later moment. */
export const prolongSession = async (db: Records, id: string, now: number, until: number): Promise<void> => {
  await db.updateTable('sessions').set({ used_at: now, expires_at: until }).where('id', '=', id).execute();
};

/** Ends a session. */
export const endSession = async (db: Records, id: string): Promise<void> => {
  await db.deleteFrom('sessions').where('id', '=', id).execute();
};

/** Ends a session and says what it was; of many who ask at once only one is told. */
export const takeSession = (db: Records, id: string): Promise<SessionRecord | undefined> =>
  db.deleteFrom('sessions').where('id', '=', id).returningAll().executeTakeFirst();
