import type { Compiled } from '../template/compile.ts';
import { type LiveValues, liveScope } from '../template/live.ts';
import type { LayerBase } from '../template/parts.ts';
import type { Values, Warning } from '../template/value.ts';
import { contextOf, drawLayer, fillAll, transform } from './drawing.ts';
import type { Layer } from './layers/index.ts';
import { deviceShadow, paintable, traceClip } from './look.ts';
import { createBench } from './measure.ts';
import { planLayer } from './planned.ts';
import {
  boundsOf,
  type Context,
  deviceRect,
  type Host,
  isEmpty,
  type Need,
  type Plan,
  type Rect,
  wholePixels,
} from './surface.ts';

/** The bitmaps a picture needs to be read, and what is hard to read in it once they were loaded. */
export type Reading = { readonly needs: readonly Need[]; check(): Warning[] };

// WCAG 2.2, 1.4.3: how far letters stand out, and from which size (CSS pixels) and weight less will do.
const ENOUGH = 4.5;
const ENOUGH_LARGE = 3;
const LARGE = 24;
const LARGE_BOLD = 18.66;
const BOLD = 700;
// Over a photo some letters always lie on a light spot: this share of their ink may.
const FORGIVEN = 0.2;
// Of the most opaque ink: less is the soft edge of a letter.
const SOLID = 0.9;

/**
 * Reads pictures of one template as people do: every layer is drawn once more at `scale`, and the letters of each text are
 * held against what is painted behind them, its own shadow included. It costs about a picture; for those who judge a design.
 */
export function createReader(compiled: Compiled, scale: number, host: Host) {
  const { size, background, locale } = compiled.template;
  const bench = createBench(host, { scale, isPage: false, locale });
  const whole: Rect = { x: 0, y: 0, width: Math.round(size.width * scale), height: Math.round(size.height * scale) };

  return (values: Values, live: LiveValues | undefined): Reading => {
    const scope = liveScope(compiled, values, live);
    const planned = compiled.layers.flatMap((layer) => planLayer(layer, scope, bench) ?? []);
    return {
      needs: planned.flatMap(({ plan }) => plan.needs),
      check() {
        const ground = contextOf(host.createSurface(whole.width, whole.height));
        // What is transparent is seen on the white of a mail client.
        for (const color of ['#ffffff', paintable(background)]) fillAll(ground, color, whole);
        const told: Told[] = [];
        for (const each of planned) {
          const { layer, area } = each;
          const rect = deviceRect(area, layer, scale, whole);
          if (isEmpty(rect)) continue;
          told.push(...readLayer(each, ground, scale, host));
          drawLayer(ground, each, rect, [rect], scale, host);
        }
        return worstOf(told);
      },
    };
  };
}

/** A text that is hard to read, and how far its letters stand out. */
type Told = { readonly layer: string; readonly ratio: number; readonly enough: number };
type Drawn = { readonly layer: LayerBase; readonly plan: Plan };

/** Reads the text of a layer, or those in it: its layers are drawn over what is there, and each text is read before it is. */
function readLayer({ layer, plan }: Drawn, ground: Context, scale: number, host: Host): Told[] {
  const told: Told[] = [];
  const reads = (drawn: Drawn, context: Context) => told.push(...readText(drawn, context, scale, host));
  if (!plan.fit && !plan.texts?.length) return told;
  const { canvas } = ground;
  const copy = contextOf(host.createSurface(canvas.width, canvas.height));
  copy.drawImage(canvas, 0, 0);
  transform(copy, layer, scale, 0, 0);
  if (plan.fit) reads({ layer, plan }, copy);
  copy.globalAlpha = layer.opacity;
  if (!plan.fit && layer.opacity > 0) plan.draw(copy, { ...host, reads }, undefined);
  return told;
}

/** Of each text what was told worst: one within a repeat is read as often as there are items. */
function worstOf(told: readonly Told[]): Warning[] {
  const sorted = [...told].sort((a, b) => a.ratio - b.ratio);
  return [...new Set(told.map(({ layer }) => layer))].flatMap((id) => {
    const worst = sorted.find(({ layer }) => layer === id);
    if (!worst) return [];
    const shown = Math.floor(worst.ratio * 10) / 10;
    const message = `${id}: its letters stand out ${shown} : 1 from what is behind them, and ${worst.enough} : 1 is needed; change a colour or calm what is behind`;
    return [{ code: 'low_contrast', layer: id, message }];
  });
}

/** Reads a text where the transform of a context puts it, over what is there. */
function readText({ layer: drawn, plan }: Drawn, ground: Context, scale: number, host: Host): Told[] {
  const layer = drawn as Layer;
  const { a, b, c, d, e, f } = ground.getTransform();
  const rect = wholePixels(boundsOf(plan.area, [a, b, c, d, e, f]), ground.canvas);
  const opacity = layer.opacity * ground.globalAlpha;
  if (layer.type !== 'text' || opacity === 0 || isEmpty(rect)) return [];
  // Emoji bring their own outlines.
  const letters: Host = { ...host, bitmap: () => undefined };
  const enterText = (context: Context) => {
    context.setTransform(a, b, c, d, e - rect.x, f - rect.y);
    if (!layer.clipPath) return;
    traceClip(context, layer.clipPath, layer.box);
    context.clip();
  };
  const draw = (width: number, shadow: Parameters<typeof plan.draw>[2]): Context => {
    const context = contextOf(host.createSurface(width, rect.height));
    enterText(context);
    (plan.reading?.letters ?? plan.draw)(context, letters, shadow);
    return context;
  };
  const behind = contextOf(host.createSurface(rect.width, rect.height));
  behind.drawImage(ground.canvas, -rect.x, -rect.y);
  behind.save();
  behind.globalAlpha = opacity;
  enterText(behind);
  plan.reading?.ground(behind);
  behind.restore();
  if (plan.shadow) {
    // Cast to beside the letters, so that it is there without them.
    const shadow = deviceShadow(plan.shadow, ground, scale);
    behind.globalAlpha = opacity;
    behind.drawImage(draw(2 * rect.width, { ...shadow, x: shadow.x + rect.width }).canvas, -rect.width, 0);
  }
  const pixelsOf = (context: Context) => context.getImageData(0, 0, rect.width, rect.height).data;
  const ratio = contrastOf(pixelsOf(draw(rect.width, undefined)), pixelsOf(behind), { ...layer, opacity });
  const size = plan.fit?.size ?? layer.fontSize;
  const isLarge = size >= LARGE || (size >= LARGE_BOLD && layer.fontWeight >= BOLD);
  const enough = isLarge ? ENOUGH_LARGE : ENOUGH;
  return ratio === undefined || ratio >= enough ? [] : [{ layer: layer.id, ratio, enough }];
}

type Pixels = Uint8ClampedArray;

/** How far the letters stand out, all but the share that is forgiven; undefined where there are none. */
function contrastOf(
  ink: Pixels,
  behind: Pixels,
  { opacity, stroke }: { readonly opacity: number; readonly stroke?: unknown },
): number | undefined {
  let most = 0;
  for (let i = 3; i < ink.length; i += 4) most = Math.max(most, ink[i] ?? 0);
  if (most === 0) return undefined;
  const solid: number[] = [];
  for (let i = 0; i < ink.length; i += 4) if ((ink[i + 3] ?? 0) >= most * SOLID) solid.push(i);
  // A letter with an outline is seen when either of them is.
  const inks = stroke ? commonInks(ink, solid) : undefined;
  const ratios = solid.map((at) => {
    const ground = luminance(behind, at);
    const seen = (from: number) => ratioOf(luminance(behind, at, ink, from, opacity), ground);
    return inks ? Math.max(...inks.map(seen)) : seen(at);
  });
  return ratios.sort((a, b) => a - b)[Math.floor(ratios.length * FORGIVEN)];
}

/** Where the two most common colours of some pixels are to be found. */
function commonInks(ink: Pixels, solid: readonly number[]): number[] {
  const found = new Map<number, { at: number; count: number }>();
  for (const at of solid) {
    const color = ((ink[at] ?? 0) << 16) | ((ink[at + 1] ?? 0) << 8) | (ink[at + 2] ?? 0);
    const known = found.get(color);
    if (known) known.count++;
    else found.set(color, { at, count: 1 });
  }
  const sorted = [...found.values()].sort((a, b) => b.count - a.count);
  return sorted.slice(0, 2).map(({ at }) => at);
}

const LINEAR = Float64Array.from({ length: 256 }, (_, i) => {
  const share = i / 255;
  return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
});
const WEIGHTS = [0.2126, 0.7152, 0.0722];

/** WCAG's relative luminance, 0 to 1, of an opaque pixel, or of an ink laid over it. */
function luminance(behind: Pixels, at: number, ink?: Pixels, from = 0, opacity = 1): number {
  const alpha = ink ? ((ink[from + 3] ?? 0) / 255) * opacity : 0;
  let sum = 0;
  for (let i = 0; i < 3; i++) {
    const channel = (ink?.[from + i] ?? 0) * alpha + (behind[at + i] ?? 0) * (1 - alpha);
    sum += (WEIGHTS[i] ?? 0) * (LINEAR[Math.round(channel)] ?? 0);
  }
  return sum;
}

const ratioOf = (a: number, b: number): number => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
