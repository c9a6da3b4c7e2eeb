import { colorsIn } from '../template/colors.ts';
import {
  type BlendMode,
  type Box,
  type ClipPath,
  type Fill,
  isColor,
  type Shadow,
  type Stroke,
} from '../template/parts.ts';
import type { Context, Drawable, Rect } from './surface.ts';

/** The colour to paint with: what the data gave when it is one, else `otherwise`; in the words all canvases read alike. */
export function paintable(value: string, otherwise = 'transparent'): string {
  if (!isColor(value)) return otherwise;
  const color = value.toLowerCase();
  if (!color.startsWith('rgb')) return color;
  const [red, green, blue, alpha = 1] = [...color.matchAll(/[\d.]+(%?)/g)].map(
    ([text, percent], i) => (Number.parseFloat(text) || 0) * (percent ? (i === 3 ? 0.01 : 2.55) : 1),
  );
  return `rgba(${[red, green, blue].map((channel = 0) => Math.round(channel))},${alpha})`;
}

/** A canvas fill for a box; gradients follow CSS: angle 0 points up, 90 to the right, the corners get the end colours. */
export function fillStyle(context: Context, fill: Fill, box: Box): string | CanvasGradient {
  if (typeof fill === 'string') return paintable(fill);
  const cx = box.x + box.width / 2;
  const cy = box.y + box.height / 2;
  let gradient: CanvasGradient;
  if (fill.type === 'linear') {
    const angle = (fill.angle * Math.PI) / 180;
    const [sin, cos] = [Math.sin(angle), Math.cos(angle)];
    const half = (Math.abs(box.width * sin) + Math.abs(box.height * cos)) / 2;
    gradient = context.createLinearGradient(cx - sin * half, cy + cos * half, cx + sin * half, cy - cos * half);
  } else {
    const x = box.x + fill.center.x * box.width;
    const y = box.y + fill.center.y * box.height;
    gradient = context.createRadialGradient(x, y, 0, x, y, fill.radius * Math.max(box.width, box.height));
  }
  for (const { offset, color } of tinted(fill.stops)) gradient.addColorStop(offset, color);
  return gradient;
}

type Stop = { readonly offset: number; readonly color: string };
/** A colour of which nothing is seen, as `paintable` gives it. */
const CLEAR = /^(?:transparent|#...0|#.{6}00|rgba.*,0\))$/;

/**
 * The stops of a gradient, those that are clear in the colours beside them: where it fades it keeps its colour, as in CSS, while
 * canvases take the white or black out of `transparent`.
 */
function tinted(stops: readonly Stop[]): Stop[] {
  const sorted = stops
    .map(({ offset, color }) => ({ offset, color: paintable(color) }))
    .sort((a, b) => a.offset - b.offset);
  const seen = ({ color }: Stop) => !CLEAR.test(color);
  return sorted.flatMap((stop, i) => {
    if (seen(stop)) return stop;
    const beside = [sorted.slice(0, i).findLast(seen), sorted.slice(i).find(seen)];
    return beside.flatMap((near) => (near ? { ...stop, color: `${colorsIn(near.color)[0]}00` } : []));
  });
}

/** A shadow in device pixels, as canvases take them: they ignore the transform, with which it turns as in CSS. */
export function deviceShadow({ x, y, blur, color }: Shadow, context: Context, scale: number): Shadow {
  const { a, b, c, d } = context.getTransform();
  return { x: x * a + y * c, y: x * b + y * d, blur: blur * scale, color };
}

/** Turns a shadow on, given in device pixels. */
export function castShadow(context: Context, shadow: Shadow): void {
  context.shadowColor = paintable(shadow.color);
  context.shadowOffsetX = shadow.x;
  context.shadowOffsetY = shadow.y;
  context.shadowBlur = shadow.blur;
}

/** Turns the shadow off again. */
export function liftShadow(context: Context): void {
  context.shadowColor = 'transparent';
  context.shadowBlur = 0;
  context.shadowOffsetX = 0;
  context.shadowOffsetY = 0;
}

/** How far stroke and shadow can reach beyond a shape's own outline, in CSS pixels. */
export function reach(stroke: Stroke | undefined, shadow: Shadow | undefined): number {
  const outline = stroke?.width ?? 0;
  // A blur of b fades out within b of the shadow's edge; 1.5 leaves room for how each canvas approximates it.
  return outline + (shadow ? Math.max(Math.abs(shadow.x), Math.abs(shadow.y)) + shadow.blur * 1.5 : 0) + 1;
}

/** Traces a rectangle with round corners, the radius held to half of the shorter side. */
export function traceRect(context: Context, rect: Rect, radius: number): void {
  const r = Math.min(radius, rect.width / 2, rect.height / 2);
  context.beginPath();
  if (r <= 0) context.rect(rect.x, rect.y, rect.width, rect.height);
  else context.roundRect(rect.x, rect.y, rect.width, rect.height, r);
}

/** Traces the shape a layer is cut to. */
export function traceClip(context: Context, clip: ClipPath, box: Box): void {
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  if (clip.type === 'rect') {
    traceRect(context, box, clip.borderRadius);
    return;
  }
  context.beginPath();
  if (clip.type === 'polygon') {
    for (const [dx, dy] of clip.points) context.lineTo(box.x + dx, box.y + dy);
    context.closePath();
    return;
  }
  const [across, down] = [box.width / 2, box.height / 2];
  const least = Math.min(across, down);
  const [rx, ry] = clip.type === 'circle' ? [least, least] : [across, down];
  context.ellipse(x, y, rx, ry, 0, 0, Math.PI * 2);
}

/** A blend mode as canvases call it. */
export const compositeOf = (mode: BlendMode): GlobalCompositeOperation => (mode === 'normal' ? 'source-over' : mode);

/**
 * Chooses how node-canvas draws letters: from its glyph cache, ten times faster, or as outlines, which shadows and
 * strokes need. A browser has one way and ignores this.
 */
export function useOutlines(context: Context, outlines: boolean): void {
  (context as Context & { textDrawingMode: string }).textDrawingMode = outlines ? 'path' : 'glyph';
}

/**
 * Draws a bitmap into a rectangle by the transform alone. A canvas may bring it to its size on the canvas first, in whole
 * pixels, and then casts its shadow from that.
 */
export function drawBitmap(context: Context, bitmap: Drawable, rect: Rect): void {
  context.save();
  context.translate(rect.x, rect.y);
  context.scale(rect.width / bitmap.width, rect.height / bitmap.height);
  context.drawImage(bitmap, 0, 0);
  context.restore();
}
