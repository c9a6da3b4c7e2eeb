import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { extname } from 'node:path';
import { AppError } from '../core/errors.ts';
import { delimiterOf, HEADER_BYTES, type Row, readCsvRows, readObjectRows } from '../server/batches/rows.ts';
import { readJson } from './data.ts';

const readers = { '.csv': readCsv, '.tsv': readCsv, '.json': readObjects } satisfies Record<
  string,
  (file: string) => AsyncGenerator<Row>
>;

/**
 * Reads the rows of a CSV file (streamed; UTF-8, or UTF-16 with its mark; commas, semicolons or tabs) or of a JSON file
 * that holds an array of objects. Throws data_invalid when the file as a whole cannot be read.
 */
export function readRows(file: string): AsyncGenerator<Row> {
  const extension = extname(file).toLowerCase();
  if (Object.hasOwn(readers, extension)) return readers[extension as keyof typeof readers](file);
  throw new AppError('data_invalid', `${file} should be a .csv file or a .json file with an array of objects.`);
}

/** Reads the file once ahead: how many rows there are, and every column any of them has. */
export async function surveyRows(file: string): Promise<{ total: number; columns: readonly string[] }> {
  const columns = new Set<string>();
  let total = 0;
  for await (const { data } of readRows(file)) {
    total++;
    for (const name of Object.keys(data)) columns.add(name);
  }
  return { total, columns: [...columns] };
}

async function* readCsv(file: string): AsyncGenerator<Row> {
  try {
    const delimiter = delimiterOf(await startOf(file));
    yield* readCsvRows(createReadStream(file), delimiter);
  } catch (cause) {
    throw cause instanceof AppError ? cause : unreadable(file, cause);
  }
}

async function startOf(file: string): Promise<Buffer> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEADER_BYTES), 0, HEADER_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

const unreadable = (file: string, cause: unknown): AppError =>
  new AppError('data_invalid', `${file} cannot be read: check the path and its permissions.`, { cause });

async function* readObjects(file: string): AsyncGenerator<Row> {
  const content = await readJson(file);
  if (!Array.isArray(content))
    throw new AppError('data_invalid', `${file} should hold a JSON array with one object for each row.`);
  yield* readObjectRows(content);
}
