/**
 * The font families a template may name, those bundled with the product, each with the letters of Latin, Greek and
 * Cyrillic it lacks: a word with one of them is set in `STAND_IN` as a whole, rather than in two fonts.
 */
export const FAMILIES = {
  Inter: undefined,
  'Playfair Display': /\p{Script=Greek}/u,
  'Space Grotesk': /[\p{Script=Greek}\p{Script=Cyrillic}]/u,
  Caveat: /[\p{Script=Greek}ƠơƯư[[Ạ-ỹ]--[ẸẹẼẽỊịỌọỤụỲỳỸỹ]]]/v,
  'Noto Sans Arabic': undefined,
  'Noto Sans Hebrew': undefined,
  'Noto Sans Devanagari': undefined,
  'Noto Sans Thai': undefined,
  'Noto Sans SC': undefined,
  'Noto Sans JP': undefined,
  'Noto Sans KR': undefined,
} as const satisfies Record<string, RegExp | undefined>;
export type Family = keyof typeof FAMILIES;

/** The family that has all of Latin, Greek and Cyrillic. */
export const STAND_IN: Family = 'Inter';

/** Whether the product has a family of this name. */
export const isFamily = (name: string): name is Family => Object.hasOwn(FAMILIES, name);
