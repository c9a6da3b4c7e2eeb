import type { Kysely } from 'kysely';

type Type = 'text' | 'integer' | 'bigint' | 'real';
/** A column: its type; `?` may be null; a default serves the rows that are there already. */
type Column = Type | `${Type}?` | readonly [Type, string];
type Columns = Readonly<Record<string, Column>>;

/** What a migration adds: columns and tables by name, and indexes. */
export type Extension = {
  readonly newColumns: Readonly<Record<string, Columns>>;
  readonly newTables: Readonly<Record<string, { readonly columns: Columns; readonly key: readonly string[] }>>;
  readonly indexes: readonly (readonly [table: string, columns: readonly string[]])[];
};

/** Adds it, in the same way on every SQL database. */
export async function extend(db: Kysely<unknown>, { newColumns, newTables, indexes }: Extension): Promise<void> {
  for (const [table, columns] of Object.entries(newColumns)) {
    for (const [name, column] of Object.entries(columns)) {
      const { type, isNullable, fallback } = describe(column);
      await db.schema
        .alterTable(table)
        .addColumn(name, type, (built) => (isNullable ? built : built.notNull().defaultTo(fallback)))
        .execute();
    }
  }
  for (const [table, { columns, key }] of Object.entries(newTables)) {
    let building = db.schema.createTable(table);
    for (const [name, column] of Object.entries(columns)) {
      const { type, isNullable } = describe(column);
      building = building.addColumn(name, type, (built) => (isNullable ? built : built.notNull()));
    }
    await building.addPrimaryKeyConstraint(`${table}_key`, key as never).execute();
  }
  for (const [table, columns] of indexes) {
    await db.schema
      .createIndex(`${table}_by_${columns.join('_')}`)
      .on(table)
      .columns([...columns])
      .execute();
  }
}

function describe(column: Column): { type: Type; isNullable: boolean; fallback: string | undefined } {
  if (typeof column !== 'string') return { type: column[0], isNullable: false, fallback: column[1] };
  return { type: column.replace('?', '') as Type, isNullable: column.endsWith('?'), fallback: undefined };
}
