import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { extname } from 'node:path';
import { CsvError, parse } from 'csv-parse';
import { AppError } from '../core/errors.ts';
import { readJson } from './data.ts';

/** One row of a file, numbered from 1 (a header is not counted); `fault` says why it cannot be read. */
export type Row = {
  readonly number: number;
  readonly data: Readonly<Record<string, unknown>>;
  readonly fault?: string;
};

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

async function* readCsv(file: string): AsyncGenerator<Row> {
  const delimiter = await delimiterOf(file);
  const parser = parse({
    bom: true,
    delimiter,
    columns: readHeader,
    skip_empty_lines: true,
    skip_records_with_empty_values: true,
    relax_column_count: true,
    info: true,
  });
  const source = createReadStream(file);
  source.on('error', (cause) => parser.destroy(unreadable(file, cause)));
  let number = 0;
  try {
    for await (const { record, info } of source.pipe(parser) as AsyncIterable<Parsed>) {
      number++;
      if (info.error)
        yield {
          number,
          data: record,
          fault: 'has not as many cells as the header: look for a stray separator or quote',
        };
      else if (Object.values(record).some((cell) => cell.includes('\uFFFD')))
        yield { number, data: record, fault: 'holds characters that are not UTF-8: save the file as CSV UTF-8' };
      else yield { number, data: record };
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    // Past a broken quote nothing tells where the next row begins.
    const fault = `has a quote that is not closed or stands inside a cell, near line ${error.lines}: it and the rows after it are not read`;
    yield { number: number + 1, data: {}, fault };
  } finally {
    source.destroy();
  }
}

type Parsed = { readonly record: Record<string, string>; readonly info: { readonly error?: CsvError } };

function readHeader(cells: readonly string[]): (string | false)[] {
  const names = cells.map((cell) => cell.trim());
  const twice = names.find((name, i) => name !== '' && names.indexOf(name) !== i);
  if (twice !== undefined) throw new AppError('data_invalid', `Two columns are called ${twice}: rename one of them.`);
  return names.map((name) => name || false);
}

/** Spreadsheets separate by comma, semicolon or tab, as their country does: the header has the right one most. */
async function delimiterOf(file: string): Promise<string> {
  const handle = await open(file).catch((cause: unknown) => {
    throw unreadable(file, cause);
  });
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(65_536), 0, 65_536, 0);
    const [header = ''] = buffer.toString('latin1', 0, bytesRead).split(/[\r\n]/, 1);
    const count = (mark: string) => header.split(mark).length;
    return [',', ';', '\t'].reduce((best, mark) => (count(mark) > count(best) ? mark : best));
  } catch (cause) {
    throw unreadable(file, cause);
  } finally {
    await handle.close();
  }
}

const unreadable = (file: string, cause: unknown): AppError =>
  new AppError('data_invalid', `${file} cannot be read: check the path and its permissions.`, { cause });

async function* readObjects(file: string): AsyncGenerator<Row> {
  const content = await readJson(file);
  if (!Array.isArray(content))
    throw new AppError('data_invalid', `${file} should hold a JSON array with one object for each picture.`);
  for (const [i, item] of content.entries()) {
    const isObject = typeof item === 'object' && item !== null && !Array.isArray(item);
    if (isObject) yield { number: i + 1, data: item };
    else yield { number: i + 1, data: {}, fault: 'is not a JSON object' };
  }
}
