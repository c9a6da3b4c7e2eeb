import { emOf, type Mark, type Span } from '../../template/markup.ts';
import type { Bench, Rect } from '../surface.ts';
import type { Placed } from './draw.ts';
import { faceOf } from './extent.ts';
import type { Face } from './font.ts';

/** A mark where it stands, in CSS pixels; `color` is the layer's own when absent. */
export type Bar = Rect & Pick<Mark, 'kind' | 'color'>;

const NONE: readonly Bar[] = [];

/** From the baseline down to an underline, in em. */
const UNDER = 0.1;
/** A line along letters is lighter than their hyphen, whose place and weight it takes. */
const LIGHTER = 0.8;

/** Spans with a line along all of them. */
export const decorated = (spans: readonly Span[], kind: 'none' | 'underline' | 'line-through'): readonly Span[] =>
  kind === 'none'
    ? spans
    : spans.map(({ text, style }) => ({ text, style: { ...style, marks: [{ kind }, ...(style?.marks ?? [])] } }));

/**
 * The marks of a placed line, one for each stretch that has it, however many runs are in that. Their edges are on whole
 * pixels of a picture, so that lines are sharp, and neighbours neither overlap nor stand apart.
 */
export function barsOf(
  placed: readonly Placed[],
  at: { readonly x: number; readonly baseline: number; readonly size: number; readonly face: Face },
  layerSize: number,
  bench: Bench,
): readonly Bar[] {
  if (placed.every(({ run }) => run.style?.marks === undefined)) return NONE;
  const stretches: { readonly mark: Mark; readonly key: string; readonly from: number; to: number; end: number }[] = [];
  placed.forEach(({ run, x, width }, i) => {
    for (const mark of run.style?.marks ?? []) {
      const key = JSON.stringify(mark);
      const open = stretches.find((stretch) => stretch.key === key && stretch.end === i - 1);
      if (open) [open.to, open.end] = [x + width, i];
      else stretches.push({ mark, key, from: x, to: x + width, end: i });
    }
  });
  const snap = (value: number) => (bench.isPage ? value : Math.round(value * bench.scale) / bench.scale);
  return stretches.map(({ mark: { kind, color, ...looks }, from, to }) => {
    const size = at.size * emOf(looks, layerSize);
    const { top, height } = reachOf(kind, faceOf(at.face, looks), bench);
    const [x, y] = [snap(at.x + from), snap(at.baseline + top * size)];
    const high = kind === 'background' ? snap(at.baseline + (top + height) * size) - y : snap(height * size);
    const least = bench.isPage ? 0 : 1 / bench.scale;
    const place = { x, y, width: snap(at.x + to) - x, height: Math.max(least, high) };
    return { ...place, kind, ...(color !== undefined && { color }) };
  });
}

/** How far a mark reaches, in em below the baseline. */
function reachOf(kind: Mark['kind'], face: Face, bench: Bench): { readonly top: number; readonly height: number } {
  if (kind === 'background') {
    const { ascent, descent } = bench.heights(face);
    return { top: -ascent, height: ascent + descent };
  }
  const hyphen = bench.measure(face, '-');
  const height = (hyphen.up + hyphen.down) * LIGHTER;
  return kind === 'underline' ? { top: UNDER, height } : { top: -(hyphen.up - hyphen.down + height) / 2, height };
}
