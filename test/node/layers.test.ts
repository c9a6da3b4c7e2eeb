import { describe, expect, it } from 'vitest';
import { decode } from '../golden/compare.ts';
import { drawLayers } from './template.ts';

/** The colours at points of a picture drawn at scale 2, points in CSS pixels. */
async function colorsAt(bytes: Uint8Array, points: readonly (readonly [number, number])[]): Promise<string[]> {
  const { data, width } = await decode(bytes);
  return points.map(([x, y]) => {
    const at = (Math.round(y * 2) * width + Math.round(x * 2)) * 4;
    return Buffer.from(data.subarray(at, at + 3)).toString('hex');
  });
}

describe('an amount', () => {
  const bar = { id: 'bar', type: 'progress', value: '{{ data }}', fill: '#ff0000', track: '#0000ff' };
  const stars = { id: 'stars', type: 'rating', value: '{{ data }}', color: '#ff0000', track: '#0000ff' };
  const [red, blue] = ['ff0000', '0000ff'];
  it.each([
    ['50', red, blue, red, []],
    ['250', red, red, red, []],
    ['', blue, blue, blue, []],
    ['-20', blue, blue, blue, []],
    ['NaN', blue, blue, blue, ['invalid', 'invalid']],
    ['half of it', blue, blue, blue, ['invalid', 'invalid']],
    ['1e999', blue, blue, blue, ['invalid', 'invalid']],
  ])('of %j is drawn as far as it goes', async (data, atQuarter, atMost, star, codes) => {
    const layers = [
      { ...bar, box: { x: 0, y: 0, width: 400, height: 40 } },
      { ...stars, max: 5, box: { x: 0, y: 100, width: 400, height: 60 } },
    ];
    const { bytes, warnings } = await drawLayers(layers, { data });
    expect(
      await colorsAt(bytes, [
        [100, 20],
        [300, 20],
        [30, 132],
      ]),
    ).toEqual([atQuarter, atMost, star]);
    expect(warnings.map(({ code }) => code)).toEqual(codes);
  });
});
