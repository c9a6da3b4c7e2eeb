import type { CompiledLayer } from '../template/compile.ts';
import type { Scope } from '../template/expression.ts';
import type { Warning } from '../template/value.ts';
import { type Layer, layerTypes } from './layers/index.ts';
import { type Bench, intersect, type Part, type Plan, type Rect, type TextFit } from './surface.ts';

/**
 * A layer worked out for values, and the CSS rectangle, before rotation, that its ink keeps to, as a whole and by parts. Two
 * plans of a layer draw the same in parts with the same area, where their `options`, contents and bitmaps are the same, too.
 */
export type Planned = {
  readonly layer: Layer;
  readonly plan: Plan;
  readonly area: Rect;
  readonly parts: readonly Part[];
  readonly options: unknown;
};

/** How a layer's text was fitted, with the layer's id. */
export type FittedText = TextFit & { readonly layer: string };

/** How each text among layers was fitted. */
export const textsOf = (planned: readonly Planned[]): FittedText[] =>
  planned.flatMap(({ layer, plan }) => (plan.fit ? [{ layer: layer.id, ...plan.fit }] : []));

/** What every picture lacks: static layers do not warn of anything else, for no data is the cause of it. */
export const lostIn = (planned: readonly Planned[]): Warning[] =>
  planned.flatMap(({ plan }) => plan.warnings.filter(({ code }) => code === 'missing_glyph'));

/** The CSS rectangle, before rotation, that no values can make a layer draw outside of. */
export const boundOf = (layer: Layer): Rect => (layerTypes[layer.type] as { bound(layer: Layer): Rect }).bound(layer);

/** Works a layer out for values; undefined when its `when` does not hold. */
export function planLayer({ layer, resolve }: CompiledLayer, scope: Scope, bench: Bench): Planned | undefined {
  const resolved = resolve(scope) as Layer | undefined;
  if (!resolved) return undefined;
  const type = layerTypes[resolved.type] as { plan(layer: Layer, bench: Bench): Plan };
  const plan = type.plan(resolved, bench);
  const bound = boundOf(layer);
  const area = intersect(plan.area, bound);
  if (!plan.parts) return { layer, plan, area, parts: [{ area, content: undefined }], options: resolved };
  const parts = plan.parts.map(({ area, content }) => ({ area: intersect(area, bound), content }));
  const rich: readonly string[] = layerTypes[layer.type].rich;
  const options = Object.fromEntries(Object.entries(resolved).filter(([option]) => !rich.includes(option)));
  return { layer, plan, area, parts, options };
}
