/** A language that writes in Chinese characters, each in its own shapes. */
export type HanLanguage = 'chinese' | 'japanese' | 'korean';

/** One font of a family; `han` is the language of Chinese characters that stand alone, Chinese when absent. */
export type Face = {
  readonly family: string;
  readonly weight: number;
  readonly italic: boolean;
  readonly han?: HanLanguage | undefined;
};

/**
 * The bundled families behind a template's own, by what they can draw. Chinese, Japanese and Korean share code points
 * but not shapes, so the text's own letters say which of them goes first.
 */
const BEHIND = ['Noto Sans Arabic', 'Noto Sans Hebrew', 'Noto Sans Devanagari', 'Noto Sans Thai'];
const HAN: Readonly<Record<HanLanguage, string>> = {
  japanese: 'Noto Sans JP',
  korean: 'Noto Sans KR',
  chinese: 'Noto Sans SC',
};
const LOCALES: Readonly<Record<string, HanLanguage>> = { ja: 'japanese', ko: 'korean' };
const CHAINS = {
  chinese: [...BEHIND, HAN.chinese, HAN.japanese, HAN.korean],
  japanese: [...BEHIND, HAN.japanese, HAN.chinese, HAN.korean],
  korean: [...BEHIND, HAN.korean, HAN.japanese, HAN.chinese],
};
const LATIN_ONLY = /^[ -\u02ff\u0370-\u052f\u1e00-\u1fff\u2000-\u206f\u20a0-\u20bf\u2100-\u214f]*$/;
const KANA = /[\p{Script=Hiragana}\p{Script=Katakana}]/u;
const HANGUL = /\p{Script=Hangul}/u;

/** The language of a text's Chinese characters, by the letters among them, or else the one of where it stands. */
export const hanLanguage = (text: string, around: HanLanguage = 'chinese'): HanLanguage =>
  KANA.test(text) ? 'japanese' : HANGUL.test(text) ? 'korean' : around;

/** The same of a template's locale. */
export const hanOfLocale = (locale: string): HanLanguage => LOCALES[new Intl.Locale(locale).language] ?? 'chinese';

/** The family that draws Chinese, Japanese and Korean letters of a text. */
export const hanFamily = (text: string, around?: HanLanguage): string => HAN[hanLanguage(text, around)];

/** Whether a text has nothing but Latin, Greek and Cyrillic, which need no family behind a template's own. */
export const isLatinOnly = (text: string): boolean => LATIN_ONLY.test(text);

/** The CSS font of a face at a size in CSS pixels, for a text; Latin, Greek and Cyrillic need no family but their own. */
export function fontOf({ family, weight, italic, han }: Face, size: number, text: string): string {
  const own = `${italic ? 'italic ' : ''}${weight} ${size}px "${family}"`;
  if (isLatinOnly(text)) return own;
  return `${own}, ${CHAINS[hanLanguage(text, han)].map((family) => `"${family}"`).join(', ')}`;
}
