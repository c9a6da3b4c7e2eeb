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
      `${host} sends elsewhere${whereTo(headers.get('location'), host)}: connect again with the address Mergepix itself answers at.`,
      'address_invalid',
    );
  if (!isJson(headers.get('content-type')) && status !== 204)
    throw fail(
      status >= 500
        ? `Mergepix at ${host} does not answer (${status}): see whether it is running, then try again.`
        : `${host} is no Mergepix installation: connect again with the address that ends before /studio or /docs.`,
      status >= 500 ? 'unreachable' : 'address_invalid',
    );
  if (status < 400) return;
  if (!isProblem(data))
    throw fail(`${host} answered ${status}, but not as Mergepix does: check the address.`, 'address_invalid');
  if (status === 401)
    throw new z.errors.ExpiredAuthError(
      'Mergepix does not know this API key (any more): make a new one, then reconnect your account.',
    );
  const wait = headers.get('retry-after');
  if (status === 429 || status === 503 || wait)
    throw new z.errors.ThrottledError(data.detail, waitOf(wait, Date.now()));
  if (status === 422) throw new z.errors.HaltedError(sentenceOf(data));
  throw fail(sentenceOf(data), data.code);
}

const isJson = (type: string | null): boolean => /^application\/(?:problem\+)?json\b/i.test(type ?? '');

/** The host a redirect names, when it is another one. */
function whereTo(location: string | null, host: string): string {
  if (!location || !URL.canParse(location)) return '';
  const { host: other } = new URL(location);
  return other === host ? '' : `, to ${other}`;
}
