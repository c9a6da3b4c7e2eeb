import { AppError, type ErrorCode } from '../../core/errors.ts';
import { isLate, within } from '../deadline.ts';
import { liveAt, makeAt } from '../image/live.ts';
import type { Drawing, Made } from '../image/pictures.ts';
import type { Services } from '../services.ts';

const DRAW_MS = 60_000;

// What trying again does not mend.
const final: readonly ErrorCode[] = [
  'template_not_found',
  'data_invalid',
  'expression_failed',
  'render_failed',
  'render_crashed',
  'request_invalid',
  'config_invalid',
];

type Parts = Pick<Services, 'pictures' | 'sources'>;

/**
 * Draws when no recipient waits, a live picture as it is now, and keeps it under its tags. Throws what the pool throws,
 * `overloaded` when a minute was not enough.
 */
export async function drawInBackground(parts: Parts, drawing: Drawing, tags: readonly string[]): Promise<Made> {
  const until = performance.now() + DRAW_MS;
  const drawn = await within(makeAt(parts, drawing, Date.now(), { priority: 'background', until, tags }), DRAW_MS);
  if (isLate(drawn)) throw new AppError('overloaded', 'The picture had to wait too long: it is tried again.');
  return drawn.made;
}

/** The picture from the cache, or else drawn when no recipient waits. Throws as `drawInBackground` does. */
export async function findOrDraw(parts: Parts, drawing: Drawing, tags: readonly string[]): Promise<Buffer> {
  const { pictures } = parts;
  const key = await pictures.keyOf({ ...drawing, ...liveAt(drawing.published, Date.now()) });
  return (await pictures.find(key)) ?? (await drawInBackground(parts, drawing, tags)).bytes;
}

/** Whether an error is the picture's own, so that trying again would only bring it again. */
export const isFinal = (error: unknown): error is AppError => error instanceof AppError && final.includes(error.code);
