/** The font families a template may name: those bundled with the product. */
export const FAMILIES = [
  'Inter',
  'Playfair Display',
  'Space Grotesk',
  'Caveat',
  'Noto Sans Arabic',
  'Noto Sans Hebrew',
  'Noto Sans Devanagari',
  'Noto Sans Thai',
  'Noto Sans SC',
  'Noto Sans JP',
  'Noto Sans KR',
] as const;
export type Family = (typeof FAMILIES)[number];
