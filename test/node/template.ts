import { createRenderer } from '../../core/node/renderer.ts';
import type { FormatName } from '../../core/template/output.ts';
import { parseTemplate } from '../../core/template/parse.ts';
import type { Template } from '../../core/template/schema.ts';
import type { Values } from '../../core/template/value.ts';

/** A small template that uses every layer type: static layers under, between and over personal ones. */
export const small: Template = parseTemplate({
  name: 'small',
  size: { width: 300, height: 150 },
  alt: 'Hello {{ first_name }}',
  fields: {
    first_name: { type: 'text', fallback: 'there', maxLength: 60 },
    vip: { type: 'boolean', fallback: false },
    photo: { type: 'image', fallback: { initials: 'first_name' }, hosts: ['cdn.example.com'] },
  },
  layers: [
    {
      id: 'ground',
      type: 'shape',
      shape: 'rect',
      box: { x: 0, y: 0, width: 300, height: 150 },
      fill: {
        type: 'linear',
        angle: 120,
        stops: [
          { offset: 0, color: '#264653' },
          { offset: 1, color: '#2a9d8f' },
        ],
      },
    },
    {
      id: 'picture',
      type: 'image',
      src: 'asset:square',
      box: { x: 240, y: 90, width: 50, height: 50 },
      borderRadius: 8,
    },
    { id: 'photo', type: 'image', src: '{{ photo }}', box: { x: 10, y: 10, width: 40, height: 40 }, mask: 'circle' },
    {
      id: 'headline',
      type: 'text',
      text: 'Hello **{{ first_name }}**!',
      shorter: ['Hello!'],
      box: { x: 60, y: 10, width: 230, height: 60 },
      fontSize: 24,
      color: '#ffffff',
      fit: { minFontSize: 14, maxLines: 2 },
    },
    {
      id: 'veil',
      type: 'shape',
      shape: 'ellipse',
      box: { x: 120, y: 20, width: 80, height: 60 },
      fill: 'rgba(233, 196, 106, 0.4)',
    },
    {
      id: 'star',
      type: 'shape',
      when: 'vip',
      shape: 'polygon',
      points: [
        [20, 0],
        [40, 40],
        [0, 40],
      ],
      box: { x: 20, y: 95, width: 40, height: 40 },
      fill: '#e76f51',
      opacity: 0.7,
      rotate: 12,
    },
  ],
});

const renderer = createRenderer();
let drawn = 0;

/** A picture of 600x200 of some layers at scale 2, with the field `data` as it is given. */
export function drawLayers(
  layers: readonly Record<string, unknown>[],
  values: Values,
  output: { readonly format: FormatName; readonly quality: number } = { format: 'png', quality: 100 },
  assets: Readonly<Record<string, Uint8Array>> = {},
) {
  const fields = Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      Array.isArray(value)
        ? { type: 'list', of: { name: { type: 'text', fallback: '' }, price: { type: 'text', fallback: '' } } }
        : { type: typeof value === 'string' ? 'text' : typeof value },
    ]),
  );
  const template = parseTemplate({ name: 'drawn', size: { width: 600, height: 200 }, alt: 'Drawn', fields, layers });
  const key = `drawn-${drawn++}`;
  return renderer.render({
    template: { key, load: () => ({ template, assets }) },
    ...{ values, images: {}, scale: 2 },
    ...output,
  });
}
