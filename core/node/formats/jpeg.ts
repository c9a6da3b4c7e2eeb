import type { Canvas, CanvasRenderingContext2D } from 'canvas';
import { canvas } from '../native.ts';
import type { Format } from './format.ts';
import { createMemory, createPieces, cut, type Grid, type Memory, markedPieces } from './pieces.ts';

type Strip = { readonly canvas: Canvas; readonly context: CanvasRenderingContext2D };
const { createCanvas } = canvas;

/** The side of an MCU, the least that is encoded, at 4:2:0. */
const MCU = 16;
/** What a call of the encoder costs besides, in MCUs. */
const CALL = 9;
/** The fewest MCUs a piece has, since each costs a call and some bytes. */
const LEAST = 12;

/**
 * JPEG, 4:2:0, encoded by pieces joined with restart markers: those of the base are kept, and only those that have
 * something drawn on them are encoded again. Pieces are whole rows of MCUs or equal parts of them, whichever costs less where
 * a picture differs from the base. It decodes to exactly the pixels of an encode of the whole.
 */
export const jpeg: Format = {
  open(base, quality, dpi) {
    const across = Math.ceil(base.width / MCU);
    const memory = createMemory<Buffer>(base.width * base.height * 4);
    const [rows, parts] = [across, partOf(across)].map((mcus) => openCut(base, { quality, dpi }, mcus, memory)) as [
      Cut,
      Cut,
    ];
    return (picture) => {
      const [inRows, inParts] = [markedPieces(rows.grid, picture.marks), markedPieces(parts.grid, picture.marks)];
      // By what is drawn and not by what is remembered, so that equal pictures have equal bytes.
      const isInParts = inParts.size * parts.cost < inRows.size * rows.cost;
      const bytes = isInParts ? parts.encode(picture, inParts) : rows.encode(picture, inRows);
      let frame: Canvas | undefined;
      return {
        bytes,
        at(quality) {
          frame ??= picture.paint();
          return encode(frame, { quality, dpi });
        },
      };
    };
  },
};

/** JPEG that browsers show whole at once and sharpen while it comes; encoded as a whole, since no part of it stands alone. */
export const progressiveJpeg: Format = {
  open:
    (_base, quality, dpi) =>
    ({ paint }) => {
      const frame = paint();
      const at = (quality: number) => encode(frame, { quality, dpi, progressive: true });
      return { bytes: at(quality), at };
    },
};

type Options = { readonly quality: number; readonly dpi: number; readonly progressive?: boolean };

function encode(frame: Canvas, { quality, dpi, progressive = false }: Options): Buffer {
  const bytes = frame.toBuffer('image/jpeg', { quality: quality / 100, progressive, chromaSubsampling: true });
  // In the JFIF segment, which comes first: the unit, 1 for dots per inch, and how many there are across and down.
  bytes[13] = 1;
  bytes.writeUInt16BE(dpi, 14);
  bytes.writeUInt16BE(dpi, 16);
  return bytes;
}

/** The fewest MCUs, and no fewer than LEAST, that a row is cut into without a rest. */
function partOf(across: number): number {
  let mcus = Math.min(across, LEAST);
  while (across % mcus !== 0) mcus++;
  return mcus;
}

type Cut = ReturnType<typeof openCut>;

function openCut(base: Canvas, options: Options, mcus: number, memory: Memory<Buffer>) {
  const grid = cut(base, mcus * MCU, MCU);
  const strips = stripsFor(grid);
  const last = grid.pieces.length - 1;
  let header: Buffer | undefined;
  const piecesOf = createPieces(base, grid, memory, (from, { x, y }, i) => {
    const { canvas, context } = strips[i] as Strip;
    context.drawImage(from, -x, -y);
    const bytes = encode(canvas, options);
    const start = scanStart(bytes);
    header ??= headerFor(bytes.subarray(0, start), base, mcus);
    // The marker that ends the strip's image becomes the one that ends the piece.
    if (i < last) bytes[bytes.length - 1] = 0xd0 + (i % 8);
    return bytes.subarray(start);
  });
  return {
    grid,
    cost: mcus + CALL,
    encode: (...picture: Parameters<typeof piecesOf>) => Buffer.concat([header as Buffer, ...piecesOf(...picture)]),
  };
}

/** A canvas for each piece to be copied to, one for all of a size: the encoder takes whole canvases only. */
function stripsFor({ pieces }: Grid) {
  const made = new Map<string, Strip>();
  return pieces.map(({ width, height }): Strip => {
    const size = `${width}x${height}`;
    const found = made.get(size);
    if (found) return found;
    const canvas = createCanvas(width, height);
    const context = canvas.getContext('2d');
    context.globalCompositeOperation = 'copy';
    made.set(size, { canvas, context });
    return { canvas, context };
  });
}

/** Where the entropy-coded data begins: after the start-of-scan segment. */
function scanStart(bytes: Buffer): number {
  let at = 2;
  while (bytes[at + 1] !== 0xda) at += 2 + bytes.readUInt16BE(at + 2);
  return at + 2 + bytes.readUInt16BE(at + 2);
}

/** A piece's header with the whole picture's size and a restart interval of so many MCUs. */
function headerFor(piece: Buffer, { width, height }: Canvas, mcus: number): Buffer {
  const parts: Buffer[] = [piece.subarray(0, 2)];
  const restart = Buffer.from([0xff, 0xdd, 0, 4, 0, 0]);
  restart.writeUInt16BE(mcus, 4);
  for (let at = 2; at < piece.length; at += 2 + piece.readUInt16BE(at + 2)) {
    const segment = Buffer.from(piece.subarray(at, at + 2 + piece.readUInt16BE(at + 2)));
    if (segment[1] === 0xc0) {
      segment.writeUInt16BE(height, 5);
      segment.writeUInt16BE(width, 7);
    }
    if (segment[1] === 0xda) parts.push(restart);
    parts.push(segment);
  }
  return Buffer.concat(parts);
}
