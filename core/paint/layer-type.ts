import type { z } from 'zod';
import type { Span } from '../template/markup.ts';
import type { LayerBase } from '../template/parts.ts';
import type { Nest } from './nested.ts';
import type { Bench, Plan, Rect } from './surface.ts';

/** The options of a layer that hold markup; `plan` gets them as spans. */
type Rich<Options extends string> = readonly Options[];
type Resolved<Layer, Option extends string> = {
  [Key in keyof Layer]: Key extends Option ? Spans<Layer[Key]> : Layer[Key];
};
type Spans<Value> = Value extends readonly unknown[] ? readonly (readonly Span[])[] : readonly Span[];

/** What a layer that holds others has besides its own options. */
type Holding = { readonly layers?: readonly LayerBase[]; readonly more?: readonly LayerBase[] | undefined };

/**
 * One kind of layer: the zod schema of its options, which of them are `rich` text with markup, and how it is worked out
 * and drawn. `plan` is given the layer with every expression replaced by what it gave for one set of values.
 */
export type LayerType<Schema extends z.ZodObject, Option extends string = never> = {
  readonly schema: Schema;
  readonly rich: Rich<Option>;
  /** The CSS rectangle, before rotation, that no values can make the layer draw outside of. */
  bound(layer: z.infer<Schema> & Holding, boundOf: (layer: LayerBase) => Rect): Rect;
  plan(layer: Resolved<z.infer<Schema>, Option> & Holding, bench: Bench, nest: Nest): Plan;
};

/** Checks a layer type's shape while keeping the types of its own options. */
export const defineLayer = <Schema extends z.ZodObject, const Option extends string = never>(
  type: LayerType<Schema, Option>,
): LayerType<Schema, Option> => type;
