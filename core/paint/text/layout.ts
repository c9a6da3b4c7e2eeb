import type { Span } from '../../template/markup.ts';
import type { Bench, Ink } from '../surface.ts';
import { chunksOf } from './breaks.ts';
import { endInkOf, heightOf, inkOf, PLAIN, type Tall, taller, tallOf } from './extent.ts';
import type { Face } from './font.ts';
import { cutRuns, graphemeEnds, type Run } from './runs.ts';
import { type Joined, joinSpans } from './spans.ts';

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
  /** Between letters, in em. */
  readonly spacing?: number;
  /** Whether its lines are made about as long as each other, as many as there would be. */
  readonly balanced?: boolean;
};

/** One line of a laid-out text: its text without trailing space, its runs (indices into `text`) and its ink in em. */
export type Line = {
  readonly text: string;
  readonly runs: readonly Run[];
  readonly ink: Ink;
  readonly tall: Tall;
};

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
  chunks: { start: number; end: number; hard: boolean; width: number; ink: Ink; tall: Tall }[];
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
    const measured = measure(spans, setting, bench);
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
      const lines = ranges.map((range) => lineOf(measured, range, setting, bench));
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

function measure(spans: Spans, setting: Setting, bench: Bench): Measured {
  const { face, size, spacing } = setting;
  const { text, runs, missing } = joinSpans(spans, face.family, size, bench.fonts);
  const chunks = chunksOf(text).map((chunk) => {
    const ink = chunk.start + text.slice(chunk.start, chunk.end).trimEnd().length;
    const lettered = cutRuns(runs, chunk.start, ink);
    const letters = endInkOf(text, lettered, setting, bench);
    const ended = hyphenated(text, chunk.end);
    const atEnd = ended === text ? letters : endInkOf(ended, lettered, setting, bench);
    const space = ink < chunk.end ? inkOf(text, cutRuns(runs, ink, chunk.end), face, bench, spacing).width : 0;
    const behind = lettered.length > 0 && spacing ? spacing : 0;
    return { ...chunk, ink: atEnd, width: letters.width + behind + space, tall: tallOf(lettered, setting, bench) };
  });
  return { text, runs, missing, chunks };
}

/** A text whose soft hyphen is seen where a line ends at it. */
const hyphenated = (text: string, end: number): string =>
  text[end - 1] === '\u00ad' && end < text.length ? `${text.slice(0, end - 1)}-` : text;

type Fit = { readonly size: number; readonly ranges: readonly Range[] };
/** A stretch of a text that makes one line, its ink in em. */
type Range = { start: number; end: number; ink: Ink; tall: Tall };

/** Breaks greedily into lines no wider than `width`, in em. A chunk wider than that has its own line. */
function wrap(measured: Measured, width: number): Range[] {
  const lines: Range[] = [];
  let line: Range | undefined;
  let used = 0;
  for (const { start, end, hard, ink, tall, width: whole } of measured.chunks) {
    if (line && used + ink.width <= width) {
      line.end = end;
      line.ink = {
        width: used + ink.width,
        up: Math.max(line.ink.up, ink.up),
        down: Math.max(line.ink.down, ink.down),
      };
      line.tall = taller(line.tall, tall);
    } else {
      line = { start, end, ink, tall };
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
  const height = size * heightOf(ranges, setting.lineHeight);
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

function lineOf(measured: Measured, { start, end, ink, tall }: Range, setting: Setting, bench: Bench): Line {
  const text = hyphenated(measured.text, end).slice(start, end).trimEnd();
  const cut = cutRuns(measured.runs, start, start + text.length);
  const runs = cut.map((run) => ({ ...run, start: run.start - start, end: run.end - start }));
  // Spaced letters are set one by one, and to what this comes is known only of the whole line.
  return { text, runs, ink: setting.spacing ? endInkOf(text, runs, setting, bench) : ink, tall };
}

/** As many lines as there is room for, the last one cut by graphemes until it and an ellipsis fit. */
function cutShort(measured: Measured, setting: Setting, bench: Bench): Line[] {
  const { minSize, maxLines, lineHeight, height } = setting;
  const room = Math.floor((height / minSize - 1) / lineHeight + 1.001);
  for (let count = Math.max(1, Math.min(maxLines, room)); ; count--) {
    const lines = cutTo(count, measured, setting, bench);
    // Larger letters take the room of more lines.
    if (count === 1 || lines.every(({ tall }) => tall === PLAIN)) return lines;
    if (minSize * heightOf(lines, lineHeight) <= height + 0.01) return lines;
  }
}

function cutTo(count: number, measured: Measured, setting: Setting, bench: Bench): Line[] {
  const width = setting.width / setting.minSize + SLACK;
  const whole: Line[] = [];
  let cutFrom = 0;
  for (const range of wrap(measured, width).slice(0, count - 1)) {
    if (range.ink.width > width) break;
    whole.push(lineOf(measured, range, setting, bench));
    cutFrom = range.end;
  }
  const none: Ink = { width: 0, up: 0, down: 0 };
  const end = measured.chunks.find((chunk) => chunk.hard && chunk.end > cutFrom)?.end ?? measured.text.length;
  const rest = lineOf(measured, { start: cutFrom, end, ink: none, tall: PLAIN }, setting, bench);
  const ends = [0, ...graphemeEnds(rest.text)];
  const cut = (end: number): Line => {
    const kept = rest.text.slice(0, end).trimEnd();
    const runs = cutRuns(rest.runs, 0, kept.length);
    const last = runs.at(-1);
    const dots: Run = {
      ...{ start: kept.length, end: kept.length + 1 },
      ...{ style: last?.style, em: last?.em ?? 1, emoji: false },
    };
    const text = `${kept}…`;
    const all = [...runs, dots];
    return { text, runs: all, ink: endInkOf(text, all, setting, bench), tall: tallOf(all, setting, bench) };
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
