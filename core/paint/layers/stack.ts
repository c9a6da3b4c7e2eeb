import { z } from 'zod';
import { type Box, fill, type LayerBase, layerBase } from '../../template/parts.ts';
import type { Warning } from '../../template/value.ts';
import { defineLayer } from '../layer-type.ts';
import { fillStyle, traceRect } from '../look.ts';
import { type Nest, type Nested, overhang, planOf } from '../nested.ts';
import { grow, type Plan, turnedBounds, union } from '../surface.ts';

const side = z.number().min(0).max(1000).default(0);

const schema = z.strictObject({
  ...layerBase,
  type: z.literal('stack'),
  flexDirection: z.enum(['row', 'column']).default('row'),
  gap: z.number().min(0).max(2000).default(0).describe('Between its layers, in CSS pixels.'),
  alignItems: z.enum(['start', 'center', 'end']).default('start').describe('Where they stand across the direction.'),
  justifyContent: z
    .enum(['start', 'center', 'end', 'space-between'])
    .default('start')
    .describe('Where they stand along the direction when there is room left.'),
  padding: z
    .strictObject({ top: side, right: side, bottom: side, left: side })
    .prefault({})
    .describe('Room around its layers, in CSS pixels.'),
  fill: fill.optional().describe('What lies under its layers, as large as they and the padding are.'),
  borderRadius: z.number().min(0).max(4000).default(0),
});
type Stack = Pick<z.infer<typeof schema>, 'id' | 'box' | 'gap' | 'flexDirection' | 'alignItems' | 'justifyContent'> & {
  readonly padding: z.infer<typeof schema>['padding'];
};

/**
 * Layers in a row or a column, each as large as what it shows: a text takes the room its letters need, at most its box. When
 * there is too little room the widest texts give way first, by their own ladder. What shows nothing takes no place.
 */
export const stack = defineLayer({
  schema,
  rich: [],
  bound: ({ box, layers = [] }, boundOf) =>
    grow(
      box,
      Math.max(1, ...layers.map((layer) => movedBy(layer) + overhang(turnedBounds(boundOf(layer), layer), layer.box))),
    ),
  plan(layer, bench, nest) {
    const { box, fill, borderRadius } = layer;
    const { nested, size, isOver } = arrange(layer, layer.layers ?? [], nest);
    if (nested.length === 0) return { ...planOf([], bench), size: { width: 0, height: 0 } };
    const inner = planOf(nested, bench);
    const around = boxAround(box, size, layer);
    const message = `${layer.id}: holds more than fits in its box; give it more room or less to hold`;
    const warnings: Warning[] = isOver ? [{ code: 'overflow', layer: layer.id, message }] : [];
    const plan: Plan = { ...inner, size, area: union(inner.area, around), warnings: [...inner.warnings, ...warnings] };
    if (fill === undefined) return plan;
    return {
      ...plan,
      draw(context, host, shadow) {
        traceRect(context, around, borderRadius);
        context.fillStyle = fillStyle(context, fill, around);
        context.fill();
        inner.draw(context, host, shadow);
      },
    };
  },
});

/** The words of a box along and across each direction. */
const AXES = {
  row: { x: 'x', y: 'y', width: 'width', height: 'height', left: 'left', right: 'right', top: 'top', bottom: 'bottom' },
  column: {
    x: 'y',
    y: 'x',
    width: 'height',
    height: 'width',
    left: 'top',
    right: 'bottom',
    top: 'left',
    bottom: 'right',
  },
} as const;
const SHARES = { start: 0, center: 0.5, end: 1, 'space-between': 0 } as const;
/** Sums of parts of pixels differ in their last digits. */
const SLACK = 0.01;

type Size = { readonly width: number; readonly height: number };
/** `deep` is how much room it needs across the direction. */
type Fitted = { readonly layer: LayerBase; readonly size: Size; readonly gives: boolean; readonly deep: number };
type Arranged = { readonly nested: readonly Nested[]; readonly size: Size; readonly isOver: boolean };

/** How far a layer is moved from its place at most. */
const movedBy = ({ box }: LayerBase): number => Math.max(Math.abs(box.x), Math.abs(box.y));

/** Works out in which size and where each layer stands; `size` is that of all of them with the padding. */
function arrange(stack: Stack, layers: readonly LayerBase[], nest: Nest): Arranged {
  const { box, gap, padding, justifyContent, alignItems } = stack;
  const at = AXES[stack.flexDirection];
  const room = Math.max(1, box[at.width] - padding[at.left] - padding[at.right]);
  const depth = Math.max(1, box[at.height] - padding[at.top] - padding[at.bottom]);
  const sizeUp = (layer: LayerBase, most: number): Fitted => {
    const given = { ...layer.box, [at.width]: most, [at.height]: Math.min(layer.box[at.height], depth) };
    const { size, fit } = nest({ ...layer, box: given }).plan;
    const { [at.height]: across } = size ?? layer.box;
    // Of a text that fits its box nothing but leading stands out of it.
    const deep = fit && !fit.ellipsis ? Math.min(across, given[at.height]) : across;
    return { layer, size: size ?? layer.box, gives: size !== undefined, deep };
  };
  let fitted = layers
    .map((layer) => sizeUp(layer, Math.min(layer.box[at.width], room)))
    .filter(({ size }) => size.width > 0 && size.height > 0);
  const gaps = gap * Math.max(0, fitted.length - 1);
  const most = widest(
    fitted.map(({ size, gives }) => ({ width: size[at.width], gives })),
    room - gaps,
  );
  fitted = fitted.map((each) => (each.gives && each.size[at.width] > most + SLACK ? sizeUp(each.layer, most) : each));

  const used = fitted.reduce((sum, { size }) => sum + size[at.width], gaps);
  const spread = justifyContent === 'space-between' && fitted.length > 1 ? Math.max(0, room - used) : 0;
  const deepest = Math.max(0, ...fitted.map(({ size }) => size[at.height]));
  let along = box[at.x] + padding[at.left] + Math.max(0, room - used) * SHARES[justifyContent];
  const nested = fitted.map(({ layer, size, gives }) => {
    const across = box[at.y] + padding[at.top] + (depth - size[at.height]) * SHARES[alignItems];
    const slack = gives ? SLACK : 0;
    const place = { [at.x]: along, [at.y]: across } as Pick<Box, 'x' | 'y'>;
    along += size[at.width] + gap + spread / Math.max(1, fitted.length - 1);
    // A box of its own within the stack moves a layer from its place, as `left` and `top` do in CSS.
    const [x, y] = [place.x + layer.box.x, place.y + layer.box.y];
    return nest({ ...layer, box: { x, y, width: size.width + slack, height: size.height + slack } });
  });
  const size = {
    [at.width]: used + spread + padding[at.left] + padding[at.right],
    [at.height]: deepest + padding[at.top] + padding[at.bottom],
  } as Size;
  const isOver = used > room + 0.5 || fitted.some(({ deep }) => deep > depth + 0.5);
  return { nested, size, isOver };
}

/** How wide a layer that gives way may be, so that all of them fit into the room: the widest give way first. */
function widest(layers: readonly { readonly width: number; readonly gives: boolean }[], room: number): number {
  let left = room - layers.reduce((sum, { width, gives }) => sum + (gives ? 0 : width), 0);
  const giving = layers.filter(({ gives }) => gives).sort((a, b) => a.width - b.width);
  for (const [i, { width }] of giving.entries()) {
    const share = left / (giving.length - i);
    if (width > share) return Math.max(1, share);
    left -= width;
  }
  return Number.POSITIVE_INFINITY;
}

/** The rectangle around what a stack holds, where it stands in its box. */
function boxAround(box: Box, size: Size, { flexDirection, justifyContent, alignItems }: Stack): Box {
  const isRow = flexDirection === 'row';
  const [across, down] = isRow ? [justifyContent, alignItems] : [alignItems, justifyContent];
  const x = box.x + Math.max(0, box.width - size.width) * SHARES[across];
  const y = box.y + Math.max(0, box.height - size.height) * SHARES[down];
  return { x, y, width: Math.min(size.width, box.width), height: Math.min(size.height, box.height) };
}
