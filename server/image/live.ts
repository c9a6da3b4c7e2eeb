import { bucketStart } from '../../core/template/live.ts';
import type { Sources } from '../sources/sources.ts';
import type { Published } from '../templates/library.ts';
import type { Drawing } from './pictures.ts';

/** What gives live data. */
export type LiveSources = Pick<Sources, 'resolve'>;

/** The time a live or hybrid picture is good for, both ends in ms since 1970, and how long it may be shown after that. */
export type Bucket = { readonly start: number; readonly end: number; readonly staleMs: number };

/** A drawing with its live data; `late` says, as part of an outcome, why they are not what they should be. */
export type LiveDrawing = { readonly drawing: Drawing; readonly late?: string };

// A source is asked once in its own cache time; then it may take half of what a recipient waits at most.
const SOURCES_MS = 900;

/** The bucket a moment falls into; undefined for a static template. */
export function bucketOf({ freshness }: Published['template'], now: number): Bucket | undefined {
  const start = bucketStart(freshness, now);
  if (start === undefined || freshness.mode === 'static') return undefined;
  return { start, end: start + freshness.seconds * 1000, staleMs: freshness.stale * 1000 };
}

/** Asks the sources of what is drawn, for at most as long as there is, in ms. */
export async function askSources(sources: LiveSources, drawing: Drawing, ms: number): Promise<LiveDrawing> {
  const { published, values, live } = drawing;
  if (published.compiled.drawnSources.length === 0) return { drawing };
  const deadlineMs = Math.max(0, Math.min(SOURCES_MS, ms));
  const { source, isFresh, reason } = await sources.resolve(
    published.workspace,
    published.compiled,
    values,
    deadlineMs,
  );
  return { drawing: { ...drawing, live: { ...live, source } }, ...(!isFresh && { late: reason ?? 'source-failed' }) };
}
