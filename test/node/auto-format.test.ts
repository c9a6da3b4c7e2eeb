import { expect, it } from 'vitest';
import { pictureFormatFor } from '../../core/node/auto-format.ts';
import { sharp } from '../../core/node/native.ts';
import { createRenderer } from '../../core/node/renderer.ts';
import { parseTemplate } from '../../core/template/parse.ts';

const noise = { type: 'gaussian' as const, mean: 128, sigma: 30 };
const sand = await sharp({ create: { width: 200, height: 100, channels: 3, background: '#888', noise } })
  .jpeg()
  .toBuffer();
const logo = await sharp({ create: { width: 40, height: 40, channels: 3, background: '#ff0055' } })
  .png()
  .toBuffer();
const assets = { 'asset:sand': sand, 'asset:logo': logo };

const box = { x: 0, y: 0, width: 200, height: 100 };
const name = { id: 'name', type: 'text', text: 'Hi {{ name }}', fontSize: 30, color: '#112233', box };
const image = { id: 'image', type: 'image', src: 'asset:logo', box: { ...box, width: 40, height: 40 } };
const stops = ['#ff0000', '#00ff00'].map((color, offset) => ({ offset, color }));
const gradient = { id: 'ground', type: 'shape', shape: 'rect', box, fill: { type: 'linear', stops } };
const photo = { photo: { type: 'image', fallback: { initials: 'name' } } };

let templates = 0;
const formatOf = (design: Record<string, unknown>) => {
  const { fields, ...rest } = design;
  const template = parseTemplate({
    ...{ name: 'auto', size: { width: 200, height: 100 }, alt: 'Hi', output: { format: 'auto' } },
    fields: { name: { type: 'text', fallback: 'there' }, ...(fields as object) },
    ...rest,
  });
  const renderer = createRenderer();
  const job = { key: `auto-${templates++}`, load: () => ({ template, assets }) };
  const order = { template: job, images: {}, format: 'png', scale: 2, quality: 82 } as const;
  return pictureFormatFor(template, async (values) => (await renderer.render({ ...order, values })).bytes);
};

it.each([
  ['letters on a flat ground', { layers: [name] }, 'png'],
  ['a flat drawing', { layers: [image, name] }, 'png'],
  ['letters alone', { layers: [name], background: 'transparent' }, 'png'],
  [
    'a drawing of many colours on nothing',
    { layers: [{ ...gradient, opacity: 0.5 }], background: 'transparent' },
    'png',
  ],
  ['a photo of its own', { layers: [{ ...image, src: 'asset:sand', box }, name] }, 'jpeg'],
  ['a gradient', { layers: [gradient, name] }, 'jpeg'],
  [
    'a photo for some',
    {
      layers: [name, { ...image, src: 'asset:sand', box, when: "name == 'Bo'" }],
      datasets: { good: { name: 'Amira' }, other: { name: 'Bo' } },
    },
    'jpeg',
  ],
  ['photos of people', { layers: [name, { ...image, src: '{{ photo }}' }], fields: photo }, 'jpeg'],
  [
    'photos of people on nothing',
    { layers: [name, { ...image, src: '{{ photo }}' }], fields: photo, background: 'transparent' },
    'png',
  ],
  ['a page', { layers: [name], output: { format: 'pdf' } }, 'png'],
  ['what names its format', { layers: [name], output: { format: 'webp' } }, 'webp'],
])('chooses what suits %s', async (_, design, format) => {
  expect(await formatOf(design)).toBe(format);
});
