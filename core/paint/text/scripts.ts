import type { Bench, Context } from '../surface.ts';
import { type Face, type HanLanguage, hanFamily, isLatinOnly } from './font.ts';
import { cutRuns, type Run } from './runs.ts';

/** What is Chinese, Japanese and Korean, and their punctuation, for the brackets of a pattern. */
export const HAN =
  '\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Hangul}\\u3000-\\u303f\\uff00-\\uffef';

/** The scripts that a family behind a template's own draws, by their letters and marks. */
const SCRIPTS = [
  { letters: '\\p{scx=Arabic}', isRtl: true, family: () => 'Noto Sans Arabic' },
  { letters: '\\p{scx=Hebrew}', isRtl: true, family: () => 'Noto Sans Hebrew' },
  { letters: '\\p{scx=Devanagari}', isRtl: false, family: () => 'Noto Sans Devanagari' },
  { letters: '\\p{scx=Thai}', isRtl: false, family: () => 'Noto Sans Thai' },
  { letters: HAN, isRtl: false, family: hanFamily },
].map(({ letters, ...script }) => ({
  ...script,
  /** Words with the spaces between them. */
  words: new RegExp(`[${letters}][${letters}\\p{M}]*(?: [${letters}\\p{M}]+)+`, 'gu'),
  /** The same with the space behind them and, from right to left, one after a number: where a text runs their way. */
  wordsAndSpace: new RegExp(
    `${script.isRtl ? '(?:(?<=\\d) )?' : ''}[${letters}][${letters}\\p{M}]*(?: [${letters}\\p{M}]*)*`,
    'gu',
  ),
  first: new RegExp(`^[ \\u200d]?[${letters}]`, 'u'),
  any: new RegExp(`[${letters}]`, 'u'),
}));

/** The families behind a template's own that a text needs, as far as its letters tell. */
export const familiesBehind = (text: string, han?: HanLanguage): string[] =>
  isLatinOnly(text) ? [] : SCRIPTS.filter(({ any }) => any.test(text)).map(({ family }) => family(text, han));

/** Which of them draws a letter of a text, undefined where its own family should. */
export const familyBehind = (letter: string, text: string): string | undefined =>
  isLatinOnly(letter) ? undefined : SCRIPTS.find(({ any }) => any.test(letter))?.family(text);

/**
 * Cuts runs so that words of such a script are one of their own, spaces and all. Pango draws the spaces between them from
 * their font, a browser from the first font of all: on runs of their own `spaceOut` can make up for it.
 */
export function cutByScript(text: string, runs: readonly Run[], isRtl: boolean): readonly Run[] {
  if (!text.includes(' ') || isLatinOnly(text)) return runs;
  const cuts = new Set([0, text.length]);
  for (const script of SCRIPTS) {
    for (const { 0: words, index } of text.matchAll(script.isRtl === isRtl ? script.wordsAndSpace : script.words))
      cuts.add(index).add(index + words.length);
  }
  const [first = 0, ...ends] = [...cuts].sort((a, b) => a - b);
  let start = first;
  return ends.flatMap((end) => {
    const cut = runs.flatMap((run) => cutRuns([run], start, end));
    start = end;
    return cut;
  });
}

/** Has a browser set the spaces of a run as wide as in the font of its words. */
export function spaceOut(context: Context, face: Face, size: number, text: string, measure: Bench['measure']): void {
  const script = text.includes(' ') ? SCRIPTS.find(({ first }) => first.test(text)) : undefined;
  const widthIn = (family: string) => measure({ ...face, family }, ' ').width;
  const more = script ? widthIn(script.family(text, face.han)) - widthIn(face.family) : 0;
  context.wordSpacing = `${more * size}px`;
}
