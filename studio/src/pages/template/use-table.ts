import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback, useMemo } from 'react';
import type { Data } from '../../fields/field.ts';
import type { Table } from '../../fields/table.ts';
import { useKept } from '../../ui/kept.ts';
import type { Opened } from './opened.ts';

type Mapping = Readonly<Record<string, string>>;
/** A table as it is kept in this tab: what was given, which column fills which field, and the row that is shown. */
type Kept = { readonly text: string; readonly mapping: Mapping; readonly row: number };

/** A table of contacts to try a template with. */
export type GivenTable = {
  readonly table: Table | undefined;
  readonly mapping: Mapping;
  readonly row: number;
  /** The data of every row, and the fields it is for. */
  readonly sets: readonly Data[];
  readonly names: readonly string[];
  /** Takes a table, and shows its first row; false when it has none. */
  read(text: string): Promise<boolean>;
  map(field: string, column: string): void;
  choose(row: number): void;
  clear(): void;
};

const NOTHING: Kept = { text: '', mapping: {}, row: 0 };

const dataOf = (mapping: Mapping, row: Readonly<Record<string, string>>): Data =>
  Object.fromEntries(
    Object.entries(mapping).flatMap(([field, column]) => {
      const cell = Object.hasOwn(row, column) ? row[column] : undefined;
      return cell === undefined || cell === '' ? [] : [[field, cell]];
    }),
  );

/** The table of a template, kept in this tab; `onData` is given the data of the row that is shown. */
export function useTable(template: Opened, onData: (data: Data) => void): GivenTable {
  const queries = useQueryClient();
  const [kept, setKept] = useKept<Kept>(`mergepix-table ${template.name}`, () => NOTHING);
  const { text, mapping, row } = kept;
  const reading = (given: string) => ({
    queryKey: ['table', given],
    queryFn: async () => (await import('../../fields/table.ts')).readTable(given),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const { data: table } = useQuery({ ...reading(text), enabled: text !== '' });
  const sets = useMemo(() => table?.rows.map((each) => dataOf(mapping, each)) ?? [], [table, mapping]);

  const names = useMemo(
    () => Object.keys(mapping).filter((name) => table?.columns.includes(mapping[name] ?? '')),
    [table, mapping],
  );

  const show = useCallback(
    (next: Kept, rows: Table['rows']): void => {
      setKept(next);
      const shown = rows[next.row];
      if (shown) onData(dataOf(next.mapping, shown));
    },
    [setKept, onData],
  );
  const choose = useCallback(
    (next: number): void => {
      if (table) show({ ...kept, row: next }, table.rows);
    },
    [table, kept, show],
  );
  return {
    ...{ table, mapping, row, sets, names, choose },
    async read(given) {
      const found = await queries.fetchQuery(reading(given));
      if (found.rows.length === 0) return false;
      const { matchColumns } = await import('../../fields/table.ts');
      const mapping = await matchColumns(template.document, found);
      show({ text: given, mapping, row: 0 }, found.rows);
      return true;
    },
    map(field, column) {
      if (table) show({ ...kept, mapping: { ...mapping, [field]: column } }, table.rows);
    },
    clear: () => setKept(NOTHING),
  };
}
