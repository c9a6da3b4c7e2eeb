import type { Account } from './account.ts';
import { type Answer, invalid, iso } from './answers.ts';

/** A request once it is known whose it is. `id` is what stands in the path. */
export type Ask = {
  readonly account: Account;
  readonly origin: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly id: string;
  readonly body: unknown;
  /** Bytes of the body as it came. */
  readonly size: number;
};

/**
 * The classes of limits: calls per second and per minute. Strictly read, all calls of a class share it: whoever keeps
 * to that keeps to a limit for each of them as well.
 */
export const limits = { XS: [1, 15], S: [3, 60], M: [10, 150], L: [75, 750] } as const satisfies Record<
  string,
  readonly [number, number]
>;

export type Route = {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly path: RegExp;
  /** How it is counted and faulted by. */
  readonly name: string;
  readonly scopes: readonly string[];
  readonly limit: keyof typeof limits;
  answer(ask: Ask): Answer;
};

/** `page[size]`: refused above the maximum, as the reference has it: "Min: 1. Max: 100." */
export function pageSize(query: URLSearchParams, standard: number, maximum: number): number {
  const size = Number(query.get('page[size]') ?? standard);
  if (!Number.isInteger(size) || size < 1 || size > maximum)
    throw invalid(`Page size must be an integer between 1 and ${maximum}.`, 'page[size]');
  return size;
}

/** Values of a list such as `fields[profile]`; anything not allowed is refused. */
export function listed(query: URLSearchParams, name: string, allowed: readonly string[]): string[] | null {
  const text = query.get(name);
  if (text === null) return null;
  const values = text.split(',').filter((value) => value !== '');
  for (const value of values)
    if (!allowed.includes(value)) throw invalid(`'${value}' is not a valid value for '${name}'.`, name);
  return values;
}

const encode = (cursor: unknown): string => Buffer.from(`next::${JSON.stringify(cursor)}`).toString('base64url');
function decode(text: string): unknown {
  try {
    return JSON.parse(
      Buffer.from(text, 'base64url')
        .toString()
        .replace(/^next::/, ''),
    );
  } catch {
    throw invalid('Invalid cursor provided.', 'page[cursor]');
  }
}

/**
 * One page of rows that stand in order, from their end when `sort` begins with a minus; its cursor is the last row, so that
 * what comes and goes moves nobody else.
 */
export function pageOf<Row extends { readonly id: string; readonly at: number | string }>(
  { query, origin, path }: Ask,
  rows: readonly Row[],
  size: number,
): { readonly rows: readonly Row[]; readonly links: { self: string; next?: string } } {
  const isBackwards = query.get('sort')?.startsWith('-') ?? false;
  const cursor = query.get('page[cursor]');
  let at = isBackwards ? rows.length : 0;
  if (cursor !== null) {
    const [value, id] = decode(cursor) as [number | string, string];
    const isBefore = (row: Row) => row.at < value || (row.at === value && (isBackwards ? row.id < id : row.id <= id));
    let [start, end] = [0, rows.length];
    while (start < end) {
      const middle = (start + end) >> 1;
      if (isBefore(rows[middle] as Row)) start = middle + 1;
      else end = middle;
    }
    at = start;
  }
  const page = isBackwards ? rows.slice(Math.max(0, at - size), at).reverse() : rows.slice(at, at + size);
  const isLast = isBackwards ? at - size <= 0 : at + size >= rows.length;
  const last = page.at(-1);
  const self = `${origin}${path}`;
  if (!last || isLast) return { rows: page, links: { self } };
  const next = new URLSearchParams(query);
  next.set('page[cursor]', encode([last.at, last.id]));
  return { rows: page, links: { self, next: `${self}?${next}` } };
}

/** A resource that has an id and a time, ready for `pageOf`. */
export const byId = <Item extends { readonly id: string }>(items: Iterable<Item>) =>
  [...items].map((item) => ({ id: item.id, at: item.id, item })).sort((a, b) => (a.id < b.id ? -1 : 1));

export const resource = (
  { origin }: Pick<Ask, 'origin'>,
  type: string,
  id: string,
  attributes: object,
  relationships?: object,
) => ({
  type,
  id,
  attributes,
  ...(relationships && { relationships }),
  links: { self: `${origin}/api/${type}s/${id}/` },
});

export { iso };
