import type { Compiled, CompiledLayer } from '../template/compile.ts';
import type { Scope } from '../template/expression.ts';
import { type LiveValues, liveScope } from '../template/live.ts';
import { isLinkTarget } from '../template/parts.ts';
import type { Values } from '../template/value.ts';
import { contextOf, enter, transform } from './drawing.ts';
import { compositeOf, deviceShadow, drawBitmap, paintable } from './look.ts';
import { createBench } from './measure.ts';
import type { Draft, Step } from './painter.ts';
import { paperOf } from './paper.ts';
import { lostIn, type Planned, planLayer, textsOf } from './planned.ts';
import { type Context, deviceRect, type Host, isEmpty, type Need, type Rect, type Surface } from './surface.ts';

/**
 * Draws one compiled template over and over onto pages of lines and letters, as in a PDF: every layer each time, static ones
 * as well, since flattened they would be a bitmap. Width and height are in points.
 */
export type Page = {
  readonly width: number;
  readonly height: number;
  /** Bitmaps the static layers need; every draft names them again. */
  readonly staticNeeds: readonly Need[];
  draft(values: Values, live?: LiveValues): Draft;
  /** Draws a draft whose needs were loaded onto an empty page of this size. */
  paint(draft: Draft, context: Context): void;
};

/** node-canvas' own way to put links on a page. */
type Tagging = Context & { beginTag(name: string, attributes: string): void; endTag(name: string): void };

/** What a layer gives a page: the bitmaps it needs, what to say of it, and its drawing. */
type Piece = { readonly planned: Planned; readonly step: Step };

// A shadow that is blurred by this many pixels shows no more detail than a bitmap at 96 dpi has.
const BLURRED = 4;

/** Makes a page; `scale` is that of the bitmaps on it, in their pixels per CSS pixel. */
export function createPage(compiled: Compiled, scale: number, host: Host): Page {
  const besides: Host = { ...host, bitmap: (need) => host.bitmap(need, true) };
  const { size, background, locale } = compiled.template;
  const { width, height, across, down } = paperOf(size);
  const whole: Rect = { x: 0, y: 0, ...size };
  const bench = createBench(host, { scale, isPage: true, locale });

  const inPoints = ({ x, y, width, height }: Rect): Rect => ({
    x: x * across,
    y: y * down,
    width: width * across,
    height: height * down,
  });
  const pieceOf = (layer: CompiledLayer, scope: Scope): Piece | undefined => {
    const planned = planLayer(layer, scope, bench);
    if (!planned) return undefined;
    const { box } = planned.layer;
    const rect = deviceRect(planned.area, planned.layer, 1, whole);
    const drawing = isEmpty(rect) ? undefined : drawingOf(planned, rect, scale, { host, besides });
    const links = [
      { area: box, target: layer.target?.get(scope) ?? '' },
      ...(planned.plan.links ?? []).map(({ area, leadsTo }) => ({ area, target: leadsTo(scope) })),
    ]
      .filter(({ target }) => isLinkTarget(target))
      .map(({ area, target }) => ({ rect: deviceRect(area, planned.layer, 1, whole), target }));
    return {
      planned,
      step: {
        rect,
        still: layer.isStatic,
        draw(context) {
          drawing?.(context);
          for (const link of links) if (!isEmpty(link.rect)) drawLink(context, inPoints(link.rect), link.target);
        },
      },
    };
  };
  // A static layer leads where the data says even so.
  const isFixed = ({ isStatic, linkedBy }: CompiledLayer) => isStatic && linkedBy.length === 0;
  const pieces = compiled.layers.map((layer) => ({ layer, fixed: isFixed(layer) ? pieceOf(layer, {}) : undefined }));

  return {
    width,
    height,
    staticNeeds: pieces.flatMap(({ fixed }) => fixed?.planned.plan.needs ?? []),
    draft(values, live) {
      const scope = liveScope(compiled, values, live);
      const drawn = pieces
        .map(({ layer, fixed }) => (isFixed(layer) ? fixed : pieceOf(layer, scope)))
        .filter((piece) => piece !== undefined);
      return {
        needs: drawn.flatMap(({ planned }) => planned.plan.needs),
        warnings: drawn.flatMap(({ planned, step }) => (step.still ? lostIn([planned]) : planned.plan.warnings)),
        texts: textsOf(drawn.map(({ planned }) => planned)),
        steps: drawn.map(({ step }) => step),
      };
    },
    paint({ steps }, context) {
      context.setTransform(across, 0, 0, down, 0, 0);
      context.fillStyle = paintable(background);
      context.fillRect(0, 0, size.width, size.height);
      for (const step of steps) step.draw(context);
    },
  };
}

/** Where bitmaps are from that go onto the page, and those that go onto surfaces of which it gets a bitmap. */
type Hosts = { readonly host: Host; readonly besides: Host };

/** The drawing of a layer within a rectangle of the page, in CSS pixels; its bitmaps are made once. */
function drawingOf(
  { layer, plan }: Planned,
  rect: Rect,
  scale: number,
  { host, besides }: Hosts,
): (context: Context) => void {
  const { opacity, blendMode, clipPath } = layer;
  const isWhole = opacity < 1 || blendMode !== 'normal';
  const isFlat = plan.flattens === 'always' || (plan.flattens === 'faded' && isWhole) || (plan.shadow && clipPath);
  let bitmap: Surface | undefined;
  return (context) => {
    if (opacity === 0) return;
    context.save();
    context.beginPath();
    context.rect(rect.x, rect.y, rect.width, rect.height);
    context.clip();
    context.globalAlpha = opacity;
    context.globalCompositeOperation = compositeOf(blendMode);
    if (isFlat || plan.shadow) {
      bitmap ??= isFlat
        ? flatten({ layer, plan }, rect, scale, besides)
        : shadowOf({ layer, plan }, rect, scale, besides);
      drawBitmap(context, bitmap, rect);
    }
    if (!isFlat) {
      enter(context, layer);
      plan.draw(context, host, undefined);
    }
    context.restore();
  };
}

type Layered = Pick<Planned, 'layer' | 'plan'>;

/** A layer as a bitmap. */
function flatten({ layer, plan }: Layered, rect: Rect, scale: number, host: Host): Surface {
  const surface = host.createSurface(Math.round(rect.width * scale), Math.round(rect.height * scale));
  const context = contextOf(surface);
  transform(context, layer, scale, rect.x * scale, rect.y * scale);
  plan.draw(context, host, plan.shadow && deviceShadow(plan.shadow, context, scale));
  return surface;
}

/** A layer's shadow as a bitmap: it is cast to beside the layer, and only what lies there is taken. */
function shadowOf({ layer, plan }: Layered, rect: Rect, scale: number, host: Host): Surface {
  const fine = (plan.shadow?.blur ?? 0) < BLURRED ? scale : 1;
  const [width, height] = [Math.round(rect.width * fine), Math.round(rect.height * fine)];
  const both = host.createSurface(2 * width, height);
  const context = contextOf(both);
  transform(context, layer, fine, rect.x * fine, rect.y * fine);
  const shadow = plan.shadow && deviceShadow(plan.shadow, context, fine);
  plan.draw(context, host, shadow && { ...shadow, x: shadow.x + width });
  const surface = host.createSurface(width, height);
  contextOf(surface).drawImage(both, -width, 0);
  return surface;
}

/** Makes a rectangle of the page lead somewhere; in points, whatever the transform. */
function drawLink(context: Context, { x, y, width, height }: Rect, target: string): void {
  // An address keeps its meaning, and none of its characters can end the text it is written in, here or in the file.
  const address = new URL(target).href.replace(
    /['()\\]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  const tagging = context as Tagging;
  tagging.beginTag('Link', `rect=[${x} ${y} ${width} ${height}] uri='${address}'`);
  tagging.endTag('Link');
}
