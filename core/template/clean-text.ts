/** The longest text (in UTF-16 units) that is looked at; anything beyond it is cut off before any work is done. */
export const maxTextLength = 10_000;

/** What is written from right to left; not the noncharacters between, which stand for markup. */
export const RTL = /[\u0590-\u08ff\ufb1d-\ufdcf\ufdf0-\ufdfd\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;

// White space as Unicode sees it, plus the letters that draw nothing and are used as blank names.
const white = '\\s\\u0085\\u180E\\u2800\\u3164\\uFFA0';

const plainAscii = /^[\x21-\x7E]+(?: [\x21-\x7E]+)*$/;
const whiteRun = new RegExp(`[${white}]+`, 'gu');
const edges = new RegExp(`^[${white}\\u061C\\u200B-\\u200F]+|[${white}\\u061C\\u200B-\\u200F]+$`, 'gu');

// Surrogates without a partner, noncharacters, controls that are not white space, bidi embeddings, overrides and
// isolates, soft hyphens and zero-width characters. Marks (U+200E, U+200F, U+061C) and joiners are not among them.
const unwanted =
  /[\p{Cs}\p{Noncharacter_Code_Point}[\p{Cc}--[\s\u0085]]\u00AD\u200B\u202A-\u202E\u2060-\u206F\uFEFF\uFFF9-\uFFFB]/gv;

// Tag characters spell the flags of England, Scotland and Wales after a black flag; elsewhere they are invisible text.
const tags = /(\u{1F3F4}[\u{E0020}-\u{E007E}]+\u{E007F})|[\u{E0000}-\u{E007F}]/gu;

// Joiners shape Arabic and Indic words and glue emoji together; between other characters they are only noise.
const joined =
  '[[\\p{L}\\p{M}\\p{Extended_Pictographic}\\p{Emoji_Modifier}\\uFE0F]--[\\p{sc=Latin}\\p{sc=Greek}\\p{sc=Cyrillic}\\p{sc=Han}\\p{sc=Hangul}\\p{sc=Hiragana}\\p{sc=Katakana}]]';
const strayJoiner = new RegExp(`(?<!${joined})[\\u200C\\u200D]|[\\u200C\\u200D](?!${joined})`, 'gv');

/**
 * Text as people meant it: NFC, one line, single spaces, trimmed of every Unicode space, without controls, bidi
 * overrides, zero-width junk, lone surrogates and noncharacters. Cleaning twice changes nothing.
 */
export function cleanText(raw: string): string {
  const text = raw.slice(0, maxTextLength);
  if (plainAscii.test(text)) return text;
  return text
    .replace(unwanted, '')
    .replace(tags, '$1')
    .normalize('NFC')
    .replace(strayJoiner, '')
    .normalize('NFC')
    .replace(whiteRun, ' ')
    .replace(edges, '');
}

/** The text by which two values are the same whatever their case and spacing. */
export const foldText = (text: string): string => cleanText(text).toUpperCase().toLowerCase();

const ascii = /^[ -~]*$/;
const graphemes = new Intl.Segmenter('und', { granularity: 'grapheme' });

/** What a reader counts as characters: grapheme clusters, in order. */
export const graphemesOf = (text: string): string[] =>
  // Without line breaks every character of ASCII is one, and splitting takes a twentieth of the time.
  ascii.test(text) ? text.split('') : Array.from(graphemes.segment(text), (part) => part.segment);
