import { AppError } from '../../../core/errors.ts';

/** What to say when the database did not answer, for whatever reason. */
export const recordsUnavailable = (cause?: unknown): AppError =>
  new AppError('records_unavailable', 'The database does not answer: try again in a moment.', { cause });
const busy = (cause: unknown): AppError =>
  new AppError('overloaded', 'Another process is writing to the database: try again in a moment.', { cause });
const full = (cause: unknown): AppError =>
  new AppError('disk_full', 'The disk is full: make room where the data is kept, then try again.', { cause });
const unfit = (cause: unknown): AppError =>
  new AppError('request_invalid', 'A text or number in the request cannot be kept: take out NUL characters.', {
    cause,
  });

/** By the beginning of what SQLite (by name), PostgreSQL (five characters) and the file system call it. */
const faults: readonly (readonly [code: string, fault: (cause: unknown) => AppError])[] = [
  ['SQLITE_BUSY', busy],
  ['SQLITE_LOCKED', busy],
  ['SQLITE_FULL', full],
  ['SQLITE_IOERR', recordsUnavailable],
  ['SQLITE_CANTOPEN', recordsUnavailable],
  ['SQLITE_READONLY', recordsUnavailable],
  ['ENOSPC', full],
  ['EDQUOT', full],
  ['40001', busy],
  ['40P01', busy],
  ['53100', full],
  // Not enough memory or connections; a statement that took too long; shutting down or starting; lost on the way.
  ['53', recordsUnavailable],
  ['57', recordsUnavailable],
  ['58', recordsUnavailable],
  ['08', recordsUnavailable],
  ['25006', recordsUnavailable],
  ['22021', unfit],
  ['22003', unfit],
];

/** What a database's or file system's error means for whoever asked; undefined when it is a mistake of ours. */
export function recordsFault(error: unknown): AppError | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  if (error instanceof AppError || typeof code !== 'string') return undefined;
  return faults.find(([start]) => code.startsWith(start))?.[1](error);
}
