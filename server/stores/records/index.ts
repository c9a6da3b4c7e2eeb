import { chmod, open } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { type Dialect, Kysely, SqliteDialect, sql } from 'kysely';
import { AppError } from '../../../core/errors.ts';
import { makeFolder } from '../folder.ts';
import { splitStoreUrl } from '../url.ts';
import { migrate } from './migrations/index.ts';
import type { Tables } from './tables.ts';

/** The records: templates, links, contacts, keys, audit. Transactional, never evicted. */
export type Records = Kysely<Tables>;

/** The one workspace every installation starts with. */
export const DEFAULT_WORKSPACE = 'default';

// How long to wait for another process's write: at start, and then while serving, which shares the thread with the
// database and stands still meanwhile.
const STARTING_BUSY_MS = 500;
const BUSY_MS = 50;

const databases = {
  sqlite: openSqlite,
} satisfies Record<string, (path: string) => Promise<Dialect>>;

/**
 * Opens the records at a `sqlite:path` URL, brings the tables up to date and makes sure of the default workspace.
 * Throws `start_failed` when the file cannot be opened.
 */
export async function openRecords(url: string, now: number): Promise<Records> {
  const { open: openDialect, rest } = splitStoreUrl(url, databases);
  try {
    const db = new Kysely<Tables>({ dialect: await openDialect(rest) });
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
    await sql`PRAGMA busy_timeout = ${sql.lit(BUSY_MS)}`.execute(db);
    return db;
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    throw new AppError(
      'start_failed',
      `The database ${url} cannot be opened: check that its folder exists and can be written.`,
      { cause },
    );
  }
}

/** Whether a query failed only because another process is writing: it may be tried again in a moment. */
export const isBusy = (error: unknown): boolean => (error as { code?: unknown } | null)?.code === 'SQLITE_BUSY';

async function openSqlite(path: string): Promise<Dialect> {
  const file = resolve(path);
  await makeFolder(dirname(file));
  // SQLite gives its log files the mode of the database, so this covers all three.
  await (await open(file, 'a', 0o600)).close();
  await chmod(file, 0o600);
  const { default: Database } = await import('libsql').catch((cause: unknown) => {
    throw new AppError('start_failed', 'The database library libsql does not load on this system: run ./setup again.', {
      cause,
    });
  });
  const database = new Database(file, { timeout: STARTING_BUSY_MS });
  for (const setting of ['journal_mode = WAL', 'synchronous = NORMAL', 'foreign_keys = ON']) database.pragma(setting);
  // The same interface as better-sqlite3, which Kysely's types are written for.
  return new SqliteDialect({ database: database as never });
}
