/** The kinds of image that are taken in, by their first bytes. SVG is not one: it can hold scripts and addresses. */
const kinds = {
  'image/jpeg': (b) => b[0] === 0xff && b[1] === 0xd8 && b[2] === 0xff,
  'image/png': (b) => b.subarray(0, 8).equals(Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])),
  'image/gif': (b) => /^GIF8[79]a/.test(b.toString('latin1', 0, 6)),
  'image/webp': (b) => b.toString('latin1', 0, 4) === 'RIFF' && b.toString('latin1', 8, 12) === 'WEBP',
  'image/avif': (b) => b.toString('latin1', 4, 8) === 'ftyp' && /^avi[fs]$/.test(b.toString('latin1', 8, 12)),
} satisfies Record<string, (bytes: Buffer) => boolean>;

/** A media type of `kinds`. */
export type ImageMime = keyof typeof kinds;

/** The media type of an image by its first bytes, whatever its name or sender says; undefined for anything else. */
export const sniffImage = (bytes: Buffer): ImageMime | undefined =>
  (Object.keys(kinds) as ImageMime[]).find((mime) => bytes.length >= 16 && kinds[mime](bytes));
