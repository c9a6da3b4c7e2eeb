import type { Canvas } from 'canvas';
import omggif from 'omggif';
import type { Mark } from '../../paint/painter.ts';
import { isEmpty, type Rect, union } from '../../paint/surface.ts';
import { sharp } from '../native.ts';
import type { Format, Picture } from './format.ts';
import { pixelsOf } from './pixels.ts';

/**
 * Where a frame differs from the one before, and for how many seconds it is shown. Its pixels are opaque RGBA, four bytes in
 * one; 0 where nothing changed.
 */
type Frame = Rect & { readonly pixels: Uint32Array; seconds: number };

const TRANSPARENT = 255;
// In hundredths of a second.
const SECOND = 100;
// Bytes of what stands beside the pixels of a frame, which take 12 bits at most.
const BESIDE = 4096;

/** GIF of at most 255 colours, with error diffusion, for mail clients that play nothing else. */
export const gif: Format = {
  open: () => (picture) => ({ bytes: writeGif([picture]) }),
};

/**
 * A GIF of pictures that are drawn one after the other on one canvas. It plays once, a second for each, and stays on the last
 * one; each but the first holds what changed in it alone, in colours they all share. All are drawn before the call returns.
 */
export function writeGif(pictures: readonly Picture[]): Promise<Buffer> {
  const [first, ...later] = pictures;
  if (!first) throw new Error('a GIF has a picture at least');
  const canvas = first.paint();
  const frames = [firstFrame(canvas)];
  const whole = frames[0]?.pixels.slice() ?? new Uint32Array();
  let { marks } = first;
  for (const picture of later) {
    const rects = differing(marks, picture.marks);
    const change = rects.length > 0 ? changeIn(picture.paint(rects), whole, rects.reduce(union)) : undefined;
    const last = frames.at(-1);
    if (change) frames.push(change);
    else if (last) last.seconds++;
    marks = picture.marks;
  }
  return encode(canvas, frames);
}

/** Where something lies in one picture and not in the other. */
function differing(before: readonly Mark[], now: readonly Mark[]): Rect[] {
  const [old, fresh] = [before, now].map((marks) => new Set(marks.map(({ text }) => text)));
  return [...before.filter(({ text }) => !fresh?.has(text)), ...now.filter(({ text }) => !old?.has(text))]
    .map(({ rect }) => rect)
    .filter((rect) => !isEmpty(rect));
}

function firstFrame(canvas: Canvas): Frame {
  const [bytes] = pixelsOf(canvas);
  return { x: 0, y: 0, width: canvas.width, height: canvas.height, pixels: wordsOf(bytes), seconds: 1 };
}

const wordsOf = ({ buffer, byteOffset, byteLength }: Uint8Array | Uint8ClampedArray): Uint32Array<ArrayBuffer> =>
  new Uint32Array(buffer as ArrayBuffer, byteOffset, byteLength / 4);

/** What differs from the whole as it was within an area, which is brought up to date. */
function changeIn(canvas: Canvas, whole: Uint32Array, area: Rect): Frame | undefined {
  const now = wordsOf(canvas.getContext('2d').getImageData(area.x, area.y, area.width, area.height).data);
  let [left, top, right, bottom] = [area.width, area.height, 0, 0];
  for (let y = 0, i = 0; y < area.height; y++) {
    for (let x = 0, at = (area.y + y) * canvas.width + area.x; x < area.width; x++, at++, i++) {
      const pixel = now[i] as number;
      if (whole[at] === pixel) {
        now[i] = 0;
        continue;
      }
      whole[at] = pixel;
      if (x < left) left = x;
      if (x >= right) right = x + 1;
      if (y < top) top = y;
      bottom = y + 1;
    }
  }
  if (right === 0) return undefined;
  const [width, height] = [right - left, bottom - top];
  const pixels = new Uint32Array(width * height);
  for (let y = 0; y < height; y++) {
    const from = (top + y) * area.width + left;
    pixels.set(now.subarray(from, from + width), y * width);
  }
  return { x: area.x + left, y: area.y + top, width, height, pixels, seconds: 1 };
}

async function encode({ width, height }: Canvas, frames: readonly Frame[]): Promise<Buffer> {
  const first = frames[0]?.pixels ?? new Uint32Array();
  const { palette, indices, indexOf } = await reduce(width, first, frames.at(-1)?.pixels ?? first);
  const bytes = Buffer.allocUnsafe(frames.reduce((sum, { pixels }) => sum + 2 * pixels.length + BESIDE, 0));
  const writer = new omggif.GifWriter(bytes, width, height, { palette });
  for (const [i, frame] of frames.entries()) {
    const { x, y, pixels, seconds } = frame;
    const part = i === 0 ? indices : new Uint8Array(pixels.length);
    if (i > 0) {
      for (let row = 0, to = 0; row < frame.height; row++) {
        for (let at = (y + row) * width + x, end = at + frame.width; at < end; at++, to++) {
          const pixel = pixels[to] as number;
          // What is as it was at first is set in the same dots again.
          part[to] = pixel === 0 ? TRANSPARENT : pixel === first[at] ? (indices[at] as number) : indexOf(pixel);
        }
      }
    }
    // Typed for lists alone, it reads whatever has numbers in it. Each frame stays for the next one to lie on.
    writer.addFrame(x, y, frame.width, frame.height, part as unknown as number[], {
      ...{ delay: seconds * SECOND, disposal: 1 },
      ...(i > 0 && { transparent: TRANSPARENT }),
    });
  }
  return bytes.subarray(0, writer.end());
}

/** Pixels in 255 colours: the palette as RGB, an index for each, and the nearest one for any other pixel. */
type Reduced = { readonly palette: number[]; readonly indices: Uint8Array; indexOf(pixel: number): number };

/** Chooses the colours of all frames by the first and by what the last one changes, between which they are. */
async function reduce(width: number, first: Uint32Array, last: Uint32Array): Promise<Reduced> {
  const changed = last === first ? [] : last.filter((pixel) => pixel !== 0);
  const height = Math.ceil((first.length + changed.length) / width);
  const sample = new Uint32Array(width * height).fill(first[0] ?? 0);
  sample.set(first);
  sample.set(changed, first.length);
  const raw = { width, height, channels: 4 } as const;
  const dotted = await sharp(Buffer.from(sample.buffer), { raw })
    .removeAlpha()
    .png({ palette: true, effort: 1, compressionLevel: 0 })
    .toBuffer();
  const { data } = await sharp(dotted).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
  return indexed(wordsOf(data), first.length);
}

/** Numbers the colours of the first `count` pixels. A colour that there is no room for is left to the nearest other one. */
function indexed(pixels: Uint32Array, count: number): Reduced {
  const colors: number[] = [];
  const known = new Map<number, number>();
  const indices = new Uint8Array(count);
  for (const [i, pixel] of pixels.entries()) {
    let index = known.get(pixel);
    if (index === undefined) {
      index = colors.length < TRANSPARENT ? colors.push(pixel) - 1 : nearestIn(colors, pixel);
      known.set(pixel, index);
    }
    if (i < count) indices[i] = index;
  }
  const rgb = colors.map((pixel) => ((pixel & 255) << 16) | (pixel & 0xff00) | ((pixel >> 16) & 255));
  return {
    // A table has a power of two.
    palette: [...rgb, ...new Array<number>(TRANSPARENT + 1 - rgb.length).fill(0)],
    indices,
    indexOf(pixel) {
      const found = known.get(pixel) ?? nearestIn(colors, pixel);
      known.set(pixel, found);
      return found;
    },
  };
}

/** Which of some RGBA pixels is most like one, to the eye, which sees green best and blue least. */
function nearestIn(colors: readonly number[], pixel: number): number {
  let [best, least] = [0, Number.POSITIVE_INFINITY];
  for (let i = 0; i < colors.length; i++) {
    const other = colors[i] as number;
    const red = (pixel & 255) - (other & 255);
    const green = ((pixel >> 8) & 255) - ((other >> 8) & 255);
    const blue = ((pixel >> 16) & 255) - ((other >> 16) & 255);
    const distance = 2 * red * red + 4 * green * green + blue * blue;
    if (distance < least) [best, least] = [i, distance];
  }
  return best;
}
