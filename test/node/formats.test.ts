import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Canvas } from 'canvas';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Picture } from '../../core/node/formats/format.ts';
import { formats } from '../../core/node/formats/index.ts';
import { progressiveJpeg } from '../../core/node/formats/jpeg.ts';
import { canvas, sharp } from '../../core/node/native.ts';
import { createRenderer, type Renderer } from '../../core/node/renderer.ts';
import type { Rect } from '../../core/paint/surface.ts';
import { imageRefs } from '../../core/template/assets.ts';
import { applyContract } from '../../core/template/contract.ts';
import { parseTemplate } from '../../core/template/parse.ts';
import { readTemplateFolder, type TemplateSource } from '../../server/assets/folder.ts';
import { small } from './template.ts';

const { createCanvas } = canvas;

/** A decoded picture, by a decoder that shares nothing with the one that wrote it. */
const pixels = async (bytes: Uint8Array): Promise<Buffer> => sharp(bytes).ensureAlpha().raw().toBuffer();

/** The same by node-canvas, which reads JPEG by libjpeg's own way. */
async function pixelsByCanvas(bytes: Buffer): Promise<Buffer> {
  const image = await canvas.loadImage(bytes);
  const surface = createCanvas(image.width, image.height);
  surface.getContext('2d').drawImage(image, 0, 0);
  return surface.toBuffer('raw');
}

type Patch = { readonly rect: Rect; readonly color: string };
type Size = { readonly width: number; readonly height: number };

function baseOf({ width, height }: Size, opaque: boolean, colors = 300): Canvas {
  const base = createCanvas(width, height);
  const context = base.getContext('2d');
  for (let n = 0; n < 300; n++) {
    const i = n % colors;
    context.fillStyle = `rgba(${(i * 37) % 256}, ${(i * 91) % 256}, ${(i * 53) % 256}, ${opaque ? 1 : (i % 5) / 4})`;
    if (n === 0 && opaque) context.fillRect(0, 0, width, height);
    context.fillRect((n * 71) % width, (n * 29) % height, 23, 9);
  }
  return base;
}

/** A picture of patches over a base, with nothing but rubbish where it was not asked for. */
function pictureOf(base: Canvas, patches: readonly Patch[]): Picture {
  const whole = { x: 0, y: 0, width: base.width, height: base.height };
  const canvas = createCanvas(base.width, base.height);
  const context = canvas.getContext('2d');
  return {
    marks: patches.map(({ rect, color }) => ({ rect, text: `${JSON.stringify(rect)} ${color}` })),
    paint(within = [whole]) {
      context.fillStyle = '#f0f';
      context.fillRect(0, 0, base.width, base.height);
      context.save();
      context.beginPath();
      for (const { x, y, width, height } of within) context.rect(x, y, width, height);
      context.clip();
      context.globalCompositeOperation = 'copy';
      context.drawImage(base, 0, 0);
      context.globalCompositeOperation = 'source-over';
      for (const { rect, color } of patches) {
        context.fillStyle = color;
        context.fillRect(rect.x, rect.y, rect.width, rect.height);
      }
      context.restore();
      return canvas;
    },
  };
}

const sizes = fc.record({ width: fc.integer({ min: 1, max: 500 }), height: fc.integer({ min: 1, max: 90 }) });
// Few colours and places, so that pieces come back.
const patchIn = ({ width, height }: Size): fc.Arbitrary<Patch> =>
  fc
    .tuple(
      fc.integer({ min: 0, max: 7 }),
      fc.integer({ min: 0, max: 7 }),
      fc.integer({ min: 0, max: 5 }),
      fc.integer({ min: 0, max: 3 }),
      fc.constantFrom('#ff0000', '#00ff0080', '#0000ff33'),
    )
    .map(([left, top, across, down, color]) => {
      const x = Math.floor((width * left) / 8);
      const y = Math.floor((height * top) / 8);
      const size = { width: Math.ceil((width * across) / 8), height: Math.ceil((height * down) / 8) };
      return {
        color,
        rect: { x, y, width: Math.min(width - x, size.width), height: Math.min(height - y, size.height) },
      };
    });
const sequences = sizes.chain((size) =>
  fc.record({
    size: fc.constant(size),
    pictures: fc.array(fc.array(patchIn(size), { maxLength: 4 }), { minLength: 1, maxLength: 6 }),
  }),
);

describe('JPEG by pieces', () => {
  it('decodes to the pixels of a whole encode, whatever is drawn and was drawn before', async () => {
    await fc.assert(
      fc.asyncProperty(sequences, async ({ size, pictures }) => {
        const base = baseOf(size, true);
        const encode = formats.jpeg.open(base, 82, 72);
        for (const patches of [[], ...pictures, ...pictures]) {
          const picture = pictureOf(base, patches);
          const pieced = await encode(picture).bytes;
          const whole = picture.paint().toBuffer('image/jpeg', { quality: 0.82 });
          expect((await pixels(pieced)).equals(await pixels(whole))).toBe(true);
          expect((await pixelsByCanvas(pieced)).equals(await pixelsByCanvas(whole))).toBe(true);
          expect((await formats.jpeg.open(base, 82, 72)(picture).bytes).equals(pieced), 'the same bytes at first').toBe(
            true,
          );
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe('how many dots a picture has to the inch', () => {
  it.each(['jpeg', 'png', 'progressive'] as const)('stands in a %s, whatever is personal in it', async (name) => {
    const base = baseOf({ width: 300, height: 60 }, true);
    const format = name === 'progressive' ? progressiveJpeg : formats[name];
    for (const dpi of [72, 144, 300, 600]) {
      const encode = format.open(base, 82, dpi);
      for (const patches of [[], [{ rect: { x: 3, y: 3, width: 20, height: 20 }, color: '#ff0000' }]]) {
        const { bytes, at } = encode(pictureOf(base, patches));
        for (const made of [bytes, ...(at ? [at(40)] : [])]) {
          const { density, resolutionUnit } = await sharp(await made).metadata();
          expect([density, resolutionUnit]).toEqual([dpi, name === 'png' ? undefined : 'inch']);
        }
      }
    }
  });
});

describe('progressive JPEG', () => {
  it('has the pixels of any other, whatever is drawn before, and says what it is', async () => {
    await fc.assert(
      fc.asyncProperty(sequences, async ({ size, pictures }) => {
        const base = baseOf(size, true);
        const [encode, baseline] = [progressiveJpeg.open(base, 82, 72), formats.jpeg.open(base, 82, 72)];
        for (const patches of [[], ...pictures, ...pictures]) {
          const bytes = await encode(pictureOf(base, patches)).bytes;
          expect((await sharp(bytes).metadata()).isProgressive).toBe(true);
          const other = await baseline(pictureOf(base, patches)).bytes;
          expect((await pixels(bytes)).equals(await pixels(other))).toBe(true);
          const fresh = await progressiveJpeg.open(base, 82, 72)(pictureOf(base, patches)).bytes;
          expect(fresh.equals(bytes), 'the same bytes at first').toBe(true);
        }
      }),
      { numRuns: 20 },
    );
  });

  it.each([
    [true, [0xc2]],
    [false, [0xc0]],
  ])('is made where a template wants it: %s', async (progressive, frames) => {
    const design = { ...small, layers: small.layers.filter(({ type }) => type !== 'image') };
    const template = { ...design, output: { ...design.output, progressive } };
    const { bytes } = await createRenderer().render({
      template: { key: `progressive ${progressive}`, load: () => ({ template, assets: {} }) },
      ...{ values: applyContract(template.fields, {}).values, images: {} },
      ...{ format: 'jpeg', scale: 1, quality: 82 },
    });
    expect(markersOf(bytes).filter((marker) => marker >= 0xc0 && marker <= 0xc2)).toEqual(frames);
  });
});

/** The markers of a JPEG up to its first scan. */
function markersOf(bytes: Buffer): number[] {
  const markers: number[] = [];
  for (let at = 2; bytes[at + 1] !== 0xda; at += 2 + bytes.readUInt16BE(at + 2)) markers.push(bytes[at + 1] as number);
  return markers;
}

describe('PNG by bands', () => {
  it.each([
    ['a photo', true, 300],
    ['a picture with transparency', false, 300],
    ['a flat picture', true, 5],
    ['a flat picture with transparency', false, 5],
  ])('is, of %s, exactly what was drawn, whatever was drawn before', async (_, opaque, colors) => {
    await fc.assert(
      fc.asyncProperty(sequences, async ({ size, pictures }) => {
        const base = baseOf(size, opaque, colors);
        const encode = formats.png.open(base, 82, 72);
        for (const patches of [[], ...pictures, ...pictures]) {
          const picture = pictureOf(base, patches);
          const banded = await encode(picture).bytes;
          const whole = picture.paint().toBuffer('image/png');
          expect((await pixels(banded)).equals(await pixels(whole))).toBe(true);
          expect((await pixelsByCanvas(banded)).equals(await pixelsByCanvas(whole))).toBe(true);
          expect((await formats.png.open(base, 82, 72)(picture).bytes).equals(banded), 'the same bytes at first').toBe(
            true,
          );
        }
      }),
      { numRuns: 25 },
    );
  });

  it('has a palette where there are no more than 256 colours, and else every one of them', async () => {
    const base = createCanvas(300, 40);
    const context = base.getContext('2d');
    context.fillStyle = '#ffffff';
    context.fillRect(0, 0, 300, 40);
    const encode = formats.png.open(base, 82, 72);
    const shades = (count: number): Picture =>
      pictureOf(
        base,
        Array.from({ length: count }, (_, i) => ({
          rect: { x: i, y: 3, width: 1, height: 1 },
          color: `rgb(${i % 256}, 0, ${i >> 8})`,
        })),
      );
    const kindOf = async (count: number) => {
      const bytes = await encode(shades(count)).bytes;
      expect((await pixels(bytes)).equals(await pixels(shades(count).paint().toBuffer('image/png')))).toBe(true);
      return (await sharp(bytes).metadata()).isPalette;
    };
    expect([await kindOf(0), await kindOf(255), await kindOf(256), await kindOf(299), await kindOf(3)]).toEqual([
      true,
      true,
      false,
      false,
      true,
    ]);
  });
});

describe('what is remembered of pictures before', () => {
  const draw = async (renderer: Renderer, source: TemplateSource, set: string, format: 'jpeg' | 'png') => {
    const { values } = applyContract(source.template.fields, source.template.datasets[set] ?? {});
    const images = Object.fromEntries(imageRefs(source.template, values).map((ref) => [ref, null]));
    const template = { key: source.key, load: () => source };
    return renderer.render({ template, values, images, format, scale: 1, quality: 82 });
  };
  async function expectNoneOf(source: TemplateSource) {
    const warm = createRenderer();
    const sets = Object.keys(source.template.datasets);
    for (const format of ['jpeg', 'png'] as const)
      for (const set of [...sets, ...sets, ...sets.toReversed()]) {
        const { bytes } = await draw(warm, source, set, format);
        const fresh = await draw(createRenderer(), source, set, format);
        expect(bytes.equals(fresh.bytes), `${set} as ${format}`).toBe(true);
      }
  }

  const folder = join(import.meta.dirname, '../golden/layers');
  const files = readdirSync(folder).filter((file) => file.endsWith('.json'));
  it.each(files)('never shows in a later picture of %s', async (file) => {
    await expectNoneOf(await readTemplateFolder(join(folder, file)));
  });

  it.each([
    ['the language of another line', {}, ['ABC', 'かな']],
    ['a line along another line', { stroke: { color: '#ffffff', width: 8 } }, ['ABC', '[ABC]{decoration=underline}']],
  ])('never shows in a later picture that differs in %s', async (_what, look, [other = '', another = '']) => {
    const text = `直**骨**{{ a }}\n{% if b %}${another}{% else %}${other}{% endif %}`;
    const template = parseTemplate({
      ...{ name: 'lines', size: { width: 300, height: 150 }, alt: 'Lines', background: '#2a9d8f' },
      fields: { a: { type: 'text' }, b: { type: 'boolean' } },
      datasets: { plain: { a: '直骨', b: false }, other: { a: '直骨', b: true } },
      layers: [
        {
          ...{ id: 'lines', type: 'text', text, fontSize: 40, fit: { lines: 2 }, ...look },
          box: { x: 10, y: 10, width: 280, height: 130 },
        },
      ],
    });
    await expectNoneOf({ key: text, template, assets: {} });
  });
});
