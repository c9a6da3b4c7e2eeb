import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import type { AppError } from '../../core/errors.ts';
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

describe('a bar with round ends', () => {
  const bar = (width: number, height: number, value: number) => ({
    ...{ id: 'bar', type: 'progress', value, fill: '#ff0000', track: '#0000ff' },
    box: { x: 20, y: 20, width, height },
  });
  const [red, blue] = ['ff0000', '0000ff'];
  it.each([
    ['as tall as wide', 100, 100],
    ['taller than wide', 60, 160],
    ['little wider than tall', 160, 100],
    ['flat', 400, 10],
  ])('that is %s shows how far it is', async (_, width, height) => {
    for (const value of [15, 50, 85]) {
      const { bytes } = await drawLayers([bar(width, height, value)], {});
      const at = (share: number) => [20 + width * share, 20 + height / 2] as const;
      expect(await colorsAt(bytes, [at(value / 100 - 0.05), at(value / 100 + 0.05)])).toEqual([red, blue]);
    }
  });

  it('shows a little, within its ends', async () => {
    const { bytes } = await drawLayers([bar(400, 20, 0.1)], {});
    expect(
      await colorsAt(bytes, [
        [30, 30],
        [45, 30],
      ]),
    ).toEqual([red, blue]);
    const tall = await drawLayers([bar(60, 160, 5)], {});
    expect(
      await colorsAt(tall.bytes, [
        [21.5, 100],
        [24, 100],
        [21.5, 22],
      ]),
    ).toEqual([red, blue, 'ffffff']);
  });
});

describe('a picture cropped to what matters in it', () => {
  const box = { x: 0, y: 0, width: 200, height: 200 };
  const layer = (focus: unknown, more: object = {}) => ({
    id: 'photo',
    type: 'image',
    src: 'asset:far',
    box,
    focus,
    ...more,
  });
  /** A pale picture with something to look at in one place. */
  const far = async (width: number, height: number, left: number, top: number) => {
    const strong = await sharp({ create: { width: 40, height: 40, channels: 3, background: '#d6402b' } })
      .png()
      .toBuffer();
    return sharp({ create: { width, height, channels: 3, background: '#dde3ea' } })
      .composite([{ input: strong, left, top }])
      .png()
      .toBuffer();
  };

  it.each([
    ['attention', 1200, 100, 1100, 30],
    ['attention', 60, 500, 10, 20],
    ['entropy', 1200, 100, 40, 30],
    ['entropy', 200, 70, 150, 20],
  ])('shows it by %s in a picture of %d x %d', async (focus, width, height, left, top) => {
    const assets = { 'asset:far': await far(width, height, left, top) };
    const share = async (focus: unknown) => {
      const { bytes } = await drawLayers([layer(focus)], {}, undefined, assets);
      const { data } = await decode(bytes);
      let red = 0;
      for (let at = 0; at < data.length; at += 4) if ((data[at] ?? 0) > 190 && (data[at + 2] ?? 0) < 90) red++;
      return red;
    };
    // The whole of it: 40 of its pixels a side, as large as the picture is then.
    const whole = ((40 * 400) / Math.min(width, height)) ** 2;
    expect(await share(focus)).toBeGreaterThan(whole * 0.9);
    expect(await share({ x: left > width / 2 ? 0 : 1, y: top > height / 2 ? 0 : 1 })).toBeLessThan(whole * 0.9);
  });

  it('shows the same part on a page, and of what is plain something', async () => {
    const assets = { 'asset:far': await far(1200, 100, 1100, 30) };
    const { warnings } = await drawLayers([layer('attention')], {}, { format: 'pdf', quality: 82 }, assets);
    expect(warnings).toEqual([]);
    const plain = await sharp({ create: { width: 300, height: 10, channels: 3, background: '#d6402b' } })
      .png()
      .toBuffer();
    for (const focus of ['attention', 'entropy']) {
      const { bytes } = await drawLayers([layer(focus)], {}, undefined, { 'asset:far': plain });
      expect(await colorsAt(bytes, [[100, 100]])).toEqual(['d6402b']);
    }
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

  it.each([
    [
      '<!DOCTYPE svg [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
      'viewBox="0 0 9 9"',
      'declares entities in its DOCTYPE',
    ],
    ['', '', 'needs a viewBox, or a width and a height in pixels'],
    ['', 'viewBox="0 0 0 9"', 'needs a viewBox'],
    ['', 'viewBox="0 0 1 99999999"', 'needs a viewBox'],
  ])('refuses one that begins with %s<svg %s>', (before, attributes, message) => {
    const svg = `${before}<svg xmlns="http://www.w3.org/2000/svg" ${attributes}>${half}</svg>`;
    expect(() => drawLayers([{ ...layer(''), svg }], { data: '' })).toThrow(message);
  });

  it('is taken from a file of the library, by a layer of its own or as a picture, and never from an address', async () => {
    const file = Buffer.from(layer(half).svg);
    const assets = { 'asset:mark': file, 'asset:photo': await sharp(file).png().toBuffer() };
    const own = (svg: string, more = {}) => layer('', { svg, colors: { '#ff0000': '{{ data }}' }, ...more });
    const picture = { id: 'picture', type: 'image', src: 'asset:mark', objectFit: 'contain', box, borderRadius: 60 };
    const drawn = async (layers: object[], data = '#0b7f74') =>
      (await drawLayers(layers as Record<string, unknown>[], { data }, undefined, assets)).bytes;
    const [left, right, corner] = [[100, 100] as const, [500, 100] as const, [4, 4] as const];
    expect(await colorsAt(await drawn([own('asset:mark')]), [left, right])).toEqual(['0b7f74', 'ffffff']);
    expect(await colorsAt(await drawn([picture]), [left, right, corner])).toEqual(['ff0000', 'ffffff', 'ffffff']);
    expect(await colorsAt(await drawn([own('asset:photo')]), [left])).toEqual(['ffffff']);
    const { warnings } = await drawLayers([picture], { data: '' }, { format: 'pdf', quality: 82 }, assets);
    expect(warnings).toEqual([]);
    await expect(drawn([{ ...own('asset:photo'), colors: {} }])).rejects.toMatchObject({ code: 'asset_invalid' });
  });

  it('loses what drawing programs write for themselves, and no shape', async () => {
    const svg = `<?xml version="1.0"?><!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd"><!-- made --><svg xmlns="http://www.w3.org/2000/svg"
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

describe('a group', () => {
  const box = { x: 0, y: 0, width: 200, height: 200 };
  const square = (id: string, fill: string, more: Record<string, unknown> = {}) => ({
    ...{ id, type: 'shape', shape: 'rect', fill, box },
    ...more,
  });
  const group = (layers: object[], more: Record<string, unknown> = {}) => ({
    ...{ id: 'group', type: 'group', box: { ...box, x: 100 }, layers },
    ...more,
  });

  it('fades as one, and mixes colours within itself alone, static or not', async () => {
    for (const when of ['data', undefined]) {
      const within = [
        square('red', '#ff0000', when ? { when } : {}),
        square('blue', '#0000ff', { box: { ...box, height: 100 } }),
        square('mixed', '#ffff00', { blendMode: 'multiply', box: { ...box, x: 100 } }),
      ];
      const layers = [
        square('ground', '#00ff00', { when: 'data', box: { ...box, width: 600 } }),
        group(within, { opacity: 0.5 }),
      ];
      const { bytes } = await drawLayers(layers, { data: 'x' });
      // Half of red, of blue, of red times yellow, and of yellow alone, over green.
      const points = [
        [150, 150],
        [150, 50],
        [250, 150],
        [350, 50],
      ] as const;
      expect(await colorsAt(bytes, points)).toEqual(['807f00', '007f80', '807f00', '80ff00']);
    }
  });

  it('has its own ids, data and conditions checked as those outside are', () => {
    const faults = (layers: object[]) => {
      try {
        void drawLayers(layers as Record<string, unknown>[], { data: '' });
        return [];
      } catch (error) {
        return (error as AppError).faults?.map(({ path, message }) => `${path}: ${message}`);
      }
    };
    expect(
      faults([
        square('one', '#ff0000'),
        group([square('one', '{{ dato }}'), square('two', '#ffffff', { when: 'x ==', href: 'https://example.com/' })]),
      ]),
    ).toEqual([
      'layers.1.layers.0.id: another layer is called one: give each its own id',
      'layers.1.layers.0.fill: uses the field dato, which the template does not have: did you mean data?',
      expect.stringMatching(/^layers\.1\.layers\.1\.when: expression cannot be used/),
    ]);
    let deep: object = square('deepest', '#ff0000');
    for (let i = 0; i < 3000; i++) deep = group([deep], { id: `group-${i}` });
    expect(faults([deep])).toEqual(['layers: lie more than 5 deep in each other: take some out']);
  });

  it('fills an even colour to its edge, also turned and cut', async () => {
    const cut = { clipPath: { type: 'circle' }, rotate: 45 };
    const { bytes } = await drawLayers([group([square('red', '#ff0000')], cut)], { data: '' });
    expect(
      await colorsAt(bytes, [
        [200, 100],
        [105, 100],
        [110, 10],
      ]),
    ).toEqual(['ff0000', 'ff0000', 'ffffff']);
  });
});

describe('a stack', () => {
  const words = (id: string, text: string, more: Record<string, unknown> = {}) => ({
    ...{ id, type: 'text', text, fontSize: 40, box: { width: 500, height: 60 }, fit: { minFontSize: 10, maxLines: 1 } },
    ...more,
  });
  const badge = (more: Record<string, unknown> = {}) => ({
    ...{ id: 'badge', type: 'shape', shape: 'rect', fill: '#ff0000', box: { width: 40, height: 40 } },
    ...more,
  });
  const stack = (layers: object[], more: Record<string, unknown> = {}) => ({
    ...{ id: 'stack', type: 'stack', gap: 10, box: { width: 600, height: 100 }, layers },
    ...more,
  });
  /** Where the badge begins and ends in a row of pixels. */
  const redIn = async (bytes: Uint8Array): Promise<[number, number]> => {
    const { data, width } = await decode(bytes);
    const isRed = (x: number) => data[(40 * width + x) * 4] === 255 && data[(40 * width + x) * 4 + 1] === 0;
    const red = Array.from({ length: width }, (_, x) => x).filter(isRed);
    return [(red[0] ?? -2) / 2, ((red.at(-1) ?? -2) + 1) / 2];
  };

  it('lets a badge follow a name of any length, within its box', async () => {
    const row = [stack([words('name', '{{ data }}'), badge()])];
    const at = async (data: string) => redIn((await drawLayers(row, { data })).bytes);
    const [[none], [short], [longer], [longest, end]] = [
      await at(''),
      await at('Li'),
      await at('Amira'),
      await at('Wolfe'.repeat(9)),
    ];
    expect(none).toBe(0);
    expect(short).toBeGreaterThan(30);
    expect(longer).toBeGreaterThan(short + 30);
    expect(longest).toBeGreaterThan(longer);
    expect(end).toBeLessThanOrEqual(600);
  });

  it('leaves no gap for what is not there, and tells what does not fit', async () => {
    const row = (more: Record<string, unknown>) => [
      stack([badge({ when: 'data', id: 'first', fill: '#0000ff' }), badge()], more),
    ];
    expect(await redIn((await drawLayers(row({}), { data: '' })).bytes)).toEqual([0, 40]);
    expect(await redIn((await drawLayers(row({}), { data: 'x' })).bytes)).toEqual([50, 90]);
    expect(await redIn((await drawLayers(row({ justifyContent: 'end' }), { data: 'x' })).bytes)).toEqual([560, 600]);
    const { warnings } = await drawLayers(row({ box: { width: 70, height: 100 } }), { data: 'x' });
    expect(warnings.map(({ code, layer }) => [code, layer])).toEqual([['overflow', 'stack']]);
  });

  it('tells nothing of a text that fits a box as high as its letters', async () => {
    const told = async (data: string, height: number, more: Record<string, unknown> = {}) => {
      const name = { ...words('name', '{{ data }}'), fontSize: 32, fit: {}, box: { width: 300, height: 80 }, ...more };
      const { warnings } = await drawLayers([stack([name], { box: { width: 300, height } })], { data });
      return warnings.map(({ code, layer }) => [code, layer]);
    };
    expect(await told('Amira', 32)).toEqual([]);
    expect(await told('Amira', 32, { lineHeight: 2 })).toEqual([]);
    expect(await told('Amira', 20)).toContainEqual(['overflow', 'stack']);
  });

  it.each([
    [-6, -30],
    [70, 5],
  ])('shows the whole of a layer that is moved by %d and %d', async (x, y) => {
    const moved = badge({ id: 'moved', box: { x, y, width: 40, height: 40 } });
    const box = { x: 50, y: 60, width: 100, height: 40 };
    const { bytes } = await drawLayers([stack([badge({ fill: '#0000ff' }), moved], { box })], {});
    const [left, top] = [50 + 40 + 10 + x, 60 + y];
    const corners = [left + 1, left + 39].flatMap((at) => [[at, top + 1] as const, [at, top + 39] as const]);
    expect(await colorsAt(bytes, corners)).toEqual(corners.map(() => 'ff0000'));
  });
});

describe('a repeat', () => {
  const bar = { id: 'bar', type: 'shape', shape: 'rect', fill: '#ff0000', box: { width: 600, height: 40 } };
  const repeat = (more: Record<string, unknown> = {}) => ({
    ...{ id: 'lines', type: 'repeat', over: 'lines', itemHeight: 50, box: { width: 600, height: 200 }, layers: [bar] },
    ...more,
  });
  const lines = (count: number) => ({
    lines: Array.from({ length: count }, (_, i) => ({ name: `Line ${i}`, price: '' })),
  });
  const rows = [20, 70, 120, 170].map((y) => [300, y] as const);
  const [red, none, blue] = ['ff0000', 'ffffff', '0000ff'];

  it.each([
    [0, {}, [none, none, none, none], 0],
    [2, {}, [red, red, none, none], 0],
    [4, {}, [red, red, red, red], 0],
    [9, {}, [red, red, red, red], 1],
    [9, { max: 2 }, [red, red, none, none], 1],
    [4, { more: [{ ...bar, id: 'more', fill: '#0000ff' }] }, [red, red, red, red], 0],
    [9, { more: [{ ...bar, id: 'more', fill: '#0000ff' }] }, [red, red, red, blue], 0],
  ])('of %i items draws those that fit (%j)', async (count, more, colors, told) => {
    const { bytes, warnings } = await drawLayers([repeat(more)], lines(count));
    expect(await colorsAt(bytes, rows)).toEqual(colors);
    expect(warnings.map(({ code }) => code)).toEqual(Array(told).fill('overflow'));
  });

  it('says when it has no list, or another repeat in it', () => {
    expect(() => drawLayers([repeat({ over: 'data' })], { data: 'x' })).toThrow(/data is no list field/);
    const inner = repeat({ id: 'inner', layers: [{ ...bar, id: 'deep' }] });
    expect(() => drawLayers([repeat({ layers: [inner] })], lines(1))).toThrow(/holds another repeat/);
  });
});
