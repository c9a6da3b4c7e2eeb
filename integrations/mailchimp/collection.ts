import type { Part } from './client.ts';

const PAGE = 1000;

/** Rows of a collection to its end, page by page. */
export async function* readAll<Row>(
  read: (part: Part) => Promise<{ readonly rows: readonly Row[]; readonly total: number }>,
): AsyncGenerator<Row> {
  for (let offset = 0; ; ) {
    const { rows, total } = await read({ count: PAGE, offset });
    yield* rows;
    offset += rows.length;
    if (rows.length === 0 || offset >= total) return;
  }
}
