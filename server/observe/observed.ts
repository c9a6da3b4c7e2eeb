import { LRUCache } from 'lru-cache';
import { within } from '../deadline.ts';
import type { Hooks } from '../hooks/hooks.ts';
import type { Records } from '../stores/records/index.ts';
import { createAttention } from './attention.ts';
import { createFigures } from './figures.ts';
import type { Log } from './log.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { type Reader, readerOf } from './readers.ts';
import { type Outcome, readOutcome, type Shown } from './shown.ts';
import { createTally } from './tally.ts';

/** What is seen of the pictures that go out. */
export type Observed = {
  readonly metrics: Metrics;
  /** A picture went out: how it came about (`hit`, `defaults; contact-blank`), after how long, how large. Costs microseconds. */
  served(shown: Shown, outcome: string, ms: number, bytes: number, userAgent: string | undefined): void;
  /** An address was not one of ours. */
  refused(): void;
  /** How many figures could not be kept. */
  dropped(): number;
  /** Writes the figures that are counted so far. */
  flush(): Promise<void>;
  close(): Promise<void>;
};

/** What it works with. */
export type ObservedParts = { readonly log: Log; readonly records: Records; readonly hooks: Pick<Hooks, 'emit'> };

const FLUSH_MS = 10_000;
const CLOSE_MS = 2_000;
const TALLY_MS = 60_000;
const MAX_READERS = 2_000;

/** Counts what is served: for Prometheus, for the log, for people who look later, and to tell when a link goes wrong. */
export function createObserved({ log, records, hooks }: ObservedParts): Observed {
  const metrics = createMetrics();
  const tally = createTally(log);
  const figures = createFigures(records);
  const attention = createAttention();
  const readers = new LRUCache<string, Reader>({ max: MAX_READERS });
  const outcomes = new LRUCache<string, Outcome>({ max: MAX_READERS });
  const timers = [setInterval(tally.flush, TALLY_MS).unref(), setInterval(() => void flush(), FLUSH_MS).unref()];

  const flush = () => figures.flush().catch((error: unknown) => log.warn('figures.failed', {}, error));

  function readerFrom(userAgent = ''): Reader {
    let reader = readers.get(userAgent);
    if (!reader) {
      reader = readerOf(userAgent);
      // Long ones would fill the memory instead of saving time.
      if (userAgent.length <= 500) readers.set(userAgent, reader);
    }
    return reader;
  }

  function takeApart(text: string): Outcome {
    let outcome = outcomes.get(text);
    if (!outcome) {
      outcome = readOutcome(text);
      outcomes.set(text, outcome);
    }
    return outcome;
  }

  function watch(
    { kind, id, workspace, template, version }: Shown,
    { cause, isBelowFresh, isIntended }: Outcome,
    now: number,
  ): void {
    if (kind !== 'link' || workspace === undefined || isIntended) return;
    const jump = attention.count(id, isBelowFresh, now);
    if (!jump) return;
    metrics.jumped();
    log.warn('link.attention', { workspace, link: id, template, version, reason: cause });
    const { below, served, share } = jump;
    const data = { link: id, template, version, cause, below, served, share: Math.round(share * 1000) / 1000 };
    hooks
      .emit(workspace, 'link.attention', data)
      .catch((error: unknown) => log.warn('link.attention.failed', { link: id }, error));
  }

  return {
    metrics,
    served(shown, text, ms, bytes, userAgent) {
      const now = Date.now();
      const outcome = takeApart(text);
      tally.count(text);
      metrics.served(shown, outcome, ms, bytes);
      figures.count(shown, outcome, { reader: readerFrom(userAgent), ms, now });
      watch(shown, outcome, now);
    },
    refused() {
      tally.count('refused');
      metrics.refused();
    },
    dropped: figures.dropped,
    flush,
    async close() {
      for (const timer of timers) clearInterval(timer);
      tally.flush();
      // Figures are not worth a stop that hangs.
      await within(flush(), CLOSE_MS);
    },
  };
}
