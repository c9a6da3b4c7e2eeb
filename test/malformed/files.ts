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

/** Sound drawings with some of everything that is taken: paths, gradients, clips, masks, styles. */
const drawings: Record<string, string> = {
  shapes:
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48"><rect width="30" height="20" rx="4" fill="#f00"/><circle cx="24" cy="24" r="9.5" stroke="#0b7f74" stroke-width="2"/><polygon points="1,1 40,3 20,44"/><ellipse cx="9" cy="9" rx="4" ry="2"/><line x1="0" y1="0" x2="48" y2="48" stroke="#000"/></svg>',
  gradients:
    '<?xml version="1.0" encoding="UTF-8"?><svg xmlns="http://www.w3.org/2000/svg" width="48" height="48"><defs><linearGradient id="a" x1="0" x2="1"><stop offset="0" stop-color="#ff0000"/><stop offset="1" style="stop-color:#ffd166"/></linearGradient><radialGradient id="b" href="#a" r="0.7"/></defs><path fill="url(#a)" d="M2 2 C10 40 30 -10 46 46 Z"/><rect x="20" width="20" height="20" fill="url(#b)"/></svg>',
  clipped:
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="-4 -4 60 60"><style>.a { fill: #264653; stroke-width: 3 }</style><clipPath id="c"><circle cx="20" cy="20" r="12"/></clipPath><mask id="m"><rect width="40" height="40" fill="#fff"/></mask><g clip-path="url(#c)" mask="url(#m)" transform="rotate(12) scale(1.4)"><path class="a" d="M0 0h40v40H0z"/></g></svg>',
};

const numbers = ['1e9', '-1e9', '1e38', '0', '-0.0000001', 'NaN', '', '999999999999999999', '1e-38'];

/** Ways to spoil a drawing that leave it markup. */
const rewriters: Record<string, (svg: string, random: Random) => string> = {
  'numbers-wild': (svg, random) =>
    svg.replace(/-?\d+(?:\.\d+)?/g, (number) => (random(6) === 0 ? (numbers[random(numbers.length)] ?? '') : number)),
  'parts-many': (svg, random) => {
    const [part = ''] = /<(?:path|rect|circle|g)\b[^>]*\/?>/.exec(svg.slice(random(svg.length))) ?? [];
    return svg.replace('</svg>', `${part.repeat(1 + random(7000))}</svg>`);
  },
  'parts-deep': (svg, random) => {
    const deep = 1 + random(60);
    return svg.replace(
      /(<svg[^>]*>)([\s\S]*)(<\/svg>)/,
      (_, open, inner, close) => open + '<g>'.repeat(deep) + inner + '</g>'.repeat(deep) + close,
    );
  },
  'marks-lost': (svg, random) => svg.replace(/[<>"'=/#]/g, (mark) => (random(30) === 0 ? '' : mark)),
  'names-mixed': (svg, random) => {
    const names = ['use', 'image', 'script', 'foreignObject', 'text', 'filter', 'style', 'mask', 'svg', 'a'];
    return svg.replace(/<(rect|path|circle|g)\b/g, (tag) =>
      random(3) === 0 ? `<${names[random(names.length)]}` : tag,
    );
  },
  'paths-endless': (svg, random) => svg.replace(/ d="[^"]*"/, ` d="M0 0${'l9 9 -9 4e9h1z'.repeat(random(20_000))}"`),
};

/** As many spoilt drawings as asked, the same ones for the same seed: as bytes, and as markup. */
export function* malformedDrawings(count: number, seed: number): Generator<MalformedFile> {
  const random = createRandom(seed);
  const sound = Object.entries(drawings);
  const { 'sums-mended': _, ...ways } = spoilers;
  const all = [
    ...Object.entries(rewriters).map(
      ([way, spoil]) => [way, (svg: Buffer) => Buffer.from(spoil(svg.toString(), random))] as const,
    ),
    ...Object.entries(ways).map(([way, spoil]) => {
      return [way, (svg: Buffer) => spoil(svg, random, Buffer.from(drawings.clipped ?? ''))] as const;
    }),
  ];
  for (let i = 0; i < count; i++) {
    const [kind, svg] = sound[i % sound.length] as [string, string];
    const [way, spoil] = all[Math.floor(i / sound.length) % all.length] as (typeof all)[number];
    yield { name: `${i} ${kind} ${way}`, bytes: spoil(Buffer.from(svg)) };
  }
}
