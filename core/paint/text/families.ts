/**
 * The font families bundled with the product that a template may name: first those made to be designed with, then those
 * that stand behind every one of them for the scripts they do not have.
 */
export const FAMILIES = [
  'Inter',
  'Nunito',
  'Space Grotesk',
  'Source Serif 4',
  'Playfair Display',
  'Roboto Slab',
  'JetBrains Mono',
  'Bebas Neue',
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

/** The family that has all of Latin, Greek and Cyrillic. */
export const STAND_IN: Family = 'Inter';

const names: ReadonlySet<string> = new Set(FAMILIES);

/** Whether the product has a family of this name. */
export const isFamily = (name: string): name is Family => names.has(name);
