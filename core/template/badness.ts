import type { WarningCode } from './value.ts';

/** How bad it is for a picture that something was mended in it: what is cut off or not a name most, what is a little smaller least. */
export const badness = {
  ellipsis: 20,
  overflow: 18,
  unscannable: 15,
  missing_glyph: 10,
  too_long: 12,
  unreplaced: 12,
  junk: 10,
  invalid: 10,
  blank: 5,
  shorter_text: 3,
  shrunk: 1,
} as const satisfies Partial<Record<WarningCode, number>>;
