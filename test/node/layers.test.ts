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

describe('a drawing', () => {
  const box = { x: 0, y: 0, width: 600, height: 200 };
  const layer = (inner: string, more: Record<string, unknown> = {}) => ({
    ...{ id: 'drawing', type: 'svg', box, objectFit: 'fill' },
    svg: `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 60 20">${inner}</svg>`,
    ...more,
  });
  const half = '<rect width="30" height="20" fill="#F00"/>';

  it('takes colours from data, and keeps its own where the data has none', async () => {
    const template = layer(half, { colors: { '#ff0000': '{{ data }}' } });
    for (const [data, expected] of [
      ['#0b7f74', '0b7f74'],
      ['red" onload="alert(1)', 'ff0000'],
      ['', 'ff0000'],
    ]) {
      const { bytes } = await drawLayers([template], { data: data ?? '' });
      expect(
        await colorsAt(bytes, [
          [100, 100],
          [500, 100],
        ]),
      ).toEqual([expected, 'ffffff']);
    }
  });

  it.each([
    ['<script>alert(1)</script>', 'has <script>, which is not taken: remove it'],
    ['<rect width="9" height="9" onload="alert(1)"/>', 'has onload, which runs a script: remove it'],
    ['<foreignObject><p/></foreignObject>', 'has <foreignObject>, which is not taken: remove it'],
    ['<image href="file:///etc/passwd"/>', 'has <image>, which loads a picture: use an image layer'],
    ['<rect fill="url(https://example.com/a.svg#b)"/>', 'names an address: everything it shows has to be in it'],
    ['<style>@import "https://example.com/a.css";</style>', 'has styles with @, \\, filters or addresses: remove them'],
    ['<rect filter="blur(9999px)"/>', 'has a filter: bake it into the shapes, or leave it out'],
    ['<text>Hi</text>', 'has <text>, which would be set in other fonts elsewhere'],
    ['<use href="#a"/>', 'has <use>, which repeats a part'],
    ['<rect>&lol;</rect>', 'cannot be read:'],
    ['<rect fill="{{ data }}"/>', 'holds {{ or {%: data goes into its colors alone'],
    ['<g>'.repeat(60) + '</g>'.repeat(60), 'too deep'],
  ])('refuses %s and says why', (inner, message) => {
    expect(() => drawLayers([layer(inner)], { data: '' })).toThrow(
      expect.objectContaining({
        faults: [expect.objectContaining({ path: 'layers.0.svg', message: expect.stringContaining(message) })],
      }),
    );
  });

  it('loses what drawing programs write for themselves, and no shape', async () => {
    const svg = `<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY lol "lol">]><!-- made --><svg xmlns="http://www.w3.org/2000/svg"
      xmlns:x="https://example.com/x" width="60px" height="20"><title>A &amp; B</title><metadata><x:a><script/></x:a></metadata>${half}</svg>`;
    const { bytes } = await drawLayers([{ ...layer(''), svg }], { data: '' });
    expect(
      await colorsAt(bytes, [
        [100, 100],
        [500, 100],
      ]),
    ).toEqual(['ff0000', 'ffffff']);
  });
});
