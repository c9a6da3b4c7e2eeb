import type { Compiled, CompiledLayer } from '../template/compile.ts';
import type { Scope } from '../template/expression.ts';
import { type LiveValues, liveScope } from '../template/live.ts';
import type { BlendMode } from '../template/parts.ts';
import { isTimeName } from '../template/reads.ts';
import type { Values, Warning } from '../template/value.ts';
import { contextOf, drawLayer, drawWithin, fillAll, restore } from './drawing.ts';
import type { Layer } from './layers/index.ts';
import { compositeOf, paintable } from './look.ts';
import { createBench } from './measure.ts';
import { boundOf, lostIn, type Planned, planLayer, textsOf } from './planned.ts';
import {
  type Context,
  deviceRect,
  type FittedText,
  type Host,
  intersect,
  isEmpty,
  type Need,
  type Plan,
  type Rect,
  type Surface,
  turnOf,
  union,
} from './surface.ts';

/** One picture worked out: the bitmaps it needs, what was mended on the way, and its drawing. */
export type Draft = {
  readonly needs: readonly Need[];
  readonly warnings: readonly Warning[];
  /** Of the static layers, too. */
  readonly texts: readonly FittedText[];
  readonly steps: readonly Step[];
};

/**
 * Paints one compiled template at one scale, over and over, on one surface. Static layers are flattened once; a picture
 * repaints only what its values change, and says which device rectangles those are.
 */
export type Painter = {
  readonly width: number;
  readonly height: number;
  /** Bitmaps the static layers need; load them before `flatten`. */
  readonly staticNeeds: readonly Need[];
  /** Flattens the static layers; call once, after which `base` is what every picture starts from. */
  flatten(): Surface;
  /** With `timeless`, what does not tell the time is worked out once for all drafts of the same values, and remembered there. */
  draft(values: Values, live?: LiveValues, timeless?: Timeless): Draft;
  /** What of a draft whose needs were loaded lies over the base, in drawing order. Outside its marks a picture is the base. */
  marks(draft: Draft): Mark[];
  /**
   * Draws a draft whose needs were loaded. The surface is the painter's own and holds the picture until the next call; where
   * only some rectangles are asked for, it is there as the whole would be, and outside of them as it was or as the whole would be.
   */
  paint(draft: Draft, within?: readonly Rect[]): Surface;
};

/**
 * What lies on a device rectangle, over whatever else does: pictures of one painter that have the same texts in the same
 * order where a rectangle is, have the same pixels in it.
 */
export type Mark = { readonly rect: Rect; readonly text: string };

/**
 * A drawing bounded by a device rectangle; a `still` one is part of the base and only mended where others were drawn. What
 * is not still says what it shows, in parts. An `exact` one gives the same pixels however little of it is drawn.
 */
export type Step = {
  readonly rect: Rect;
  readonly still: boolean;
  readonly exact?: boolean;
  marks?(): Mark[];
  draw(context: Context): void;
};
/** In drawing order: a layer that waits for values, or static layers over one, flattened into a bitmap of their own. */
type Slot =
  | { readonly kind: 'live'; readonly layer: CompiledLayer }
  | { readonly kind: 'still'; readonly layers: Placed[]; readonly blend: BlendMode; rect: Rect; step?: Step };
/** What drafts share that differ in nothing but their time. */
export type Timeless = Map<CompiledLayer, { readonly placed: Placed; readonly step: Step } | undefined>;
/** A layer worked out for values, bounded by a device rectangle. */
type Placed = Planned & { readonly rect: Rect };

/** Makes a painter; `opaque` puts white under a transparent background, for formats without transparency. */
export function createPainter(compiled: Compiled, scale: number, opaque: boolean, host: Host): Painter {
  const { size } = compiled.template;
  const width = Math.round(size.width * scale);
  const height = Math.round(size.height * scale);
  const whole: Rect = { x: 0, y: 0, width, height };
  const frame = host.createSurface(width, height);
  const context = contextOf(frame);
  const bench = createBench(host, { scale, isPage: false, locale: compiled.template.locale });
  const background = paintable(compiled.template.background);

  const rectOf = (layer: Layer, area: Rect): Rect => deviceRect(area, layer, scale, whole);
  const place = (layer: CompiledLayer, scope: Scope): Placed | undefined => {
    const planned = planLayer(layer, scope, bench);
    return planned && { ...planned, rect: rectOf(planned.layer, planned.area) };
  };
  const nameOf = createNames();
  const stepOf = ({ layer, plan, options, rect, parts }: Placed): Step => {
    const rects = parts.map(({ area }) => rectOf(layer, area));
    return {
      rect,
      still: false,
      exact: isExact(layer, plan),
      marks() {
        const whole = JSON.stringify([layer.id, options, plan.needs.map((need) => nameOf(host.bitmap(need)))]);
        return rects.map((rect, i) => ({ rect, text: whole + JSON.stringify([rect, parts[i]?.content]) }));
      },
      draw: (on) => drawLayer(on, { layer, plan }, rect, rects, scale, host),
    };
  };

  const workOut = (layer: CompiledLayer, scope: Scope, timeless: Timeless | undefined) => {
    const isKept = timeless && !layer.variables.some(isTimeName);
    if (isKept && timeless.has(layer)) return timeless.get(layer);
    const placed = place(layer, scope);
    const drawn = placed && { placed, step: stepOf(placed) };
    if (isKept) timeless.set(layer, drawn);
    return drawn;
  };

  const { bottom, slots } = arrange(compiled.layers, place, (layer) => rectOf(layer, boundOf(layer)));
  const still = [...bottom, ...slots.flatMap((slot) => (slot.kind === 'still' ? slot.layers : []))];
  // What lies under every live layer, without the still ones above them, which the base has, too.
  let ground: Surface | undefined;
  // Where the frame is not the base.
  let stale: readonly Rect[] = [];

  return {
    width,
    height,
    staticNeeds: still.flatMap(({ plan }) => plan.needs),
    flatten() {
      ground = host.createSurface(width, height);
      const below = contextOf(ground);
      if (opaque) fillAll(below, '#ffffff', whole);
      fillAll(below, background, whole);
      for (const placed of bottom) stepOf(placed).draw(below);
      stale = [whole];
      const stills = slots.filter((slot) => slot.kind === 'still');
      if (stills.length === 0) return ground;
      const base = host.createSurface(width, height);
      contextOf(base).drawImage(ground, 0, 0);
      for (const slot of stills) {
        slot.step = flattenOver(slot.layers.map(unblended).map(stepOf), slot.rect, slot.blend, host);
        slot.step.draw(contextOf(base));
      }
      return base;
    },
    draft(values, live, timeless) {
      const scope = liveScope(compiled, values, live);
      const steps: Step[] = [];
      const needs: Need[] = [];
      const warnings = lostIn(still);
      const texts = textsOf(still);
      for (const slot of slots) {
        if (slot.kind === 'still') {
          if (slot.step) steps.push(slot.step);
          continue;
        }
        const drawn = workOut(slot.layer, scope, timeless);
        if (!drawn) continue;
        const { placed, step } = drawn;
        needs.push(...placed.plan.needs);
        warnings.push(...placed.plan.warnings);
        texts.push(...textsOf([placed]));
        if (!isEmpty(placed.rect)) steps.push(step);
      }
      return { needs, warnings, texts, steps };
    },
    marks: ({ steps }) => steps.flatMap((step) => step.marks?.() ?? []),
    paint({ steps }, within) {
      if (!ground) throw new Error('flatten comes before paint');
      const touched = steps.filter((step) => !step.still).map((step) => step.rect);
      const meets = (rects: readonly Rect[], { rect }: Step) => rects.some((each) => !isEmpty(intersect(each, rect)));
      const parts = within && steps.every((step) => step.exact || !meets(within, step)) ? within : undefined;
      const rects = parts ?? [...stale, ...touched];
      restore(context, ground, rects);
      for (const step of steps) {
        if (!meets(rects, step)) continue;
        // Without rectangles to keep to, a live layer keeps to its own.
        if (step.still || parts) drawWithin(context, rects, step.draw);
        else step.draw(context);
      }
      stale = parts ? [whole] : touched;
      return frame;
    },
  };
}

/**
 * Whether a layer is letters alone, set straight: they are the same wherever a drawing is cut off. What is turned, scaled or
 * blended is worked out from where the drawing begins, and would come out a shade different.
 */
const isExact = (layer: Layer, { needs, shadow, flattens }: Plan): boolean =>
  layer.type === 'text' &&
  needs.length === 0 &&
  shadow === undefined &&
  flattens === 'never' &&
  layer.opacity === 1 &&
  layer.blendMode === 'normal' &&
  layer.clipPath === undefined &&
  turnOf(layer) === undefined;

/** Names bitmaps: one that is made anew has another name than before. */
function createNames(): (bitmap: object | undefined) => number {
  const names = new WeakMap<object, number>();
  let count = 0;
  return (bitmap) => {
    if (!bitmap) return 0;
    const name = names.get(bitmap) ?? ++count;
    names.set(bitmap, name);
    return name;
  };
}

/**
 * Sorts layers into those that can lie at the bottom, drawn once, and the rest in their order. A static layer goes to
 * the bottom when nothing that stays above it in the order could have been drawn where it is.
 */
function arrange(
  layers: readonly CompiledLayer[],
  place: (layer: CompiledLayer, scope: Scope) => Placed | undefined,
  bound: (layer: Layer) => Rect,
): { bottom: Placed[]; slots: Slot[] } {
  const bottom: Placed[] = [];
  const slots: Slot[] = [];
  const above: Rect[] = [];
  for (const layer of layers) {
    if (!layer.isStatic) {
      above.push(bound(layer.layer));
      slots.push({ kind: 'live', layer });
      continue;
    }
    const placed = place(layer, {});
    if (!placed || isEmpty(placed.rect)) continue;
    if (above.every((rect) => isEmpty(intersect(rect, placed.rect)))) {
      bottom.push(placed);
      continue;
    }
    above.push(placed.rect);
    const blend = placed.layer.blendMode;
    const last = slots.at(-1);
    // One bitmap for layers that overlap; apart they stay apart, so that none covers rows it has no ink in.
    const isMixed = last?.kind === 'still' && (last.blend !== 'normal' || blend !== 'normal');
    if (last?.kind === 'still' && !isMixed && !isEmpty(intersect(last.rect, placed.rect))) {
      last.layers.push(placed);
      last.rect = union(last.rect, placed.rect);
    } else slots.push({ kind: 'still', layers: [placed], blend, rect: placed.rect });
  }
  return { bottom, slots };
}

/** A layer as it is before it mixes with what lies under it. */
const unblended = (placed: Placed): Placed => ({ ...placed, layer: { ...placed.layer, blendMode: 'normal' } });

/** Static layers that lie over live ones, drawn once into a bitmap just large enough. */
function flattenOver(steps: readonly Step[], rect: Rect, blend: BlendMode, host: Host): Step {
  const bitmap = host.createSurface(rect.width, rect.height);
  const context = contextOf(bitmap);
  // Layers draw in the picture's own coordinates; the surface they need is then cut down to what they cover.
  const full = host.createSurface(rect.x + rect.width, rect.y + rect.height);
  for (const step of steps) step.draw(contextOf(full));
  context.drawImage(full, -rect.x, -rect.y);
  return {
    rect,
    still: true,
    exact: true,
    draw(on) {
      on.globalCompositeOperation = compositeOf(blend);
      on.drawImage(bitmap, rect.x, rect.y);
      on.globalCompositeOperation = 'source-over';
    },
  };
}
