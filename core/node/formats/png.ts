import { constants, crc32, deflateRawSync } from 'node:zlib';
import type { Canvas } from 'canvas';
import type { Rect } from '../../paint/surface.ts';
import { canvas } from '../native.ts';
import type { Format, Picture } from './format.ts';
import { createPalette, type Palette } from './palette.ts';
import { createMemory, createPieces, cut, type Grid, markedPieces } from './pieces.ts';
import { isOpaque, straighten } from './pixels.ts';

/** The rows of a band. */
const ROWS = 16;
const METRES_PER_INCH = 0.0254;
const SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex');
/** What every zlib stream here begins with, and the empty block that ends it. */
const ZLIB_HEADER = Buffer.from([0x78, 0x5e]);
const LAST_BLOCK = Buffer.from([0x03, 0x00]);

/** Rows of a picture as they stand in the file: a chunk of compressed data, and the checksum of what it was before. */
type Band = { readonly chunk: Buffer; readonly adler: number; readonly bytes: number; readonly length: number };
type Writer = (picture: Picture) => Buffer;
/** What goes before the bands: how many bytes a pixel has, and a palette if it is a place in one. */
type Kind = { readonly color: 2 | 3 | 6; readonly dpi: number; readonly palette?: Palette };

/**
 * PNG by bands, each compressed on its own: those of the base are kept, and only those that have something drawn on them are
 * compressed again. A picture of at most 256 colours becomes one with a palette, without any loss; one without transparency
 * has no alpha channel, since nothing drawn can add any.
 */
export const png: Format = {
  open(base, _quality, dpi) {
    const grid = cut(base, base.width, ROWS);
    const inPalette = openPalette(base, grid, dpi);
    let inFull: Writer | undefined;
    return (picture) => {
      const bytes = inPalette?.(picture);
      if (bytes) return { bytes };
      inFull ??= openFull(base, grid, dpi);
      return { bytes: inFull(picture) };
    };
  },
};

function openFull(base: Canvas, grid: Grid, dpi: number): Writer {
  const color = isOpaque(base) ? 2 : 6;
  const channels = color === 2 ? 3 : 4;
  const pixelsOf = bandReader(base);
  const encode = (from: Canvas, rect: Rect, strategy: number): Band =>
    bandOf(filter(straighten(pixelsOf(from, rect), channels), rect, channels), strategy);
  const strategy = strategyFor(grid, (rect, strategy) => encode(base, rect, strategy).length);
  const memory = createMemory<Band>(base.width * base.height * 4);
  const bandsOf = createPieces(base, grid, memory, (from, rect) => encode(from, rect, strategy));
  return (picture) => join(base, { color, dpi }, bandsOf(picture, markedPieces(grid, picture.marks)));
}

/** How much smaller a search for repetitions has to make a picture: it takes several times as long as one for runs alone. */
const WORTH = 0.8;

/** How to compress, as some bands of the base say: a photo by its runs, a drawing by what it repeats. */
function strategyFor({ pieces }: Grid, sizeOf: (rect: Rect, strategy: number) => number): number {
  const some = pieces.filter((_, i) => i % 8 === 0);
  const total = (strategy: number) => some.reduce((sum, rect) => sum + sizeOf(rect, strategy), 0);
  const { Z_RLE, Z_DEFAULT_STRATEGY } = constants;
  return total(Z_DEFAULT_STRATEGY) < total(Z_RLE) * WORTH ? Z_DEFAULT_STRATEGY : Z_RLE;
}

/** Encodes pictures of few colours; gives undefined for one that has too many, and is undefined when the base has. */
function openPalette(base: Canvas, grid: Grid, dpi: number): ((picture: Picture) => Buffer | undefined) | undefined {
  const pixelsOf = bandReader(base);
  const own = createPalette();
  const encode = (from: Canvas, rect: Rect, palette: Palette): Band | undefined => {
    const rows = palette.index(pixelsOf(from, rect), rect.width);
    return rows && bandOf(rows, constants.Z_DEFAULT_STRATEGY);
  };
  const still: Band[] = [];
  for (const rect of grid.pieces) {
    const band = encode(base, rect, own);
    if (!band) return undefined;
    still.push(band);
  }
  return ({ marks, paint }) => {
    const bands = still.slice();
    const marked = [...markedPieces(grid, marks).keys()];
    const palette = own.copy();
    const rects = marked.map((i) => grid.pieces[i] as Rect);
    const frame = marked.length > 0 ? paint(rects) : base;
    for (const i of marked) {
      const band = encode(frame, grid.pieces[i] as Rect, palette);
      if (!band) return undefined;
      bands[i] = band;
    }
    return join(base, { color: 3, dpi, palette }, bands);
  };
}

/** Reads a band's pixels from a canvas: premultiplied BGRA. */
function bandReader({ width }: Canvas): (from: Canvas, rect: Rect) => Buffer {
  const bands = new Map<number, Canvas>();
  return (from, { y, height }) => {
    const band = bands.get(height) ?? canvas.createCanvas(width, height);
    bands.set(height, band);
    const context = band.getContext('2d');
    context.globalCompositeOperation = 'copy';
    context.drawImage(from, 0, -y);
    return band.toBuffer('raw');
  };
}

/**
 * Each row as PNG's Sub filter has it: every pixel less the one on its left. Paeth would give a tenth fewer bytes in one and a
 * half times the time, most of it spent on guessing in JavaScript.
 */
function filter(pixels: Uint8Array, { width, height }: Rect, channels: 3 | 4): Uint8Array {
  const stride = width * channels;
  const rows = new Uint8Array((stride + 1) * height);
  for (let y = 0, from = 0, to = 0; y < height; y++) {
    rows[to++] = 1;
    for (let i = 0; i < channels; i++) rows[to++] = at(pixels, from++);
    for (let i = channels; i < stride; i++, from++) rows[to++] = at(pixels, from) - at(pixels, from - channels);
  }
  return rows;
}

const at = (bytes: Uint8Array, i: number): number => bytes[i] as number;

/** Compresses rows so that they can stand after any others: the flush ends at a byte, and forgets what was before. */
function bandOf(rows: Uint8Array, strategy: number): Band {
  // Where only runs are looked for, more effort finds no more of them.
  const level = strategy === constants.Z_RLE ? 2 : 6;
  const data = deflateRawSync(rows, { level, strategy, finishFlush: constants.Z_FULL_FLUSH });
  const chunk = chunkOf('IDAT', data);
  return { chunk, adler: adler32(rows), bytes: rows.length, length: chunk.length };
}

function join({ width, height }: Canvas, { color, dpi, palette }: Kind, bands: readonly Band[]): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, color], 8);
  // Pixels to the metre, across and down.
  const density = Buffer.alloc(9, 1);
  for (const at of [0, 4]) density.writeUInt32BE(Math.round(dpi / METRES_PER_INCH), at);
  const end = Buffer.alloc(LAST_BLOCK.length + 4);
  LAST_BLOCK.copy(end);
  end.writeUInt32BE(
    bands.reduce((sum, band) => appendAdler(sum, band), 1),
    LAST_BLOCK.length,
  );
  return Buffer.concat([
    SIGNATURE,
    chunkOf('IHDR', header),
    chunkOf('pHYs', density),
    ...(palette ? palette.entries().map(([type, data]) => chunkOf(type, data)) : []),
    chunkOf('IDAT', ZLIB_HEADER),
    ...bands.map(({ chunk }) => chunk),
    chunkOf('IDAT', end),
    chunkOf('IEND', Buffer.alloc(0)),
  ]);
}

function chunkOf(type: string, data: Uint8Array): Buffer {
  const chunk = Buffer.allocUnsafe(data.length + 12);
  chunk.writeUInt32BE(data.length, 0);
  chunk.write(type, 4, 'latin1');
  chunk.set(data, 8);
  chunk.writeUInt32BE(crc32(chunk.subarray(4, data.length + 8)), data.length + 8);
  return chunk;
}

const MODULUS = 65521;
/** How many bytes can be added up before the sums have to be brought down. */
const ADLER_RUN = 5552;

function adler32(bytes: Uint8Array): number {
  let [low, high] = [1, 0];
  for (let i = 0; i < bytes.length; ) {
    const end = Math.min(bytes.length, i + ADLER_RUN);
    for (; i < end; i++) {
      low += at(bytes, i);
      high += low;
    }
    low %= MODULUS;
    high %= MODULUS;
  }
  return high * 65536 + low;
}

/** The checksum of what had the checksum `before`, followed by a band. */
function appendAdler(before: number, { adler, bytes }: Band): number {
  const low = (before % 65536) + (adler % 65536) - 1;
  const rest = ((bytes % MODULUS) * ((before % 65536) - 1)) % MODULUS;
  const high = Math.floor(before / 65536) + Math.floor(adler / 65536) + rest;
  const modulo = (sum: number) => ((sum % MODULUS) + MODULUS) % MODULUS;
  return modulo(high) * 65536 + modulo(low);
}
