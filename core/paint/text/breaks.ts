import { Rules } from '@cto.af/linebreak';

// Made when a text first needs them: making them takes longer than all else at a start.
let rules: Rules | undefined;
const wordless = /[\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;
const words = new Intl.Segmenter('th', { granularity: 'word' });

// Words and amounts in Latin letters, single spaces between, a mark only inside a word or at its end: there the rules
// allow a break after a space and nowhere else, and most texts of most templates are like that.
const word = "(?:[$€£¥]?[A-Za-z0-9\\u00c0-\\u024f]+(?:['’.,][A-Za-z0-9\\u00c0-\\u024f]+)*%?[.,!?:;]?|[·•])";
const plain = new RegExp(`^(?!.*\\d ?x ?\\d)(?:${word} )*${word}$`);
// A font may make a sign of the x between numbers, spaces or not, and of arrows: they are measured, and kept, as one.
const sign = /\d ?x ?(?=\d)|[-\u2013\u2014](?=[=<>])/g;

/** A piece of text that is never broken, with its trailing white space; `hard` when a line must end after it. */
export type Chunk = { readonly start: number; readonly end: number; readonly hard: boolean };

/**
 * Where a text may be broken into lines: Unicode's line breaking (UAX 14), and for scripts written without spaces
 * between words (Thai, Lao, Khmer, Burmese) the word boundaries of the platform's own dictionary.
 */
export function chunksOf(text: string): Chunk[] {
  return plain.test(text) ? bySpaces(text) : byRules(text);
}

function bySpaces(text: string): Chunk[] {
  const chunks: Chunk[] = [];
  for (let start = 0; start < text.length; ) {
    const space = text.indexOf(' ', start);
    const end = space < 0 ? text.length : space + 1;
    chunks.push({ start, end, hard: false });
    start = end;
  }
  return chunks;
}

/** The same by the rules alone; exported for the proof that the short cut agrees with them. */
export function byRules(text: string): Chunk[] {
  const ends = new Map<number, boolean>();
  rules ??= new Rules({ string: false });
  for (const at of rules.breaks(text)) ends.set(at.position, at.required && at.position < text.length);
  if (wordless.test(text)) {
    for (const { index, segment } of words.segment(text)) {
      const before = text.codePointAt(index - 1);
      if (index > 0 && before !== undefined && wordless.test(segment) && wordless.test(String.fromCodePoint(before)))
        if (!ends.has(index)) ends.set(index, false);
    }
  }
  for (const { 0: kept, index } of text.matchAll(sign))
    for (let at = index + 1; at <= index + kept.length; at++) ends.delete(at);
  ends.delete(0);
  if (!ends.has(text.length) && text.length > 0) ends.set(text.length, false);
  let start = 0;
  return [...ends]
    .sort(([a], [b]) => a - b)
    .map(([end, hard]) => {
      const chunk = { start, end, hard };
      start = end;
      return chunk;
    });
}
