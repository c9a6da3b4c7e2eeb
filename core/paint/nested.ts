import type { Scope } from '../template/expression.ts';
import type { LayerBase } from '../template/parts.ts';
import { contextOf, enter } from './drawing.ts';
import { compositeOf, deviceShadow } from './look.ts';
import {
  type Bench,
  boundsOf,
  type Context,
  type Host,
  type Plan,
  type Rect,
  turnedBounds,
  union,
  wholePixels,
} from './surface.ts';

/** A layer within another whose expressions were replaced; where it leads by what the whole picture is of. */
export type LinkedLayer = LayerBase & { leadsTo?(scope: Scope): string };
/** A layer within another, worked out where it stands. */
export type Nested = { readonly layer: LinkedLayer; readonly plan: Plan };
/** Works out a layer within another. */
export type Nest = (layer: LayerBase) => Nested;

/** A layer's place within another, its box counted from that one's corner. */
export const placedIn = <Layer extends LayerBase>(outer: Rect, layer: Layer): Layer => ({
  ...layer,
  box: { ...layer.box, x: outer.x + layer.box.x, y: outer.y + layer.box.y },
});

/** A list's items as layers, one cell each; how many items are not among them, and whether the last cell tells so. */
export type Cells = {
  readonly cells: readonly (readonly LayerBase[])[];
  readonly rest: number;
  readonly isTold: boolean;
};

/** How far a rectangle reaches out of another, in CSS pixels. */
export const overhang = (rect: Rect, box: Rect): number =>
  Math.max(
    0,
    ...[box.x - rect.x, box.y - rect.y],
    ...[rect.x + rect.width - box.x - box.width, rect.y + rect.height - box.y - box.height],
  );

/** The plan of layers that are drawn as one, first to last. */
export function planOf(nested: readonly Nested[], bench: Bench): Plan {
  const areas = nested.map(({ layer, plan }) => turnedBounds(plan.area, layer));
  return {
    area: areas.length > 0 ? areas.reduce(union) : { x: 0, y: 0, width: 0, height: 0 },
    needs: nested.flatMap(({ plan }) => plan.needs),
    warnings: nested.flatMap(({ plan }) => plan.warnings),
    texts: nested.flatMap(({ layer, plan }) => [
      ...(plan.fit ? [{ layer: layer.id, ...plan.fit }] : []),
      ...(plan.texts ?? []),
    ]),
    links: nested.flatMap(({ layer, plan }) => [
      ...(layer.leadsTo ? [{ area: turnedBounds(layer.box, layer), leadsTo: layer.leadsTo }] : []),
      ...(plan.links ?? []).map((link) => ({ ...link, area: turnedBounds(link.area, layer) })),
    ]),
    shadow: undefined,
    flattens: nested.some(isBitmap) ? 'always' : 'faded',
    isolates: nested.some(({ layer, plan }) => layer.blendMode !== 'normal' || plan.isolates),
    draw(context, host) {
      for (const each of nested) drawNested(context, each, host, bench);
    },
  };
}

/** Whether a page shows a layer within another as a bitmap. */
const isBitmap = ({ layer, plan }: Nested): boolean =>
  plan.shadow !== undefined ||
  plan.flattens === 'always' ||
  (plan.flattens === 'faded' && layer.opacity < 1) ||
  layer.blendMode !== 'normal';

/** Draws a layer where the transform of the one around it puts it. */
function drawNested(context: Context, { layer, plan }: Nested, host: Host, bench: Bench): void {
  if (layer.opacity === 0) return;
  context.save();
  enter(context, layer);
  const shadow = plan.shadow && deviceShadow(plan.shadow, context, bench.scale);
  host.reads?.({ layer, plan }, context);
  // On a page as it stands there: where parts of it would show through each other, it is within a bitmap.
  const isEven = layer.opacity === 1 || (bench.isPage && !isBitmap({ layer, plan }));
  const isPlain = isEven && layer.blendMode === 'normal' && !plan.isolates;
  if (isPlain || host.reads) {
    context.globalAlpha *= layer.opacity;
    context.globalCompositeOperation = compositeOf(layer.blendMode);
    plan.draw(context, host, shadow);
  } else drawApart(context, { layer, plan }, host, shadow);
  context.restore();
}

/** Draws a layer on a surface of its own first: its opacity and blending are of it as a whole. */
function drawApart(context: Context, { layer, plan }: Nested, host: Host, shadow: Parameters<Plan['draw']>[2]): void {
  const { a, b, c, d, e, f } = context.getTransform();
  const rect = wholePixels(boundsOf(plan.area, [a, b, c, d, e, f]), context.canvas);
  if (rect.width === 0 || rect.height === 0) return;
  const apart = host.createSurface(rect.width, rect.height);
  const inner = contextOf(apart);
  inner.setTransform(a, b, c, d, e - rect.x, f - rect.y);
  plan.draw(inner, host, shadow);
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.globalAlpha *= layer.opacity;
  context.globalCompositeOperation = compositeOf(layer.blendMode);
  context.drawImage(apart, rect.x, rect.y);
}
