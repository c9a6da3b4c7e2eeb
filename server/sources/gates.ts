import { LRUCache } from 'lru-cache';
import { type Breaker, createBreaker } from '../breaker.ts';
import { createBudget } from '../links/budget.ts';
import type { Log } from '../observe/log.ts';
import { createTurns } from '../outgoing/turns.ts';
import { isDue } from '../stores/records/due.ts';
import type { Answer } from './ask.ts';
import { type Source, subjectOf } from './definition.ts';

/** How a source has been doing in this process. */
export type Health = {
  readonly workspace: string;
  readonly source: string;
  readonly isFailing: boolean;
  readonly asked: number;
  readonly failed: number;
  /** In ms since 1970; null before the first good answer, and so is the time that the last one took. */
  readonly lastSuccessAt: number | null;
  readonly latencyMs: number | null;
};

/** The way to one source. */
export type Gate = {
  /** Waits for a turn and gives what ends it; undefined when the source is to be left alone for now. */
  enter(): Promise<(() => void) | undefined>;
  /** Takes in what asking it came to. */
  heard(answer: Answer, ms: number): void;
};

/** Ways to sources: each asked by few at a time, so often a minute, and left alone while it is down. */
export type Gates = { of(source: Source): Gate; health(): Health[] };

type State = { -readonly [Key in keyof Health]: Health[Key] } & { readonly breaker: Breaker; quietUntil: number };

const MAX_STATES = 1_000;
// Fewer than the client lets through to one host: waiting there would look as if the source were slow.
const AT_ONCE = 6;
const MAX_AT_ONCE = 64;
const WAIT_MS = 5_000;
const LONGEST_QUIET_MS = 300_000;

/** Writes a line when a source begins to fail and when it answers again. */
export function createGates(log: Log, now: () => number): Gates {
  const states = new LRUCache<string, State>({ max: MAX_STATES });
  const turns = createTurns(MAX_AT_ONCE, AT_ONCE);
  const budget = createBudget(now);

  function stateOf(source: Source): State {
    const subject = subjectOf(source);
    const known = states.get(subject);
    if (known) return known;
    const counts = { isFailing: false, asked: 0, failed: 0, lastSuccessAt: null, latencyMs: null, quietUntil: 0 };
    const state = { workspace: source.workspace, source: source.name, ...counts, breaker: createBreaker() };
    states.set(subject, state);
    return state;
  }

  return {
    of(source) {
      const state = stateOf(source);
      const { breaker } = state;
      return {
        async enter() {
          const subject = subjectOf(source);
          if (!isDue(state.quietUntil, now(), LONGEST_QUIET_MS) || !breaker.allows()) return undefined;
          if (!budget.take(subject, source.definition.perMinute)) return undefined;
          return turns.take(subject, AbortSignal.timeout(WAIT_MS)).catch(() => undefined);
        },
        heard({ failure, isItsFault = false, status, waitMs = 0 }, ms) {
          state.asked++;
          const isFailing = failure !== undefined && isItsFault;
          if (isFailing) {
            state.failed++;
            breaker.failed();
            state.quietUntil = now() + Math.min(waitMs, LONGEST_QUIET_MS);
          } else {
            breaker.succeeded();
            state.lastSuccessAt = now();
            state.latencyMs = ms;
          }
          if (isFailing === state.isFailing) return;
          state.isFailing = isFailing;
          if (isFailing) log.warn('source.failing', { source: source.name, reason: failure, status });
          else log.info('source.answering', { source: source.name, status });
        },
      };
    },
    health: () => [...states.values()].map(({ breaker: _, quietUntil: __, ...health }) => health),
  };
}
