import { ssim } from 'ssim.js';
import type { Pixels } from '../golden/compare.ts';

/** A part of a picture, in its pixels. */
export type Part = { readonly x: number; readonly y: number; readonly width: number; readonly height: number };

const WINDOW = 11;

/** How alike two pictures of one size are, whole or in a part: the mean structural similarity, 1 for the same. */
export function alike(a: Pixels, b: Pixels): (part?: Part) => number {
  const image = ({ width, height, data }: Pixels) => ({ width, height, data: new Uint8ClampedArray(data) });
  // Each number of the map is of the window that begins there.
  const { data, width, height } = ssim(image(a), image(b), { windowSize: WINDOW, downsample: false }).ssim_map;
  return (part = { x: 0, y: 0, width: a.width, height: a.height }) => {
    const [left, top] = [Math.max(0, Math.floor(part.x)), Math.max(0, Math.floor(part.y))];
    const right = Math.min(width, Math.ceil(part.x + part.width) - WINDOW + 1);
    const bottom = Math.min(height, Math.ceil(part.y + part.height) - WINDOW + 1);
    let sum = 0;
    for (let y = top; y < bottom; y++) for (let x = left; x < right; x++) sum += data[y * width + x] ?? 0;
    return sum / ((right - left) * (bottom - top));
  };
}
