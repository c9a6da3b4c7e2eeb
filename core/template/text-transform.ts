import type { Span } from './markup.ts';

/** CSS's words for the case of a text. */
export type TextTransform = 'none' | 'uppercase' | 'lowercase' | 'capitalize';

const WORD_BEGIN = /(?<![\p{L}\p{M}\p{N}'’])\p{L}/gu;

/** Spans in another case by a locale's rules: a Turkish i keeps its dot, ß becomes SS. A word may go on in the next span. */
export function transformSpans(spans: readonly Span[], transform: TextTransform, locale: string): readonly Span[] {
  if (transform === 'none') return spans;
  let before = '';
  return spans.map(({ text, style }) => {
    const whole = before + text;
    before = text.slice(-2);
    if (transform === 'uppercase') return { text: text.toLocaleUpperCase(locale), style };
    if (transform === 'lowercase') return { text: text.toLocaleLowerCase(locale), style };
    const from = whole.length - text.length;
    const raised = text.replace(WORD_BEGIN, (letter, at: number) =>
      at === 0 && from > 0 && /[\p{L}\p{M}\p{N}'’]$/u.test(whole.slice(0, from))
        ? letter
        : letter.toLocaleUpperCase(locale),
    );
    return { text: raised, style };
  });
}
