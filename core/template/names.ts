import { graphemesOf } from './clean-text.ts';

const upper = /\p{Lu}/u;
const lower = /\p{Ll}/u;
const letterRun = /[\p{L}\p{M}\u200C\u200D]+/gu;
// DJ, JP, TJ, JR: written in capitals on purpose even where everything else is shouted.
const consonants = /^[BCDFGHJKLMNPQRSTVWXZ]{2,3}$/;
const generation = /^(?:II|III|IV)$/i;

/**
 * Mends the case of a person's name: "AMIRA KHAN" and "amira khan" become "Amira Khan". What is mixed already was
 * meant (McDonald, O'Brien, van der Berg, DJ Khaled) except whole words shouted in four letters or more.
 */
export function repairName(text: string): string {
  const shouted = !lower.test(text);
  if (!shouted && upper.test(text)) {
    const mended = text.replace(/\S+/g, (word) => (isShouted(word) ? repairWord(word) : word));
    // A word that begins with a letter without case may have had all the capitals there were.
    return upper.test(mended) ? mended : repairName(mended);
  }
  return text.replace(/\S+/g, (word, at: number) => {
    if (at > 0 && generation.test(word)) return word.toUpperCase();
    return shouted && consonants.test(word) ? word : repairWord(word);
  });
}

const isShouted = (word: string): boolean => !lower.test(word) && (word.match(/\p{L}/gu) ?? []).length > 3;

function repairWord(word: string): string {
  let previous = '';
  return word.replace(letterRun, (run, at: number) => {
    const afterApostrophe = /['’ʼ]$/u.test(word.slice(0, at));
    // O'Brien and D'Angelo, but Amira's and Ja'marcus.
    const starts = !afterApostrophe || graphemesOf(previous).length === 1;
    previous = run;
    return starts ? capitalise(run) : lowerAfterLetter(run);
  });
}

function capitalise(run: string): string {
  if (/^mc\p{L}{3}/iu.test(run)) return `Mc${capitalise(run.slice(2))}`;
  const first = String.fromCodePoint(run.codePointAt(0) ?? 0);
  return titleLetter(first) + lowerAfterLetter(run.slice(first.length));
}

// Georgian has capitals but no title case, and a letter such as ß has no single capital: both stay as they are.
function titleLetter(letter: string): string {
  const capital = letter.toUpperCase();
  return /\p{Changes_When_Titlecased}/u.test(letter) && [...capital].length === 1 ? capital : letter;
}

// The leading letter tells a final sigma; the dotted capital I would otherwise leave a combining dot behind.
const lowerAfterLetter = (text: string): string => `a${text.replaceAll('İ', 'i')}`.toLowerCase().slice(1);

// One character of these stands for a whole name, and the first one is the family's.
const nameCharacter = /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u;
const joining = /^[\p{Script=Arabic}\p{Script=Syriac}]/u;

/**
 * Up to two upper-case initials, of the first and the last word that begin with a letter; '' when there is none. A name in
 * Chinese, Japanese or Korean gives its first character; Arabic letters are kept from joining into a word.
 */
export function initialsOf(text: string): string {
  const words = text.split(/\s+/u).map((word) => word.replace(/^[^\p{L}\p{N}]+/u, ''));
  const firsts = words.map((word) => graphemesOf(word)[0]).filter((first) => first !== undefined);
  const [first = ''] = firsts;
  if (firsts.length < 2 || nameCharacter.test(first)) return first.toUpperCase();
  return [first, firsts.at(-1)].join(joining.test(first) ? '\u200c' : '').toUpperCase();
}
