import type { Canvas, Image } from 'canvas';
import type { Sharp } from 'sharp';
import { AppError } from '../errors.ts';
import { type ImageNeed, partToShow } from '../paint/crop.ts';
import { traceRect } from '../paint/look.ts';
import type { Context, Need } from '../paint/surface.ts';
import { cleanSvg, type SvgDrawing } from '../paint/svg.ts';
import { MAX_PIXELS } from '../template/output.ts';
import { emojiSvg } from './emoji.ts';
import { canvas, sharp } from './native.ts';

const FORMATS = new Set(['jpeg', 'png', 'webp', 'gif', 'heif']);
/** Those that photos come in, which lose nothing more to be seen as JPEG. */
const LOSSY = new Set(['jpeg', 'webp', 'heif']);
/** For what is hostile; a picture that is shown on so many pixels more may take a second longer. */
const SECONDS = 3;
const PIXELS_PER_SECOND = 5_000_000;
const secondsFor = ({ width, height }: { readonly width: number; readonly height: number }): number =>
  SECONDS + Math.floor((width * height) / PIXELS_PER_SECOND);
/** How large a picture is looked at to find what matters in it, in pixels a side. */
const SEARCHED = 320;

type Size = { readonly width: number; readonly height: number };

/**
 * Decodes a picture and brings it to exactly the size, crop and corners a layer needs. Takes JPEG, PNG, WebP, GIF (first
 * frame) and AVIF of at most 25 megapixels; throws asset_invalid for anything else.
 */
export const loadImage = (bytes: Uint8Array, need: ImageNeed): Promise<Canvas> =>
  read(bytes, need, async ({ image }) => {
    const data = await image
      .resize(need.width, need.height, {
        fit: need.fit === 'contain' ? 'contain' : 'fill',
        background: { r: 0, g: 0, b: 0, alpha: 0 },
      })
      .toColourspace('srgb')
      .ensureAlpha()
      .raw()
      .toBuffer();
    return surfaceOf(data, need.width, need.height, need.radius);
  });

/**
 * Decodes a picture for a page and makes it no larger than a layer needs it. A photo stays JPEG, at that quality. Takes and
 * throws what `loadImage` does.
 */
export const loadPlain = (bytes: Uint8Array, need: ImageNeed, quality: number): Promise<Canvas | Image> =>
  read(bytes, need, async ({ image, width, height, isPhoto }) => {
    const [across, down] = [Math.min(1, need.width / width), Math.min(1, need.height / height)];
    const share = Math.min(across, down);
    const [x, y] = need.fit === 'contain' ? [share, share] : [across, down];
    const size = [Math.max(1, Math.round(width * x)), Math.max(1, Math.round(height * y))] as const;
    const resized = image.resize(...size, { fit: 'fill' }).toColourspace('srgb');
    if (!isPhoto) return surfaceOf(await resized.ensureAlpha().raw().toBuffer(), ...size, 0);
    const photo = new canvas.Image();
    // The file as it is goes onto the page: its pixels would be copied for each page and never looked at.
    photo.dataMode = canvas.Image.MODE_MIME;
    const file = await resized.jpeg({ quality }).toBuffer();
    photo.src = file;
    files.set(photo, file);
    return photo;
  });

/** Photos for pages, by what has none of their pixels. */
const files = new WeakMap<Canvas | Image, Buffer>();

/** The same with its pixels: a photo for a page would draw on a surface whatever is in memory. */
export function withPixels(bitmap: Canvas | Image): Canvas | Image {
  const file = files.get(bitmap);
  if (!file) return bitmap;
  const photo = new canvas.Image();
  photo.src = file;
  return photo;
}

/** A picture ready to be resized: turned upright and cropped, with its size by then. */
type Readable = { image: Sharp; width: number; height: number; isPhoto: boolean };

async function read<Bitmap>(
  bytes: Uint8Array,
  need: ImageNeed,
  make: (readable: Readable) => Promise<Bitmap>,
): Promise<Bitmap> {
  const options = { limitInputPixels: MAX_PIXELS, failOn: 'error', pages: 1 } as const;
  try {
    const { format, hasAlpha, autoOrient } = await sharp(bytes, options).metadata();
    if (!FORMATS.has(format)) throw new Error(`${format} is not a picture format taken here`);
    const image = sharp(bytes, options)
      .timeout({ seconds: secondsFor(need) })
      .autoOrient();
    const isPhoto = LOSSY.has(format) && !hasAlpha;
    if (need.fit !== 'cover') return await make({ image, ...autoOrient, isPhoto });
    const focus = typeof need.focus === 'string' ? await findFocus(image.clone(), need, autoOrient) : need.focus;
    const crop = partToShow({ ...need, focus }, autoOrient.width, autoOrient.height);
    return await make({ image: image.extract(crop), width: crop.width, height: crop.height, isPhoto });
  } catch (cause) {
    throw new AppError(
      'asset_invalid',
      'This picture cannot be read: use a JPEG, PNG, WebP, GIF or AVIF file of at most 25 megapixels.',
      { cause },
    );
  }
}

/**
 * The point of a picture that matters, found in a small copy of it: whatever size it is needed in, the same part of it is
 * shown.
 */
async function findFocus(image: Sharp, need: ImageNeed, { width, height }: Size): Promise<{ x: number; y: number }> {
  const crop = partToShow(need, width, height);
  const share = Math.min(1, SEARCHED / Math.max(width, height));
  const [across, down] = [crop.width, crop.height].map((side) => Math.max(1, Math.round(side * share)));
  const { info } = await image
    .resize(across, down, { fit: 'cover', position: sharp.strategy[need.focus as 'attention' | 'entropy'] })
    .raw()
    .toBuffer({ resolveWithObject: true });
  const { cropOffsetLeft = 0, cropOffsetTop = 0 } = info;
  return {
    x: (info.width / 2 - cropOffsetLeft) / (width * share),
    y: (info.height / 2 - cropOffsetTop) / (height * share),
  };
}

/** An emoji as a square bitmap; undefined when this build cannot draw it. */
export async function loadEmoji(need: Extract<Need, { kind: 'emoji' }>): Promise<Canvas | undefined> {
  const svg = await emojiSvg(need.text);
  if (!svg) return undefined;
  const density = Math.min(2400, Math.max(1, (72 * need.size) / 128));
  const data = await sharp(svg, { density }).resize(need.size, need.size).ensureAlpha().raw().toBuffer();
  return surfaceOf(data, need.size, need.size, 0);
}

/** A drawing at its size, its corners rounded; undefined for what is no drawing taken here. */
export async function loadSvg(drawing: SvgDrawing, radius = 0): Promise<Canvas | undefined> {
  const svg = cleanSvg(drawing);
  if (svg === undefined) return undefined;
  const { width, height } = drawing;
  const image = sharp(Buffer.from(svg), { density: 72, limitInputPixels: MAX_PIXELS }).timeout({
    seconds: secondsFor(drawing),
  });
  const data = await image.resize(width, height, { fit: 'fill' }).toColourspace('srgb').ensureAlpha().raw().toBuffer();
  return surfaceOf(data, width, height, radius);
}

/** Raw RGBA on a canvas, corners rounded once here rather than clipped in every picture. */
function surfaceOf(rgba: Buffer, width: number, height: number, radius: number): Canvas {
  const plain = canvas.createCanvas(width, height);
  const pixels = new Uint8ClampedArray(rgba.buffer, rgba.byteOffset, rgba.byteLength);
  plain.getContext('2d').putImageData(canvas.createImageData(pixels, width, height), 0, 0);
  if (radius <= 0) return plain;
  const rounded = canvas.createCanvas(width, height);
  const context = rounded.getContext('2d') as unknown as Context;
  traceRect(context, { x: 0, y: 0, width, height }, radius);
  context.clip();
  rounded.getContext('2d').drawImage(plain, 0, 0);
  return rounded;
}
