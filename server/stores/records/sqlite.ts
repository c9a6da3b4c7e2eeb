import { chmod, open } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { type Dialect, SqliteDialect } from 'kysely';
import { AppError } from '../../../core/errors.ts';
import { makeFolder } from '../folder.ts';

// How long to wait for another process's write. Serving shares its thread with the database and stands still meanwhile.
const BUSY_MS = { start: 500, serve: 50 };

/** `sqlite:path`: one file for one machine, which several processes may use. */
export const sqlite = {
  async open(path: string, use: 'start' | 'serve'): Promise<Dialect> {
    const file = resolve(path);
    await makeFolder(dirname(file));
    await makeFile(file);
    await chmod(file, 0o600);
    const { default: Database } = await import('libsql').catch((cause: unknown) => {
      const message = 'The database library libsql does not load on this system: run ./setup again.';
      throw new AppError('start_failed', message, { cause });
    });
    const database = new Database(file, { timeout: BUSY_MS[use] });
    for (const setting of ['journal_mode = WAL', 'synchronous = NORMAL', 'foreign_keys = ON']) database.pragma(setting);
    // The same interface as better-sqlite3, which Kysely's types are written for.
    return new SqliteDialect({ database: database as never });
  },
  explain: (path: string): string =>
    `The database sqlite:${path} cannot be opened: check that its folder exists and can be written.`,
};

/** SQLite gives its log files the mode of the database, so this covers all three. */
async function makeFile(file: string): Promise<void> {
  // A file that is there is not opened: closing it again would take away the locks this process has on it already,
  // and another process that closes the database would take the log away from under us.
  const made = await open(file, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  await made?.close();
}
