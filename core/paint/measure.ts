import type { Bench, Context } from './surface.ts';

const REMEMBERED = 5000;
const PROBE = 1000;

/** A bench that measures text with a context and remembers widths: most words of a template come back in every render. */
export function createBench(context: Context, scale: number): Bench {
  const widths = new Map<string, number>();
  const heights = new Map<string, { ascent: number; descent: number }>();
  return {
    scale,
    measure(font, text) {
      const key = `${font}\n${text}`;
      let width = widths.get(key);
      if (width === undefined) {
        if (widths.size >= REMEMBERED) widths.clear();
        context.font = font;
        // The canvas aborts or guesses on text without ink in some versions; nothing has no width.
        width = text === '' ? 0 : context.measureText(text).width;
        widths.set(key, width);
      }
      return width;
    },
    heights(family, weight) {
      const key = `${weight} ${family}`;
      let height = heights.get(key);
      if (!height) {
        context.font = `${weight} ${PROBE}px "${family}"`;
        const metrics = context.measureText('x');
        // node-canvas reports a font's own ascent and descent under the names of the em box.
        height = {
          ascent: (metrics.fontBoundingBoxAscent ?? metrics.emHeightAscent) / PROBE,
          descent: (metrics.fontBoundingBoxDescent ?? metrics.emHeightDescent) / PROBE,
        };
        heights.set(key, height);
      }
      return height;
    },
  };
}
