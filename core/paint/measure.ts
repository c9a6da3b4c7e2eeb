import type { Bench, Context, Ink } from './surface.ts';

const REMEMBERED = 5000;
const PROBE = 1000;
const NOTHING: Ink = { width: 0, up: 0, down: 0 };

// Letters that stand side by side, whose advance is the sum of each with its neighbour's kerning. Joined scripts, marks
// and the ligatures of f are measured whole.
const pairable = /^(?!.*f[fijlt])[ -~\u00a0-\u024f\u0370-\u03ff\u0400-\u052f\u2010-\u2027\u20ac]+$/;

/** What is known of one font: whole texts, and for letters side by side what each adds after the one before it. */
type Known = { readonly texts: Map<string, Ink>; readonly steps: Map<string, Ink> };

/**
 * A bench that measures with a context and remembers. Measuring a text costs the canvas a shaping, a tenth of a
 * millisecond; names differ from picture to picture but their pairs of letters soon do not.
 */
export function createBench(context: Context, scale: number): Bench {
  const fonts = new Map<string, Known>();
  const heights = new Map<string, { ascent: number; descent: number }>();

  const knownOf = (font: string): Known => {
    let known = fonts.get(font);
    if (!known) {
      if (fonts.size >= 100) fonts.clear();
      known = { texts: new Map(), steps: new Map() };
      fonts.set(font, known);
    }
    return known;
  };
  const whole = (font: string, known: Known, text: string): Ink => {
    let ink = known.texts.get(text);
    if (!ink) {
      if (known.texts.size >= REMEMBERED) known.texts.clear();
      context.font = font;
      const { width, actualBoundingBoxAscent: up, actualBoundingBoxDescent: down } = context.measureText(text);
      ink = { width, up, down };
      known.texts.set(text, ink);
    }
    return ink;
  };

  return {
    scale,
    measure(font, text) {
      // A canvas aborts or guesses on text without letters in some versions: nothing has no ink.
      if (text === '') return NOTHING;
      const known = knownOf(font);
      if (text.length < 2 || !pairable.test(text)) return whole(font, known, text);
      let { width, up, down } = whole(font, known, text.charAt(0));
      for (let i = 1; i < text.length; i++) {
        const pair = text.slice(i - 1, i + 1);
        let step = known.steps.get(pair);
        if (!step) {
          if (known.steps.size >= REMEMBERED) known.steps.clear();
          const letter = whole(font, known, pair.charAt(1));
          step = { ...letter, width: whole(font, known, pair).width - whole(font, known, pair.charAt(0)).width };
          known.steps.set(pair, step);
        }
        width += step.width;
        up = Math.max(up, step.up);
        down = Math.max(down, step.down);
      }
      return { width, up, down };
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
