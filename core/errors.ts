/** One thing wrong with an input: where it stands (dotted path, '' for the whole) and one sentence that says what to do. */
export type Fault = { readonly path: string; readonly message: string };

/** Every way Mergepix can refuse something. `server/api/problems.ts` gives each a status and a public sentence. */
export type ErrorCode =
  | 'config_invalid'
  | 'start_failed'
  | 'request_invalid'
  | 'body_too_large'
  | 'not_found'
  | 'unauthorized'
  | 'forbidden'
  | 'template_invalid'
  | 'template_not_found'
  | 'template_not_publishable'
  | 'version_conflict'
  | 'workspace_conflict'
  | 'template_revoked'
  | 'review_required'
  | 'edit_refused'
  | 'dataset_not_found'
  | 'data_invalid'
  | 'expression_failed'
  | 'token_invalid'
  | 'reference_invalid'
  | 'link_not_found'
  | 'link_refused'
  | 'place_refused'
  | 'picture_not_found'
  | 'contact_not_found'
  | 'asset_not_found'
  | 'asset_invalid'
  | 'font_not_found'
  | 'font_invalid'
  | 'address_refused'
  | 'fetch_failed'
  | 'blobs_unavailable'
  | 'source_not_found'
  | 'connection_not_found'
  | 'connection_refused'
  | 'connection_conflict'
  | 'sync_pending'
  | 'platform_unavailable'
  | 'rate_limited'
  | 'idempotency_conflict'
  | 'idempotency_pending'
  | 'render_failed'
  | 'render_crashed'
  | 'render_timeout'
  | 'overloaded'
  | 'records_unavailable'
  | 'disk_full';

/**
 * The only error the product throws on purpose. `message` is one sentence that says what to do and never holds a
 * recipient's data; `faults` lists every single thing wrong, when there can be several.
 */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly faults: readonly Fault[];

  constructor(code: ErrorCode, message: string, options: { faults?: readonly Fault[]; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'AppError';
    this.code = code;
    this.faults = options.faults ?? [];
  }
}

/** Turns a path of keys into `layers.2.box.width`. */
export const pathOf = (keys: readonly PropertyKey[]): string => keys.map(String).join('.');

/** The candidate nearest in spelling (at most a third of its letters apart), for "did you mean" sentences. */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(word.length / 3)) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const swap = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(swap, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
}
