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
  const add = (part: string, style: SpanStyle | undefined, emoji = false) => {
    const start = text.length;
    text += part;
    runs.push({ start, end: text.length, style, em: emOf(style, size), emoji });
  };
  const addLetters = (part: string, style: SpanStyle | undefined) => {
    const wanted = style?.fontFamily ?? family;
    for (const { text, family } of part ? piecesOf(part, wanted, fonts, missing) : [])
      for (const cut of fonts.cut?.(text) ?? [text])
        add(cut, family === wanted ? style : { ...style, fontFamily: family });
  };
  for (const span of spans) {
    let plain = '';
    for (const { segment } of maybeEmoji.test(span.text) ? graphemes.segment(span.text) : [{ segment: span.text }]) {
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
