import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { createRandom } from './noise.mjs';

const examples = join(dirname(fileURLToPath(import.meta.url)), '..');

export const clamp = (value, low = 0, high = 1) => Math.min(high, Math.max(low, value));
export const mix = (a, b, t) => a + (b - a) * t;
export const mixColor = (a, b, t) => [mix(a[0], b[0], t), mix(a[1], b[1], t), mix(a[2], b[2], t)];
export const smooth = (from, to, value) => {
  const t = clamp((value - from) / (to - from));
  return t * t * (3 - 2 * t);
};
/** `#rrggbb` as three numbers of linear light, 0..1. */
export const linear = (hex) =>
  [1, 3, 5].map((i) => {
    const channel = Number.parseInt(hex.slice(i, i + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
/** Linear light as an sRGB byte, not yet rounded. */
export const encode = (light) => {
  const channel = clamp(light);
  return 255 * (channel <= 0.0031308 ? channel * 12.92 : 1.055 * channel ** (1 / 2.4) - 0.055);
};

/**
 * Paints a picture pixel by pixel: `shade(x, y)` gives linear light at a point in pixels and is asked `samples` squared
 * times for each. `grain` is the strength of film grain in sRGB bytes, which also keeps gradients from banding.
 */
export function paint(width, height, { samples = 1, grain = 0, seed = 1 }, shade) {
  const random = createRandom(seed);
  const pixels = Buffer.alloc(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const sum = [0, 0, 0];
      for (let i = 0; i < samples * samples; i++) {
        const dx = ((i % samples) + random()) / samples;
        const dy = (Math.floor(i / samples) + random()) / samples;
        const light = shade(x + dx, y + dy);
        for (let c = 0; c < 3; c++) sum[c] += light[c];
      }
      const speck = (random() + random() + random() - 1.5) * grain;
      for (let c = 0; c < 3; c++)
        pixels[(y * width + x) * 3 + c] = clamp(Math.round(encode(sum[c] / samples ** 2) + speck), 0, 255);
    }
  }
  return sharp(pixels, { raw: { width, height, channels: 3 } });
}

/** An SVG as a picture, blurred when asked. */
export async function draw(svg, blur = 0) {
  const image = sharp(Buffer.from(svg));
  return (blur > 0 ? image.blur(blur) : image).png({ compressionLevel: 1 }).toBuffer();
}

/** Film grain to lay over a picture with `blend: 'overlay'`. */
export function grainLayer(width, height, strength, seed = 1) {
  const random = createRandom(seed);
  const pixels = Buffer.alloc(width * height);
  for (let i = 0; i < pixels.length; i++) pixels[i] = 128 + (random() + random() + random() - 1.5) * strength;
  return sharp(pixels, { raw: { width, height, channels: 1 } })
    .toColourspace('srgb')
    .png()
    .toBuffer();
}

/** Where a sample's asset goes, its folder made. */
export async function assetFile(sample, name) {
  const folder = join(examples, sample, 'assets');
  await mkdir(folder, { recursive: true });
  return join(folder, name);
}
