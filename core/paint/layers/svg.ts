import { z } from 'zod';
import { ASSET, color, isExpression, layerBase } from '../../template/parts.ts';
import { defineLayer } from '../layer-type.ts';
import { drawBitmap } from '../look.ts';
import { grow, type Need } from '../surface.ts';
import { svgFaults } from '../svg.ts';

const MAX_LENGTH = 100_000;

/** Refused with every reason at once: what is left out quietly would be missed in the picture. */
const markup = z
  .string()
  .min(1)
  .max(MAX_LENGTH)
  .superRefine((svg, context) => {
    if (ASSET.test(svg)) return;
    const faults = isExpression(svg) ? ['holds {{ or {%: data goes into its colors alone'] : svgFaults(svg);
    for (const message of faults) context.addIssue({ code: 'custom', message });
  });

const schema = z.strictObject({
  ...layerBase,
  type: z.literal('svg'),
  svg: markup.describe(
    'The drawing: an asset such as asset:logo, or its markup of shapes, paths, gradients, clips and masks.',
  ),
  objectFit: z.enum(['cover', 'contain', 'fill']).default('contain'),
  colors: z
    .record(
      z.string().regex(/^#(?:[0-9a-f]{3}|[0-9a-f]{6})$/i, 'expected a colour of the drawing, such as #ff0000'),
      color,
    )
    .refine((colors) => Object.keys(colors).length <= 20, 'has more than 20 colours: use fewer')
    .default({})
    .describe('By a colour in the drawing, the colour to paint instead; may be an expression.'),
});

/** A drawing in SVG, in colours that data may choose. */
export const svg = defineLayer({
  schema,
  rich: [],
  bound: ({ box }) => grow(box, 1),
  plan({ box, svg, objectFit, colors }, { scale, isPage }) {
    const need: Need = {
      kind: 'svg',
      svg,
      width: Math.max(1, Math.round(box.width * scale)),
      height: Math.max(1, Math.round(box.height * scale)),
      fit: objectFit,
      colors,
    };
    return {
      area: grow(box, 1),
      needs: [need],
      warnings: [],
      shadow: undefined,
      flattens: 'never',
      draw(context, host) {
        const bitmap = host.bitmap(need);
        if (bitmap && isPage) drawBitmap(context, bitmap, box);
        else if (bitmap) context.drawImage(bitmap, box.x, box.y, box.width, box.height);
      },
    };
  },
});
