import type { Canvas } from 'canvas';

/** A canvas' pixels, copied, as `sharp` takes them: straight RGBA. */
export function pixelsOf(frame: Canvas): [Buffer, { raw: { width: number; height: number; channels: 4 } }] {
  const { width, height } = frame;
  const { data } = frame.getContext('2d').getImageData(0, 0, width, height);
  return [Buffer.from(data.buffer, data.byteOffset, data.byteLength), { raw: { width, height, channels: 4 } }];
}

/** Whether a canvas has no transparent pixel. */
export function isOpaque(surface: Canvas): boolean {
  const { data } = surface.getContext('2d').getImageData(0, 0, surface.width, surface.height);
  for (let i = 3; i < data.length; i += 4) if (data[i] !== 255) return false;
  return true;
}

/** Premultiplied BGRA, as a canvas keeps it, as straight RGB or RGBA. */
export function straighten(pixels: Buffer, channels: 3 | 4): Uint8Array {
  const straight = new Uint8Array((pixels.length / 4) * channels);
  for (let from = 0, to = 0; from < pixels.length; from += 4, to += channels) {
    const alpha = channels === 4 ? (pixels[from + 3] as number) : 255;
    for (let i = 0; i < 3; i++) {
      const value = pixels[from + 2 - i] as number;
      straight[to + i] = alpha === 255 || alpha === 0 ? value : Math.min(255, Math.round((value * 255) / alpha));
    }
    if (channels === 4) straight[to + 3] = alpha;
  }
  return straight;
}
