import { z } from 'zod';
import { color, expression, fontFamily, fontWeight, layerBase, shadow, stroke } from '../../template/parts.ts';
import type { Warning } from '../../template/value.ts';
import { defineLayer } from '../layer-type.ts';
import { castShadow, liftShadow, paintable, reach, useOutlines } from '../look.ts';
import { grow, type Ink, type Need, type Rect } from '../surface.ts';
import { directionOf, drawLine, emojiNeed, type Placed, place } from '../text/draw.ts';
import { nameCharacters } from '../text/glyphs.ts';
import { layOut } from '../text/layout.ts';

const schema = z.strictObject({
  ...layerBase,
  type: z.literal('text'),
  /** Liquid with `**bold**` and `[text]{color=#fff weight=700}` spans. */
  text: expression.min(1),
  /** Whole wordings to try in turn when the one before is blank or does not fit. */
  shorter: z.array(expression.min(1)).max(5).default([]),
  fontFamily: fontFamily.default('Inter'),
  fontWeight: fontWeight.default(400),
  fontStyle: z.enum(['normal', 'italic']).default('normal'),
  /** In CSS pixels; what is used while the text fits. */
  fontSize: z.number().min(4).max(800),
  lineHeight: z.number().min(0.5).max(4).default(1.2),
  color: color.default('#000000'),
  textAlign: z.enum(['start', 'end', 'left', 'center', 'right']).default('start'),
  verticalAlign: z.enum(['top', 'middle', 'bottom']).default('top'),
  direction: z.enum(['auto', 'ltr', 'rtl']).default('auto'),
  /** Case by the template's locale, of what the data gives too. */
  textTransform: z.enum(['none', 'uppercase', 'lowercase', 'capitalize']).default('none'),
  /** `balance` makes the lines of a headline about as long as each other. */
  textWrap: z.enum(['wrap', 'balance']).default('wrap'),
  fit: z
    .strictObject({
      /** The smallest size to shrink to; the full size when absent. */
      minFontSize: z.number().min(4).max(800).optional(),
      /** The lines the design has in mind: the text shrinks rather than take more. */
      lines: z.number().int().min(1).max(100).default(1),
      /** The lines it may take once shrinking does not suffice; `lines` when absent. */
      maxLines: z.number().int().min(1).max(100).optional(),
    })
    .prefault({}),
  stroke: stroke.optional(),
  shadow: shadow.optional(),
});
type TextLayer = Pick<z.infer<typeof schema>, 'id' | 'box' | 'fontSize' | 'stroke' | 'shadow'> & {
  shorter: readonly unknown[];
};

/** Room around the lines for marks and letters that stand out of them, in em. */
const OVERHANG = 0.25;

/** Text in a box, fitted by the ladder: shrink, wrap, a shorter wording, an ellipsis. Never cut within a grapheme. */
export const text = defineLayer({
  schema,
  rich: ['text', 'shorter'],
  bound: (layer) => {
    const around = layer.fontSize * OVERHANG + (layer.stroke?.width ?? 0) + shadowReach(layer);
    // A box lower than its line lets the letters stand out above and below.
    const over = Math.max(0, layer.fontSize * Math.max(layer.lineHeight, 1.2) - layer.box.height);
    return grow(grow(layer.box, over), around);
  },
  plan(layer, bench) {
    const { box, fit } = layer;
    const face = { family: layer.fontFamily, weight: layer.fontWeight, italic: layer.fontStyle === 'italic' };
    const layout = layOut(
      [layer.text, ...layer.shorter],
      {
        face,
        size: layer.fontSize,
        minSize: Math.min(fit.minFontSize ?? layer.fontSize, layer.fontSize),
        lineHeight: layer.lineHeight,
        lines: fit.lines,
        maxLines: Math.max(fit.maxLines ?? fit.lines, fit.lines),
        width: box.width,
        height: box.height,
        balanced: layer.textWrap === 'balance',
      },
      bench,
    );
    const { size, lines } = layout;
    const base = layer.direction === 'auto' ? directionOf(lines.map((line) => line.text).join(' ')) : layer.direction;
    const leading = size * layer.lineHeight;
    const { ascent, descent } = bench.heights(face);
    const height = leading * lines.length;
    const top = box.y + { top: 0, middle: (box.height - height) / 2, bottom: box.height - height }[layer.verticalAlign];
    const side = { start: base === 'rtl' ? 1 : 0, end: base === 'rtl' ? 0 : 1, left: 0, center: 0.5, right: 1 }[
      layer.textAlign
    ];
    const set = lines.map((line, i) => ({
      placed: place(line, base, size, face, bench),
      x: box.x + (box.width - line.ink.width * size) * side,
      baseline: top + i * leading + (leading - (ascent + descent) * size) / 2 + ascent * size,
      ink: line.ink,
    }));
    const needs: Need[] = set.flatMap(({ placed }) =>
      placed.filter(({ run }) => run.emoji).map(({ text }) => emojiNeed(text, size, bench.scale)),
    );
    return {
      area: inkArea(layer, set, size, bench.scale),
      parts: set.map((line) => ({
        area: inkArea(layer, [line], size, bench.scale),
        content: [size, line.x, line.baseline, line.placed.map(shownOf)],
      })),
      needs,
      warnings: warningsOf(layer, layout),
      size: { width: Math.max(0, ...lines.map(({ ink }) => ink.width * size)), height },
      fit: { ...layout, lines: lines.map(({ text }) => text) },
      shadow: layer.shadow,
      flattens: layer.stroke ? 'faded' : 'never',
      draw(context, host, shadow) {
        for (const { placed, x, baseline } of set) {
          drawLine(context, host, placed, { x, baseline, size, face }, bench, (run, part, left, y) => {
            if (shadow) castShadow(context, shadow);
            if (layer.stroke) {
              useOutlines(context, true);
              // Half of the outline lies under the letter's own fill, so it is drawn twice as wide as asked.
              context.lineWidth = layer.stroke.width * 2;
              context.lineJoin = 'round';
              context.strokeStyle = paintable(layer.stroke.color);
              context.strokeText(part, left, y);
              if (shadow) liftShadow(context);
            }
            // Letters on a page can be selected only where they are not outlines.
            useOutlines(context, layer.stroke ? !bench.isPage : shadow !== undefined);
            context.fillStyle = paintable(run.style?.color ?? layer.color, '#000000');
            context.fillText(part, left, y);
            if (shadow) liftShadow(context);
          });
        }
      },
    };
  },
});

function inkArea(
  layer: TextLayer,
  set: readonly { x: number; baseline: number; ink: Ink }[],
  size: number,
  scale: number,
): Rect {
  if (set.length === 0) return { x: layer.box.x, y: layer.box.y, width: 0, height: 0 };
  const left = Math.min(...set.map(({ x }) => x)) - size * OVERHANG;
  const right = Math.max(...set.map(({ x, ink }) => x + ink.width * size)) + size * OVERHANG;
  const top = Math.min(...set.map(({ baseline, ink }) => baseline - ink.up * size));
  const bottom = Math.max(...set.map(({ baseline, ink }) => baseline + ink.down * size));
  const ink = { x: left, y: top, width: right - left, height: bottom - top };
  // A canvas may set letters on whole device pixels, and anti-aliasing adds a part of one.
  return grow(ink, 1 / scale + (layer.stroke?.width ?? 0) + shadowReach(layer));
}

/** A run as it is seen: where it stood in the text shows nowhere. */
const shownOf = ({ run: { start, end, ...run }, ...placed }: Placed) => ({ ...placed, run });

const shadowReach = ({ shadow }: Pick<TextLayer, 'shadow'>): number => (shadow ? reach(undefined, shadow) : 0);

function warningsOf(layer: TextLayer, layout: ReturnType<typeof layOut>): Warning[] {
  const warnings: Warning[] = [];
  const say = (code: Warning['code'], message: string) => warnings.push({ code, layer: layer.id, message });
  if (layout.choice > 0)
    say('shorter_text', `${layer.id}: used shorter text ${layout.choice} of ${layer.shorter.length}`);
  if (layout.shrunk && !layout.ellipsis)
    say('shrunk', `${layer.id}: set in ${layout.size} px instead of ${layer.fontSize} px`);
  if (layout.ellipsis)
    say('ellipsis', `${layer.id}: cut short with an ellipsis; add a shorter text or give it more room`);
  if (layout.missing.length > 0)
    say('missing_glyph', `${layer.id}: no font has ${nameCharacters(layout.missing)}, left out`);
  return warnings;
}
