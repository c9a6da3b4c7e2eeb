import type { Looks } from '../../template/markup.ts';
import type { Bench, Ink } from '../surface.ts';
import type { Face } from './font.ts';
import { stretchOf } from './joining.ts';
import type { Run } from './runs.ts';
import { unitsOf } from './spacing.ts';

/** An emoji's picture stands in a square of 1.15 em and advances by 1.25 em, close to what phones do. */
export const EMOJI = { side: 1.15, advance: 1.25, rise: 0.95 };

/** What a layer's text is set in; `spacing` between letters in em. */
type Type = { readonly face: Face; readonly lineHeight: number; readonly spacing?: number };

/**
 * What larger letters add to a line of the layer's own size: above and below the baseline, in em, as CSS has it. `em` is
 * the largest size in it.
 */
export type Tall = { readonly above: number; readonly below: number; readonly em: number };

/** The face of letters that look like this. */
export const faceOf = (base: Face, looks: Looks | undefined): Face => {
  if (!looks) return base;
  const italic = looks.fontStyle === undefined ? base.italic : looks.fontStyle === 'italic';
  return { ...base, family: looks.fontFamily ?? base.family, weight: looks.fontWeight ?? base.weight, italic };
};

/** The ink of runs of a text, in em; with spacing behind each of its units, the last one too. */
export function inkOf(text: string, runs: readonly Run[], face: Face, bench: Bench, spacing = 0): Ink {
  let [width, up, down] = [0, 0, 0];
  for (const run of runs) {
    const part = stretchOf(text, run.start, run.end);
    const own = faceOf(face, run.style);
    const ink = run.emoji ? EMOJI_INK : bench.measure(own, part);
    if (spacing === 0) width += ink.width * run.em;
    else if (run.emoji) width += ink.width * run.em + spacing;
    else
      for (const { advance, spaced } of unitsOf(text, own, bench, run))
        width += advance * run.em + (spaced ? spacing : 0);
    up = Math.max(up, ink.up * run.em);
    down = Math.max(down, ink.down * run.em);
  }
  return { width, up, down };
}

/** The ink of runs at the end of a line, where no spacing follows. */
export function endInkOf(text: string, runs: readonly Run[], { face, spacing = 0 }: Type, bench: Bench): Ink {
  const ink = inkOf(text, runs, face, bench, spacing);
  return spacing === 0 || runs.length === 0 ? ink : { ...ink, width: ink.width - spacing };
}

/** What a line of one size is. */
export const PLAIN: Tall = { above: 0, below: 0, em: 1 };

/** What runs of other sizes add to the height of their line: each has its own line height about its own middle. */
export function tallOf(runs: readonly Run[], { face, lineHeight }: Type, bench: Bench): Tall {
  if (runs.every(({ em }) => em === 1)) return PLAIN;
  const around = (face: Face) => {
    const { ascent, descent } = bench.heights(face);
    const leading = (lineHeight - ascent - descent) / 2;
    return { above: leading + ascent, below: leading + descent };
  };
  const plain = around(face);
  return runs.reduce<Tall>(({ above, below, em }, run) => {
    if (run.em === 1) return { above, below, em };
    const own = around(faceOf(face, run.style));
    return {
      above: Math.max(above, own.above * run.em - plain.above),
      below: Math.max(below, own.below * run.em - plain.below),
      em: Math.max(em, run.em),
    };
  }, PLAIN);
}

/** What two parts of a line add to it. */
export const taller = (a: Tall, b: Tall): Tall =>
  a === PLAIN || a === b
    ? b
    : { above: Math.max(a.above, b.above), below: Math.max(a.below, b.below), em: Math.max(a.em, b.em) };

/** How high lines are in em, but for the leading above the first and below the last, which may stand out of a box. */
export function heightOf(lines: readonly { readonly tall: Tall }[], lineHeight: number): number {
  const plain = 1 + (lines.length - 1) * lineHeight;
  const first = lines[0]?.tall ?? PLAIN;
  const last = lines.at(-1)?.tall ?? PLAIN;
  let more = 0;
  for (const { tall } of lines) more += tall.above + tall.below;
  return more === 0 ? plain : plain + more - ((lineHeight - 1) / 2) * (first.em + last.em - 2);
}

const EMOJI_INK: Ink = { width: EMOJI.advance, up: EMOJI.rise, down: EMOJI.side - EMOJI.rise };
