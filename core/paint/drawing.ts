import type { LayerBase, Shadow } from '../template/parts.ts';
import { castShadow, compositeOf, deviceShadow, reach, traceClip } from './look.ts';
import {
  boundsOf,
  type Context,
  grow,
  type Host,
  intersect,
  isEmpty,
  type Plan,
  type Rect,
  type Surface,
  turnOf,
} from './surface.ts';

/** Draws a layer within a rectangle, clipped to parts of it, so that what it touches is known exactly. */
export function drawLayer(
  context: Context,
  { layer, plan }: { readonly layer: LayerBase; readonly plan: Plan },
  rect: Rect,
  parts: readonly Rect[],
  scale: number,
  host: Host,
): void {
  context.save();
  context.setTransform(1, 0, 0, 1, 0, 0);
  clipTo(context, parts);
  if (layer.opacity === 1 && layer.blendMode === 'normal' && !plan.isolates) {
    transform(context, layer, scale, 0, 0);
    plan.draw(context, host, plan.shadow && deviceShadow(plan.shadow, context, scale));
  } else if (layer.opacity > 0) {
    // Opacity and blending are of the layer as a whole, as in CSS: overlapping parts must not show through each other.
    const group = host.createSurface(rect.width, rect.height);
    const inner = contextOf(group);
    transform(inner, layer, scale, rect.x, rect.y);
    plan.draw(inner, host, plan.shadow && deviceShadow(plan.shadow, inner, scale));
    context.globalAlpha = layer.opacity;
    context.globalCompositeOperation = compositeOf(layer.blendMode);
    context.drawImage(group, rect.x, rect.y);
  }
  context.restore();
}

/** Sets the transform a layer is drawn in, on a surface whose corner is at device pixel `left`, `top` of the picture. */
export function transform(context: Context, layer: LayerBase, scale: number, left: number, top: number): void {
  context.setTransform(scale, 0, 0, scale, -left, -top);
  enter(context, layer);
}

/** Turns and skews what is drawn next about the middle of a layer's box, and cuts it to the layer's shape. */
export function enter(context: Context, layer: LayerBase): void {
  const { box, clipPath } = layer;
  const turned = turnOf(layer);
  if (turned) {
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    context.translate(x, y);
    context.transform(...turned, 0, 0);
    context.translate(-x, -y);
  }
  if (!clipPath) return;
  traceClip(context, clipPath, box);
  context.clip();
}

/**
 * Draws onto a surface of its own, and then that with its shadow: so nothing lies in the shadow of its neighbour, and every
 * canvas casts the whole of it, where it is to be. `area` bounds what is drawn, in the coordinates it is drawn in.
 */
export function drawWithShadow(
  context: Context,
  host: Host,
  shadow: Shadow,
  area: Rect,
  draw: (on: Context) => void,
): void {
  const { a, b, c, d, e, f } = context.getTransform();
  const { width, height } = context.canvas;
  const beside = reach(undefined, shadow);
  const seen = intersect(grow({ x: 0, y: 0, width, height }, beside), boundsOf(area, [a, b, c, d, e, f]));
  if (isEmpty(seen)) return;
  const [x, y] = [Math.floor(seen.x), Math.floor(seen.y)];
  const group = host.createSurface(Math.ceil(seen.x + seen.width) - x, Math.ceil(seen.y + seen.height) - y);
  const on = contextOf(group);
  on.setTransform(a, b, c, d, e - x, f - y);
  draw(on);
  context.save();
  context.setTransform(1, 0, 0, 1, 0, 0);
  castShadow(context, shadow);
  context.drawImage(group, x, y);
  context.restore();
}

/** Copies a surface into rectangles of the picture, through a clip since cutting pieces out is slower. */
export function restore(context: Context, from: Surface, rects: readonly Rect[]): void {
  if (rects.length === 0) return;
  context.save();
  clipTo(context, rects);
  context.globalCompositeOperation = 'copy';
  context.drawImage(from, 0, 0);
  context.restore();
}

/** Draws only where the rectangles are. */
export function drawWithin(context: Context, rects: readonly Rect[], draw: (context: Context) => void): void {
  context.save();
  clipTo(context, rects);
  draw(context);
  context.restore();
}

function clipTo(context: Context, rects: readonly Rect[]): void {
  context.beginPath();
  for (const { x, y, width, height } of rects) context.rect(x, y, width, height);
  context.clip();
}

/** Fills a rectangle from the top left corner. */
export function fillAll(context: Context, color: string, { width, height }: Rect): void {
  context.fillStyle = color;
  context.fillRect(0, 0, width, height);
}

/** A surface's context; throws where there is none, as after a browser lost it. */
export function contextOf(surface: Surface): Context {
  const context = surface.getContext('2d');
  if (!context) throw new Error('this canvas has no 2D context');
  return context;
}
