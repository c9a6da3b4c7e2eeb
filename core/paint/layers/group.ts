import { z } from 'zod';
import { layerBase } from '../../template/parts.ts';
import { defineLayer } from '../layer-type.ts';
import { placedIn, planOf } from '../nested.ts';
import { turnedBounds, union } from '../surface.ts';

const schema = z.strictObject({ ...layerBase, type: z.literal('group') });

/** Layers that are turned, faded, cut and blended as one; their boxes count from the corner of its box. */
export const group = defineLayer({
  schema,
  rich: [],
  bound: ({ box, layers = [] }, boundOf) =>
    layers
      .map((layer) => placedIn(box, layer))
      .map((layer) => turnedBounds(boundOf(layer), layer))
      .reduce(union),
  plan: ({ box, layers = [] }, bench, nest) =>
    planOf(
      layers.map((layer) => nest(placedIn(box, layer))),
      bench,
    ),
});
