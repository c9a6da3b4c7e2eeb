import type { CompiledLayer } from '../template/compile.ts';
import type { Scope } from '../template/expression.ts';
import type { LayerBase } from '../template/parts.ts';
import type { Warning } from '../template/value.ts';
import { type Layer, layerTypes } from './layers/index.ts';
import type { Nest } from './nested.ts';
import { type Bench, type FittedText, intersect, type Part, type Plan, type Rect } from './surface.ts';

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

/** How each text among layers was fitted. */
export const textsOf = (planned: readonly Planned[]): FittedText[] =>
  planned.flatMap(({ layer, plan }) => [
    ...(plan.fit ? [{ layer: layer.id, ...plan.fit }] : []),
    ...(plan.texts ?? []),
  ]);

/** What every picture lacks: static layers do not warn of what is only said or set smaller, as their designer sees it. */
export const lostIn = (planned: readonly Planned[]): Warning[] =>
  planned.flatMap(({ plan }) => plan.warnings.filter(({ code }) => !['shorter_text', 'shrunk'].includes(code)));

/** The CSS rectangle, before rotation, that no values can make a layer draw outside of. */
export const boundOf = (layer: Layer): Rect =>
  (layerTypes[layer.type] as AnyType).bound(layer, (inner) => boundOf(inner as Layer));

type AnyType = {
  bound(layer: Layer, boundOf: (layer: LayerBase) => Rect): Rect;
  plan(layer: Layer, bench: Bench, nest: Nest): Plan;
};

/** Works a layer out for values; undefined when its `when` does not hold. */
export function planLayer({ layer, resolve }: CompiledLayer, scope: Scope, bench: Bench): Planned | undefined {
  const resolved = resolve(scope) as Layer | undefined;
  if (!resolved) return undefined;
  const plan = planOf(resolved, bench);
  const bound = boundOf(layer);
  const area = intersect(plan.area, bound);
  if (!plan.parts) return { layer, plan, area, parts: [{ area, content: undefined }], options: resolved };
  const parts = plan.parts.map(({ area, content }) => ({ area: intersect(area, bound), content }));
  const rich: readonly string[] = layerTypes[layer.type].rich;
  const options = Object.fromEntries(Object.entries(resolved).filter(([option]) => !rich.includes(option)));
  return { layer, plan, area, parts, options };
}

/** Works a layer out whose expressions were replaced, and those within it. */
const planOf = (layer: Layer, bench: Bench): Plan =>
  (layerTypes[layer.type] as AnyType).plan(layer, bench, (inner) => ({
    layer: inner,
    plan: planOf(inner as Layer, bench),
  }));
