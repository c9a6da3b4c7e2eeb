import { CsvError, parse } from 'csv-parse/browser/esm/sync';
import { openTemplate, suggestMapping } from '../../../core/browser.ts';

// Loaded when a table is given: the pages themselves need none of it.

/** A table of contacts: its columns in their order, and its first `MOST_ROWS` rows by column. */
export type Table = {
  readonly columns: readonly string[];
  readonly rows: readonly Readonly<Record<string, string>>[];
  /** How many rows there are beyond those. */
  readonly left: number;
  /** Near which line a quote is not closed, after which nothing could be read. */
  readonly brokenAt: number | undefined;
};

const MOST_ROWS = 1000;
const MARKS = ['\t', ';', ','];
const SAMPLES = 200;

/** Reads what was pasted from a spreadsheet or is in a CSV file; the first row names the columns. */
export function readTable(text: string): Table {
  const [header = ''] = text.trimStart().split(/[\r\n]/, 1);
  const count = (mark: string) => header.split(mark).length;
  const delimiter = MARKS.reduce((best, mark) => (count(mark) > count(best) ? mark : best));
  let brokenAt: number | undefined;
  const lines: string[][] = [];
  try {
    parse(text, {
      ...{ delimiter, bom: true, relax_quotes: true, relax_column_count: true, trim: true },
      ...{ skip_empty_lines: true, skip_records_with_empty_values: true },
      on_record: (line: string[]) => void lines.push(line),
    });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    brokenAt = Number(error.lines);
  }
  const [names = [], ...all] = lines;
  const columns = named(names);
  const rows = all
    .slice(0, MOST_ROWS)
    .map((cells) => Object.fromEntries(columns.map((column, i) => [column, cells[i] ?? ''])));
  return { columns, rows, left: Math.max(0, all.length - MOST_ROWS), brokenAt };
}

/** Names of columns that tell them apart: those without one are numbered, and so are later ones of the same. */
function named(names: readonly string[]): string[] {
  const taken = new Set<string>();
  return names.map((name, i) => {
    const plain = name.trim() || `#${i + 1}`;
    const own = taken.has(plain) ? `${plain} (${i + 1})` : plain;
    taken.add(own);
    return own;
  });
}

/** The column that seems to be meant for each field of a template, by its name, label and values. */
export async function matchColumns(
  document: unknown,
  { columns, rows }: Table,
): Promise<Readonly<Record<string, string>>> {
  const { fields } = await openTemplate(document);
  return suggestMapping(
    fields,
    columns.map((column) => ({ tag: column, title: column })),
    rows.slice(0, SAMPLES),
  );
}
