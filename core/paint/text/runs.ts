import type { SpanStyle } from '../../template/markup.ts';

/**
 * A stretch of text in one style, `em` times as large as its layer's own; `emoji` when it is a single emoji, drawn as a
 * picture.
 */
export type Run = {
  readonly start: number;
  readonly end: number;
  readonly style: SpanStyle | undefined;
  readonly em: number;
  readonly emoji: boolean;
};

/** Finds the graphemes of a text. */
export const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** The runs within [start, end), cut to it. */
export function cutRuns(runs: readonly Run[], start: number, end: number): Run[] {
  const out: Run[] = [];
  for (const run of runs) {
    const from = Math.max(run.start, start);
    const to = Math.min(run.end, end);
    if (from < to) out.push(from === run.start && to === run.end ? run : { ...run, start: from, end: to });
  }
  return out;
}

/** The ends of a text's graphemes, in UTF-16 units, first to last. */
export const graphemeEnds = (text: string): number[] =>
  Array.from(graphemes.segment(text), ({ index, segment }) => index + segment.length);
