import { crc32 } from 'node:zlib';
import sharp, { type Sharp } from 'sharp';

/** A file from a stranger: what it was made of, how it was spoilt, its bytes. */
export type MalformedFile = { readonly name: string; readonly bytes: Buffer };

type Random = (below: number) => number;

/** Whole numbers below a limit, the same ones for the same seed (mulberry32). */
function createRandom(seed: number): Random {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const SIZE = 48;

/** A picture with some of everything: runs, edges and noise. */
function pixels(channels: 3 | 4, pages = 1): Sharp {
  const random = createRandom(7);
  const data = Buffer.alloc(SIZE * SIZE * pages * channels);
  for (let at = 0; at < data.length; at++) data[at] = at % (SIZE * channels) < 60 ? 200 : random(256);
  const raw = { width: SIZE, height: SIZE * pages, channels, ...(pages > 1 && { pageHeight: SIZE }) } as const;
  return sharp(data, { raw });
}

/** Sound files of every kind a camera, a designer or an avatar service might send, and kinds that are never taken. */
async function soundFiles(): Promise<Record<string, Buffer>> {
  const made: Record<string, Sharp> = {
    'png-rgb': pixels(3).png(),
    'png-alpha': pixels(4).png({ compressionLevel: 1 }),
    'png-palette': pixels(3).png({ palette: true, colours: 16 }),
    'png-interlaced': pixels(4).png({ progressive: true }),
    'png-16-bit': pixels(3).toColourspace('rgb16').png(),
    'png-grey': pixels(3).greyscale().png(),
    'png-profile': pixels(3).png().withIccProfile('p3'),
    'jpeg-plain': pixels(3).jpeg(),
    'jpeg-progressive': pixels(3).jpeg({ progressive: true }),
    'jpeg-4-4-4': pixels(3).jpeg({ chromaSubsampling: '4:4:4', quality: 98 }),
    'jpeg-grey': pixels(3).greyscale().jpeg(),
    'jpeg-cmyk': pixels(3).toColourspace('cmyk').jpeg(),
    'jpeg-turned': pixels(3)
      .jpeg()
      .withExif({ IFD0: { ImageDescription: 'a'.repeat(300) } })
      .withMetadata({ orientation: 6 }),
    'gif-still': pixels(3).gif(),
    'gif-moving': pixels(4, 4).gif({ delay: [50, 50, 50, 50] }),
    'webp-lossy': pixels(3).webp(),
    'webp-lossless': pixels(4).webp({ lossless: true }),
    'webp-alpha': pixels(4).webp({ alphaQuality: 50 }),
    'webp-moving': pixels(4, 4).webp({ effort: 0 }),
    'avif-plain': pixels(3).avif({ effort: 0 }),
    'avif-alpha': pixels(4).avif({ effort: 0, lossless: true }),
    'tiff-plain': pixels(3).tiff(),
  };
  const files: Record<string, Buffer> = { 'bmp-plain': bmp(), 'svg-plain': Buffer.from(SVG) };
  for (const [name, picture] of Object.entries(made)) files[name] = await picture.toBuffer();
  return files;
}

const SVG = `<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a "lol">]>
<svg xmlns="http://www.w3.org/2000/svg" width="48" height="48"><rect width="48" height="48" fill="#f00"/><text>&a;</text></svg>`;

/** 24 bits to the pixel, rows from the bottom, as Windows writes it. */
function bmp(): Buffer {
  const header = Buffer.alloc(54);
  header.write('BM');
  header.writeUInt32LE(54 + SIZE * SIZE * 3, 2);
  header.writeUInt32LE(54, 10);
  header.writeUInt32LE(40, 14);
  header.writeInt32LE(SIZE, 18);
  header.writeInt32LE(SIZE, 22);
  header.writeUInt16LE(1, 26);
  header.writeUInt16LE(24, 28);
  return Buffer.concat([header, Buffer.alloc(SIZE * SIZE * 3, 0x7f)]);
}

/** Ways to spoil a file. What is written over lies mostly in the first bytes, where the sizes and lengths are. */
const spoilers: Record<string, (bytes: Buffer, random: Random, other: Buffer) => Buffer> = {
  'cut-short': (bytes, random) => bytes.subarray(0, random(bytes.length)),
  'bits-turned': (bytes, random) =>
    edited(bytes, (copy) => {
      for (let i = 1 + random(12); i > 0; i--) {
        const at = random(copy.length);
        copy[at] = (copy[at] ?? 0) ^ (1 << random(8));
      }
    }),
  'head-turned': (bytes, random) =>
    edited(bytes, (copy) => {
      for (let i = 1 + random(4); i > 0; i--) copy[random(Math.min(96, copy.length))] = random(256);
    }),
  'lengths-huge': (bytes, random) =>
    edited(bytes, (copy) => {
      const value = [0xffffffff, 0x7fffffff, 0x80000000, 0x00ffffff, 0][random(5)] as number;
      copy.writeUInt32BE(value, 8 + random(Math.min(200, copy.length - 12)));
    }),
  'part-lost': (bytes, random) => {
    const at = random(bytes.length);
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + random(200))]);
  },
  'part-doubled': (bytes, random) => {
    const at = random(bytes.length);
    const end = at + random(400);
    return Buffer.concat([bytes.subarray(0, end), bytes.subarray(at)]);
  },
  'part-blank': (bytes, random) =>
    edited(bytes, (copy) => {
      const at = random(copy.length);
      copy.fill(random(2) * 255, at, Math.min(copy.length, at + random(300)));
    }),
  'parts-of-two': (bytes, random, other) =>
    Buffer.concat([bytes.subarray(0, random(bytes.length)), other.subarray(random(other.length))]),
  'sums-mended': (bytes, random) => edited(bytes, (copy) => mendSums(copy, random)),
};

function edited(bytes: Buffer, change: (copy: Buffer) => void): Buffer {
  const copy = Buffer.from(bytes);
  change(copy);
  return copy;
}

/** A PNG whose header or data is wrong and whose checksums are right, so that no reader stops at them. */
function mendSums(png: Buffer, random: Random): void {
  png[16 + random(13)] = random(256);
  for (let at = 8; at + 12 <= png.length; ) {
    const end = at + 8 + png.readUInt32BE(at);
    if (end + 4 > png.length) return;
    if (random(3) === 0 && end > at + 8) png[at + 8 + random(end - at - 8)] = random(256);
    png.writeUInt32BE(crc32(png.subarray(at + 4, end)), end);
    at = end + 4;
  }
}

/** As many spoilt files as asked, the same ones for the same seed. */
export async function* malformedFiles(count: number, seed: number): AsyncGenerator<MalformedFile> {
  const random = createRandom(seed);
  const sound = Object.entries(await soundFiles());
  const ways = Object.entries(spoilers);
  for (let i = 0; i < count; i++) {
    const [kind, bytes] = sound[i % sound.length] as [string, Buffer];
    const [, other] = sound[random(sound.length)] as [string, Buffer];
    const [way, spoil] = ways[Math.floor(i / sound.length) % ways.length] as (typeof ways)[number];
    if (way === 'sums-mended' && !kind.startsWith('png')) {
      yield { name: `${i} ${kind} cut-short`, bytes: bytes.subarray(0, random(bytes.length)) };
      continue;
    }
    yield { name: `${i} ${kind} ${way}`, bytes: spoil(bytes, random, other) };
  }
}
