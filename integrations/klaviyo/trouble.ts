import { AppError } from '../../core/errors.ts';
import type { Trouble } from '../calls.ts';

/** What of a refused call is looked at: never more of its body than a code and the name of a parameter. */
export type Fault = {
  readonly status: number;
  readonly code: string | undefined;
  readonly parameter: string | undefined;
  readonly retryAfter: string | undefined;
};

type Answered = {
  readonly response?: {
    readonly status?: unknown;
    readonly data?: { readonly errors?: readonly { readonly code?: unknown; readonly source?: unknown }[] };
    readonly headers?: Readonly<Record<string, unknown>>;
  };
};

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** The platform's answer in an error of the library; undefined when there was none. */
export function faultOf(error: unknown): Fault | undefined {
  const { response } = (error ?? {}) as Answered;
  if (typeof response?.status !== 'number') return undefined;
  const errors = response.data?.errors;
  const first = Array.isArray(errors) ? (errors[0] as { code?: unknown; source?: { parameter?: unknown } }) : undefined;
  return {
    status: response.status,
    code: textOf(first?.code),
    parameter: textOf(first?.source?.parameter),
    retryAfter: textOf(response.headers?.['retry-after']),
  };
}

/** A page that Klaviyo does not know any more. */
const STALE = 'Klaviyo does not know this page any more: read the contacts from their beginning again.';

/** Whether an error is about the page asked for, so that the first one may be asked for instead. */
export const isStale = (error: unknown): boolean => error instanceof AppError && error.message === STALE;

/** What the owner of the account can do about a refusal; undefined for what may be different the next time. */
export function refusalOf(
  { status, code, parameter }: Fault,
  { does, scopes }: { readonly does: string; readonly scopes: readonly string[] },
): AppError | undefined {
  const refused = (sentence: string) => new AppError('connection_refused', sentence);
  if (status === 401)
    return refused(
      'Klaviyo does not accept this key: copy it whole, or make another private key under Settings, API keys.',
    );
  // A proxy in front of Klaviyo says 403 and 404 as well, without their JSON; that one passes.
  if (status === 403 && code !== undefined) return refused(lacking(does, scopes));
  if (status === 400 && parameter === 'page[cursor]') return refused(STALE);
  // An answer that breaks off has the status it began with.
  const isTheirs = status < 400 || status >= 500 || [403, 404, 408, 425, 429].includes(status);
  if (isTheirs) return undefined;
  return refused(`Klaviyo could not ${does} as it was asked to (status ${status}): look at it there, and try again.`);
}

/** One sentence about scopes that a key lacks. */
export const lacking = (does: string, scopes: readonly string[]): string =>
  `This Klaviyo key cannot ${does}: make one that also has the ${scopes.join(' and ')} scope${scopes.length > 1 ? 's' : ''}.`;

/** What a failed call means, when nobody has said so before. */
export function explain(error: unknown): Trouble {
  const fault = faultOf(error);
  if (fault?.status !== 429) return { kind: 'unavailable' };
  const { retryAfter } = fault;
  // In whole seconds, or as a date.
  const ms = retryAfter === undefined ? Number.NaN : Number(retryAfter) * 1000;
  const untilDate = Date.parse(retryAfter ?? '') - Date.now();
  const waitMs = Number.isFinite(ms) ? ms : Number.isFinite(untilDate) ? untilDate : null;
  return { kind: 'throttled', waitMs: waitMs === null ? null : Math.max(0, waitMs) };
}
