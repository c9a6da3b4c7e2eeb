/** One font of a family. */
export type Face = { readonly family: string; readonly weight: number; readonly italic: boolean };

/**
 * The bundled families behind a template's own, by what they can draw. Chinese, Japanese and Korean share code points
 * but not shapes, so the text's own letters say which of them goes first.
 */
const BEHIND = ['Noto Sans Arabic', 'Noto Sans Hebrew', 'Noto Sans Devanagari', 'Noto Sans Thai'];
const HAN = { japanese: 'Noto Sans JP', korean: 'Noto Sans KR', chinese: 'Noto Sans SC' };
const CHAINS = {
  chinese: [...BEHIND, HAN.chinese, HAN.japanese, HAN.korean],
  japanese: [...BEHIND, HAN.japanese, HAN.chinese, HAN.korean],
  korean: [...BEHIND, HAN.korean, HAN.japanese, HAN.chinese],
};
const LATIN_ONLY = /^[ -\u02ff\u0370-\u052f\u1e00-\u1fff\u2000-\u206f\u20a0-\u20bf\u2100-\u214f]*$/;
const KANA = /[\p{Script=Hiragana}\p{Script=Katakana}]/u;
const HANGUL = /\p{Script=Hangul}/u;

const languageOf = (text: string): keyof typeof HAN =>
  KANA.test(text) ? 'japanese' : HANGUL.test(text) ? 'korean' : 'chinese';

/** The family that draws Chinese, Japanese and Korean letters of a text. */
export const hanFamily = (text: string): string => HAN[languageOf(text)];

/** Whether a text has nothing but Latin, Greek and Cyrillic, which need no family behind a template's own. */
export const isLatinOnly = (text: string): boolean => LATIN_ONLY.test(text);

/** The CSS font of a face at a size in CSS pixels, for a text; Latin, Greek and Cyrillic need no family but their own. */
export function fontOf({ family, weight, italic }: Face, size: number, text: string): string {
  const own = `${italic ? 'italic ' : ''}${weight} ${size}px "${family}"`;
  if (isLatinOnly(text)) return own;
  return `${own}, ${CHAINS[languageOf(text)].map((family) => `"${family}"`).join(', ')}`;
}
