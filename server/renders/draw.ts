import { AppError, type ErrorCode } from '../../core/errors.ts';
import { isLate, within } from '../deadline.ts';
import { liveAt, makeAt } from '../image/live.ts';
import type { Drawing, Made, Wanted } from '../image/pictures.ts';
import type { Again } from '../jobs/queue.ts';
import type { Services } from '../services.ts';

const DRAW_MS = 60_000;
// What one job has drawn side by side: enough for the processes of one machine, and the lines of others stay short.
const AT_ONCE = 16;
const WAIT_MS = 2000;

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

/** Has something drawn when no recipient waits. Throws what it throws, `overloaded` when a minute was not enough. */
export async function inBackground<Drawn>(
  draw: (wanted: Required<Pick<Wanted, 'priority' | 'until'>>) => Promise<Drawn>,
): Promise<Drawn> {
  const drawn = await within(draw({ priority: 'background', until: performance.now() + DRAW_MS }), DRAW_MS);
  if (isLate(drawn)) throw new AppError('overloaded', 'The picture had to wait too long: it is tried again.');
  return drawn;
}

/** Draws a picture in the background, a live one as it is now, and keeps it under its tags. Throws as `inBackground` does. */
export const drawInBackground = async (parts: Parts, drawing: Drawing, tags: readonly string[]): Promise<Made> =>
  (await inBackground((wanted) => makeAt(parts, drawing, Date.now(), { ...wanted, tags }))).made;

/** The picture from the cache, or else drawn when no recipient waits. Throws as `drawInBackground` does. */
export async function findOrDraw(parts: Parts, drawing: Drawing, tags: readonly string[]): Promise<Buffer> {
  const { pictures } = parts;
  const key = await pictures.keyOf({ ...drawing, ...liveAt(drawing, Date.now()) });
  return (await pictures.find(key)) ?? (await drawInBackground(parts, drawing, tags)).bytes;
}

/** Whether an error is the picture's own, so that trying again would only bring it again. */
export const isFinal = (error: unknown): error is AppError => error instanceof AppError && final.includes(error.code);

/** Whether an error is of this one picture, so that others can be drawn: one that took too long may be tried again. */
export const isOfOne = (error: unknown): error is AppError =>
  isFinal(error) || (error instanceof AppError && error.code === 'render_timeout');

/**
 * Draws for all of some, side by side. Once one fails or the signal fires no other is begun, but what is under way is
 * still finished; then that failure is thrown.
 */
export async function drawEach<Item>(
  items: readonly Item[],
  signal: AbortSignal,
  draw: (item: Item) => Promise<void>,
): Promise<void> {
  const left = [...items];
  async function work(): Promise<void> {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      signal.throwIfAborted();
      await draw(next).catch((error: unknown) => {
        left.length = 0;
        throw error;
      });
    }
  }
  const ends = await Promise.allSettled(Array.from({ length: AT_ONCE }, work));
  const failed = ends.find((end) => end.status === 'rejected');
  if (failed) throw failed.reason;
}

/** Waits for what is too busy, however long: recipients come first. Throws any other error. */
export function whenBusy(error: unknown): Again {
  if (error instanceof AppError && error.code === 'overloaded') return { againIn: WAIT_MS };
  throw error;
}
