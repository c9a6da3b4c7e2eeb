import { graphemesOf } from '../../template/clean-text.ts';
import type { FontSet } from './coverage.ts';
import { STAND_IN } from './families.ts';
import { isLatinOnly } from './font.ts';
import { familyBehind } from './scripts.ts';

/** A stretch of a text and the family that has its letters. */
export type Piece = { readonly text: string; readonly family: string };

// Every font draws these as nothing.
const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\p{Cc}\p{Z}]/u;
const LETTER = /[\p{L}\p{M}\p{N}]/u;
const MARKS = /\p{M}+/gu;

/**
 * Finds families for all of a text, from `family` on. A word with Latin, Greek or Cyrillic letters that its family lacks
 * is set in another as a whole, rather than in two fonts; anything else goes grapheme by grapheme. What no font has is
 * drawn in the plain form Unicode gives it (𝓐 as A), else without its marks, else left out: then its characters are
 * added to `missing`.
 */
export function piecesOf(text: string, family: string, fonts: FontSet, missing: Set<string>): Piece[] {
  if (isIn(text, family, fonts, text)) return [{ text, family }];
  const pieces: { text: string; family: string }[] = [];
  const add = (part: string, family: string) => {
    const last = pieces.at(-1);
    if (last?.family === family) last.text += part;
    else if (part !== '') pieces.push({ text: part, family });
  };
  let isGone = false;
  for (const [word] of text.matchAll(/\S+|\s+/gu)) {
    // Of a word that is left out, one of the spaces around it goes too.
    if (isGone && word.trim() === '' && !/\S$/u.test(pieces.at(-1)?.text ?? '')) {
      isGone = false;
      continue;
    }
    isGone = false;
    if (isIn(word, family, fonts, text)) add(word, family);
    else if (hasForeignLetter(word, family, fonts) && isIn(word, STAND_IN, fonts, text)) add(word, STAND_IN);
    else {
      isGone = true;
      for (const grapheme of graphemesOf(word)) {
        const { found, lost } = formOf(grapheme, family, fonts, text);
        for (const char of lost) missing.add(char);
        if (!found) continue;
        isGone = false;
        add(found.text, found.family);
      }
    }
  }
  return pieces;
}

const MOST_NAMED = 8;

/** Characters by their numbers, in order and each once, so that no value can be read from them: `U+10D0, U+10D8`. */
export function nameCharacters(characters: readonly string[]): string {
  const points = [...new Set(characters)].map((char) => char.codePointAt(0) ?? 0).sort((a, b) => a - b);
  const names = points.map((point) => `U+${point.toString(16).toUpperCase().padStart(4, '0')}`);
  const more = names.length - MOST_NAMED;
  return [...names.slice(0, MOST_NAMED), ...(more > 0 ? [`${more} more`] : [])].join(', ');
}

/** Whether a family has all letters of a part of `text`, those of the scripts behind every family by theirs. */
function isIn(part: string, family: string, fonts: FontSet, text: string): boolean {
  const own = fonts.coverage(family);
  for (const char of part) {
    const point = char.codePointAt(0) ?? 0;
    if (own?.has(point) || INVISIBLE.test(char)) continue;
    const behind = familyBehind(char, text);
    if (behind === undefined || !fonts.coverage(behind)?.has(point)) return false;
  }
  return true;
}

const hasForeignLetter = (word: string, family: string, fonts: FontSet): boolean =>
  [...word].some(
    (char) => LETTER.test(char) && isLatinOnly(char) && !fonts.coverage(family)?.has(char.codePointAt(0) ?? 0),
  );

/** A grapheme in a form that some family has, and the characters of it that none has. */
function formOf(
  grapheme: string,
  family: string,
  fonts: FontSet,
  text: string,
): { readonly found: Piece | undefined; readonly lost: readonly string[] } {
  const plain = grapheme.normalize('NFKC');
  const forms = [grapheme, grapheme.normalize('NFC'), grapheme.normalize('NFD'), plain, plain.normalize('NFD')];
  const bare = plain.normalize('NFD').replace(MARKS, '').normalize('NFC');
  for (const form of new Set([...forms, bare])) {
    const having = form && [family, ...fonts.families].find((each) => isIn(form, each, fonts, text));
    if (!having) continue;
    const lost =
      form === bare ? [...plain.normalize('NFD')].filter((char) => !form.normalize('NFD').includes(char)) : [];
    return { found: { text: form, family: having }, lost };
  }
  return { found: undefined, lost: [...grapheme].filter((char) => !INVISIBLE.test(char)) };
}
