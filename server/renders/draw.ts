import { AppError, type ErrorCode } from '../../core/errors.ts';
import { isLate, within } from '../deadline.ts';
import { makeAt } from '../image/live.ts';
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

/** Draws when no recipient waits. Throws what the pool throws, `overloaded` when a minute was not enough. */
export async function drawInBackground(services: Services, drawing: Drawing): Promise<Made> {
  const until = performance.now() + DRAW_MS;
  const drawn = await within(makeAt(services, drawing, Date.now(), { priority: 'background', until }), DRAW_MS);
  if (isLate(drawn)) throw new AppError('overloaded', 'The picture had to wait too long: it is tried again.');
  return drawn.made;
}

/** Whether an error is the picture's own, so that trying again would only bring it again. */
export const isFinal = (error: unknown): error is AppError => error instanceof AppError && final.includes(error.code);
