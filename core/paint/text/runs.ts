import type { Span, SpanStyle } from '../../template/markup.ts';
import { FAMILIES, isFamily, STAND_IN } from './families.ts';

/** A stretch of text in one style; `emoji` when it is a single emoji, drawn as a picture. */
export type Run = {
  readonly start: number;
  readonly end: number;
  readonly style: SpanStyle | undefined;
  readonly emoji: boolean;
};

const maybeEmoji = /\p{Extended_Pictographic}|\p{Regional_Indicator}|\u20e3/u;
const wholeEmoji = /^(?:\p{RGI_Emoji}|\p{Emoji_Presentation}.*|\p{Extended_Pictographic}\ufe0f.*)$/v;
const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/**
 * Joins spans into one text and says where each style and each emoji stands in it, and which words are set in another
 * family because the one they were meant for lacks their letters.
 */
export function runsOf(spans: readonly Span[], family: string): { text: string; runs: Run[] } {
  const runs: Run[] = [];
  let text = '';
  const add = (part: string, style: SpanStyle | undefined, emoji: boolean) => {
    runs.push({ start: text.length, end: text.length + part.length, style, emoji });
    text += part;
  };
  const push = (part: string, style: SpanStyle | undefined, emoji: boolean) => {
    const wanted = style?.fontFamily ?? family;
    const lacks = emoji || !isFamily(wanted) ? undefined : FAMILIES[wanted];
    if (!lacks?.test(part)) return add(part, style, emoji);
    const standIn = { ...style, fontFamily: STAND_IN };
    let kept = '';
    for (const [piece] of part.matchAll(/\S+|\s+/gu)) {
      if (!lacks.test(piece)) {
        kept += piece;
        continue;
      }
      if (kept) add(kept, style, false);
      kept = '';
      add(piece, standIn, false);
    }
    if (kept) add(kept, style, false);
  };
  for (const span of spans) {
    if (!maybeEmoji.test(span.text)) {
      if (span.text) push(span.text, span.style, false);
      continue;
    }
    let plain = '';
    for (const { segment } of graphemes.segment(span.text)) {
      if (!wholeEmoji.test(segment)) {
        plain += segment;
        continue;
      }
      if (plain) push(plain, span.style, false);
      plain = '';
      push(segment, span.style, true);
    }
    if (plain) push(plain, span.style, false);
  }
  return { text, runs };
}

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
