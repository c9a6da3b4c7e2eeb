import type { Warning } from '../../template/value.ts';
import type { Encoded } from './format.ts';

/** A file, and what is to be said of its weight. */
export type Weighed = { readonly bytes: Buffer; readonly warnings: readonly Warning[] };

const STEP = 4;
const LEAST = 30;

/**
 * The file at the highest quality, by steps of 4 down to 30, at which it weighs at most `maxBytes`; the lightest there is
 * when none does. It is there at once where the format's files are.
 */
export function keepWithin(
  { bytes, at }: Encoded,
  quality: number,
  maxBytes = Number.POSITIVE_INFINITY,
): Weighed | Promise<Weighed> {
  const count = at ? Math.ceil(Math.max(0, quality - LEAST) / STEP) : 0;
  const steps = Array.from({ length: count }, (_, i) => Math.max(LEAST, quality - (i + 1) * STEP));

  /** Halves the steps from `from` to `to`, not included, of which those before do not fit and those after do. */
  function search(best: Buffer, used: number, from: number, to: number): Weighed | Promise<Weighed> {
    if (!at || from >= to) return { bytes: best, warnings: warningsOf(best.length, used) };
    const middle = (from + to) >> 1;
    const step = steps[middle] as number;
    return once(at(step), (found) => {
      if (found.length <= maxBytes) return search(found, step, from, middle);
      return best.length <= maxBytes ? search(best, used, middle + 1, to) : search(found, step, middle + 1, to);
    });
  }

  function warningsOf(length: number, used: number): Warning[] {
    const allowed = `output.maxBytes allows ${kilobytes(maxBytes)} KB`;
    if (length > maxBytes) {
      const even = at ? ` even at quality ${used}` : '';
      const advice = at ? 'choose a lower scale or a calmer background' : 'choose JPEG, a lower scale or fewer colours';
      return [{ code: 'too_heavy', message: `weighs ${kilobytes(length)} KB${even} where ${allowed}: ${advice}` }];
    }
    return used === quality
      ? []
      : [{ code: 'lower_quality', message: `made at quality ${used} instead of ${quality}, since ${allowed}` }];
  }

  return once(bytes, (first) => search(first, quality, 0, first.length > maxBytes ? steps.length : 0));
}

const kilobytes = (bytes: number): number => Math.ceil(bytes / 1024);

/** Goes on with a value, at once if it is there. */
const once = <Given, Made>(
  value: Given | Promise<Given>,
  next: (value: Given) => Made | Promise<Made>,
): Made | Promise<Made> => (value instanceof Promise ? value.then(next) : next(value));
