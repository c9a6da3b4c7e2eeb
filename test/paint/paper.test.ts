import { expect, it } from 'vitest';
import { dpiAt, scaleAt, scaleOf } from '../../core/paint/paper.ts';

it.each([
  ['points', { width: 600, height: 300 }, 300, [2500, 1250]],
  ['A4 in points', { width: 595, height: 842 }, 300, [2479, 3508]],
  ['A4 in CSS pixels, across', { width: 1123, height: 794 }, 300, [3509, 2481]],
  ['A4 at 300 dpi', { width: 2480, height: 3508 }, 600, [4960, 7016]],
  ['Letter at 150 dpi', { width: 1275, height: 1650 }, 72, [612, 792]],
])('takes a size as %s', (_, size, dpi, pixels) => {
  const scale = scaleAt(dpi, size);
  expect([size.width, size.height].map((side) => Math.round(side * scale))).toEqual(pixels);
  expect(dpiAt(scale, size)).toBe(dpi);
});

it('gives back every dpi a file can have', () => {
  for (let dpi = 72; dpi <= 600; dpi++)
    for (const size of [
      { width: 600, height: 300 },
      { width: 794, height: 1123 },
      { width: 2550, height: 3300 },
    ])
      expect(dpiAt(scaleAt(dpi, size), size)).toBe(dpi);
});

it('takes the dpi of a template in place of its scale', () => {
  const size = { width: 420, height: 600 };
  expect(scaleOf({ size, output: { scale: 2 } })).toBe(2);
  expect(scaleOf({ size, output: { scale: 2, dpi: 360 } })).toBe(5);
});
