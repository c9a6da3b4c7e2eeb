import { describe, expect, it } from 'vitest';
import { sharp } from '../../core/node/native.ts';
import { decode } from '../golden/compare.ts';
import { drawLayers } from './template.ts';

const square = await sharp({ create: { width: 40, height: 40, channels: 3, background: '#ff0000' } })
  .png()
  .toBuffer();

type Layer = Record<string, unknown>;
const white = { id: 'white', type: 'shape', shape: 'rect', box: { x: 0, y: 0, width: 600, height: 200 }, fill: '#fff' };

/** Reads colours at points in CSS pixels of layers drawn over white at scale 2. */
async function look(...layers: Layer[]): Promise<(x: number, y: number) => string> {
  const { bytes } = await drawLayers([white, ...layers], {}, undefined, { 'asset:square': square });
  const { data, width } = await decode(bytes);
  return (x, y) => {
    const at = (Math.round(y * 2) * width + Math.round(x * 2)) * 4;
    return Buffer.from(data.subarray(at, at + 3)).toString('hex');
  };
}

const rect = (more: Layer): Layer => ({
  ...{ id: 'rect', type: 'shape', shape: 'rect', box: { x: 100, y: 50, width: 200, height: 100 } },
  ...more,
});

describe('a colour', () => {
  it.each([
    ['RGB(255, 0, 0)', 'ff0000'],
    ['RGBA(255,0,0,1)', 'ff0000'],
    ['rgba(255, 0, 0, 100%)', 'ff0000'],
    ['rgba(255, 0, 0, 20%)', 'ffcccc'],
    ['Rgb(0, 254.6, 0)', '00ff00'],
    ['rgb(100%, 0%, 50.2%)', 'ff0080'],
    ['rgba(100%, 0%, 0%, 20%)', 'ffcccc'],
    ['#F00', 'ff0000'],
    ['BLACK', '000000'],
  ])('written as %s is drawn', async (color, drawn) => {
    const at = await look(rect({ fill: color }));
    expect(at(200, 100)).toBe(drawn);
  });
});

describe('a gradient', () => {
  const black = { ...white, id: 'black', fill: '#000000' };
  const fading = (...colors: string[]) =>
    rect({
      box: { x: 0, y: 0, width: 600, height: 200 },
      fill: {
        type: 'linear',
        angle: 90,
        stops: colors.map((color, i) => ({ offset: i / (colors.length - 1), color })),
      },
    });
  const near = (color: string) => [0, 2, 4].map((at) => Math.round(Number.parseInt(color.slice(at, at + 2), 16) / 16));

  it.each([
    'transparent',
    'Transparent',
    '#fff0',
    '#00ff0000',
    'rgba(255, 255, 255, 0)',
    'RGBA(0,255,0,0%)',
    'rgb(0,9,0,.0)',
  ])('fades into %s in its own colour', async (clear) => {
    const at = await look(black, fading('#ff0000', clear));
    expect(near(at(300, 100))).toEqual([8, 0, 0]);
    const back = await look(black, fading(clear, '#0000ff'));
    expect(near(back(300, 100))).toEqual([0, 0, 8]);
  });

  it('fades out of one colour and into another', async () => {
    const at = await look(black, fading('#ff0000', 'transparent', 'transparent', 'White'));
    expect([100, 300, 500].map((x) => near(at(x, 100)))).toEqual([
      [8, 0, 0],
      [0, 0, 0],
      [8, 8, 8],
    ]);
    const through = await look(black, fading('rgb(255, 0, 0)', 'transparent', '#0000ff'));
    expect([150, 450].map((x) => near(through(x, 100)))).toEqual([
      [8, 0, 0],
      [0, 0, 8],
    ]);
  });

  it('of nothing but clear colours shows nothing', async () => {
    const at = await look(black, fading('transparent', '#f000'));
    expect(at(300, 100)).toBe('000000');
  });
});

describe('a shadow', () => {
  // Over the middle of the picture: turned by 180 degrees a layer stands where it stood.
  const box = { x: 200, y: 50, width: 200, height: 100 };
  const shadow = { x: 30, y: 20, color: '#0000ff' };
  const isBlue = (color: string) => Number.parseInt(color.slice(0, 2), 16) < 64;
  /** On which sides of the box there is blue. */
  const sides = async (...layers: Layer[]) => {
    const at = await look(...layers);
    const points = { left: at(180, 80), right: at(420, 120), above: at(300, 40), below: at(300, 160) };
    return Object.entries(points).flatMap(([side, color]) => (isBlue(color) ? side : []));
  };

  it.each<[string, Layer]>([
    ['a shape', rect({ box, fill: '#ff0000' })],
    ['a shape with an outline', rect({ box, fill: '#ff0000', stroke: { color: '#ff0000', width: 2 } })],
    ['a picture', { id: 'picture', type: 'image', src: 'asset:square', box }],
  ])('of %s turns with it, alone and in a group', async (_, layer) => {
    for (const blur of [0, 4]) {
      const cast = { ...layer, shadow: { ...shadow, blur } };
      const group = (rotate: number, inner: number) => ({
        ...{ id: 'group', type: 'group', box: white.box, rotate },
        layers: [{ ...cast, rotate: inner }],
      });
      expect(await sides(cast)).toEqual(['right', 'below']);
      for (const turned of [
        { ...cast, rotate: 180 },
        { ...cast, rotate: 180, opacity: 0.99 },
        group(180, 0),
        group(90, 90),
      ])
        expect(await sides(turned)).toEqual(['left', 'above']);
    }
  });

  it('is of fill and outline together', async () => {
    const stroke = { color: '#00ff00', width: 40 };
    const at = await look(rect({ box, fill: '#ff0000', stroke, shadow: { x: 30, y: 30, color: '#0000ff' } }));
    expect(at(300, 100)).toBe('ff0000');
    expect(at(215, 65)).toBe('00ff00');
    expect(at(440, 120)).toBe('0000ff');
    expect(at(300, 185)).toBe('0000ff');
  });

  it('of an outline is as round as that', async () => {
    const line = {
      shape: 'line',
      points: [
        [0, 0],
        [100, 60],
      ],
      box: { x: 130, y: 60, width: 100, height: 60 },
    };
    const at = await look(
      rect({ ...line, stroke: { color: '#ff0000', width: 40 }, shadow: { ...shadow, x: 200, y: 0, blur: 2 } }),
    );
    // The shadow of its ends, 20 about 330, 60 and 430, 120.
    for (const [x, y] of [
      [314, 60],
      [330, 44],
      [446, 120],
      [430, 136],
    ] as const)
      expect(isBlue(at(x, y))).toBe(true);
    for (const [x, y] of [
      [314, 44],
      [446, 136],
    ] as const)
      expect(isBlue(at(x, y))).toBe(false);
  });
});
