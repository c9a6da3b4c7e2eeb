import { applyContract } from '../template/contract.ts';
import type { Fields } from '../template/fields/index.ts';
import { type FormatName, isPictureFormat, type PictureFormat } from '../template/output.ts';
import type { Template } from '../template/schema.ts';
import type { Values } from '../template/value.ts';

/**
 * The format of a template's pictures for an `<img>`: its own, or, where that is `auto` or no picture, the one that suits
 * what it shows, the same for everybody. `draw` makes a PNG of values; drawn are its fallbacks and its sets of data. With
 * transparency, or so few colours that a palette holds them, it is PNG; else, and where data bring photos, JPEG. Never
 * WebP, which not every mail program shows.
 */
export async function pictureFormatFor(
  { output, fields, datasets }: Template,
  draw: (values: Values) => Promise<Buffer>,
): Promise<PictureFormat> {
  const own: FormatName | 'auto' = output.format;
  if (own !== 'auto' && isPictureFormat(own)) return own;
  const sets = [{}, ...Object.values(datasets)];
  const looks = await Promise.all(sets.map(async (data) => lookOf(await draw(applyContract(fields, data).values))));
  if (looks.includes('clear')) return 'png';
  return looks.includes('colorful') || hasPhotos(fields) ? 'jpeg' : 'png';
}

const hasPhotos = (fields: Fields): boolean =>
  Object.values(fields).some(
    (field) => field.type === 'image' || (field.type === 'list' && hasPhotos(field.of as Fields)),
  );

/** Where a PNG says how its pixels are kept: in a palette, or each with its own colour, with or without transparency. */
const KIND = 25;
const COLORS = 2;
const CLEAR_COLORS = 6;
/** Its palette, and whether that has transparency, stand before this. */
const HEAD_BYTES = 1024;

/** What a PNG made here shows: the encoder has looked at every pixel. */
function lookOf(png: Buffer): 'clear' | 'colorful' | 'flat' {
  if (png[KIND] === CLEAR_COLORS || png.subarray(0, HEAD_BYTES).includes('tRNS')) return 'clear';
  return png[KIND] === COLORS ? 'colorful' : 'flat';
}
