import { emOf, type Mark, type Span } from '../../template/markup.ts';
import type { Bench, Reach, Rect } from '../surface.ts';
import type { Placed } from './draw.ts';
import { faceOf } from './extent.ts';
import type { Face } from './font.ts';
import { unitsOf } from './spacing.ts';

/** A mark where it stands, in CSS pixels; `color` is the layer's own when absent. */
export type Bar = Rect & Pick<Mark, 'kind' | 'color'>;

const NONE: readonly Bar[] = [];

/** From the baseline down to an underline, in em. */
const UNDER = 0.1;
/** A line along letters is lighter than their hyphen, whose place and weight it takes. */
const LIGHTER = 0.8;

/** Letters that an underline stops for, where they reach below it; others hang together there, or never do. */
const SINGLE = /^[\p{sc=Latin}\p{sc=Greek}\p{sc=Cyrillic}\p{P}\p{S}]\p{M}*$/u;

/** Spans with a line along all of them. */
export const decorated = (spans: readonly Span[], kind: 'none' | 'underline' | 'line-through'): readonly Span[] =>
  kind === 'none'
    ? spans
    : spans.map(({ text, style }) => ({ text, style: { ...style, marks: [{ kind }, ...(style?.marks ?? [])] } }));

/**
 * The marks of a placed line, one for each stretch that has it, however many runs are in that; an underline is in parts, as
 * in browsers, where letters reach through it. Their edges are on whole pixels of a picture, so that lines are sharp, and
 * neighbours neither overlap nor stand apart.
 */
export function barsOf(
  placed: readonly Placed[],
  at: { readonly x: number; readonly baseline: number; readonly size: number; readonly face: Face },
  layerSize: number,
  bench: Bench,
): readonly Bar[] {
  if (placed.every(({ run }) => run.style?.marks === undefined)) return NONE;
  const stretches: { readonly mark: Mark; readonly key: string; readonly first: number; end: number }[] = [];
  placed.forEach(({ run }, i) => {
    for (const mark of run.style?.marks ?? []) {
      const key = JSON.stringify(mark);
      const open = stretches.find((stretch) => stretch.key === key && stretch.end === i - 1);
      if (open) open.end = i;
      else stretches.push({ mark, key, first: i, end: i });
    }
  });
  const snap = (value: number) => (bench.isPage ? value : Math.round(value * bench.scale) / bench.scale);
  const least = bench.isPage ? 0 : 1 / bench.scale;
  return stretches.flatMap(({ mark: { kind, color, ...looks }, first, end }): Bar[] => {
    const parts = placed.slice(first, end + 1);
    const size = at.size * emOf(looks, layerSize);
    const { top, height } = reachOf(kind, faceOf(at.face, looks), bench);
    const y = snap(at.baseline + top * size);
    const high = kind === 'background' ? snap(at.baseline + (top + height) * size) - y : snap(height * size);
    const line = { y, height: Math.max(least, high), kind, ...(color !== undefined && { color }) };
    const from = at.x + (parts[0]?.x ?? 0);
    const to = parts.reduce((most, { x, width }) => Math.max(most, at.x + x + width), from);
    const holes = kind === 'underline' ? holesIn(parts, line, at, bench) : [];
    const starts = [from, ...holes.map((hole) => hole.to)];
    return starts.flatMap((start, i) => {
      const [x, right] = [snap(start), snap(holes[i]?.from ?? to)];
      // What is left between two letters would be a dot.
      return right - x < (holes.length > 0 ? line.height : 0) ? [] : { ...line, x, width: right - x };
    });
  });
}

/** Where letters reach through an underline: their ink and as much on either side as the line is thick. From left to right. */
function holesIn(
  parts: readonly Placed[],
  { y, height }: Pick<Bar, 'y' | 'height'>,
  at: Parameters<typeof barsOf>[1],
  bench: Bench,
): readonly Reach[] {
  return parts
    .filter(({ run, direction }) => !run.emoji && direction === 'ltr')
    .flatMap(({ run, text, x }) => {
      const em = at.size * run.em;
      const face = faceOf(at.face, run.style);
      const [top, bottom] = [(y - at.baseline) / em, (y + height - at.baseline) / em];
      let left = at.x + x;
      return unitsOf(text, face, bench).flatMap(({ start, end, advance }) => {
        const [letter, origin] = [text.slice(start, end), left];
        left += advance * em;
        if (!SINGLE.test(letter) || bench.measure(face, letter).down <= top) return [];
        const ink = bench.inkBetween(face, letter, top, bottom);
        return ink ? { from: origin + ink.from * em - height, to: origin + ink.to * em + height } : [];
      });
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
