import { z } from 'zod';
import {
  ASSET,
  type Box,
  color,
  expression,
  fontFamily,
  fontWeight,
  isExpression,
  layerBase,
  shadow,
} from '../../template/parts.ts';
import { drawWithShadow } from '../drawing.ts';
import { defineLayer } from '../layer-type.ts';
import { castShadow, drawBitmap, liftShadow, paintable, reach, traceRect, useOutlines } from '../look.ts';
import { type Bench, type Context, type Drawable, grow, type Need } from '../surface.ts';
import { type Face, fontOf } from '../text/font.ts';
import { piecesOf } from '../text/glyphs.ts';

/** How `initials:AK`, the value of an image field without a picture, is drawn. */
const initials = z.strictObject({
  background: color.default('#4b5563'),
  color: color.default('#ffffff'),
  fontFamily: fontFamily.default('Inter'),
  fontWeight: fontWeight.default(600),
});

const share = z.number().min(0).max(1);

const schema = z.strictObject({
  ...layerBase,
  type: z.literal('image'),
  /** `asset:name`, `asset:name@version`, or an expression that gives an image field. Blank draws nothing. */
  src: expression.refine(
    (src) => isExpression(src) || ASSET.test(src),
    'expected an asset such as asset:hero-sea@2, or an expression such as {{ photo }}',
  ),
  objectFit: z.enum(['cover', 'contain', 'fill']).default('cover'),
  focus: z
    .union([z.strictObject({ x: share, y: share }), z.enum(['attention', 'entropy'])])
    .default({ x: 0.5, y: 0.5 })
    .describe('What to keep in sight: a point from 0 to 1, or what draws the eye, or where most is to be seen.'),
  mask: z.enum(['none', 'circle']).default('none'),
  borderRadius: z.number().min(0).max(4000).default(0),
  shadow: shadow.optional(),
  initials: initials.prefault({}),
});
type Image = z.infer<typeof schema>;

/** A picture: cover, contain or fill, a focus, round corners or a circle; initials where there is none. */
export const image = defineLayer({
  schema,
  rich: [],
  bound: (layer) => grow(layer.box, reach(undefined, layer.shadow)),
  plan(layer, bench) {
    const { box, mask } = layer;
    const src = layer.src.trim();
    const radius = mask === 'circle' ? Math.min(box.width, box.height) / 2 : layer.borderRadius;
    const letters = src.startsWith('initials:') ? src.slice('initials:'.length) : undefined;
    const set = letters === undefined ? undefined : setInitials(layer, letters, bench);
    if (set?.text) bench.uses?.(set.face, set.text);
    const need: Need | undefined =
      src === '' || letters !== undefined
        ? undefined
        : {
            kind: 'image',
            src,
            width: Math.max(1, Math.round(box.width * bench.scale)),
            height: Math.max(1, Math.round(box.height * bench.scale)),
            fit: layer.objectFit,
            focus: layer.focus,
            radius: Math.round(radius * bench.scale),
            // Its shadow is that of the bitmap, corners and all.
            plain: bench.isPage && !layer.shadow,
          };
    return {
      area: grow(box, reach(undefined, layer.shadow)),
      needs: need ? [need] : [],
      warnings: [],
      ...(src === '' && { size: { width: 0, height: 0 } }),
      shadow: layer.shadow,
      flattens: layer.shadow ? 'always' : set === undefined ? 'never' : 'faded',
      draw(context, host, shadow) {
        const bitmap = need && host.bitmap(need);
        if (bitmap && need.plain) drawFitted(context, bitmap, layer, radius);
        // One canvas would turn the shadow of a bitmap with it once more.
        else if (bitmap && shadow) drawWithShadow(context, host, shadow, box, (on) => drawBitmap(on, bitmap, box));
        else if (bitmap) context.drawImage(bitmap, box.x, box.y, box.width, box.height);
        if (!set) return;
        if (shadow) castShadow(context, shadow);
        drawInitials(context, layer, set, radius);
        liftShadow(context);
      },
    };
  },
});

/** Draws a plain bitmap: its shape and corners become those of the layer. */
function drawFitted(context: Context, bitmap: Drawable, { box, objectFit }: Image, radius: number): void {
  const share = Math.min(box.width / bitmap.width, box.height / bitmap.height);
  const [width, height] =
    objectFit === 'contain' ? [bitmap.width * share, bitmap.height * share] : [box.width, box.height];
  const [x, y] = [box.x + (box.width - width) / 2, box.y + (box.height - height) / 2];
  context.save();
  if (radius > 0) {
    traceRect(context, box, radius);
    context.clip();
  }
  drawBitmap(context, bitmap, { x, y, width, height });
  context.restore();
}

type SetLetters = { readonly text: string; readonly face: Face; fontAt(size: number): string };

/** Initials in a font that has them, without those that no font has. */
function setInitials({ initials }: Image, letters: string, { fonts, han }: Bench): SetLetters {
  const pieces = piecesOf(letters, initials.fontFamily, fonts, new Set());
  const family = pieces[0]?.family ?? initials.fontFamily;
  const text = pieces.map((piece) => piece.text).join('');
  const face = { family, weight: initials.fontWeight, italic: false, han };
  return { text, face, fontAt: (size) => fontOf(fonts.faceOf(face), size, text) };
}

function drawInitials(context: Context, layer: Image, { text, fontAt }: SetLetters, radius: number): void {
  const { box, initials } = layer;
  traceRect(context, box, radius);
  context.fillStyle = paintable(initials.background);
  context.fill();
  liftShadow(context);
  if (text === '') {
    drawFigure(context, box, paintable(initials.color, '#ffffff'), radius);
    return;
  }
  useOutlines(context, false);
  const side = Math.min(box.width, box.height);
  context.font = fontAt(side * 0.42);
  // Wide letters, such as MW, give way to the curve of a circle.
  const size = side * 0.42 * Math.min(1, (side * 0.66) / Math.max(1, context.measureText(text).width));
  context.font = fontAt(size);
  context.fillStyle = paintable(initials.color, '#ffffff');
  context.textAlign = 'center';
  context.textBaseline = 'alphabetic';
  // Capitals stand about 0.72 em high: half of that below the middle centres them by eye in every bundled family.
  context.fillText(text, box.x + box.width / 2, box.y + box.height / 2 + size * 0.36);
  context.textAlign = 'left';
}

/** A head and shoulders, for somebody whose name is not known. */
function drawFigure(context: Context, box: Box, color: string, radius: number): void {
  const side = Math.min(box.width, box.height);
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  context.save();
  traceRect(context, box, radius);
  context.clip();
  context.fillStyle = color;
  context.beginPath();
  context.arc(x, y - side * 0.11, side * 0.165, 0, Math.PI * 2);
  context.fill();
  context.beginPath();
  context.ellipse(x, y + side * 0.42, side * 0.31, side * 0.29, 0, 0, Math.PI * 2);
  context.fill();
  context.restore();
}
