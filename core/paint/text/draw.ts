import bidiFactory from 'bidi-js';
import { RTL } from '../../template/clean-text.ts';
import { drawBitmap } from '../look.ts';
import type { Bench, Context, Host, Need } from '../surface.ts';
import { EMOJI, faceOf, inkOf } from './extent.ts';
import { type Face, fontOf } from './font.ts';
import { stretchOf } from './joining.ts';
import type { Line } from './layout.ts';
import type { Run } from './runs.ts';
import { cutByScript, spaceOut } from './scripts.ts';
import { unitsOf } from './spacing.ts';

// The package declares a namespace for what Node loads as a plain function.
const bidi = (bidiFactory as unknown as typeof bidiFactory.default)();
const STRONG = /[\p{L}\p{Nl}]/u;

/** Which way a text runs. */
export type Direction = 'ltr' | 'rtl';

const ISOLATED = /\u2068[^\u2069]*\u2069?/g;

/**
 * The direction of a text by its first letter, as Unicode and HTML's `dir=auto` have it: a name put into a sentence does
 * not turn the sentence round, even at its beginning.
 */
export function directionOf(text: string): Direction {
  const first = (STRONG.exec(text.replace(ISOLATED, '')) ?? STRONG.exec(text))?.[0];
  return first !== undefined && RTL.test(first) ? 'rtl' : 'ltr';
}

/** A run placed on its line: `x` in CSS pixels from the line's left edge. */
export type Placed = {
  readonly run: Run;
  readonly text: string;
  readonly x: number;
  readonly width: number;
  readonly direction: Direction;
};

/**
 * Puts a line's runs in the order they are seen. A line in one style is left whole, so that the canvas shapes and orders
 * it itself; otherwise runs are split at changes of direction and ordered by Unicode's bidirectional algorithm. With
 * `spacing`, in em, every unit that it stands between is a run of its own.
 */
export function place(line: Line, base: Direction, size: number, face: Face, bench: Bench, spacing: number): Placed[] {
  if (spacing !== 0) return spacedOut(line, base, size, face, bench, spacing);
  const runs = bench.mendsSpaces ? cutByScript(line.text, line.runs, base === 'rtl') : line.runs;
  const [only] = runs;
  if (!only) return [];
  if (runs.length === 1) return [{ run: only, text: line.text, x: 0, width: line.ink.width * size, direction: base }];
  let x = 0;
  return inOrder({ ...line, runs }, base).map(({ run, level }) => {
    const text = stretchOf(line.text, run.start, run.end);
    const width = inkOf(line.text, [run], face, bench).width * size;
    const placed: Placed = { run, text, x, width, direction: level % 2 ? 'rtl' : 'ltr' };
    x += width;
    return placed;
  });
}

function spacedOut(line: Line, base: Direction, size: number, face: Face, bench: Bench, spacing: number): Placed[] {
  const units = new Map<number, { readonly advance: number; readonly after: boolean; readonly before: boolean }>();
  let before = true;
  const runs = line.runs.flatMap((run) => {
    const whole = [{ start: 0, end: run.end - run.start, advance: EMOJI.advance, spaced: true }];
    return (run.emoji ? whole : unitsOf(line.text, faceOf(face, run.style), bench, run)).map((unit) => {
      const start = run.start + unit.start;
      units.set(start, { advance: unit.advance * run.em, after: unit.spaced, before });
      before = unit.spaced;
      return { ...run, start, end: run.start + unit.end };
    });
  });
  let x = 0;
  return inOrder({ ...line, runs }, base).map(({ run, level }, i, { length }) => {
    const { advance = 0, after, before } = units.get(run.start) ?? {};
    // To its right stands what follows it, or in words from right to left what it follows.
    const isSpaced = i < length - 1 && (level % 2 ? before : after);
    const width = (advance + (isSpaced ? spacing : 0)) * size;
    const text = stretchOf(line.text, run.start, run.end);
    const placed: Placed = { run, text, x, width, direction: level % 2 ? 'rtl' : 'ltr' };
    x += width;
    return placed;
  });
}

/** Runs from left to right, each with its level of embedding. */
const inOrder = (line: Line, base: Direction): { run: Run; level: number }[] =>
  base === 'ltr' && !RTL.test(line.text) ? line.runs.map((run) => ({ run, level: 0 })) : byLevel(line, base);

function byLevel(line: Line, base: Direction): { run: Run; level: number }[] {
  // Emoji are neutral; cut in two, as the algorithm's code reads them, they would count as Latin letters.
  const neutral = line.runs.reduce(
    (text, { start, end, emoji }) =>
      emoji ? text.slice(0, start) + '\ufffc'.repeat(end - start) + text.slice(end) : text,
    line.text,
  );
  const { levels } = bidi.getEmbeddingLevels(neutral, base);
  const parts: { run: Run; level: number }[] = [];
  for (const run of line.runs) {
    let start = run.start;
    for (let i = run.start + 1; i <= run.end; i++) {
      if (i < run.end && levels[i] === levels[start]) continue;
      parts.push({ run: { ...run, start, end: i }, level: levels[start] ?? 0 });
      start = i;
    }
  }
  // Rule L2: from the highest level down to 1, turn round every stretch at that level or above.
  for (let level = Math.max(...parts.map((part) => part.level)); level > 0; level--) {
    for (let from = 0; from < parts.length; from++) {
      let to = from;
      while (to < parts.length && (parts[to]?.level ?? 0) >= level) to++;
      if (to > from) {
        parts.splice(from, to - from, ...parts.slice(from, to).reverse());
        from = to;
      }
    }
  }
  return parts;
}

/** The emoji a placed line needs, at `size` CSS pixels of type. */
export const emojiNeed = (text: string, size: number, scale: number): Need => ({
  kind: 'emoji',
  text,
  size: Math.max(1, Math.ceil(size * EMOJI.side * scale)),
});

/** Draws one placed line with its letters on `baseline`; `paint` sets a run's colours and strokes or fills it. */
export function drawLine(
  context: Context,
  host: Host,
  placed: readonly Placed[],
  at: { x: number; baseline: number; size: number; face: Face },
  { scale, isPage, fonts, measure, mendsSpaces }: Bench,
  paint: (run: Run, text: string, x: number, y: number) => void,
): void {
  context.textAlign = 'left';
  context.textBaseline = 'alphabetic';
  for (const { run, text, x, direction } of placed) {
    const size = at.size * run.em;
    if (run.emoji) {
      const bitmap = host.bitmap(emojiNeed(text, size, scale));
      const side = EMOJI.side * size;
      const [left, top] = [at.x + x + (EMOJI.advance * size - side) / 2, at.baseline - EMOJI.rise * size];
      if (bitmap && isPage) drawBitmap(context, bitmap, { x: left, y: top, width: side, height: side });
      else if (bitmap) context.drawImage(bitmap, left, top, side, side);
      continue;
    }
    const face = faceOf(at.face, run.style);
    context.font = fontOf(fonts.faceOf(face), size, text);
    if (mendsSpaces) spaceOut(context, face, size, text, measure);
    context.direction = direction;
    paint(run, text, at.x + x, at.baseline);
  }
  context.direction = 'ltr';
}
