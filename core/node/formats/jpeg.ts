import type { Canvas } from 'canvas';
import { canvas } from '../native.ts';
import type { Format } from './format.ts';

/** The rows of one MCU at 4:2:0. */
const ROWS = 16;

/**
 * JPEG, 4:2:0, encoded by strips of one MCU row joined with restart markers: the strips of the base are kept, and only
 * those a picture touched are encoded again. It decodes to exactly the pixels of an encode of the whole.
 */
export const jpeg: Format = {
  open(base, quality) {
    const { width, height } = base;
    const count = Math.ceil(height / ROWS);
    const encodeStrip = stripEncoder(width, height, quality / 100);
    const kept: Buffer[] = [];
    let head: Buffer = Buffer.alloc(0);
    for (let i = 0; i < count; i++) {
      const { header, scan } = encodeStrip(base, i);
      kept.push(Buffer.from(scan));
      head = Buffer.from(header);
    }
    const header = headerFor(head, width, height);
    return (frame, touched) => {
      const strips = kept.slice();
      for (const i of rowsOf(touched, count)) strips[i] = encodeStrip(frame, i).scan;
      return join(header, strips);
    };
  },
};

/** The strips a picture's rectangles fall on. */
function rowsOf(touched: readonly { y: number; height: number }[], count: number): Set<number> {
  const rows = new Set<number>();
  for (const { y, height } of touched) {
    if (height <= 0) continue;
    const last = Math.min(count - 1, Math.floor((y + height - 1) / ROWS));
    for (let i = Math.floor(y / ROWS); i <= last; i++) rows.add(i);
  }
  return rows;
}

function stripEncoder(width: number, height: number, quality: number) {
  const make = (rows: number) => {
    const strip = canvas.createCanvas(width, rows);
    const context = strip.getContext('2d');
    context.globalCompositeOperation = 'copy';
    return { strip, context };
  };
  const whole = make(Math.min(ROWS, height));
  const rest = height % ROWS && height > ROWS ? make(height % ROWS) : whole;
  return (from: Canvas, index: number): { header: Buffer; scan: Buffer } => {
    const { strip, context } = (index + 1) * ROWS > height ? rest : whole;
    context.drawImage(from, 0, -index * ROWS);
    const bytes = strip.toBuffer('image/jpeg', { quality, progressive: false, chromaSubsampling: true });
    const start = scanStart(bytes);
    return { header: bytes.subarray(0, start), scan: bytes.subarray(start, bytes.length - 2) };
  };
}

/** Where the entropy-coded data begins: after the start-of-scan segment. */
function scanStart(bytes: Buffer): number {
  let at = 2;
  while (bytes[at + 1] !== 0xda) at += 2 + bytes.readUInt16BE(at + 2);
  return at + 2 + bytes.readUInt16BE(at + 2);
}

/** A strip's header with the whole picture's height and a restart interval of one MCU row. */
function headerFor(strip: Buffer, width: number, height: number): Buffer {
  const parts: Buffer[] = [strip.subarray(0, 2)];
  const restart = Buffer.from([0xff, 0xdd, 0, 4, 0, 0]);
  restart.writeUInt16BE(Math.ceil(width / 16), 4);
  for (let at = 2; at < strip.length; at += 2 + strip.readUInt16BE(at + 2)) {
    const segment = Buffer.from(strip.subarray(at, at + 2 + strip.readUInt16BE(at + 2)));
    if (segment[1] === 0xc0) segment.writeUInt16BE(height, 5);
    if (segment[1] === 0xda) parts.push(restart);
    parts.push(segment);
  }
  return Buffer.concat(parts);
}

function join(header: Buffer, strips: readonly Buffer[]): Buffer {
  const markers = strips.length * 2;
  const out = Buffer.allocUnsafe(header.length + strips.reduce((sum, strip) => sum + strip.length, 0) + markers);
  let at = header.copy(out);
  for (const [i, strip] of strips.entries()) {
    at += strip.copy(out, at);
    out[at++] = 0xff;
    out[at++] = i === strips.length - 1 ? 0xd9 : 0xd0 + (i % 8);
  }
  return out;
}
