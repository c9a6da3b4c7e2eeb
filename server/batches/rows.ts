import { Readable } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import { AppError } from '../../core/errors.ts';
import type { Fields } from '../../core/template/fields/index.ts';
import { isTooDeep } from '../depth.ts';

/** One row of a table, numbered from 1 (a header is not counted); `fault` says why it cannot be read. */
export type Row = {
  readonly number: number;
  readonly data: Readonly<Record<string, unknown>>;
  readonly fault?: string;
};

/** How much of a CSV file `delimiterOf` wants to see. */
export const HEADER_BYTES = 65_536;
const PIECE_BYTES = 65_536;
/** How many columns of a table are looked at. */
const MAX_COLUMNS = 1000;

/** Spreadsheets separate by comma, semicolon or tab, as their country does: the header has the right one most. */
export function delimiterOf(start: Buffer): string {
  const [header = ''] = start.toString('latin1').split(/[\r\n]/, 1);
  const count = (mark: string) => header.split(mark).length;
  return [',', ';', '\t'].reduce((best, mark) => (count(mark) > count(best) ? mark : best));
}

type Parsed = { readonly record: Record<string, string>; readonly info: { readonly error?: CsvError } };

/**
 * The rows of a CSV table as it streams in: UTF-8, or UTF-16 with its mark. Throws `data_invalid` when its header cannot
 * be used, and what the source fails with.
 */
export async function* readCsvRows(source: Readable, delimiter: string): AsyncGenerator<Row> {
  const parser = parse({
    bom: true,
    delimiter,
    columns: readHeader,
    skip_empty_lines: true,
    skip_records_with_empty_values: true,
    relax_column_count: true,
    info: true,
  });
  source.on('error', (error) => parser.destroy(error));
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

/** The rows of a CSV table that is here as a whole, in pieces: reading them leaves room for others. Throws as `readCsvRows` does. */
export const readCsvBytes = (bytes: Buffer): AsyncGenerator<Row> =>
  readCsvRows(Readable.from(pieces(bytes)), delimiterOf(bytes.subarray(0, HEADER_BYTES)));

function* pieces(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) yield bytes.subarray(at, at + PIECE_BYTES);
}

function readHeader(cells: readonly string[]): (string | false)[] {
  if (cells.length > MAX_COLUMNS)
    throw new AppError(
      'data_invalid',
      `The table has more than ${MAX_COLUMNS} columns: leave out those that are no fields.`,
    );
  const names = cells.map((cell) => cell.trim());
  const twice = names.find((name, i) => name !== '' && names.indexOf(name) !== i);
  if (twice !== undefined) throw new AppError('data_invalid', `Two columns are called ${twice}: rename one of them.`);
  return names.map((name) => name || false);
}

/** The rows of a list of JSON values, of which each should be an object. */
export function* readObjectRows(list: readonly unknown[]): Generator<Row> {
  for (const [i, item] of list.entries()) {
    const isObject = typeof item === 'object' && item !== null && !Array.isArray(item);
    if (isObject) yield { number: i + 1, data: item as Record<string, unknown> };
    else yield { number: i + 1, data: {}, fault: 'is not a JSON object' };
  }
}

/** Adds the columns of a row to those seen so far, up to a thousand: what is no field changes nothing. */
export function noteColumns(columns: Set<string>, data: Row['data']): void {
  if (columns.size === MAX_COLUMNS) return;
  for (const column of Object.keys(data).slice(0, MAX_COLUMNS - columns.size)) columns.add(column);
}

/** What a row has for fields, however many columns it has besides, its lists read. */
export const readFields = (fields: Fields, data: Row['data']): Record<string, unknown> =>
  readLists(
    fields,
    Object.fromEntries(
      Object.keys(fields)
        .filter((name) => Object.hasOwn(data, name))
        .map((name) => [name, data[name]]),
    ),
  );

/** A command line and a CSV file hold text only: text for a list field is read as JSON where it is JSON. */
export function readLists(fields: Fields, data: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const read = Object.entries(data).map(([name, value]) => {
    const isListText = typeof value === 'string' && value.trimStart().startsWith('[');
    return [name, isListText && fields[name]?.type === 'list' ? parseList(value) : value] as const;
  });
  return Object.fromEntries(read);
}

function parseList(text: string): unknown {
  try {
    const list: unknown = JSON.parse(text);
    return isTooDeep(list) ? text : list;
  } catch {
    return text;
  }
}
