import type { Span } from '../../template/markup.ts';
import type { Bench, Ink } from '../surface.ts';
import { chunksOf } from './breaks.ts';
import { fontOf, type TextStyle } from './font.ts';
import { cutRuns, graphemeEnds, type Run, runsOf } from './runs.ts';

/** An emoji's picture stands in a square of 1.15 em and advances by 1.25 em, close to what phones do. */
export const EMOJI = { side: 1.15, advance: 1.25, rise: 0.95 };

/** What a text is set in: `maxLines` once shrinking does not suffice, `lines` as long as it does; box in CSS pixels. */
export type Setting = {
  readonly style: TextStyle;
  readonly minSize: number;
  readonly lineHeight: number;
  readonly lines: number;
  readonly maxLines: number;
  readonly width: number;
  readonly height: number;
};

/** One line of a laid-out text: its text without trailing space, its runs (indices into `text`) and its ink in CSS pixels. */
export type Line = { readonly text: string; readonly runs: readonly Run[]; readonly ink: Ink };

/** A text worked out: font size in CSS pixels, lines, and which rungs of the fit ladder it took. */
export type Layout = {
  readonly size: number;
  readonly lines: readonly Line[];
  readonly choice: number;
  readonly shrunk: boolean;
  readonly ellipsis: boolean;
};

type Spans = readonly Span[];
type Measured = {
  text: string;
  runs: Run[];
  chunks: { start: number; end: number; hard: boolean; width: number; ink: Ink }[];
};

const STEP = 0.5;

/**
 * Fits the first of several wordings into its box by the ladder: shrink on `lines` lines, wrap onto up to `maxLines`, the
 * next shorter wording, at last an ellipsis. Widths are measured once per wording, at the full size, and scaled: type is
 * set unhinted, so they grow evenly.
 */
export function layOut(wordings: readonly Spans[], setting: Setting, bench: Bench): Layout {
  let last: Measured = { text: '', runs: [], chunks: [] };
  let lastChoice = 0;
  for (const [choice, spans] of wordings.entries()) {
    const measured = measure(spans, setting.style, bench);
    if (measured.text.trim() === '') continue;
    last = measured;
    lastChoice = choice;
    const paragraphs = 1 + measured.chunks.filter((chunk) => chunk.hard).length;
    for (const limit of new Set([Math.min(setting.maxLines, Math.max(setting.lines, paragraphs)), setting.maxLines])) {
      const size = largestFit(measured, setting, limit);
      if (size === undefined) continue;
      const lines = wrap(measured, setting.width * (setting.style.size / size)).map((range) =>
        lineOf(measured, range, scaled(range.ink, size / setting.style.size)),
      );
      return { size, lines, choice, shrunk: size < setting.style.size, ellipsis: false };
    }
  }
  const size = setting.minSize;
  if (last.text === '')
    return { size: setting.style.size, lines: [], choice: lastChoice, shrunk: false, ellipsis: false };
  return {
    size,
    lines: cutShort(last, size, setting, bench),
    choice: lastChoice,
    shrunk: size < setting.style.size,
    ellipsis: true,
  };
}

/** The style of a run at a size. */
export const styleOf = (base: TextStyle, run: Run, size: number): TextStyle => ({
  family: run.style?.fontFamily ?? base.family,
  weight: run.style?.fontWeight ?? base.weight,
  italic: run.style?.fontStyle === undefined ? base.italic : run.style.fontStyle === 'italic',
  size,
});

/**
 * The ink of runs of a text, in CSS pixels at the style's own size. Other sizes are scaled from it, so that a word is
 * measured once whatever size it ends up in.
 */
export function inkOf(text: string, runs: readonly Run[], style: TextStyle, bench: Bench): Ink {
  let [width, up, down] = [0, 0, 0];
  for (const run of runs) {
    const part = text.slice(run.start, run.end);
    const ink = run.emoji ? emojiInk(style.size) : bench.measure(fontOf(styleOf(style, run, style.size), part), part);
    width += ink.width;
    up = Math.max(up, ink.up);
    down = Math.max(down, ink.down);
  }
  return { width, up, down };
}

const emojiInk = (size: number): Ink => ({
  width: EMOJI.advance * size,
  up: EMOJI.rise * size,
  down: (EMOJI.side - EMOJI.rise) * size,
});

function measure(spans: Spans, style: TextStyle, bench: Bench): Measured {
  const { text, runs } = runsOf(spans);
  const chunks = chunksOf(text).map((chunk) => {
    const ink = chunk.start + text.slice(chunk.start, chunk.end).trimEnd().length;
    const letters = inkOf(text, cutRuns(runs, chunk.start, ink), style, bench);
    const space = ink < chunk.end ? inkOf(text, cutRuns(runs, ink, chunk.end), style, bench).width : 0;
    return { ...chunk, ink: letters, width: letters.width + space };
  });
  return { text, runs, chunks };
}

/** A stretch of a text that makes one line, its ink at the full size. */
type Range = { start: number; end: number; ink: Ink };

/** Breaks greedily into lines no wider than `width`, given at the full size. A chunk wider than that has its own line. */
function wrap(measured: Measured, width: number): Range[] {
  const lines: Range[] = [];
  let line: Range | undefined;
  let used = 0;
  for (const { start, end, hard, ink, width: whole } of measured.chunks) {
    if (line && used + ink.width <= width) {
      line.end = end;
      line.ink = {
        width: used + ink.width,
        up: Math.max(line.ink.up, ink.up),
        down: Math.max(line.ink.down, ink.down),
      };
    } else {
      line = { start, end, ink };
      lines.push(line);
      used = 0;
    }
    used += whole;
    if (hard) line = undefined;
  }
  return lines;
}

function fits(measured: Measured, setting: Setting, limit: number, size: number): boolean {
  const width = setting.width * (setting.style.size / size);
  const lines = wrap(measured, width);
  if (lines.length > limit) return false;
  // A line's own leading may stand out of the box: only the letters and the leading between lines must fit.
  if (size * (1 + (lines.length - 1) * setting.lineHeight) > setting.height + 0.01) return false;
  return lines.every((line) => line.ink.width <= width + 0.01);
}

function largestFit(measured: Measured, setting: Setting, limit: number): number | undefined {
  const { minSize } = setting;
  const steps = Math.round((setting.style.size - minSize) / STEP);
  if (fits(measured, setting, limit, setting.style.size)) return setting.style.size;
  let low = -1;
  let high = steps;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (fits(measured, setting, limit, minSize + middle * STEP)) low = middle;
    else high = middle;
  }
  return low < 0 ? undefined : minSize + low * STEP;
}

const scaled = (ink: Ink, by: number): Ink => ({ width: ink.width * by, up: ink.up * by, down: ink.down * by });

function lineOf(measured: Measured, range: { start: number; end: number }, ink: Ink): Line {
  const text = measured.text.slice(range.start, range.end).trimEnd();
  const runs = cutRuns(measured.runs, range.start, range.start + text.length).map((run) => ({
    ...run,
    start: run.start - range.start,
    end: run.end - range.start,
  }));
  return { text, runs, ink };
}

/** As many lines as there is room for, the last one cut by graphemes until it and an ellipsis fit. */
function cutShort(measured: Measured, size: number, setting: Setting, bench: Bench): Line[] {
  const room = Math.floor((setting.height / size - 1) / setting.lineHeight + 1.001);
  const count = Math.max(1, Math.min(setting.maxLines, room));
  const scale = size / setting.style.size;
  const ranges = wrap(measured, setting.width / scale);
  const whole: Line[] = [];
  let cutFrom = ranges[0]?.start ?? 0;
  for (const range of ranges.slice(0, count - 1)) {
    if (range.ink.width * scale > setting.width) break;
    whole.push(lineOf(measured, range, scaled(range.ink, scale)));
    cutFrom = range.end;
  }
  const rest = lineOf(measured, { start: cutFrom, end: measured.text.length }, { width: 0, up: 0, down: 0 });
  const ends = [0, ...graphemeEnds(rest.text)];
  const cut = (end: number): Line => {
    const kept = rest.text.slice(0, end).trimEnd();
    const runs = cutRuns(rest.runs, 0, kept.length);
    const dots: Run = { start: kept.length, end: kept.length + 1, style: runs.at(-1)?.style, emoji: false };
    const text = `${kept}…`;
    return { text, runs: [...runs, dots], ink: scaled(inkOf(text, [...runs, dots], setting.style, bench), scale) };
  };
  let low = 0;
  let high = ends.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (cut(ends[middle] as number).ink.width <= setting.width) low = middle;
    else high = middle;
  }
  return [...whole, cut(ends[low] as number)];
}
