import { z } from 'zod';
import { type Fill, fill, layerBase, pixels, shadow, stroke } from '../../template/parts.ts';
import { drawWithShadow } from '../drawing.ts';
import { defineLayer } from '../layer-type.ts';
import { castShadow, fillStyle, liftShadow, paintable, reach, traceRect } from '../look.ts';
import { type Context, grow, type Rect, union } from '../surface.ts';

const schema = z.strictObject({
  ...layerBase,
  type: z.literal('shape'),
  shape: z.enum(['rect', 'ellipse', 'line', 'polygon']),
  fill: fill.optional(),
  stroke: stroke.optional(),
  shadow: shadow.optional(),
  /** For a rect, in CSS pixels. */
  borderRadius: z.number().min(0).max(4000).default(0),
  /** For a line or polygon: x, y pairs in CSS pixels from the box's top left corner. */
  points: z
    .array(z.tuple([pixels, pixels]))
    .min(2)
    .max(200)
    .optional(),
});
type Shape = z.infer<typeof schema>;

/** Rectangles, ellipses, lines and polygons with a solid or gradient fill, an outline and a shadow. */
export const shape = defineLayer({
  schema,
  rich: [],
  bound: (layer) => grow(extent(layer), reach(layer.stroke, layer.shadow)),
  plan(layer) {
    return {
      area: grow(extent(layer), reach(layer.stroke, layer.shadow)),
      needs: [],
      warnings: [],
      shadow: layer.shadow,
      flattens: layer.shadow || (layer.fill && layer.stroke) ? 'faded' : 'never',
      draw(context, host, shadow) {
        // A canvas would cast one shadow of the fill and one of the outline, and cut the latter off.
        if (shadow && layer.stroke) {
          const inked = grow(extent(layer), reach(layer.stroke, undefined));
          drawWithShadow(context, host, shadow, inked, (on) => paint(on, layer));
          return;
        }
        if (shadow) castShadow(context, shadow);
        paint(context, layer);
        liftShadow(context);
      },
    };
  },
});

function paint(context: Context, layer: Shape): void {
  trace[layer.shape](context, layer);
  if (layer.fill && layer.shape !== 'line') {
    context.fillStyle = fillStyle(context, layer.fill as Fill, layer.box);
    context.fill();
  }
  if (!layer.stroke) return;
  context.strokeStyle = paintable(layer.stroke.color);
  context.lineWidth = layer.stroke.width;
  context.lineJoin = 'round';
  context.lineCap = 'round';
  context.stroke();
}

const corners = ({ box, points }: Shape): [number, number][] =>
  (
    points ?? [
      [0, 0],
      [box.width, box.height],
    ]
  ).map(([x, y]) => [box.x + x, box.y + y]);

function extent(layer: Shape): Rect {
  if (layer.shape === 'rect' || layer.shape === 'ellipse') return layer.box;
  return corners(layer)
    .map(([x, y]) => ({ x, y, width: 0, height: 0 }))
    .reduce(union);
}

function tracePoints(context: Context, layer: Shape): void {
  context.beginPath();
  for (const [x, y] of corners(layer)) context.lineTo(x, y);
}

const trace = {
  rect: (context, layer) => traceRect(context, layer.box, layer.borderRadius),
  ellipse(context, { box }) {
    context.beginPath();
    context.ellipse(box.x + box.width / 2, box.y + box.height / 2, box.width / 2, box.height / 2, 0, 0, Math.PI * 2);
  },
  line: tracePoints,
  polygon(context, layer) {
    tracePoints(context, layer);
    context.closePath();
  },
} satisfies Record<Shape['shape'], (context: Context, layer: Shape) => void>;
