import { z } from 'zod';
import { type Box, fill, layerBase } from '../../template/parts.ts';
import { amount, shareOf } from '../amount.ts';
import { defineLayer } from '../layer-type.ts';
import { fillStyle, traceRect } from '../look.ts';
import { type Context, grow } from '../surface.ts';

const schema = z.strictObject({
  ...layerBase,
  type: z.literal('progress'),
  shape: z.enum(['bar', 'ring']).default('bar').describe('A bar fills from the left, a ring clockwise from the top.'),
  value: amount.describe('How far it is; blank counts as 0, and what is over `max` as `max`.'),
  max: amount.default(100),
  fill: fill.default('#2563eb').describe('The part that is reached, a colour or a gradient over the whole box.'),
  track: fill.default('rgba(17, 24, 39, 0.12)').describe('What lies under it.'),
  thickness: z
    .number()
    .positive()
    .max(1000)
    .optional()
    .describe('Of a ring, in CSS pixels; an eighth of it unless said.'),
  rounded: z.boolean().default(true).describe('Whether the ends are round.'),
});
type Progress = Pick<z.infer<typeof schema>, 'box' | 'fill' | 'track' | 'thickness' | 'rounded'>;

/** How far something is, as a bar or a ring. */
export const progress = defineLayer({
  schema,
  rich: [],
  bound: ({ box }) => grow(box, 1),
  plan(layer) {
    const { share, warnings } = shareOf(layer);
    return {
      area: grow(layer.box, 1),
      needs: [],
      warnings,
      shadow: undefined,
      flattens: 'faded',
      draw: (context) => drawings[layer.shape](context, layer, share),
    };
  },
});

/** Of a bar: by so much it may show more than is reached. */
const LITTLE = 0.1;

const drawings = {
  bar(context, { box, rounded, ...layer }, share) {
    const radius = rounded ? Math.min(box.width, box.height) / 2 : 0;
    traceRect(context, box, radius);
    context.fillStyle = fillStyle(context, layer.track, box);
    context.fill();
    if (share === 0) return;
    const ends = 2 * radius;
    // A little is still seen: round ends need their own width, where that is but a little.
    const width = Math.max(share * box.width, ends <= box.width * LITTLE ? ends : 0);
    context.save();
    if (width < ends) context.clip();
    traceRect(context, { ...box, x: box.x + Math.min(0, width - ends), width: Math.max(width, ends) }, radius);
    context.fillStyle = fillStyle(context, layer.fill, box);
    context.fill();
    context.restore();
  },
  ring(context, { box, rounded, ...layer }, share) {
    const square = squareIn(box);
    const thickness = Math.min(layer.thickness ?? square.width / 8, square.width / 2);
    const radius = (square.width - thickness) / 2;
    const arc = (part: number) => {
      context.beginPath();
      context.arc(box.x + box.width / 2, box.y + box.height / 2, radius, -Math.PI / 2, (2 * part - 0.5) * Math.PI);
      if (part === 1) context.closePath();
      context.stroke();
    };
    context.lineWidth = thickness;
    context.lineCap = 'butt';
    context.strokeStyle = fillStyle(context, layer.track, square);
    arc(1);
    if (share === 0) return;
    context.lineCap = rounded ? 'round' : 'butt';
    context.strokeStyle = fillStyle(context, layer.fill, square);
    arc(share);
  },
} satisfies Record<'bar' | 'ring', (context: Context, layer: Progress, share: number) => void>;

/** The largest square in the middle of a box. */
function squareIn({ x, y, width, height }: Box): Box {
  const side = Math.min(width, height);
  return { x: x + (width - side) / 2, y: y + (height - side) / 2, width: side, height: side };
}
