import { emOf, type Span, type SpanStyle } from '../../template/markup.ts';
import type { FontSet } from './coverage.ts';
import { piecesOf } from './glyphs.ts';
import { graphemes, type Run } from './runs.ts';

const maybeEmoji = /\p{Extended_Pictographic}|\p{Regional_Indicator}|\u20e3/u;
const wholeEmoji = /^(?:\p{RGI_Emoji}|\p{Emoji_Presentation}.*|\p{Extended_Pictographic}\ufe0f.*)$/v;

/** Spans as one text with its runs; `missing` are the characters no font has, which are not in the text. */
export type Joined = { readonly text: string; readonly runs: readonly Run[]; readonly missing: readonly string[] };

/**
 * Joins spans into one text and says where each style and each emoji stands in it, and what is set in another family
 * because the one it was meant for lacks its letters. `size` is the layer's own in CSS pixels.
 */
export function joinSpans(spans: readonly Span[], family: string, size: number, fonts: FontSet): Joined {
  const runs: Run[] = [];
  const missing = new Set<string>();
  let text = '';
  const add = (part: string, style: SpanStyle | undefined, emoji: boolean) => {
    runs.push({ start: text.length, end: text.length + part.length, style, em: emOf(style, size), emoji });
    text += part;
  };
  const addLetters = (part: string, style: SpanStyle | undefined) => {
    const wanted = style?.fontFamily ?? family;
    for (const piece of part === '' ? [] : piecesOf(part, wanted, fonts, missing))
      add(piece.text, piece.family === wanted ? style : { ...style, fontFamily: piece.family }, false);
  };
  for (const span of spans) {
    if (!maybeEmoji.test(span.text)) {
      addLetters(span.text, span.style);
      continue;
    }
    let plain = '';
    for (const { segment } of graphemes.segment(span.text)) {
      if (!wholeEmoji.test(segment)) {
        plain += segment;
        continue;
      }
      addLetters(plain, span.style);
      plain = '';
      add(segment, span.style, true);
    }
    addLetters(plain, span.style);
  }
  return { text, runs, missing: [...missing] };
}
