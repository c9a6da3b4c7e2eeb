import { z } from 'zod';
import { color, layerBase } from '../../template/parts.ts';
import { amount, shareOf } from '../amount.ts';
import { defineLayer } from '../layer-type.ts';
import { paintable } from '../look.ts';
import { type Context, grow } from '../surface.ts';

const schema = z.strictObject({
  ...layerBase,
  type: z.literal('rating'),
  value: amount.describe('How many stars; blank counts as 0.'),
  max: z.number().int().min(1).max(20).default(5),
  step: z
    .number()
    .min(0)
    .max(1)
    .default(0)
    .describe('What the value is rounded to: 0.5 for half stars, 0 for any part.'),
  gap: z.number().min(0).max(200).default(4).describe('Between the stars, in CSS pixels.'),
  color: color.default('#f5a524'),
  track: color.default('#d9dde3').describe('The colour of what is missing.'),
  rounded: z.boolean().default(true).describe('Whether the points of the stars are round.'),
});
type Rating = Pick<z.infer<typeof schema>, 'box' | 'max' | 'gap' | 'rounded'>;

/** Stars from the left, as large as the box lets them be; the last one may be shown in part. */
export const rating = defineLayer({
  schema,
  rich: [],
  bound: ({ box }) => grow(box, 1),
  plan(layer) {
    const { box, max, step, gap } = layer;
    const { share, warnings } = shareOf(layer);
    const stars = step > 0 ? Math.min(max, Math.round((share * max) / step) * step) : share * max;
    const side = sideOf(layer);
    return {
      area: grow(box, 1),
      needs: [],
      warnings,
      size: { width: max * side + (max - 1) * gap, height: side },
      shadow: undefined,
      flattens: 'never',
      draw(context) {
        const whole = Math.floor(stars);
        // The points where the last star turns from one colour into the other.
        const edge = box.x + whole * (side + gap) + (stars - whole) * side;
        const paint = (from: number, to: number, color: string) => {
          context.save();
          context.beginPath();
          context.rect(from, box.y - 1, to - from, box.height + 2);
          context.clip();
          traceStars(context, layer, side);
          context.fillStyle = paintable(color);
          context.fill();
          context.restore();
        };
        if (stars < max) paint(edge, box.x + box.width + 1, layer.track);
        if (stars > 0) paint(box.x - 1, edge, layer.color);
      },
    };
  },
});

const sideOf = ({ box, max, gap }: Rating): number =>
  Math.max(0, Math.min(box.height, (box.width - gap * (max - 1)) / max));

/** The inner points of a star, in parts of its outer radius; a little fuller than drawn with a ruler. */
const INNER = 0.46;

function traceStars(context: Context, { box, max, gap, rounded }: Rating, side: number): void {
  const outer = side / 2;
  context.beginPath();
  for (let star = 0; star < max; star++) {
    const x = box.x + star * (side + gap) + outer;
    // Its middle stands lower than its circle's, for it has a point above and none below.
    const y = box.y + box.height / 2 + outer * 0.05;
    const points = Array.from({ length: 10 }, (_, i) => {
      const radius = i % 2 === 0 ? outer : outer * INNER;
      const angle = ((i * 36 - 90) * Math.PI) / 180;
      return [x + radius * Math.cos(angle), y + radius * Math.sin(angle)] as const;
    });
    const [first, last] = [points[0] ?? [x, y], points[9] ?? [x, y]];
    context.moveTo((first[0] + last[0]) / 2, (first[1] + last[1]) / 2);
    for (const [i, [px, py]] of points.entries()) {
      const [nx, ny] = points[(i + 1) % 10] ?? first;
      if (rounded) context.arcTo(px, py, (px + nx) / 2, (py + ny) / 2, outer * 0.1);
      else context.lineTo(px, py);
    }
    context.closePath();
  }
}
