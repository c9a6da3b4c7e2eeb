/** What one request is answered with; a string goes out as it is. */
export type FakeAnswer = {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
};

/** A request as it came, and which account's it is. */
export type FakeRequest = {
  readonly method: string;
  /** The path without /3.0, its parts named as in the reference: `/lists/{list_id}/members`. */
  readonly route: string;
  readonly target: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
};

export const ok = (body: unknown): FakeAnswer => ({ status: 200, body });

/** An error as Mailchimp words it: a problem document. */
export const problem = (status: number, title: string, detail: string, more: object = {}): FakeAnswer => ({
  status,
  body: {
    type: 'https://mailchimp.com/developer/marketing/docs/errors/',
    title,
    status,
    detail,
    instance: '',
    ...more,
  },
  headers: { 'content-type': 'application/problem+json; charset=utf-8' },
});

export const notFound = (): FakeAnswer =>
  problem(404, 'Resource Not Found', 'The requested resource could not be found.');

/** Times go out in whole seconds. */
export const iso = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, '+00:00');

/** A page of rows: "count <= 1000 (default 10), offset". */
export function pageOf<Row>(query: URLSearchParams, rows: readonly Row[]): { page: Row[] } | { refused: FakeAnswer } {
  const count = Number(query.get('count') ?? 10);
  const offset = Number(query.get('offset') ?? 0);
  if (!Number.isInteger(count) || count < 0 || count > 1000 || !Number.isInteger(offset) || offset < 0)
    return {
      refused: problem(400, 'Invalid Resource', 'The resource submitted could not be validated.', {
        errors: [{ field: 'count', message: 'Data did not match any of the schemas described in anyOf.' }],
      }),
    };
  return { page: rows.slice(offset, offset + count) };
}

/** Leaves in what `fields` names, or out what `exclude_fields` does: they "exclude each other". */
export function trim(query: URLSearchParams, answer: FakeAnswer): FakeAnswer {
  const wanted = query.get('fields');
  const unwanted = query.get('exclude_fields');
  if (answer.status !== 200 || (wanted === null && unwanted === null)) return answer;
  if (wanted !== null && unwanted !== null)
    return problem(400, 'Bad Request', 'Use either fields or exclude_fields, not both.');
  const paths = treeOf((wanted ?? unwanted ?? '').split(','));
  return { ...answer, body: wanted === null ? without(answer.body, paths) : only(answer.body, paths) };
}

type Tree = { readonly [name: string]: Tree };

function treeOf(paths: readonly string[]): Tree {
  const tree: Record<string, Record<string, never>> = {};
  for (const path of paths) {
    let at: Record<string, object> = tree;
    for (const part of path.split('.')) {
      at[part] ??= {};
      at = at[part] as Record<string, object>;
    }
  }
  return tree;
}

const isLeaf = (tree: Tree): boolean => Object.keys(tree).length === 0;

function only(value: unknown, tree: Tree): unknown {
  if (isLeaf(tree) || typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((each) => only(each, tree));
  const entries = Object.entries(value).flatMap(([name, part]) => (tree[name] ? [[name, only(part, tree[name])]] : []));
  return Object.fromEntries(entries);
}

function without(value: unknown, tree: Tree): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((each) => without(each, tree));
  const entries = Object.entries(value).flatMap(([name, part]) => {
    const below = tree[name];
    if (below === undefined) return [[name, part]];
    return isLeaf(below) ? [] : [[name, without(part, below)]];
  });
  return Object.fromEntries(entries);
}
