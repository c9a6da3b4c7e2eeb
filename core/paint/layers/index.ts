import { z } from 'zod';
import { barcode } from './barcode.ts';
import { group } from './group.ts';
import { image } from './image.ts';
import { progress } from './progress.ts';
import { qr } from './qr.ts';
import { rating } from './rating.ts';
import { repeat } from './repeat.ts';
import { shape } from './shape.ts';
import { stack } from './stack.ts';
import { svg } from './svg.ts';
import { text } from './text.ts';

/** Within a layer that holds others; how deep they may lie in each other is held to in `parseTemplate`. */
const layers: z.ZodType<Layer[]> = z.lazy(() => z.array(layerSchema).min(1).max(100));

/** Every layer type. To add one: a file beside this one, a line here, a golden picture in the tests. */
export const layerTypes = {
  ...{ text, image, shape, qr, barcode, progress, rating, svg },
  group: { ...group, schema: group.schema.extend({ layers }) },
  stack: { ...stack, schema: stack.schema.extend({ layers }) },
  repeat: {
    ...repeat,
    schema: repeat.schema.extend({
      layers,
      more: layers.optional().describe('Drawn in the last place when items are left out; {{ rest }} is how many.'),
    }),
  },
};

/** A layer as a template has it, told apart by `type`. */
export const layerSchema: z.ZodType<Layer> = z.discriminatedUnion('type', [
  text.schema,
  image.schema,
  shape.schema,
  qr.schema,
  barcode.schema,
  progress.schema,
  rating.schema,
  svg.schema,
  layerTypes.group.schema,
  layerTypes.stack.schema,
  layerTypes.repeat.schema,
]);
type Of<Type extends { readonly schema: z.ZodType }> = z.infer<Type['schema']>;
type Plain =
  | Of<typeof text>
  | Of<typeof image>
  | Of<typeof shape>
  | Of<typeof qr>
  | Of<typeof barcode>
  | Of<typeof progress>
  | Of<typeof rating>
  | Of<typeof svg>;
export type Layer =
  | Plain
  | (Of<typeof group> & { layers: Layer[] })
  | (Of<typeof stack> & { layers: Layer[] })
  | (Of<typeof repeat> & { layers: Layer[]; more?: Layer[] | undefined });
