import { extractImages, getDocumentProxy } from 'unpdf';
import { describe, expect, it } from 'vitest';
import { sharp } from '../../core/node/native.ts';
import { createRenderer } from '../../core/node/renderer.ts';
import { applyContract } from '../../core/template/contract.ts';
import { parseTemplate } from '../../core/template/parse.ts';
import { small } from './template.ts';

const plain = { width: 40, height: 40, channels: 3, background: '#3366cc' } as const;
const square = await sharp({ create: plain }).png().toBuffer();
const photo = await sharp({ create: { ...plain, width: 900, height: 600 } })
  .jpeg()
  .toBuffer();
const assets = { 'asset:square': square, 'asset:photo': photo };
const renderer = createRenderer();

/** A template of these layers, one below the other unless they say where they stand. */
const page = (layers: Record<string, unknown>[], more: Record<string, unknown> = {}) =>
  parseTemplate({
    name: 'page',
    size: { width: 400, height: 200 },
    alt: 'A page',
    fields: { first_name: { type: 'text', fallback: 'there', maxLength: 200 }, proof: { type: 'url' } },
    layers: layers.map((layer, i) => ({
      ...{ id: `layer-${i}`, box: { x: 20, y: 10 + 30 * i, width: 360, height: 30 } },
      ...layer,
    })),
    ...more,
  });
const words = (text: string, more: Record<string, unknown> = {}) => ({ type: 'text', text, fontSize: 20, ...more });

let templates = 0;
async function draw(template: typeof small, data: Record<string, unknown> = {}, scale = 2) {
  const { values } = applyContract(template.fields, data);
  const key = `page-${templates++}`;
  const load = () => ({ template, assets });
  return renderer.render({
    template: { key, load },
    values,
    images: {},
    ...{ format: 'pdf', scale, quality: 82 },
  });
}

/** What a reader of a PDF finds in it. */
async function read(bytes: Uint8Array) {
  const document = await getDocumentProxy(new Uint8Array(bytes));
  const first = await document.getPage(1);
  const { items } = await first.getTextContent();
  const { info } = (await document.getMetadata()) as { info: Record<string, unknown> };
  const links = (await first.getAnnotations()) as { url?: string; rect: number[] }[];
  return {
    pages: document.numPages,
    size: first.view.slice(2),
    text: (items as { str: string; hasEOL: boolean }[]).map(({ str, hasEOL }) => (hasEOL ? `${str}\n` : str)).join(''),
    links: links.map(({ url, rect }) => ({ url, rect })),
    info,
    bitmaps: Buffer.from(bytes).toString('latin1').split('/Subtype /Image').length - 1,
  };
}

describe('a page', () => {
  it('has letters that can be selected and searched, in every way of drawing them but one', async () => {
    const { bytes } = await draw(
      page([
        words('Awarded to **{{ first_name }}**'),
        words('A fine office', { opacity: 0.5, rotate: 8 }),
        words('Outlined', { stroke: { color: '#ff0000', width: 2 } }),
        words('Shaded', { shadow: { x: 2, y: 2, blur: 3, color: '#000000' } }),
        words('修了証書'),
        words('Faded', { stroke: { color: '#ff0000', width: 2 }, opacity: 0.5 }),
      ]),
      { first_name: 'Zoë Łukasz' },
    );
    const { pages, text, info } = await read(bytes);
    expect(pages).toBe(1);
    for (const part of ['Awarded to', 'Zoë Łukasz', 'A fine office', 'Outlined', 'Shaded', '修了証書'])
      expect(text).toContain(part);
    // Its outline would show through its letters: it is a bitmap.
    expect(text).not.toContain('Faded');
    expect(info).toMatchObject({ Title: 'page' });
  });

  it('stays lines and letters, but for pictures, shadows and what is faded as a whole', async () => {
    const stops = ['#0000ff', '#ff0000'].map((color, offset) => ({ offset, color }));
    const panel = { type: 'shape', shape: 'rect', borderRadius: 8, fill: { type: 'linear', stops } };
    const stroke = { color: '#000000', width: 4 };
    const bitmapsOf = async (...layers: Record<string, unknown>[]) =>
      (await read((await draw(page(layers))).bytes)).bitmaps;
    expect(await bitmapsOf(panel, { ...panel, rotate: 30, opacity: 0.4 }, { ...panel, stroke })).toBe(0);
    expect(await bitmapsOf({ ...panel, stroke, opacity: 0.4 })).toBeGreaterThan(0);
    expect(await bitmapsOf({ ...panel, shadow: { x: 4, y: 4, color: '#000000' } })).toBeGreaterThan(0);
  });

  it('has drawings as sharp as its other pictures', async () => {
    const svg = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 60 60"><circle cx="30" cy="30" r="28"/></svg>';
    const box = { x: 20, y: 10, width: 180, height: 180 };
    const { bytes } = await draw(page([{ type: 'svg', svg, box }]));
    const [image] = await extractImages(new Uint8Array(bytes), 1);
    expect(image).toMatchObject({ width: 360, height: 360 });
  });

  it('fades what is in a group as a whole', async () => {
    const box = { x: 0, y: 0, width: 160, height: 160 };
    const stroke = { color: '#0000ff', width: 40 };
    const faded = { id: 'faded', type: 'shape', shape: 'rect', box, fill: '#ff0000', stroke, opacity: 0.5 };
    const { bytes } = await draw(page([{ type: 'group', box: { ...box, x: 20, y: 20 }, layers: [faded] }]));
    const [image] = await extractImages(new Uint8Array(bytes), 1);
    const { width = 0, channels = 0, data = [] } = image ?? {};
    // The inner half of the outline lies over the fill.
    const at = (30 * 2 * width + 30 * 2) * channels;
    expect([...data.slice(at, at + 3)]).toEqual([0, 0, 255]);
  });

  it.each([
    ['A4, upright', 794, 1123, [595, 842]],
    ['A4, across, at 300 dpi', 3508, 2480, [842, 595]],
    ['Letter', 816, 1056, [612, 792]],
    ['its own size, 96 pixels to the inch', 600, 300, [450, 225]],
  ])('is %s', async (_, width, height, points) => {
    const { bytes, ...size } = await draw(
      page([words('Hello')], { size: { width, height }, output: { scale: 1 } }),
      {},
      1,
    );
    expect((await read(bytes)).size).toEqual(points);
    expect([size.width, size.height]).toEqual(points);
  });

  it('is the same file for the same input, whenever and wherever it is made', async () => {
    const { bytes } = await draw(small, { first_name: 'Amira 🎉', vip: true });
    await draw(small, { first_name: 'محمد' });
    expect((await draw(small, { first_name: 'Amira 🎉', vip: true })).bytes.equals(bytes)).toBe(true);
    expect((await read(bytes)).info).not.toHaveProperty('CreationDate');
  });

  it('holds of its fonts what it needs', async () => {
    const { bytes } = await draw(page([words('Certificate of Completion'), words('修了証書'), words('شهادة')]));
    expect(bytes.length).toBeLessThan(25_000);
    expect(bytes.toString('latin1').match(/\/FontName \/[A-Z]{6}\+/g)?.length).toBeGreaterThanOrEqual(3);
  });

  it('keeps a photo a JPEG, no larger than it is shown', async () => {
    const of = async (src: string, scale: number) => {
      const picture = { type: 'image', src, box: { x: 0, y: 0, width: 90, height: 60 }, mask: 'circle' };
      return (await draw(page([picture]), {}, scale)).bytes.toString('latin1');
    };
    const twice = await of('asset:photo', 2);
    expect(twice).toMatch(/\/Width 180\s+\/Height 120/);
    expect(twice).toContain('/DCTDecode');
    expect(await of('asset:photo', 3)).toMatch(/\/Width 270\s+\/Height 180/);
    // Flat colours would show what JPEG does to them, and nothing is gained by enlarging.
    const flat = await of('asset:square', 3);
    expect(flat).toMatch(/\/Width 40\s+\/Height 27/);
    expect(flat).not.toContain('/DCTDecode');
  });
});

describe('a photo within what a page shows as a bitmap', () => {
  const shadow = { x: 0, y: 2, blur: 4, color: '#000000' };
  const box = { x: 0, y: 0, width: 90, height: 60 };
  const picture = { id: 'photo', type: 'image', src: 'asset:photo', box };
  const shadowed = { id: 'dot', type: 'shape', shape: 'rect', box: { ...box, width: 9 }, fill: '#ff0000', shadow };

  it.each([
    ['a faded group', { opacity: 0.5, layers: [picture] }],
    ['a group with a blend mode', { blendMode: 'multiply', layers: [picture] }],
    ['a group with a shadow in it', { layers: [picture, shadowed] }],
    ['a faded stack', { type: 'stack', opacity: 0.5, layers: [picture] }],
  ])('is itself in %s', async (_, group) => {
    const template = page([{ type: 'group', box, ...group }]);
    const { bytes } = await draw(template);
    const [image] = await extractImages(new Uint8Array(bytes), 1);
    if (!image) throw new Error('the page has no bitmap');
    const { data, width, height, channels } = image;
    const at = (Math.floor(height / 2) * width + Math.floor(width / 2)) * channels;
    const [red = 0, green = 0, blue = 0] = data.subarray(at, at + 3);
    for (const [shown, wanted] of [
      [red, 0x33],
      [green, 0x66],
      [blue, 0xcc],
    ] as const)
      expect(Math.abs(shown - wanted)).toBeLessThan(6);
    expect((await draw(template)).bytes.equals(bytes)).toBe(true);
  });
});

describe('several pages', () => {
  const proof = { href: '{{ proof }}' };
  const ticket = page([
    words('Dear {{ first_name }}'),
    { type: 'image', src: 'asset:photo', box: { x: 0, y: 100, width: 90, height: 60 } },
    words('Terms for **{{ first_name }}**', { page: 3, ...proof }),
    words('Your seat', { page: 2 }),
    { type: 'image', src: 'asset:photo', page: 2, box: { x: 0, y: 100, width: 90, height: 60 } },
    words('Signed', { page: 3, href: 'https://example.com/signed' }),
  ]);

  it('stand in one file, each with its own letters, pictures and links', async () => {
    const { bytes } = await draw(ticket, { first_name: 'Amira', proof: 'https://example.com/p' });
    const document = await getDocumentProxy(new Uint8Array(bytes));
    const shown = await Promise.all(
      [1, 2, 3].map(async (number) => {
        const shownPage = await document.getPage(number);
        const { items } = await shownPage.getTextContent();
        const links = (await shownPage.getAnnotations()) as { url?: string }[];
        return {
          size: shownPage.view.slice(2),
          text: (items as { str: string }[]).map(({ str }) => str).join(''),
          links: links.map(({ url }) => url),
        };
      }),
    );
    const size = [300, 150];
    expect(document.numPages).toBe(3);
    expect((await read(bytes)).bitmaps).toBeGreaterThan(0);
    expect(shown).toEqual([
      { size, text: 'Dear Amira', links: [] },
      { size, text: 'Your seat', links: [] },
      {
        size,
        text: 'Terms for AmiraSigned',
        links: ['https://example.com/p', 'https://example.com/signed'],
      },
    ]);
    expect((await draw(ticket, { first_name: 'Amira', proof: 'https://example.com/p' })).bytes.equals(bytes)).toBe(
      true,
    );
  });

  it('are told of together, and of them a picture shows the first', async () => {
    const cut = {
      text: '{{ first_name }}',
      box: { x: 0, y: 0, width: 30, height: 20 },
      fit: { maxLines: 1, minFontSize: 20 },
    };
    const template = page([words('', cut), words('', { ...cut, page: 2 })]);
    const data = { first_name: 'Bartholomew' };
    const told = ({ warnings }: Awaited<ReturnType<typeof draw>>) => warnings.map(({ layer }) => layer);
    expect(told(await draw(template, data))).toEqual(['layer-0', 'layer-1']);
    const picture = async (template: typeof small) => {
      const { values } = applyContract(template.fields, data);
      const job = { key: `picture-${templates++}`, load: () => ({ template, assets }) };
      return renderer.render({ template: job, values, images: {}, format: 'png', scale: 2, quality: 82 });
    };
    const shown = await picture(template);
    expect(told(shown)).toEqual(['layer-0']);
    expect(shown.bytes.equals((await picture(page([words('', cut)]))).bytes)).toBe(true);
  });

  it('are said of the outermost layers alone', () => {
    const group = {
      type: 'group',
      layers: [{ id: 'inner', ...words('Hi', { page: 2 }), box: { x: 0, y: 0, width: 90, height: 30 } }],
    };
    expect(() => page([group])).toThrow(/layers\.0\.layers\.0\.page.*belongs to the layer that holds this one/);
  });
});

describe('a layer that leads somewhere', () => {
  const linked = page([
    words('Mergepix', { href: "https://example.com/it's(a)" }),
    words('Verify', { href: '{{ proof }}' }),
    words('Write', { href: 'mailto:{{ first_name }}@example.com' }),
  ]);

  it('is a link where it stands, in points from the bottom', async () => {
    const { links } = await read((await draw(linked, { proof: 'https://example.com/p/7', first_name: 'ann' })).bytes);
    expect(links).toEqual([
      { url: 'https://example.com/it%27s%28a%29', rect: [15, 120, 285, 142.5].map(Math.round) },
      { url: 'https://example.com/p/7', rect: expect.any(Array) },
      { url: 'mailto:ann@example.com', rect: expect.any(Array) },
    ]);
  });

  it('is a link within other layers, too, where it stands in them', async () => {
    const box = { x: 0, y: 0, width: 40, height: 20 };
    const tile = (id: string, href: string, more: object = {}) => ({ ...words('x', { href }), id, box, ...more });
    const outer = { id: 'outer', type: 'group', box: { x: 100, y: 50, width: 200, height: 100 }, href: '{{ proof }}' };
    const items = [{ name: 'a' }, { name: 'b' }];
    const fields = {
      first_name: { type: 'text' },
      proof: { type: 'url' },
      items: { type: 'list', of: { name: { type: 'text' } } },
    };
    const template = page(
      [
        {
          ...outer,
          layers: [tile('still', 'https://example.com/{{ first_name }}', { box: { ...box, x: 60, y: 40 } })],
        },
        {
          ...outer,
          id: 'turned',
          rotate: 180,
          href: undefined,
          layers: [tile('in-turned', 'tel:+1', { box: { ...box, x: 10 } })],
        },
        {
          ...{ id: 'row', type: 'stack', gap: 10, box: { x: 0, y: 160, width: 300, height: 20 } },
          layers: ['https://example.com/first', 'mailto:a@example.com'].map((href, i) => ({
            id: `box-${i}`,
            href,
            type: 'shape',
            shape: 'rect',
            fill: '#ff0000',
            box,
          })),
        },
        {
          ...{ id: 'list', type: 'repeat', over: 'items', itemHeight: 20, box: { x: 0, y: 0, width: 100, height: 40 } },
          layers: [tile('line', 'https://example.com/{{ item.name }}/{{ index }}')],
        },
      ],
      { fields },
    );
    const { links } = await read(
      (await draw(template, { first_name: 'ann', proof: 'https://example.com/p', items })).bytes,
    );
    expect(links).toEqual([
      { url: 'https://example.com/p', rect: [75, 37, 225, 113] },
      { url: 'https://example.com/ann', rect: [120, 67, 150, 83] },
      { url: 'tel:+1', rect: [187, 37, 218, 53] },
      { url: 'https://example.com/first', rect: [0, 15, 30, 30] },
      { url: 'mailto:a@example.com', rect: [37, 15, 68, 30] },
      { url: 'https://example.com/a/1', rect: [0, 135, 30, 150] },
      { url: 'https://example.com/b/2', rect: [0, 120, 30, 135] },
    ]);
  });

  it('is none where the data holds no address', async () => {
    const { links } = await read(
      (await draw(page([words('x', { href: '{{ first_name }}' })]), { first_name: 'javascript:alert(1)' })).bytes,
    );
    expect(links).toEqual([]);
  });

  it('cannot write anything else into the file', async () => {
    const { links } = await read((await draw(linked, { first_name: 'a) >> /S /JavaScript /JS (app.alert' })).bytes);
    expect(links.map(({ url }) => url)).toContain('mailto:a%29 >> /S /JavaScript /JS %28app.alert@example.com');
  });

  it('leads by fields and nothing else', () => {
    expect(() => page([words('x', { href: 'ftp://example.com' })])).toThrow(/layers\.0\.href: expected an address/);
    const live = { freshness: { mode: 'live' } };
    expect(() => page([words('x', { href: 'https://example.com/{{ now }}' })], live)).toThrow(/leads where now says/);
  });
});
