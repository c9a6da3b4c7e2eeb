import type { ImageMime } from './sniff.ts';

/** The size of a picture in pixels, as it is shown. */
export type ImageSize = { readonly width: number; readonly height: number };

const size = (width: number, height: number): ImageSize | undefined =>
  width > 0 && height > 0 ? { width, height } : undefined;
const turned = (found: ImageSize | undefined, isTurned: boolean) =>
  found && isTurned ? { width: found.height, height: found.width } : found;

const readers = {
  'image/png': (b) => size(b.readUInt32BE(16), b.readUInt32BE(20)),
  'image/gif': (b) => size(b.readUInt16LE(6), b.readUInt16LE(8)),
  'image/webp': (b) => {
    const kind = b.toString('latin1', 12, 16);
    if (kind === 'VP8 ') return size(b.readUInt16LE(26) & 0x3fff, b.readUInt16LE(28) & 0x3fff);
    if (kind === 'VP8X') return size(b.readUIntLE(24, 3) + 1, b.readUIntLE(27, 3) + 1);
    const bits = b.readUInt32LE(21);
    return size((bits & 0x3fff) + 1, ((bits >>> 14) & 0x3fff) + 1);
  },
  'image/jpeg': readJpeg,
  'image/avif': readAvif,
} satisfies Record<ImageMime, (bytes: Buffer) => ImageSize | undefined>;

/**
 * The size a picture says it has, from its header alone: nothing is decoded, so that untrusted bytes can be read in the
 * serving process. Undefined when the header is cut short or makes no sense.
 */
export function readSize(bytes: Buffer, mime: ImageMime): ImageSize | undefined {
  try {
    return readers[mime](bytes);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

const ORIENTATION = 0x0112;

/** Segments up to the frame header; a camera held sideways says so in Exif. */
function readJpeg(b: Buffer): ImageSize | undefined {
  let isTurned = false;
  for (let at = 2; ; ) {
    if (b.readUInt8(at) !== 0xff) return undefined;
    const marker = b.readUInt8(at + 1);
    if (marker === 0xff) {
      at++;
      continue;
    }
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) return turned(size(b.readUInt16BE(at + 7), b.readUInt16BE(at + 5)), isTurned);
    const length = b.readUInt16BE(at + 2);
    if (length < 2) return undefined;
    if (marker === 0xe1) isTurned ||= isSideways(b.subarray(at + 4, at + 2 + length));
    at += 2 + length;
  }
}

/** Orientations 5 to 8 of Exif swap width and height. */
function isSideways(exif: Buffer): boolean {
  if (exif.toString('latin1', 0, 6) !== 'Exif\0\0' || exif.length < 14) return false;
  const tiff = exif.subarray(6);
  const isLittle = tiff.toString('latin1', 0, 2) === 'II';
  const short = (at: number) => (at + 2 > tiff.length ? 0 : isLittle ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at));
  const start = isLittle ? tiff.readUInt32LE(4) : tiff.readUInt32BE(4);
  for (let i = 0; i < short(start); i++) {
    const entry = start + 2 + i * 12;
    if (short(entry) === ORIENTATION) return short(entry + 8) >= 5;
  }
  return false;
}

// Boxes within boxes: the properties looked for stand within the first of them, before any picture.
const AVIF_HEADER = 64 * 1024;

/** The largest of its parts: a picture made of tiles names them too, and its transparency. */
function readAvif(b: Buffer): ImageSize | undefined {
  const header = b.subarray(0, AVIF_HEADER);
  let found: ImageSize | undefined;
  for (let at = header.indexOf('ispe'); at >= 0; at = header.indexOf('ispe', at + 4)) {
    const part = size(header.readUInt32BE(at + 8), header.readUInt32BE(at + 12));
    if (part && part.width * part.height > (found ? found.width * found.height : 0)) found = part;
  }
  const rotation = header.indexOf('irot');
  return turned(found, rotation >= 0 && (header.readUInt8(rotation + 4) & 1) === 1);
}
