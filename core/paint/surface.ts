import type { Scope } from '../template/expression.ts';
import type { LayerBase, Shadow } from '../template/parts.ts';
import type { Warning } from '../template/value.ts';
import type { SvgDrawing } from './svg.ts';
import type { FontSet } from './text/coverage.ts';
import type { Face, HanLanguage } from './text/font.ts';

/** The part of the Canvas 2D API the painter uses; a browser's context and node-canvas' both have it. */
export type Context = CanvasRenderingContext2D;
/** Anything a context can draw. */
export type Drawable = CanvasImageSource & { readonly width: number; readonly height: number };
/** A canvas the painter may draw on and copy from. */
export type Surface = Drawable & { getContext(kind: '2d'): Context | null };

/** A rectangle in CSS pixels, or in device pixels where said so. */
export type Rect = { readonly x: number; readonly y: number; readonly width: number; readonly height: number };

/** What to keep in sight of a picture: a point, 0..1 from its top left corner, or what is looked for in it. */
export type Focus = { readonly x: number; readonly y: number } | 'attention' | 'entropy';

/**
 * A bitmap a layer needs before it can be drawn, sizes in device pixels. An `image` covers, fits inside (`contain`) or
 * fills width x height around its focus and has its corners rounded by `radius`; a `plain` one is cropped and
 * made smaller but neither enlarged, padded nor rounded. An `emoji` is one grapheme, an `svg` a drawing that fills its size.
 */
export type Need =
  | {
      readonly kind: 'image';
      readonly src: string;
      readonly width: number;
      readonly height: number;
      readonly fit: 'cover' | 'contain' | 'fill';
      readonly focus: Focus;
      readonly radius: number;
      readonly plain: boolean;
    }
  | { readonly kind: 'emoji'; readonly text: string; readonly size: number }
  | ({ readonly kind: 'svg' } & SvgDrawing);

/** One text for one need, so that hosts can remember bitmaps by it. */
export function needKey(need: Need): string {
  if (need.kind === 'emoji') return `emoji ${need.size} ${need.text}`;
  const size = `${need.width}x${need.height} ${need.fit}`;
  if (need.kind === 'svg') return `svg ${size} ${JSON.stringify(need.colors)} ${need.svg}`;
  const focus = typeof need.focus === 'string' ? need.focus : `${need.focus.x},${need.focus.y}`;
  return `image ${size} ${focus} ${need.plain ? 'plain' : need.radius} ${need.src}`;
}

/** What the painter is given by where it runs: Node with `canvas`, or a browser. */
export type Host = {
  createSurface(width: number, height: number): Surface;
  readonly fonts: FontSet;
  /**
   * The bitmap for a need that was loaded before, undefined when it could not be had. One that is `plain` may be fit for a
   * page only, unless it is for a surface.
   */
  bitmap(need: Need, isForSurface?: boolean): Drawable | undefined;
  /** Shown each layer within another just before it is drawn, all on one surface, for whoever judges a picture. */
  reads?(nested: { readonly layer: LayerBase; readonly plan: Plan }, context: Context): void;
  /** Told of a text before it is measured, where fonts are fetched as they are needed. */
  uses?(face: Face, text: string): void;
  /** Whether its canvases take all spaces of a text from the first font, as browsers do, and have `wordSpacing` to mend it. */
  readonly mendsSpaces?: true;
};

/** The room a text takes on its line: its advance, and how far its ink reaches above and below the baseline. */
export type Ink = { readonly width: number; readonly up: number; readonly down: number };

/** From one place to another, on one axis. */
export type Reach = { readonly from: number; readonly to: number };

/**
 * What a layer is given while planning: `scale` is device pixels per CSS pixel, `measure` gives a text's ink in em of its
 * face (type is set unhinted, so it grows evenly), `heights` a family's ascent and descent in em. What goes onto a page stays
 * lines and letters; `scale` is then that of the bitmaps on it, which keep their own shape and size.
 */
export type Bench = Pick<Host, 'fonts' | 'uses' | 'mendsSpaces'> & {
  readonly scale: number;
  readonly isPage: boolean;
  /** The language of Chinese characters in texts that have nothing else to tell it by. */
  readonly han: HanLanguage;
  measure(face: Face, text: string): Ink;
  heights(face: Face): { readonly ascent: number; readonly descent: number };
  /** From where to where a letter has ink between two heights below the baseline, all in em; nothing where it has none. */
  inkBetween(face: Face, letter: string, top: number, bottom: number): Reach | undefined;
};

/** How a text was fitted: its size in CSS pixels, its lines, and which rungs of the fit ladder it took. */
export type TextFit = {
  readonly size: number;
  readonly lines: readonly string[];
  /** 0 for the text itself, else which of the shorter ones. */
  readonly choice: number;
  readonly shrunk: boolean;
  /** Whether it takes more lines than the design has in mind. */
  readonly wrapped: boolean;
  readonly ellipsis: boolean;
  /** Characters that no font has, which were left out. */
  readonly missing: readonly string[];
};

/** How a layer's text was fitted, with the layer's id. */
export type FittedText = TextFit & { readonly layer: string };

/**
 * A part of what a layer draws, in CSS pixels before rotation, and what it shows: data that JSON tells from anything else the
 * layer could draw there with the same options.
 */
export type Part = { readonly area: Rect; readonly content: unknown };

/**
 * A layer worked out for one set of values, nothing drawn yet. `area` bounds its ink in CSS pixels before rotation (the
 * painter clips to it, so that what was touched is always known); `draw` runs in CSS pixels and casts the shadow it is
 * given, in device pixels: `shadow`, brought there by the painter. `flattens` says when a page can show the layer as a bitmap only: for its shadow, or since its
 * parts would show through each other where its opacity is below 1. With `parts`, which are then all it draws, what the options
 * that hold markup gave need not be told besides.
 */
export type Plan = {
  readonly area: Rect;
  readonly parts?: readonly Part[];
  readonly needs: readonly Need[];
  readonly warnings: readonly Warning[];
  /** What it takes of its box in CSS pixels, where that depends on what it shows; nothing when it shows nothing. */
  readonly size?: { readonly width: number; readonly height: number };
  /** Of a text. */
  readonly fit?: TextFit;
  /** Of a text: what it paints behind its letters, and the letters; `draw` is one after the other. */
  readonly reading?: { ground(context: Context): void; readonly letters: Plan['draw'] };
  /** How the texts in it were fitted, of a layer that holds others. */
  readonly texts?: readonly FittedText[];
  /** Where layers in it stand that lead somewhere, and where to. */
  readonly links?: readonly { readonly area: Rect; leadsTo(scope: Scope): string }[];
  /** In CSS pixels. */
  readonly shadow: Shadow | undefined;
  readonly flattens: 'never' | 'faded' | 'always';
  /** Whether what is in it mixes its colours, with each other alone and never with what lies under the whole. */
  readonly isolates?: boolean;
  draw(context: Context, host: Host, shadow: Shadow | undefined): void;
};

/** Grows a rectangle by a margin on all sides. */
export const grow = (rect: Rect, by: number): Rect => ({
  x: rect.x - by,
  y: rect.y - by,
  width: rect.width + 2 * by,
  height: rect.height + 2 * by,
});

/** The smallest rectangle around both. */
export function union(a: Rect, b: Rect): Rect {
  const x = Math.min(a.x, b.x);
  const y = Math.min(a.y, b.y);
  return {
    x,
    y,
    width: Math.max(a.x + a.width, b.x + b.width) - x,
    height: Math.max(a.y + a.height, b.y + b.height) - y,
  };
}

/** What two rectangles share; empty (no width or height) when they do not meet. */
export function intersect(a: Rect, b: Rect): Rect {
  const x = Math.max(a.x, b.x);
  const y = Math.max(a.y, b.y);
  return {
    x,
    y,
    width: Math.max(0, Math.min(a.x + a.width, b.x + b.width) - x),
    height: Math.max(0, Math.min(a.y + a.height, b.y + b.height) - y),
  };
}

/** True when a rectangle holds nothing. */
export const isEmpty = (rect: Rect): boolean => rect.width <= 0 || rect.height <= 0;

/** A box that is turned and skewed about its middle, in degrees. */
export type Turned = Pick<LayerBase, 'box' | 'rotate' | 'skew'>;

/** How a turned box maps what is in it about its middle, as a canvas takes it: a, b, c, d; undefined where it does not. */
export function turnOf({ rotate, skew }: Turned): readonly [number, number, number, number] | undefined {
  if (rotate === 0 && !skew) return undefined;
  const [angle, leanX, leanY] = [rotate, skew?.x ?? 0, skew?.y ?? 0].map((degrees) => (degrees * Math.PI) / 180);
  const [sin, cos] = [Math.sin(angle ?? 0), Math.cos(angle ?? 0)];
  const [x, y] = [Math.tan(leanX ?? 0), Math.tan(leanY ?? 0)];
  return [cos - sin * y, sin + cos * y, cos * x - sin, sin * x + cos];
}

/** The rectangle around another that is turned with a box. */
export function turnedBounds(area: Rect, turned: Turned): Rect {
  const matrix = turnOf(turned);
  if (!matrix) return area;
  const { box } = turned;
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  return boundsOf({ ...area, x: area.x - x, y: area.y - y }, [...matrix, x, y]);
}

/** The rectangle around another that a canvas' transform has moved. */
export function boundsOf({ x, y, width, height }: Rect, [a, b, c, d, e, f]: Matrix): Rect {
  const corners = [
    [x, y],
    [x + width, y],
    [x, y + height],
    [x + width, y + height],
  ] as const;
  return corners.map(([x, y]) => ({ x: x * a + y * c + e, y: x * b + y * d + f, width: 0, height: 0 })).reduce(union);
}

/** A transform as canvases take it. */
export type Matrix = readonly [number, number, number, number, number, number];

/** The device pixels a CSS rectangle turned with a box can touch, clipped to the picture. */
export function deviceRect(area: Rect, turned: Turned, scale: number, size: { width: number; height: number }): Rect {
  const { x, y, width, height } = turnedBounds(area, turned);
  return wholePixels({ x: x * scale, y: y * scale, width: width * scale, height: height * scale }, size);
}

/** The whole pixels around a rectangle, clipped to a surface. */
export function wholePixels({ x, y, width, height }: Rect, size: { width: number; height: number }): Rect {
  const left = Math.max(0, Math.floor(x));
  const top = Math.max(0, Math.floor(y));
  const right = Math.min(size.width, Math.ceil(x + width));
  const bottom = Math.min(size.height, Math.ceil(y + height));
  return { x: left, y: top, width: Math.max(0, right - left), height: Math.max(0, bottom - top) };
}
