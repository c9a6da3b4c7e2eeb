/** One value after the contract. Dates, images, colours and addresses are canonical text; a list holds flat records. */
export type Value = string | number | boolean | readonly { readonly [field: string]: Value }[];

/** Every field of a template with its value: complete and drawable. */
export type Values = Readonly<Record<string, Value>>;

/** Why a picture differs from what the data alone would have given. */
export type WarningCode =
  | 'blank'
  | 'junk'
  | 'unreplaced'
  | 'invalid'
  | 'too_long'
  | 'shorter_text'
  | 'shrunk'
  | 'ellipsis'
  | 'missing_glyph'
  | 'overflow'
  | 'unscannable'
  | 'image_missing'
  | 'low_contrast'
  | 'lower_quality'
  | 'too_heavy';

/** What is said of the file of a picture, which is another one in another format. */
export const codesOfFile: readonly WarningCode[] = ['lower_quality', 'too_heavy'];

/** One thing that was mended instead of refused. `field` is a dotted path (`items.2.price`); no value is ever quoted. */
export type Warning = {
  readonly code: WarningCode;
  readonly field?: string;
  readonly layer?: string;
  readonly message: string;
};
