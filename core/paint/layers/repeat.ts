import { z } from 'zod';
import { fieldNameSchema as fieldName } from '../../template/fields/field-type.ts';
import { layerBase } from '../../template/parts.ts';
import { defineLayer } from '../layer-type.ts';
import { type Cells, overhang, placedIn, planOf } from '../nested.ts';
import { grow, type Rect, turnedBounds } from '../surface.ts';

const schema = z.strictObject({
  ...layerBase,
  type: z.literal('repeat'),
  over: fieldName.describe('The list field whose items are drawn, one after the other.'),
  as: fieldName.default('item').describe('What expressions in its layers call an item, as in {{ item.price }}.'),
  columns: z.number().int().min(1).max(20).default(1),
  itemHeight: z
    .number()
    .positive()
    .max(4000)
    .describe('Of one item, in CSS pixels; its width is its share of the box.'),
  gap: z.number().min(0).max(2000).default(0).describe('Between items, across and down.'),
  max: z
    .number()
    .int()
    .min(1)
    .max(100)
    .default(100)
    .describe('How many items are shown at most; as many as fit, anyway.'),
});

/** Layers drawn once for each item of a list, in rows and columns within its box. */
export const repeat = defineLayer({
  schema,
  rich: [],
  bound(layer, boundOf) {
    const cell = cellOf(layer, 0);
    const inner = [...(layer.layers ?? []), ...(layer.more ?? [])].map((each) => placedIn(cell, each));
    return grow(layer.box, Math.max(...inner.map((each) => overhang(turnedBounds(boundOf(each), each), cell))));
  },
  plan(layer, bench, nest) {
    const { id, box, itemHeight, gap } = layer;
    const { cells, rest, isTold } = layer.layers as unknown as Cells;
    const nested = cells.flatMap((layers, i) => layers.map((each) => nest(placedIn(cellOf(layer, i), each))));
    const plan = planOf(nested, bench);
    const rows = Math.ceil(cells.length / layer.columns);
    const size = { width: rows && box.width, height: rows && rows * (itemHeight + gap) - gap };
    if (rest === 0 || isTold) return { ...plan, size };
    const message = `${id}: leaves out ${rest} of its items; give it more room, or say so with more`;
    return { ...plan, size, warnings: [...plan.warnings, { code: 'overflow', layer: id, message }] };
  },
});

type Grid = { readonly box: Rect; readonly columns: number; readonly itemHeight: number; readonly gap: number };

/** Where an item stands. */
function cellOf({ box, columns, itemHeight, gap }: Grid, i: number): Rect {
  const width = Math.max(1, (box.width - gap * (columns - 1)) / columns);
  const [column, row] = [i % columns, Math.floor(i / columns)];
  return { x: box.x + column * (width + gap), y: box.y + row * (itemHeight + gap), width, height: itemHeight };
}
