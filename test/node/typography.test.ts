import type { Canvas } from 'canvas';
import fc from 'fast-check';
import { LRUCache } from 'lru-cache';
import { describe, expect, it } from 'vitest';
import { createHost } from '../../core/node/host.ts';
import { createPainter } from '../../core/paint/painter.ts';
import type { Host, Need, Rect } from '../../core/paint/surface.ts';
import { compileTemplate } from '../../core/template/compile.ts';
import { applyContract } from '../../core/template/contract.ts';
import { parseTemplate } from '../../core/template/parse.ts';

const SIZE = 400;
/**
 * Letters are fitted by their em. Marks above and below (Ấ, น้ำ, क्षु), tails, slanted edges and the ground of a highlight stand
 * out of it by a fifth of it at most; then there is the edge of a pixel.
 */
const OVERHANG = { em: 0.2, pixels: 1.5 };

/** Draws one text whose pieces are values of fields, and tells what was handed to the canvas. */
async function draw(layer: Record<string, unknown>, texts: readonly string[], scale = 1) {
  const fields = Object.fromEntries(texts.map((_, i) => [`t${i}`, { type: 'text' }]));
  const template = parseTemplate({
    ...{ name: 'words', size: { width: SIZE, height: SIZE }, background: 'transparent', alt: 'Words' },
    ...{ output: { format: 'png', scale }, fields, layers: [{ id: 'words', type: 'text', ...layer }] },
  });
  const drawn: string[] = [];
  const real = createHost({ key: 'words', quality: 82 }, {}, new LRUCache({ max: 1000 }));
  const host: typeof real = {
    ...real,
    createSurface(width, height) {
      const surface = real.createSurface(width, height) as Canvas & ReturnType<Host['createSurface']>;
      const context = surface.getContext('2d');
      const fillText = context.fillText.bind(context);
      context.fillText = (text: string, ...at: [number, number]) => {
        drawn.push(text);
        fillText(text, ...at);
      };
      return surface;
    },
    bitmap(need: Need) {
      const bitmap = real.bitmap(need);
      if (need.kind === 'emoji' && bitmap) drawn.push(need.text);
      return bitmap;
    },
  };
  const painter = createPainter(compileTemplate(template), scale, false, host);
  painter.flatten();
  const picture = async (texts: readonly string[], within?: readonly Rect[]) => {
    const { values } = applyContract(template.fields, Object.fromEntries(texts.map((text, i) => [`t${i}`, text])));
    const draft = painter.draft(values);
    await real.load(draft.needs, {});
    drawn.length = 0;
    const pixels = (painter.paint(draft, within) as unknown as Canvas).toBuffer('raw');
    return { fit: draft.texts[0], drawn: drawn.join(''), warnings: draft.warnings, pixels };
  };
  return { ...(await picture(texts)), picture };
}

/** The rectangle around all that is not transparent. */
function inked(pixels: Buffer, width: number): { left: number; top: number; right: number; bottom: number } {
  const ink = { left: width, top: width, right: 0, bottom: 0 };
  for (let i = 3; i < pixels.length; i += 4) {
    if (pixels[i] === 0) continue;
    const [x, y] = [((i - 3) / 4) % width, Math.floor((i - 3) / 4 / width)];
    ink.left = Math.min(ink.left, x);
    ink.right = Math.max(ink.right, x + 1);
    ink.top = Math.min(ink.top, y);
    ink.bottom = Math.max(ink.bottom, y + 1);
  }
  return ink;
}

const WORDS = [
  ...'Hello Amira office Wolfeschlegelstein AVATAR Nguyễn Ấn Łukasz Ελένη Жанна $59.99 50% — (VIP), 2,450! gypsy'.split(
    ' ',
  ),
  ...'مرحبًا أميرة ٢٤٥٠ شكراً، שלום נועה! וְאָהַבְתָּ प्रियंका क्षत्रिय है। ยินดี น้ำผึ้ง ต้อนรับกลับมา おかえりなさい、 田中さん。 「夏」 李小龙！ 다시 김민준'.split(
    ' ',
  ),
  ...'🎉 👩🏽‍🚀 👨‍👩‍👧‍👦 🇧🇷 ❤️ ანა 𓀀'.split(' '),
];
const SPANS = [
  (text: string) => text,
  (text: string) => `**${text}**`,
  (text: string) => `~~${text}~~`,
  (text: string) => `[${text}]{size=1.6em}`,
  (text: string) => `[${text}]{size=0.6em style=italic}`,
  (text: string) => `[${text}]{background=#ffe066 decoration=underline}`,
  (text: string) => `~~[${text}]{size=22 font="Playfair Display" color=#d7263d}~~`,
];
const EM: Readonly<Record<number, (size: number) => number>> = { 3: () => 1.6, 6: (size) => Math.max(1, 22 / size) };
/** The largest of them, against the smallest layer. */
const LARGEST = Math.max(1.6, 22 / 14);

const piece = fc.record({
  words: fc.array(fc.constantFrom(...WORDS), { minLength: 1, maxLength: 6 }),
  span: fc.nat(SPANS.length - 1),
});
const setting = fc.record({
  pieces: fc.array(piece, { minLength: 1, maxLength: 4 }),
  fontFamily: fc.constantFrom('Inter', 'Playfair Display', 'Roboto Slab', 'Space Grotesk', 'JetBrains Mono'),
  fontStyle: fc.constantFrom('normal', 'italic'),
  fontSize: fc.integer({ min: 14, max: 40 }),
  shrink: fc.double({ min: 0.5, max: 1, noNaN: true }),
  // At least an emoji and an ellipsis in the largest span fit.
  width: fc.integer({ min: 4, max: 14 }),
  height: fc.integer({ min: 1, max: 5 }),
  lineHeight: fc.constantFrom(0.9, 1, 1.2, 1.6, 3),
  lines: fc.integer({ min: 1, max: 3 }),
  maxLines: fc.integer({ min: 1, max: 6 }),
  letterSpacing: fc.constantFrom(0, 0, 2, -1, '0.15em', '-0.05em'),
  textAlign: fc.constantFrom('start', 'center', 'end', 'left', 'right'),
  verticalAlign: fc.constantFrom('top', 'middle', 'bottom'),
  textWrap: fc.constantFrom('wrap', 'balance'),
  textDecoration: fc.constantFrom('none', 'underline', 'line-through'),
  scale: fc.constantFrom(1, 1.5),
});

// What is not seen: spaces, and what tells a canvas where a value begins and ends.
const seen = (text: string) => text.replace(/[\s\u2066-\u2069]/gu, '');
const sorted = (text: string) => [...seen(text)].sort().join('');

describe('text of any script, size, spacing and spans in any box', () => {
  it('stays in its box, and every letter of it is drawn or told of', { timeout: 120_000 }, async () => {
    const property = fc.asyncProperty(
      setting,
      async ({ pieces, shrink, width, height, lines, maxLines, scale, ...look }) => {
        const texts = pieces.map(({ words }) => words.join(' '));
        const text = pieces.map(({ span }, i) => SPANS[span]?.(`{{ t${i} }}`)).join(' ');
        const least = Math.max(4, look.fontSize * shrink);
        const box = { width: Math.min(280, width * least * LARGEST), height: Math.min(240, height * least * LARGEST) };
        const [x, y] = [(SIZE - box.width) / 2, (SIZE - box.height) / 2];
        const fit = { minFontSize: least, lines, maxLines };
        const layer = { ...look, text, shorter: ['Hi {{ t0 }}'], fit, box: { x, y, ...box } };
        const made = await draw(layer, texts, scale);

        const ink = inked(made.pixels, SIZE * scale);
        const size = made.fit?.size ?? 0;
        const largest = Math.max(...pieces.map(({ span }) => EM[span]?.(look.fontSize) ?? 1));
        const over = (OVERHANG.em * size * largest + OVERHANG.pixels) * scale;
        expect(ink.left).toBeGreaterThanOrEqual(x * scale - over);
        expect(ink.top).toBeGreaterThanOrEqual(y * scale - over);
        expect(ink.right).toBeLessThanOrEqual((x + box.width) * scale + over);
        expect(ink.bottom).toBeLessThanOrEqual((y + box.height) * scale + over);

        const told = new Set(made.warnings.map(({ code }) => code));
        const shown = made.fit?.lines.join('') ?? '';
        expect(sorted(made.drawn)).toBe(sorted(shown));
        const missing = made.fit?.missing ?? [];
        expect(told.has('missing_glyph')).toBe(missing.length > 0);
        expect(told.has('ellipsis')).toBe(made.fit?.ellipsis);
        expect(told.has('shorter_text')).toBe((made.fit?.choice ?? 0) > 0);
        const asked = made.fit?.choice ? `Hi ${texts[0]}` : texts.join('');
        const drawable = [...seen(asked)].filter((letter) => !missing.includes(letter)).join('');
        if (made.fit?.ellipsis) expect(drawable.startsWith(seen(shown).slice(0, -1))).toBe(true);
        else expect(seen(shown)).toBe(drawable);
      },
    );
    await fc.assert(property, { numRuns: 250, seed: 20270130 });
  });
});

describe('what a font draws otherwise than letter by letter', () => {
  const box = { x: 50, y: 50, width: 300, height: 60 };
  it.each(['1x2x3x4x5x6x7x8x9', 'Size 3 x 4 x 5 x 6', 'A ---> B <==> C ---->', 'FREE* and 4*. 5*, 6*'])(
    'is as wide as it is taken to be: %s',
    async (text) => {
      for (const fontWeight of [400, 700]) {
        const look = { box, fontSize: 24, fontWeight, textAlign: 'right', textDecoration: 'underline' };
        const { pixels } = await draw({ ...look, text: '{{ t0 }}' }, [text]);
        const ink = inked(pixels, SIZE);
        const row = pixels.subarray((ink.bottom - 1) * SIZE * 4, ink.bottom * SIZE * 4);
        const line = inked(row, SIZE);
        expect([ink.left, ink.right]).toEqual([line.left, line.right]);
      }
    },
  );
});

describe('Arabic letters in spans of their own', () => {
  it.each([
    ['[س]{color=#000000}لام محم[د]{color=#000000}', 'سلام محمد'],
    ['ا[ل]{color=#000000}سّ[لا]{color=#000000}م', 'السّلام'],
  ])('join those beside them as in the whole word: %s', async (spans, whole) => {
    for (const letterSpacing of [0, 6]) {
      const look = { box: { x: 50, y: 50, width: 300, height: 60 }, fontSize: 40, letterSpacing };
      const [one, other] = [await draw({ ...look, text: spans }, []), await draw({ ...look, text: whole }, [])];
      const differing = Array.from({ length: SIZE * SIZE }, (_, i) => i * 4 + 3).filter(
        (at) => Math.abs((one.pixels[at] ?? 0) - (other.pixels[at] ?? 0)) > 128,
      );
      expect(inked(other.pixels, SIZE).left).toBeLessThan(350);
      // Where two letters meet, both have an edge.
      expect(differing.length).toBeLessThan(20);
    }
  });
});

describe('marks along letters', () => {
  const box = { x: 50, y: 50, width: 300, height: 60 };
  /** The colours of a row or column of pixels, each once, in order. */
  const colorsAlong = (pixels: Buffer, from: { x: number; y: number }, step: { x: number; y: number }) => {
    const colors: string[] = [];
    for (let { x, y } = from; x < SIZE && y < SIZE; x += step.x, y += step.y) {
      const at = (y * SIZE + x) * 4;
      // Raw pixels are blue, green, red.
      const color =
        pixels[at + 3] === 255
          ? pixels
              .subarray(at, at + 3)
              .reverse()
              .toString('hex')
          : '';
      if (color !== '' && color !== colors.at(-1)) colors.push(color);
    }
    return colors;
  };

  it('are as long as the text, on whole pixels, in the colours that the data give', async () => {
    const marked = '[{{ t0 }}]{background="{{ t1 }}" decoration=underline color="{{ t1 }}"}';
    const { pixels, fit } = await draw({ text: marked, box, fontSize: 40 }, ['iiiiii', '#ff0000']);
    const ink = inked(pixels, SIZE);
    expect(fit?.lines).toEqual(['iiiiii']);
    expect(colorsAlong(pixels, { x: 60, y: 0 }, { x: 0, y: 1 })).toEqual(['ff0000']);
    const inside = Array.from({ length: SIZE * SIZE }, (_, i) => pixels[i * 4 + 3]).filter((alpha) => alpha === 255);
    expect(inside.length).toBe((ink.right - ink.left) * (ink.bottom - ink.top));
    expect(ink.left).toBe(50);
  });

  it('go under the letters or through them, and take the colour of where they were asked for', async () => {
    const look = { box, fontSize: 40, color: '#0000ff' };
    const through = await draw({ ...look, text: '~~[{{ t0 }}]{color=#ff0000}~~' }, ['HH']);
    expect(colorsAlong(through.pixels, { x: 55, y: 0 }, { x: 0, y: 1 })).toEqual(['ff0000', '0000ff', 'ff0000']);
    const under = await draw({ ...look, text: '[{{ t0 }}]{color=#ff0000}', textDecoration: 'underline' }, ['HH']);
    expect(colorsAlong(under.pixels, { x: 55, y: 0 }, { x: 0, y: 1 })).toEqual(['ff0000', '0000ff']);
  });

  it.each([
    ['Inter', 0],
    ['Playfair Display', 0],
    ['Roboto Slab', 5],
  ])('stop for letters that reach below the line, in %s spaced by %i', async (fontFamily, letterSpacing) => {
    const look = { box, fontSize: 40, fontFamily, letterSpacing, text: '{{ t0 }}' };
    const underlined = (text: string) => draw({ ...look, textDecoration: 'underline' }, [text]);
    /** Where a row has ink: from the first column to the one after the last. */
    const inkIn = (pixels: Buffer, y: number) => {
      const has = (x: number) => (pixels[(y * SIZE + x) * 4 + 3] ?? 0) > 0;
      const columns = Array.from({ length: SIZE }, (_, x) => x);
      const starts = columns.filter((x) => has(x) && !has(x - 1));
      return starts.map((start) => [start, columns.find((x) => x > start && !has(x))] as const);
    };
    const { pixels: plain } = await underlined('nun');
    const row = Math.floor(inked(plain, SIZE).bottom - 1.5);
    expect(inkIn(plain, row)).toHaveLength(1);

    const { pixels: letters } = await draw(look, ['pay, jug']);
    const stems = inkIn(letters, row);
    expect(stems.length).toBeGreaterThan(3);
    const line = inkIn((await underlined('pay, jug')).pixels, row);
    for (const stem of stems) expect(line).toContainEqual(stem);
    expect(line.length).toBeGreaterThan(stems.length);
  });

  it('are where their words are in text that runs both ways', async () => {
    const look = { box, fontSize: 24 };
    const { pixels } = await draw(
      { ...look, text: 'שלום [{{ t0 }}]{background=#ff0000} [{{ t1 }}]{background=#00ff00}' },
      ['Amira', 'אמירה'],
    );
    const row = colorsAlong(pixels, { x: 0, y: 60 }, { x: 1, y: 0 });
    expect([...new Set(row)].filter((color) => ['ff0000', '00ff00'].includes(color))).toEqual(['00ff00', 'ff0000']);
  });

  it.each([
    ['spaced', { letterSpacing: 3 }],
    ['marked', { textDecoration: 'underline' }],
    ['both', { letterSpacing: '-0.03em', textDecoration: 'line-through', direction: 'rtl' }],
  ])('are drawn anew in a part of the picture as in all of it: %s', async (_what, look) => {
    const text = '{{ t0 }} [شكراً {{ t1 }}]{background=#ffe066 size=1.3em}';
    const one = ['Amira', '東京'] as const;
    const { pixels, picture } = await draw({ ...look, text, box, fontSize: 18, fit: { lines: 2 } }, one);
    const whole = Buffer.from(pixels);
    const other = Buffer.from((await picture(['Oluwaseun', '夏'])).pixels);
    const rect = { x: 90, y: 40, width: 97, height: 41 };
    const mixed = (await picture(one, [rect])).pixels;
    expect(whole.equals(other)).toBe(false);
    for (let y = 0; y < SIZE; y++) {
      const [from, to] = [(y * SIZE + rect.x) * 4, (y * SIZE + rect.x + rect.width) * 4];
      const isWithin = y >= rect.y && y < rect.y + rect.height;
      expect(mixed.subarray(from, to).equals((isWithin ? whole : other).subarray(from, to)), `row ${y}`).toBe(true);
    }
  });
});
