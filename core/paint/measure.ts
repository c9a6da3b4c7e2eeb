import { contextOf } from './drawing.ts';
import type { Bench, Context, Host, Ink, Reach } from './surface.ts';
import { type Face, fontOf, hanOfLocale } from './text/font.ts';
import { spaceOut } from './text/scripts.ts';

const REMEMBERED = 5000;
/** The size texts are measured at: canvases give ink in whole pixels, and here a pixel is little. */
const PROBE = 250;
/** The size a browser is asked for a font's heights at: they come in whole pixels, one more or less. */
const LARGE = 10_000;
/** How opaque a pixel is, of 255, that a letter covers. */
const INKED = 64;
const NOTHING: Ink = { width: 0, up: 0, down: 0 };

// Letters that stand side by side, whose advance is the sum of each with its neighbour's kerning. Joined scripts, marks
// and the ligatures of f are measured whole, and so are the signs that a font may make of 2x3, 4* and -->.
const pairable =
  /^(?!.*(?:f[fijlt]|\d ?x ?\d|\*|[-=<>\u2013\u2014]{2}))[ -~\u00a0-\u024f\u0370-\u03ff\u0400-\u052f\u2010-\u2027\u20ac]+$/;

/** What is known of one face, in em: texts, what the canvas itself measured, and what a letter adds after another. */
type Known = {
  readonly texts: Map<string, Ink>;
  readonly wholes: Map<string, Ink>;
  readonly steps: Map<string, Ink>;
  readonly reaches: Map<string, Reach | undefined>;
  heights?: { readonly ascent: number; readonly descent: number };
};

/**
 * A bench that measures with a canvas of the host's and remembers. Measuring a text costs the canvas a shaping, a tenth of a
 * millisecond; names differ from picture to picture but their pairs of letters soon do not.
 */
export function createBench(
  { createSurface, fonts, uses, mendsSpaces }: Host,
  { scale, isPage, locale }: Pick<Bench, 'scale' | 'isPage'> & { readonly locale: string },
): Bench {
  const context = contextOf(createSurface(1, 1));
  const faces = new Map<string, Known>();

  const knownOf = ({ family, weight, italic, han = 'chinese' }: Face): Known => {
    const key = `${weight}${italic ? 'i' : ''}${han}${family}`;
    let known = faces.get(key);
    if (!known) {
      if (faces.size >= 100) faces.clear();
      known = { texts: new Map(), wholes: new Map(), steps: new Map(), reaches: new Map() };
      faces.set(key, known);
    }
    return known;
  };
  const whole = (face: Face, known: Known, text: string): Ink => {
    const found = known.wholes.get(text);
    if (found) return found;
    uses?.(face, text);
    if (mendsSpaces) spaceOut(context, face, PROBE, text, measure);
    context.font = fontOf(fonts.faceOf(face), PROBE, text);
    const { width, actualBoundingBoxAscent: up, actualBoundingBoxDescent: down } = context.measureText(text);
    return remember(known.wholes, text, { width: width / PROBE, up: up / PROBE, down: down / PROBE });
  };
  /** What the second letter of a pair adds after the first. */
  const stepOf = (face: Face, known: Known, pair: string): Ink => {
    const found = known.steps.get(pair);
    if (found) return found;
    const width = whole(face, known, pair).width - whole(face, known, pair.charAt(0)).width;
    return remember(known.steps, pair, { ...whole(face, known, pair.charAt(1)), width });
  };

  const measure: Bench['measure'] = (face, text) => {
    // A canvas aborts or guesses on text without letters in some versions: nothing has no ink.
    if (text === '') return NOTHING;
    const known = knownOf(face);
    const found = known.texts.get(text);
    if (found) return found;
    if (text.length < 2 || !pairable.test(text)) return whole(face, known, text);
    let { width, up, down } = whole(face, known, text.charAt(0));
    for (let i = 1; i < text.length; i++) {
      const step = stepOf(face, known, text.slice(i - 1, i + 1));
      width += step.width;
      up = Math.max(up, step.up);
      down = Math.max(down, step.down);
    }
    return remember(known.texts, text, { width, up, down });
  };

  return {
    scale,
    isPage,
    han: hanOfLocale(locale),
    fonts,
    ...(uses && { uses }),
    ...(mendsSpaces && { mendsSpaces }),
    measure,
    heights(face) {
      const known = knownOf(face);
      if (!known.heights) {
        uses?.(face, 'x');
        known.heights = heightsOf(context, fonts.faceOf(face));
      }
      return known.heights;
    },
    inkBetween(face, letter, top, bottom) {
      const { reaches } = knownOf(face);
      const [first, last] = [Math.floor(top * PROBE), Math.ceil(bottom * PROBE)];
      const key = `${first} ${last} ${letter}`;
      if (!reaches.has(key)) {
        const { width } = measure(face, letter);
        const from = -PROBE / 2;
        const surface = createSurface(Math.ceil(width * PROBE) + PROBE, Math.max(1, last - first));
        const on = contextOf(surface);
        on.font = fontOf(fonts.faceOf(face), PROBE, letter);
        on.fillText(letter, -from, -first);
        const found = inkedColumns(on, surface.width, surface.height);
        remember(reaches, key, found && { from: (found.from + from) / PROBE, to: (found.to + from) / PROBE });
      }
      return reaches.get(key);
    },
  };
}

function heightsOf(context: Context, face: Face): NonNullable<Known['heights']> {
  context.font = fontOf(face, PROBE, 'x');
  const { emHeightAscent, emHeightDescent, fontBoundingBoxAscent } = context.measureText('x');
  // node-canvas reports a font's own ascent and descent, rounded up, under the names of the em box.
  if (fontBoundingBoxAscent === undefined) return { ascent: emHeightAscent / PROBE, descent: emHeightDescent / PROBE };
  context.font = fontOf(face, LARGE, 'x');
  const metrics = context.measureText('x');
  const em = (pixels: number) => Math.ceil((pixels - 1) * (PROBE / LARGE)) / PROBE;
  return { ascent: em(metrics.fontBoundingBoxAscent), descent: em(metrics.fontBoundingBoxDescent) };
}

/** The first column that has ink, and the one after the last. */
function inkedColumns(on: Context, width: number, height: number): Reach | undefined {
  const { data } = on.getImageData(0, 0, width, height);
  let [from, to] = [width, 0];
  for (let i = 3, at = 0; i < data.length; i += 4, at++) {
    if ((data[i] as number) < INKED) continue;
    from = Math.min(from, at % width);
    to = Math.max(to, (at % width) + 1);
  }
  return to > 0 ? { from, to } : undefined;
}

function remember<Kept>(map: Map<string, Kept>, key: string, kept: Kept): Kept {
  if (map.size >= REMEMBERED) map.clear();
  map.set(key, kept);
  return kept;
}
