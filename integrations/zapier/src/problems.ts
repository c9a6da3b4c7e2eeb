import type { HttpResponse, ZObject } from 'zapier-platform-core';

/** What the installation answers instead of what was asked for (RFC 9457). */
type Problem = {
  readonly code: string;
  readonly detail: string;
  readonly faults?: readonly { readonly path: string; readonly message: string }[];
};

const isProblem = (data: unknown): data is Problem =>
  typeof data === 'object' && data !== null && 'code' in data && 'detail' in data && typeof data.detail === 'string';

// Asked to come back but not when: as long as the service itself says when it is busy.
const DEFAULT_WAIT_S = 60;

/** Seconds to wait, from a Retry-After in seconds or as a date. */
export function waitOf(header: string | null | undefined, now: number): number {
  if (!header) return DEFAULT_WAIT_S;
  if (/^\d{1,6}$/.test(header)) return Math.max(1, Number(header));
  const moment = Date.parse(header);
  return Number.isNaN(moment) ? DEFAULT_WAIT_S : Math.max(1, Math.ceil((moment - now) / 1000));
}

/** The error for something else than Mergepix at an address. */
export const notMergepix = (z: ZObject, host: string): Error =>
  new z.errors.Error(
    `${host} is not a Mergepix installation: connect with the address that its pages and pictures begin with.`,
    'address_invalid',
  );

/** A refusal as one text: what to do, and every single thing wrong. */
const sentenceOf = ({ detail, faults = [] }: Problem): string =>
  [detail, ...faults.map(({ path, message }) => `${path === '' ? '' : `${path}: `}${message}.`)].join(' ');

/**
 * Throws the error of Zapier's that fits an answer which is not 2xx JSON of a Mergepix installation: halted for what the data of a step
 * caused, expired for a key that is no longer one, throttled with the wait, and a sentence for all the rest.
 */
export function explainAnswer(z: ZObject, response: HttpResponse): void {
  const { status, headers, data } = response;
  const { host } = new URL(response.request.url ?? '');
  const fail = (message: string, code: string) => new z.errors.Error(message, code, status);

  if (status >= 300 && status < 400)
    throw fail(
      `${host} sends elsewhere${whereTo(headers.get('location'), host)}: connect with the address where Mergepix itself answers.`,
      'address_invalid',
    );
  const wait = headers.get('retry-after');
  const problem = isProblem(data) ? data : undefined;
  if (status === 429 || status === 503 || (problem && wait))
    throw new z.errors.ThrottledError(problem?.detail ?? `${host} is busy.`, waitOf(wait, Date.now()));
  if (status >= 500 && !problem)
    throw fail(
      `${host} is out of order (${status}): see whether Mergepix is running there, then try again.`,
      'unreachable',
    );
  if (!problem && (status >= 400 || !isJson(headers.get('content-type'), status))) throw notMergepix(z, host);
  if (!problem || status < 400) return;
  if (status === 401)
    throw new z.errors.ExpiredAuthError(
      'Mergepix does not know this API key, or no longer: make a new one, then reconnect your account.',
    );
  if (status === 422) throw new z.errors.HaltedError(sentenceOf(problem));
  throw fail(sentenceOf(problem), problem.code);
}

/** Whether an error says that there is no such thing (any more). */
export function isMissing(error: unknown): boolean {
  const { name, message } = error as Error;
  return name === 'AppError' && (JSON.parse(message) as { status?: number }).status === 404;
}

/** Whether an answer can be read; one without a body has no type. */
const isJson = (type: string | null, status: number): boolean =>
  status === 204 || /^application\/json\b/i.test(type ?? '');

/** The host a redirect names, when it is another one. */
function whereTo(location: string | null, host: string): string {
  if (!location || !URL.canParse(location)) return '';
  const { host: other } = new URL(location);
  return other === host ? '' : `, to ${other}`;
}
