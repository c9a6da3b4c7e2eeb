import { bucketStart } from '../../core/template/live.ts';
import type { Sources } from '../sources/sources.ts';
import type { Published } from '../templates/library.ts';
import type { Drawing, Made, Pictures } from './pictures.ts';

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

/** The moment a live picture is of, which is part of what it is; a hybrid one shows it only where it is drawn. */
export function liveAt(
  { published: { template, compiled }, values }: Pick<Drawing, 'published' | 'values'>,
  now: number,
): Pick<Drawing, 'live'> {
  const { freshness } = template;
  const start = bucketStart(freshness, now);
  if (start === undefined || (freshness.mode !== 'live' && !compiled.usesNow)) return {};
  return { live: { now: compiled.momentOf(values, start) } };
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

/**
 * Draws what is ordered over the API as it is at a moment, under the key that its own address has then. Throws what
 * `Pictures.make` throws.
 */
export async function makeAt(
  { pictures, sources }: { readonly pictures: Pictures; readonly sources: LiveSources },
  ordered: Drawing,
  now: number,
  wanted: Parameters<Pictures['make']>[2],
): Promise<{ readonly made: Made; readonly late: string | undefined }> {
  const planned = { ...ordered, ...liveAt(ordered, now) };
  const isLive = ordered.published.template.freshness.mode === 'live';
  const { drawing, late } = await askSources(sources, planned, SOURCES_MS);
  const key = await pictures.keyOf(isLive ? planned : drawing);
  return { made: await pictures.make(drawing, key, { ...wanted, isProvisional: isLive && late !== undefined }), late };
}
