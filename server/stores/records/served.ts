import { sql } from 'kysely';
import type { Records } from './index.ts';
import type { Tables } from './tables.ts';

/** Pictures are counted for so long at a time. */
export const STEP_MS = 300_000;

/** Adds counts to those that are there already. */
export const addServed = async (db: Records, rows: readonly Tables['served'][]): Promise<void> => {
  await db
    .insertInto('served')
    .values([...rows])
    .onConflict((conflict) =>
      conflict
        .columns(['workspace', 'at', 'outcome', 'below', 'within_ms'])
        .doUpdateSet((row) => ({ count: row('served.count', '+', row.ref('excluded.count')) })),
    )
    .execute();
};

/** Adds counts to those that are there already. */
export const addFieldFallbacks = async (db: Records, rows: readonly Tables['field_fallbacks'][]): Promise<void> => {
  await db
    .insertInto('field_fallbacks')
    .values([...rows])
    .onConflict((conflict) =>
      conflict
        .columns(['workspace', 'at', 'template', 'field', 'reason'])
        .doUpdateSet((row) => ({ count: row('field_fallbacks.count', '+', row.ref('excluded.count')) })),
    )
    .execute();
};

/** From a moment on, in ms since 1970. */
type Since = { readonly workspace: string; readonly since: number };

/** How pictures were served, summed up over steps of `stepMs`. */
export async function sumServed(
  db: Records,
  { workspace, since, stepMs }: Since & { readonly stepMs: number },
): Promise<Omit<Tables['served'], 'workspace'>[]> {
  const step = sql<number>`at - at % ${sql.lit(stepMs)}`;
  const found = await db
    .selectFrom('served')
    .where('workspace', '=', workspace)
    .where('at', '>=', since)
    .select((row) => [step.as('at'), 'outcome', 'below', 'within_ms', row.fn.sum<number>('count').as('count')])
    .groupBy([step, 'outcome', 'below', 'within_ms'])
    .execute();
  return found.map(({ at, count, ...rest }) => ({ ...rest, at: Number(at), count: Number(count) }));
}

/** Fields that fell back, the most frequent first, each with the pictures of its template. */
export async function sumFieldFallbacks(db: Records, { workspace, since, limit }: Since & { readonly limit: number }) {
  const rows = () =>
    db
      .selectFrom('field_fallbacks')
      .where('workspace', '=', workspace)
      .where('at', '>=', since)
      .select((row) => ['template', row.fn.sum<number>('count').as('count')]);
  const [fallbacks, templates] = await Promise.all([
    rows()
      .where('field', '!=', '')
      .select(['field', 'reason'])
      .groupBy(['template', 'field', 'reason'])
      .orderBy('count', 'desc')
      .orderBy('template')
      .orderBy('field')
      .limit(limit)
      .execute(),
    rows().where('field', '=', '').groupBy('template').execute(),
  ]);
  const pictures = new Map(templates.map(({ template, count }) => [template, Number(count)]));
  return fallbacks.map(({ count, ...rest }) => ({
    ...rest,
    count: Number(count),
    pictures: pictures.get(rest.template) ?? Number(count),
  }));
}
