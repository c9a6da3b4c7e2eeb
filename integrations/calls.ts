import { AppError } from '../core/errors.ts';
import type { Pace } from './pace.ts';

/**
 * What a failed call means: the platform will not have it, whatever is tried (`refused`, with a sentence for the owner of
 * the account); it wants us to wait (`throttled`, with its own wait when it gave one); or it is not well (`unavailable`).
 */
export type Trouble =
  | { readonly kind: 'refused'; readonly error: AppError }
  | { readonly kind: 'throttled'; readonly waitMs: number | null }
  | { readonly kind: 'unavailable' };

/** Makes a call of a kind the pace knows; `work` is given a signal that fires at the call's deadline. */
export type Call = <Result>(
  kind: string,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<Result>,
) => Promise<Result>;

const CALL_MS = 60_000;
const TRIES = 6;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 30_000;
// Being asked to wait is no failure, but somebody else may be using all of the account's limit, for ever.
const MOST_THROTTLED = 40;
const LONGEST_ASKED_MS = 15 * 60_000;

/**
 * Calls to one account: each waits for its turn, has a deadline even where its library has none, and is repeated with
 * growing pauses, so that what is called has to come to the same when it is done twice. Throws `connection_refused`, or
 * `platform_unavailable` when the platform did not answer well several times over; a fired `signal` gives its reason.
 */
export function createCall(platform: string, pace: Pace, explain: (error: unknown) => Trouble): Call {
  return async (kind, signal, work) => {
    let failures = 0;
    let throttled = 0;
    for (;;) {
      let trouble: Trouble;
      try {
        return await pace.run(kind, signal, () => inTime(work, signal));
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof AppError) throw error;
        trouble = error === late ? { kind: 'unavailable' } : explain(error);
      }
      if (trouble.kind === 'refused') throw trouble.error;
      if (trouble.kind === 'throttled' ? ++throttled > MOST_THROTTLED : ++failures >= TRIES)
        throw new AppError('platform_unavailable', unavailable[trouble.kind](platform));
      const waitMs = growing(trouble.kind === 'throttled' ? throttled : failures);
      if (trouble.kind === 'throttled') pace.hold(Math.min(trouble.waitMs ?? waitMs, LONGEST_ASKED_MS));
      else await pace.wait(waitMs, signal);
    }
  };
}

const unavailable = {
  throttled: (platform: string) =>
    `${platform} keeps asking us to wait: something else uses all that this account may ask; try again later.`,
  unavailable: (platform: string) =>
    `${platform} did not answer well several times over: try again later, what is done is kept.`,
};

const growing = (time: number): number =>
  Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (time - 1)) * (0.75 + Math.random() / 2);

const late = new Error('The call took too long.');

async function inTime<Result>(work: (signal: AbortSignal) => Promise<Result>, signal: AbortSignal): Promise<Result> {
  // One of its own, taken off the caller's in the end: a caller that makes thousands of calls would keep all their answers.
  const ending = new AbortController();
  const stop = () => ending.abort(signal.reason);
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop, { once: true });
  const timer = setTimeout(() => ending.abort(late), CALL_MS);
  try {
    return await Promise.race([
      work(ending.signal),
      // A library may not hear the signal.
      new Promise<never>((_, reject) => {
        ending.signal.addEventListener('abort', () => reject(ending.signal.reason as Error), { once: true });
      }),
    ]);
  } finally {
    signal.removeEventListener('abort', stop);
    clearTimeout(timer);
  }
}
