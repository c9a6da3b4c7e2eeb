import { z } from 'zod';
import { barcode } from './barcode.ts';
import { image } from './image.ts';
import { progress } from './progress.ts';
import { qr } from './qr.ts';
import { rating } from './rating.ts';
import { shape } from './shape.ts';
import { svg } from './svg.ts';
import { text } from './text.ts';

/** Every layer type. To add one: a file beside this one, a line here, a golden picture in the tests. */
export const layerTypes = { text, image, shape, qr, barcode, progress, rating, svg };

/** A layer as a template has it, told apart by `type`. */
export const layerSchema = z.discriminatedUnion('type', [
  text.schema,
  image.schema,
  shape.schema,
  qr.schema,
  barcode.schema,
  progress.schema,
  rating.schema,
  svg.schema,
]);
export type Layer = z.infer<typeof layerSchema>;
