import { describe, expect, it } from 'vitest';
import { sharp } from '../../core/node/native.ts';
import { createRenderer, type RenderJob } from '../../core/node/renderer.ts';
import { applyContract } from '../../core/template/contract.ts';
import { parseTemplate } from '../../core/template/parse.ts';
import { small } from './template.ts';

const square = await sharp({ create: { width: 64, height: 64, channels: 3, background: '#ff0000' } })
  .png()
  .toBuffer();
const assets = { 'asset:square': square };

function job(data: Record<string, unknown>, change: Partial<RenderJob> = {}): RenderJob {
  const { values } = applyContract(small.fields, data);
  return {
    template: { key: 'small', load: () => ({ template: small, assets }) },
    values,
    images: {},
    format: 'jpeg',
    scale: 2,
    quality: 82,
    ...change,
  };
}

const pixels = async (bytes: Uint8Array): Promise<Buffer> => sharp(bytes).ensureAlpha().raw().toBuffer();

describe('a renderer', () => {
  it('gives the same bytes for the same input, whatever it drew in between', async () => {
    const renderer = createRenderer();
    const first = await renderer.render(job({ first_name: 'Amira' }));
    await renderer.render(job({ first_name: 'Bartholomew Featherstonehaugh-Cholmondeley', vip: true }));
    await renderer.render(job({ first_name: 'محمد', vip: true }));
    await renderer.render(job({ first_name: '👩‍👩‍👧', vip: 'no' }));
    const again = await renderer.render(job({ first_name: 'Amira' }));
    const elsewhere = await createRenderer().render(job({ first_name: 'Amira' }));
    expect(again.bytes.equals(first.bytes)).toBe(true);
    expect(elsewhere.bytes.equals(first.bytes)).toBe(true);
  });

  it('gives the same picture when many are drawn at once', async () => {
    const renderer = createRenderer();
    const names = ['Amira', 'Zoë', '田中', 'Олена', '🎉 Ada'];
    const alone = [];
    for (const first_name of names) alone.push((await renderer.render(job({ first_name }, { format: 'png' }))).bytes);
    const fresh = createRenderer();
    const together = await Promise.all(names.map((first_name) => fresh.render(job({ first_name }, { format: 'png' }))));
    for (const [i, { bytes }] of together.entries()) expect(bytes.equals(alone[i] as Buffer)).toBe(true);
  });

  it.each([
    ['jpeg', 1, 300, 150],
    ['png', 2, 600, 300],
    ['webp', 3, 900, 450],
    ['jpeg', 1.5, 450, 225],
  ] as const)('makes %s at scale %d', async (format, scale, width, height) => {
    const { bytes, ...size } = await createRenderer().render(job({ first_name: 'Amira' }, { format, scale }));
    expect(await sharp(bytes).metadata()).toMatchObject({ format, width, height });
    expect(size).toMatchObject({ width, height });
  });

  it("casts a picture's shadow alike at every scale", async () => {
    const template = parseTemplate({
      name: 'shadow',
      size: { width: 60, height: 60 },
      alt: 'A square',
      layers: [
        {
          ...{ id: 'square', type: 'image', src: 'asset:square', box: { x: 15, y: 15, width: 24, height: 24 } },
          shadow: { x: 6, y: 6, color: '#0000ff' },
        },
      ],
    });
    const at = async (scale: number) => {
      const { bytes } = await createRenderer().render(
        job({}, { template: { key: 'shadow', load: () => ({ template, assets }) }, format: 'png', scale }),
      );
      const spot = async (x: number, y: number) =>
        [
          ...(await pixels(
            await sharp(bytes)
              .extract({ left: x * scale, top: y * scale, width: 1, height: 1 })
              .toBuffer(),
          )),
        ].slice(0, 3);
      return Promise.all([spot(20, 20), spot(42, 42), spot(48, 48)]);
    };
    const expected = [
      [255, 0, 0],
      [0, 0, 255],
      [255, 255, 255],
    ];
    expect(await at(1)).toEqual(expected);
    expect(await at(2)).toEqual(expected);
    expect(await at(3)).toEqual(expected);
  });

  it('says what the ladder did to a name that does not fit', async () => {
    const { warnings } = await createRenderer().render(
      job({ first_name: 'Wolfeschlegelsteinhausenbergerdorffwelchevoraltern' }),
    );
    expect(warnings).toEqual([expect.objectContaining({ code: 'shorter_text', layer: 'headline' })]);
  });

  it("draws a contact's picture, and initials where it cannot be had or read", async () => {
    const renderer = createRenderer();
    const photo = 'https://cdn.example.com/a.png';
    const data = { first_name: 'Amira', photo };
    const middle = async (images: RenderJob['images']) => {
      const { bytes, warnings } = await renderer.render(job(data, { images, format: 'png', scale: 1 }));
      const { data: rgb } = await sharp(bytes)
        .extract({ left: 20, top: 30, width: 1, height: 1 })
        .raw()
        .toBuffer({ resolveWithObject: true });
      return { color: [...rgb.subarray(0, 3)], codes: warnings.map(({ code }) => code) };
    };
    expect(await middle({ [photo]: square })).toEqual({ color: [255, 0, 0], codes: [] });
    const without = { color: [75, 85, 99], codes: ['image_missing'] };
    expect(await middle({ [photo]: null })).toEqual(without);
    expect(await middle({ [photo]: square.subarray(0, 59) })).toEqual(without);
    expect(await middle({ [photo]: Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>') })).toEqual(without);
  });

  it('draws without a picture when the data names one by a word that every object answers to', async () => {
    const template = {
      ...small,
      layers: small.layers.map((layer) => (layer.id === 'photo' ? { ...layer, src: '{{ first_name }}' } : layer)),
    } as typeof small;
    const source = { key: 'words', load: () => ({ template, assets }) };
    const renderer = createRenderer();
    for (const first_name of ['constructor', '__proto__', 'toString']) {
      const { bytes } = await renderer.render(job({ first_name }, { template: source }));
      expect(bytes.length).toBeGreaterThan(1000);
    }
  });

  it('refuses a template whose own asset cannot be read, and works again once it can', async () => {
    const renderer = createRenderer();
    const broken = job(
      {},
      { template: { key: 'broken', load: () => ({ template: small, assets: { 'asset:square': Buffer.from('x') } }) } },
    );
    await expect(renderer.render(broken)).rejects.toMatchObject({
      code: 'asset_invalid',
      message: expect.stringContaining('asset:square'),
    });
    await expect(
      renderer.render({ ...broken, template: { key: 'broken', load: () => ({ template: small, assets }) } }),
    ).resolves.toBeDefined();
  });

  it('keeps compiled templates within its bytes, the least recently used out first', async () => {
    const loads: string[] = [];
    const keyed = (key: string) => {
      const load = () => {
        loads.push(key);
        return { template: small, assets };
      };
      return job({ first_name: 'Amira' }, { template: { key, load }, scale: 1 });
    };
    // A picture of 300 x 150 takes 720 KB compiled: one of them fits.
    const renderer = createRenderer({ maxBytes: 800_000 });
    for (const key of ['a', 'a', 'b', 'b', 'a']) await renderer.render(keyed(key));
    expect(loads).toEqual(['a', 'b', 'a']);
    await renderer.render({ ...keyed('a'), scale: 3 });
    await renderer.render({ ...keyed('a'), scale: 3 });
    expect(loads, 'even one that is larger than all of it is compiled once').toEqual(['a', 'b', 'a', 'a']);
  });

  it('fades a layer as a whole, and keeps it within its turned box', async () => {
    const box = { x: 30, y: 30, width: 40, height: 40 };
    const square = { id: 'square', type: 'shape', shape: 'rect', box, rotate: 45, opacity: 0.5 };
    const template = parseTemplate({
      ...small,
      size: { width: 100, height: 100 },
      layers: [{ ...square, when: 'vip', fill: '#000000', stroke: { color: '#000000', width: 4 } }],
    });
    const renderer = createRenderer();
    const draw = async (vip: boolean) => {
      const { values } = applyContract(template.fields, { vip });
      const source = { key: 'turned', load: () => ({ template, assets: {} }) };
      const { bytes } = await renderer.render(job({}, { template: source, values, format: 'png', scale: 1 }));
      const data = await pixels(bytes);
      return (x: number, y: number) => data[(y * 100 + x) * 4];
    };
    const shown = await draw(true);
    // Where the outline lies over the fill it is no darker; the corners of the box are outside the turned square.
    expect([shown(50, 50), shown(50, 23)].map((value) => Math.abs((value ?? 0) - 128) <= 1)).toEqual([true, true]);
    expect([shown(31, 31), shown(69, 31), shown(50, 18)]).toEqual([255, 255, 255]);
    const hidden = await draw(false);
    expect([hidden(50, 50), hidden(50, 23)]).toEqual([255, 255]);
  });

  it('draws nothing, and does not fail, for blank text', async () => {
    const template = parseTemplate({
      ...small,
      layers: [
        {
          id: 'blank',
          type: 'text',
          text: '{{ first_name }}',
          box: { x: 0, y: 0, width: 10, height: 10 },
          fontSize: 8,
          fit: { maxLines: 1 },
        },
      ],
      fields: { ...small.fields, first_name: { type: 'text', fallback: '' } },
    });
    const { bytes } = await createRenderer().render(
      job(
        {},
        {
          template: { key: 'blank', load: () => ({ template, assets }) },
          values: applyContract(template.fields, {}).values,
          format: 'png',
        },
      ),
    );
    expect(new Set(await pixels(bytes))).toEqual(new Set([255]));
  });
});
