import { setTimeout as pause } from 'node:timers/promises';
import { AppError } from '../../core/errors.ts';
import type { LiveValue } from '../../core/template/live.ts';
import type { Outgoing } from '../outgoing/client.ts';
import { fillAddress, placeholders } from './address.ts';
import type { Source } from './definition.ts';

/** Why there is no answer: not in time, none or a refusal, or nothing that can be used. */
export type Failure = 'late' | 'failed' | 'garbage';

/**
 * What asking a source came to; status is null without an HTTP answer. `isItsFault` is false for a refusal of these very
 * parameters, such as 404; `mayPass` says that asking again may help; `waitMs` is how long it wants to be left alone.
 */
export type Answer = {
  readonly status: number | null;
  readonly values: Record<string, LiveValue>;
  readonly failure?: Failure;
  readonly isItsFault?: boolean;
  readonly mayPass?: boolean;
  readonly waitMs?: number;
  /** What happened, for whoever tries the source out. */
  readonly message?: string;
};

/** What it takes to ask. */
export type Asking = { readonly outgoing: Outgoing; readonly httpsOnly: boolean };

const MAX_BYTES = 1024 * 1024;
const FIRST_PAUSE_MS = 50;
// Less is not worth beginning a request for.
const LEAST_MS = 50;

/**
 * Asks a source and, after 429, 5xx or a broken connection, asks again as often as it allows, all within its time. Never
 * rejects.
 */
export async function ask(asking: Asking, source: Source, params: Readonly<Record<string, string>>): Promise<Answer> {
  const { timeoutMs, retries } = source.definition;
  const until = performance.now() + timeoutMs;
  for (let attempt = 0; ; attempt++) {
    const answer = await askOnce(asking, source, params, Math.ceil(until - performance.now()));
    if (!answer.mayPass || attempt === retries) return answer;
    // With chance in it, so that many processes do not come back at the same moment.
    const rest = answer.waitMs ?? FIRST_PAUSE_MS * 2 ** attempt * (0.5 + Math.random());
    if (performance.now() + rest + LEAST_MS > until) return answer;
    await pause(rest);
  }
}

async function askOnce(
  { outgoing, httpsOnly }: Asking,
  { definition, secrets }: Source,
  params: Readonly<Record<string, string>>,
  timeoutMs: number,
): Promise<Answer> {
  const places = placeholders(definition.url);
  const hidden = Object.entries(secrets).filter(([name]) => !places.includes(name));
  const url = fillAddress(definition.url, { ...secrets, ...params });
  if (url === undefined)
    return none({ status: null, failure: 'failed', message: 'A parameter would lead to another path of the address.' });
  const startedAt = performance.now();
  try {
    const { status, headers, bytes } = await outgoing.request({
      url,
      headers: { accept: 'application/json', ...definition.headers, ...Object.fromEntries(hidden) },
      maxBytes: MAX_BYTES,
      timeoutMs,
      httpsOnly,
    });
    if (status !== 200) return refusal(status, headers['retry-after']);
    return await readAnswer(definition.map, bytes);
  } catch (error) {
    const message = error instanceof AppError ? error.message : 'The address could not be reached.';
    const isLate = performance.now() - startedAt >= timeoutMs;
    const isRefused = error instanceof AppError && error.code === 'address_refused';
    return none({
      status: null,
      failure: isLate ? 'late' : 'failed',
      isItsFault: true,
      mayPass: !isLate && !isRefused,
      message,
    });
  }
}

const none = (answer: Omit<Answer, 'values'>): Answer => ({ ...answer, values: {} });

function refusal(status: number, retryAfter: string | undefined): Answer {
  const waitMs = status === 429 || status === 503 ? readRetryAfter(retryAfter) : undefined;
  return none({
    status,
    failure: 'failed',
    // It knows itself and will not have it: 404 for a city there is not. A key it does not take is another matter.
    isItsFault: status < 400 || status >= 500 || [401, 403, 407, 408, 429].includes(status),
    mayPass: status === 429 || status >= 500,
    ...(waitMs !== undefined && { waitMs }),
    message: `The source answered with status ${status}.`,
  });
}

/** Seconds or a date, as milliseconds from now. */
function readRetryAfter(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const waitMs = /^\d{1,9}$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return Number.isNaN(waitMs) ? undefined : Math.max(0, waitMs);
}

async function readAnswer(map: Readonly<Record<string, string>>, bytes: Buffer): Promise<Answer> {
  const garbage = (message: string, isItsFault: boolean) =>
    none({ status: 200, failure: 'garbage', isItsFault, message });
  let answer: unknown;
  try {
    answer = JSON.parse(bytes.toString('utf8'));
  } catch {
    return garbage('The source answered with something that is not JSON.', true);
  }
  // Its library is loaded when the first source is asked: many installations have none.
  const { readMap } = await import('./mapping.ts');
  const values = readMap(map, answer);
  // As some say that they do not know a city: anybody could make a source fail for all others with names there are not.
  if (Object.keys(values).length === 0) return garbage('None of the fields of map is in the answer.', false);
  return { status: 200, values };
}
