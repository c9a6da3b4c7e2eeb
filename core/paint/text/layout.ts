import type { Span } from '../../template/markup.ts';
import type { Bench, Ink } from '../surface.ts';
import { chunksOf } from './breaks.ts';
import type { Face } from './font.ts';
import { cutRuns, graphemeEnds, type Run } from './runs.ts';
import { type Joined, joinSpans } from './spans.ts';

/** An emoji's picture stands in a square of 1.15 em and advances by 1.25 em, close to what phones do. */
export const EMOJI = { side: 1.15, advance: 1.25, rise: 0.95 };

/** What a text is set in: `maxLines` once shrinking does not suffice, `lines` as long as it does; sizes in CSS pixels. */
export type Setting = {
  readonly face: Face;
  readonly size: number;
  readonly minSize: number;
  readonly lineHeight: number;
  readonly lines: number;
  readonly maxLines: number;
  readonly width: number;
  readonly height: number;
  /** Whether its lines are made about as long as each other, as many as there would be. */
  readonly balanced?: boolean;
};

/** One line of a laid-out text: its text without trailing space, its runs (indices into `text`) and its ink in em. */
export type Line = { readonly text: string; readonly runs: readonly Run[]; readonly ink: Ink };

/** A text worked out: font size in CSS pixels, lines, and which rungs of the fit ladder it took. */
export type Layout = {
  readonly size: number;
  readonly lines: readonly Line[];
  readonly choice: number;
  readonly shrunk: boolean;
  readonly wrapped: boolean;
  readonly ellipsis: boolean;
  /** Characters that no font has, which were left out. */
  readonly missing: readonly string[];
};

type Spans = readonly Span[];
type Measured = Joined & {
  chunks: { start: number; end: number; hard: boolean; width: number; ink: Ink }[];
};

const STEP = 0.5;
/** Sums of widths differ in their last digits, in em. */
const SLACK = 0.001;

/**
 * Fits the first of several wordings into its box by the ladder: shrink on `lines` lines, wrap onto up to `maxLines`, the
 * next shorter wording, at last an ellipsis.
 */
export function layOut(wordings: readonly Spans[], setting: Setting, bench: Bench): Layout {
  let last: Measured = { text: '', runs: [], missing: [], chunks: [] };
  let lastChoice = 0;
  const blank: string[] = [];
  for (const [choice, spans] of wordings.entries()) {
    const measured = measure(spans, setting.face, bench);
    if (measured.text.trim() === '') {
      blank.push(...measured.missing);
      continue;
    }
    last = measured;
    lastChoice = choice;
    const paragraphs = 1 + measured.chunks.filter((chunk) => chunk.hard).length;
    const usual = Math.min(setting.maxLines, Math.max(setting.lines, paragraphs));
    for (const limit of new Set([usual, setting.maxLines])) {
      const fit = largestFit(measured, setting, limit);
      if (!fit) continue;
      const ranges = setting.balanced ? balance(measured, fit) : fit.ranges;
      const lines = ranges.map((range) => lineOf(measured, range));
      const missing = [...blank, ...measured.missing];
      const rungs = { shrunk: fit.size < setting.size, wrapped: lines.length > usual, ellipsis: false };
      return { size: fit.size, lines, choice, ...rungs, missing };
    }
  }
  const missing = [...blank, ...last.missing];
  const none = { shrunk: false, wrapped: false, ellipsis: false };
  if (last.text === '') return { size: setting.size, lines: [], choice: lastChoice, ...none, missing };
  const lines = cutShort(last, setting, bench);
  const rungs = { shrunk: setting.minSize < setting.size, wrapped: lines.length > setting.lines, ellipsis: true };
  return { size: setting.minSize, lines, choice: lastChoice, ...rungs, missing };
}

/** The face of a run. */
export const faceOf = (base: Face, { style }: Run): Face => {
  if (!style) return base;
  const italic = style.fontStyle === undefined ? base.italic : style.fontStyle === 'italic';
  return { family: style.fontFamily ?? base.family, weight: style.fontWeight ?? base.weight, italic };
};

/** The ink of runs of a text, in em. */
export function inkOf(text: string, runs: readonly Run[], face: Face, bench: Bench): Ink {
  let [width, up, down] = [0, 0, 0];
  for (const run of runs) {
    const ink = run.emoji ? EMOJI_INK : bench.measure(faceOf(face, run), text.slice(run.start, run.end));
    width += ink.width;
    up = Math.max(up, ink.up);
    down = Math.max(down, ink.down);
  }
  return { width, up, down };
}

const EMOJI_INK: Ink = { width: EMOJI.advance, up: EMOJI.rise, down: EMOJI.side - EMOJI.rise };

function measure(spans: Spans, face: Face, bench: Bench): Measured {
  const { text, runs, missing } = joinSpans(spans, face.family, bench.fonts);
  const chunks = chunksOf(text).map((chunk) => {
    const ink = chunk.start + text.slice(chunk.start, chunk.end).trimEnd().length;
    const letters = inkOf(text, cutRuns(runs, chunk.start, ink), face, bench);
    const space = ink < chunk.end ? inkOf(text, cutRuns(runs, ink, chunk.end), face, bench).width : 0;
    return { ...chunk, ink: letters, width: letters.width + space };
  });
  return { text, runs, missing, chunks };
}

type Fit = { readonly size: number; readonly ranges: readonly Range[] };
/** A stretch of a text that makes one line, its ink in em. */
type Range = { start: number; end: number; ink: Ink };

/** Breaks greedily into lines no wider than `width`, in em. A chunk wider than that has its own line. */
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

const BALANCE_STEPS = 12;

/** The same number of lines at the smallest width that gives it, so that none is left with a single word. */
function balance(measured: Measured, { ranges }: Fit): readonly Range[] {
  let best = ranges;
  let [low, high] = [0, Math.max(...ranges.map(({ ink }) => ink.width))];
  for (let step = 0; ranges.length > 1 && step < BALANCE_STEPS; step++) {
    const width = (low + high) / 2;
    const narrower = wrap(measured, width);
    const isFit = narrower.length <= ranges.length && narrower.every(({ ink }) => ink.width <= width);
    if (isFit) [high, best] = [width, narrower];
    else low = width;
  }
  return best;
}

/** The lines a text makes at a size, undefined when they do not fit. */
function fitAt(measured: Measured, setting: Setting, limit: number, size: number): Fit | undefined {
  const width = setting.width / size + SLACK;
  const ranges = wrap(measured, width);
  if (ranges.length > limit || ranges.some(({ ink }) => ink.width > width)) return undefined;
  // A line's own leading may stand out of the box: only the letters and the leading between lines must fit.
  const height = size * (1 + (ranges.length - 1) * setting.lineHeight);
  return height > setting.height + 0.01 ? undefined : { size, ranges };
}

function largestFit(measured: Measured, setting: Setting, limit: number): Fit | undefined {
  let best = fitAt(measured, setting, limit, setting.size);
  if (best) return best;
  // Sizes from the smallest up, by half pixels; the full one was tried.
  let low = -1;
  let high = Math.round((setting.size - setting.minSize) / STEP);
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    const fit = fitAt(measured, setting, limit, setting.minSize + middle * STEP);
    if (fit) [low, best] = [middle, fit];
    else high = middle;
  }
  return best;
}

function lineOf(measured: Measured, { start, end, ink }: Range): Line {
  const text = measured.text.slice(start, end).trimEnd();
  const runs = cutRuns(measured.runs, start, start + text.length);
  return { text, runs: runs.map((run) => ({ ...run, start: run.start - start, end: run.end - start })), ink };
}

/** As many lines as there is room for, the last one cut by graphemes until it and an ellipsis fit. */
function cutShort(measured: Measured, setting: Setting, bench: Bench): Line[] {
  const { face, minSize, maxLines, lineHeight } = setting;
  const width = setting.width / minSize + SLACK;
  const room = Math.floor((setting.height / minSize - 1) / lineHeight + 1.001);
  const whole: Line[] = [];
  let cutFrom = 0;
  for (const range of wrap(measured, width).slice(0, Math.max(1, Math.min(maxLines, room)) - 1)) {
    if (range.ink.width > width) break;
    whole.push(lineOf(measured, range));
    cutFrom = range.end;
  }
  const rest = lineOf(measured, { start: cutFrom, end: measured.text.length, ink: { width: 0, up: 0, down: 0 } });
  const ends = [0, ...graphemeEnds(rest.text)];
  const cut = (end: number): Line => {
    const kept = rest.text.slice(0, end).trimEnd();
    const runs = cutRuns(rest.runs, 0, kept.length);
    const dots: Run = { start: kept.length, end: kept.length + 1, style: runs.at(-1)?.style, emoji: false };
    const text = `${kept}…`;
    return { text, runs: [...runs, dots], ink: inkOf(text, [...runs, dots], face, bench) };
  };
  let low = 0;
  let high = ends.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (cut(ends[middle] as number).ink.width <= width) low = middle;
    else high = middle;
  }
  return [...whole, cut(ends[low] as number)];
}
