import { z } from 'zod';
import { emOf, parseMarkup } from '../../template/markup.ts';
import { color, expression, fontFamily, fontWeight, layerBase, shadow, stroke } from '../../template/parts.ts';
import type { Warning } from '../../template/value.ts';
import { defineLayer } from '../layer-type.ts';
import { reach } from '../look.ts';
import { type Context, grow, type Need, type Plan, type Rect } from '../surface.ts';
import { directionOf, emojiNeed, type Placed, place } from '../text/draw.ts';
import { hanLanguage } from '../text/font.ts';
import { nameCharacters } from '../text/glyphs.ts';
import { layOut } from '../text/layout.ts';
import { drawGround, drawLetters, type SetLine } from '../text/letters.ts';
import { barsOf, decorated } from '../text/marks.ts';

/** What a text holds that has a span of another size. */
const SIZED = /size/i;
const EM = /^-?(?:\d+(?:\.\d+)?|\.\d+)em$/;

const schema = z.strictObject({
  ...layerBase,
  type: z.literal('text'),
  /** Liquid with `**bold**`, `~~struck~~` and `[text]{color=#fff weight=700}` spans. */
  text: expression.min(1),
  /** Whole wordings to try in turn when the one before is blank or does not fit. */
  shorter: z.array(expression.min(1)).max(5).default([]),
  fontFamily: fontFamily.default('Inter'),
  fontWeight: fontWeight.default(400),
  fontStyle: z.enum(['normal', 'italic']).default('normal'),
  /** In CSS pixels; what is used while the text fits. */
  fontSize: z.number().min(4).max(800),
  lineHeight: z.number().min(0.5).max(4).default(1.2),
  letterSpacing: z
    .union([
      z.number().min(-100).max(800),
      z.string().regex(EM, 'expected CSS pixels, such as 2, or em, such as 0.05em'),
    ])
    .default(0)
    .describe('Between letters: in CSS pixels, which shrink with the text, or as 0.05em.'),
  color: color.default('#000000'),
  textAlign: z.enum(['start', 'end', 'left', 'center', 'right']).default('start'),
  verticalAlign: z.enum(['top', 'middle', 'bottom']).default('top'),
  direction: z.enum(['auto', 'ltr', 'rtl']).default('auto'),
  textDecoration: z.enum(['none', 'underline', 'line-through']).default('none'),
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
type Spaced = Pick<z.infer<typeof schema>, 'text' | 'shorter' | 'fontSize' | 'letterSpacing'>;

/** Room around the lines for marks and letters that stand out of them, in em. */
const OVERHANG = 0.25;

/** Text in a box, fitted by the ladder: shrink, wrap, a shorter wording, an ellipsis. Never cut within a grapheme. */
export const text = defineLayer({
  schema,
  rich: ['text', 'shorter'],
  bound: (layer) => {
    const size = layer.fontSize * largestSpan(layer);
    const around = size * OVERHANG + (layer.stroke?.width ?? 0) + shadowReach(layer);
    // A box lower than its line lets the letters stand out above and below.
    const over = Math.max(0, size * Math.max(layer.lineHeight, 1.2) - layer.box.height);
    return grow(grow(layer.box, over), around);
  },
  plan(layer, bench) {
    const { box, fit } = layer;
    const face = {
      ...{ family: layer.fontFamily, weight: layer.fontWeight, italic: layer.fontStyle === 'italic' },
      // A span of kanji alone, or a name, is as Japanese as the words around it.
      han: hanLanguage(layer.text.map(({ text }) => text).join(''), bench.han),
    };
    const spacing = spacingOf(layer);
    const layout = layOut(
      [layer.text, ...layer.shorter].map((spans) => decorated(spans, layer.textDecoration)),
      {
        face,
        size: layer.fontSize,
        minSize: Math.min(fit.minFontSize ?? layer.fontSize, layer.fontSize),
        lineHeight: layer.lineHeight,
        lines: fit.lines,
        maxLines: Math.max(fit.maxLines ?? fit.lines, fit.lines),
        width: box.width,
        height: box.height,
        spacing,
        balanced: layer.textWrap === 'balance',
      },
      bench,
    );
    const { size, lines } = layout;
    const base = layer.direction === 'auto' ? directionOf(lines.map((line) => line.text).join(' ')) : layer.direction;
    const leading = size * layer.lineHeight;
    const { ascent, descent } = bench.heights(face);
    const taller = lines.map(({ tall }) => (tall.above + tall.below) * size);
    const height = leading * lines.length + taller.reduce((sum, more) => sum + more, 0);
    const free = box.height - height;
    // Of lines higher than the box only the leading stands out of it, be it as large as it may.
    const half = (line = lines[0]) => Math.max(0, (leading - size) / 2) * (line?.tall.em ?? 1);
    const offsets = { top: Math.min(0, free + half(lines.at(-1))), middle: free / 2, bottom: Math.max(free, -half()) };
    const top = box.y + offsets[layer.verticalAlign];
    const side = { start: base === 'rtl' ? 1 : 0, end: base === 'rtl' ? 0 : 1, left: 0, center: 0.5, right: 1 }[
      layer.textAlign
    ];
    let more = 0;
    const set = lines.map((line, i): SetLine => {
      const placed = place(line, base, size, face, bench, spacing);
      const x = box.x + (box.width - line.ink.width * size) * side;
      const plain = top + i * leading + (leading - (ascent + descent) * size) / 2 + ascent * size;
      const baseline = plain + (more + line.tall.above * size);
      more += taller[i] ?? 0;
      const bars = barsOf(placed, { x, baseline, size, face }, layer.fontSize, bench);
      return { placed, x, baseline, bars, ink: line.ink, tall: line.tall };
    });
    const needs: Need[] = set.flatMap(({ placed }) =>
      placed.filter(({ run }) => run.emoji).map(({ run, text }) => emojiNeed(text, size * run.em, bench.scale)),
    );
    const area = inkArea(layer, set, size, bench.scale);
    const isApart = spacing !== 0 || set.some(({ bars }) => bars.some(({ kind }) => kind !== 'background'));
    const paint = { face, size, color: layer.color, stroke: layer.stroke, isApart, area };
    const letters: Plan['draw'] = (context, host, shadow) => drawLetters(context, host, set, paint, bench, shadow);
    const ground = (context: Context) => drawGround(context, set, layer.color);
    const isMarked = set.some(({ bars }) => bars.length > 0);
    return {
      area,
      parts: set.map((line) => ({
        area: inkArea(layer, [line], size, bench.scale),
        content: [face.han, isApart, size, line.x, line.baseline, line.placed.map(shownOf)],
      })),
      needs,
      warnings: warningsOf(layer, layout),
      size: { width: Math.max(0, ...lines.map(({ ink }) => ink.width * size)), height },
      fit: { ...layout, lines: lines.map(({ text }) => text) },
      reading: { ground, letters },
      shadow: layer.shadow,
      flattens: layer.stroke || isMarked ? 'faded' : 'never',
      draw(context, host, shadow) {
        ground(context);
        letters(context, host, shadow);
      },
    };
  },
});

/** What is between its letters, in em of its full size: letters may touch, and not stand on each other. */
const spacingOf = ({ letterSpacing, fontSize }: Pick<Spaced, 'letterSpacing' | 'fontSize'>): number => {
  const em = typeof letterSpacing === 'string' ? Number.parseFloat(letterSpacing) : letterSpacing / fontSize;
  return Math.min(4, Math.max(-0.2, em));
};

/** How much larger than the layer its largest span may be; asked again for every picture, and most have no such span. */
function largestSpan({ text, shorter, fontSize }: Spaced): number {
  let largest = 1;
  for (const source of [text, ...shorter])
    if (SIZED.test(source))
      for (const style of parseMarkup(source).styles) largest = Math.max(largest, emOf(style, fontSize));
  return largest;
}

function inkArea(layer: TextLayer, set: readonly SetLine[], size: number, scale: number): Rect {
  if (set.length === 0) return { x: layer.box.x, y: layer.box.y, width: 0, height: 0 };
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  const add = (x: number, y: number, end: number, low: number) => {
    left = Math.min(left, x);
    top = Math.min(top, y);
    right = Math.max(right, end);
    bottom = Math.max(bottom, low);
  };
  for (const { x, baseline, ink, tall, bars } of set) {
    const around = size * OVERHANG * tall.em;
    add(x - around, baseline - ink.up * size, x + ink.width * size + around, baseline + ink.down * size);
    for (const bar of bars) add(bar.x, bar.y, bar.x + bar.width, bar.y + bar.height);
  }
  // A canvas may set letters on whole device pixels, and anti-aliasing adds a part of one.
  const inked = { x: left, y: top, width: right - left, height: bottom - top };
  return grow(inked, 1 / scale + (layer.stroke?.width ?? 0) + shadowReach(layer));
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
