import type { Canvas } from 'canvas';
import { AppError } from '../errors.ts';
import { traceRect } from '../paint/look.ts';
import type { Context, Need } from '../paint/surface.ts';
import { MAX_PIXELS } from '../template/output.ts';
import { emojiSvg } from './emoji.ts';
import { canvas, sharp } from './native.ts';

const FORMATS = new Set(['jpeg', 'png', 'webp', 'gif', 'heif']);
const SECONDS = 3;

type ImageNeed = Extract<Need, { kind: 'image' }>;

/**
 * Decodes a picture and brings it to exactly the size, crop and corners a layer needs. Takes JPEG, PNG, WebP, GIF (first
 * frame) and AVIF of at most 25 megapixels; throws asset_invalid for anything else.
 */
export async function loadImage(bytes: Uint8Array, need: ImageNeed): Promise<Canvas> {
  const options = { limitInputPixels: MAX_PIXELS, failOn: 'error', pages: 1 } as const;
  try {
    const metadata = await sharp(bytes, options).metadata();
    if (!FORMATS.has(metadata.format)) throw new Error(`${metadata.format} is not a picture format taken here`);
    const { width, height } = metadata.autoOrient;
    let image = sharp(bytes, options).timeout({ seconds: SECONDS }).autoOrient();
    if (need.fit === 'cover') image = image.extract(cropFor(need, width, height));
    const { data } = await image
      .resize(need.width, need.height, {
        fit: need.fit === 'contain' ? 'contain' : 'fill',
        background: { r: 0, g: 0, b: 0, alpha: 0 },
      })
      .toColourspace('srgb')
      .ensureAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    return surfaceOf(data, need.width, need.height, need.radius);
  } catch (cause) {
    throw new AppError(
      'asset_invalid',
      'This picture cannot be read: use a JPEG, PNG, WebP, GIF or AVIF file of at most 25 megapixels.',
      { cause },
    );
  }
}

/** An emoji as a square bitmap; undefined when this build cannot draw it. */
export async function loadEmoji(need: Extract<Need, { kind: 'emoji' }>): Promise<Canvas | undefined> {
  const svg = await emojiSvg(need.text);
  if (!svg) return undefined;
  const density = Math.min(2400, Math.max(1, (72 * need.size) / 128));
  const data = await sharp(svg, { density }).resize(need.size, need.size).ensureAlpha().raw().toBuffer();
  return surfaceOf(data, need.size, need.size, 0);
}

/** The part of a picture that covers the needed shape, its focus point kept as near the middle as the edges allow. */
function cropFor({ width, height, focus }: ImageNeed, fullWidth: number, fullHeight: number) {
  const scale = Math.min(fullWidth / width, fullHeight / height);
  const cropWidth = Math.min(fullWidth, Math.max(1, Math.round(width * scale)));
  const cropHeight = Math.min(fullHeight, Math.max(1, Math.round(height * scale)));
  const clamp = (value: number, most: number) => Math.round(Math.max(0, Math.min(most, value)));
  return {
    left: clamp(fullWidth * focus.x - cropWidth / 2, fullWidth - cropWidth),
    top: clamp(fullHeight * focus.y - cropHeight / 2, fullHeight - cropHeight),
    width: cropWidth,
    height: cropHeight,
  };
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
