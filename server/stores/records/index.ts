import { type Dialect, Kysely, sql } from 'kysely';
import { AppError } from '../../../core/errors.ts';
import { splitStoreUrl } from '../url.ts';
import { migrate } from './migrations/index.ts';
import { postgres } from './postgres.ts';
import { sqlite } from './sqlite.ts';
import type { Tables } from './tables.ts';

/** The records: templates, links, contacts, keys, audit. Transactional, never evicted. */
export type Records = Kysely<Tables>;

/** The one workspace every installation starts with. */
export const DEFAULT_WORKSPACE = 'default';

/** A kind of SQL database. `rest` is its URL without the scheme. */
type Database = {
  /** To start with, there is time for changes of the tables; to serve with, nothing may wait long. */
  open(rest: string, use: 'start' | 'serve'): Promise<Dialect>;
  /** One sentence about why it could not be opened, without its password. */
  explain(rest: string, error: unknown): string;
};

const databases = { sqlite, postgres, postgresql: postgres } satisfies Record<string, Database>;

/**
 * Opens the records at a `sqlite:path` or `postgres://…` URL, brings the tables up to date and makes sure of the default
 * workspace; several processes may do so at once. Throws `start_failed` when the database cannot be used.
 */
export async function openRecords(url: string, now: number): Promise<Records> {
  const { open: database, rest } = splitStoreUrl<Database>(url, databases);
  try {
    const starting = new Kysely<Tables>({ dialect: await database.open(rest, 'start') });
    await prepare(starting, now).finally(() => starting.destroy());
    const db = new Kysely<Tables>({ dialect: await database.open(rest, 'serve') });
    // Until its first statement, Kysely would not close what it was given.
    await sql`select 1`.execute(db);
    return db;
  } catch (cause) {
    if (cause instanceof AppError && cause.code === 'start_failed') throw cause;
    throw new AppError('start_failed', database.explain(rest, cause), { cause });
  }
}

async function prepare(db: Records, now: number): Promise<void> {
  await migrate(db);
  await db
    .insertInto('workspaces')
    .values({
      id: DEFAULT_WORKSPACE,
      name: 'Default',
      settings: '{}',
      brand: '{}',
      dictionary: '{}',
      created_at: now,
      closed_at: null,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}
