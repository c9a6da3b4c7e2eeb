import { isSvg } from '../../core/paint/svg.ts';

/** The kinds of bitmap that are taken in, by their first bytes. */
const kinds = {
  'image/jpeg': (b) => b[0] === 0xff && b[1] === 0xd8 && b[2] === 0xff,
  'image/png': (b) => b.subarray(0, 8).equals(Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])),
  'image/gif': (b) => /^GIF8[79]a/.test(b.toString('latin1', 0, 6)),
  'image/webp': (b) => b.toString('latin1', 0, 4) === 'RIFF' && b.toString('latin1', 8, 12) === 'WEBP',
  'image/avif': (b) => b.toString('latin1', 4, 8) === 'ftyp' && /^avi[fs]$/.test(b.toString('latin1', 8, 12)),
} satisfies Record<string, (bytes: Buffer) => boolean>;

/** A media type of `kinds`. */
export type ImageMime = keyof typeof kinds;

/** The media type of a drawing, which is taken as an asset alone: it can hold scripts and addresses. */
export const SVG = 'image/svg+xml';
/** What is wrong with a bitmap that an svg layer names. */
export const NO_DRAWING = 'is no SVG: upload one, or draw it by an image layer';

/** The media type of a bitmap by its first bytes, whatever its name or sender says; undefined for anything else. */
export const sniffImage = (bytes: Buffer): ImageMime | undefined =>
  (Object.keys(kinds) as ImageMime[]).find((mime) => bytes.length >= 16 && kinds[mime](bytes));

/** The media type of what may be an asset: a bitmap or a drawing; undefined for anything else. */
export const sniffAsset = (bytes: Buffer): ImageMime | typeof SVG | undefined =>
  sniffImage(bytes) ?? (isSvg(bytes) ? SVG : undefined);
