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
