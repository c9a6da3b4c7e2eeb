import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { rolldown } from 'rolldown';
import sharp from 'sharp';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { canvas } from '../../core/node/native.ts';
import { swatch } from '../e2e/service.ts';
import { decode } from '../golden/compare.ts';
import { describeReal } from '../real/describe.ts';
import { realBrowser } from './chromium.ts';
import type { InPage, Shown } from './page.ts';

declare const inPage: InPage;

const PHOTO = 'https://cdn.example.com/amira.png';
const withPhoto = (fallback: unknown) =>
  swatch({
    fields: {
      first_name: { type: 'text', fallback: 'there' },
      photo: { type: 'image', hosts: ['cdn.example.com'], fallback },
    },
    layers: [
      { id: 'photo', type: 'image', src: '{{ photo }}', box: { x: 0, y: 0, width: 40, height: 40 } },
      {
        ...{ id: 'name', type: 'text', text: '{{ first_name }}', fontSize: 16 },
        ...{ box: { x: 44, y: 4, width: 56, height: 30 }, fit: { maxLines: 1 } },
      },
    ],
  });
const plain = (background: string): Promise<Buffer> =>
  sharp({ create: { width: 30, height: 30, channels: 3, background } })
    .png()
    .toBuffer();

/** Bytes that come when they are sent. */
function parcel() {
  let send: (bytes: Uint8Array) => void = () => undefined;
  const arrival = new Promise<Uint8Array>((resolve) => {
    send = resolve;
  });
  return { arrival, send: (bytes: Uint8Array) => send(bytes) };
}

describeReal(realBrowser, 'a template in a page', (browser) => {
  const open = (template: unknown) => browser().page.evaluate((template) => inPage.open(template), template);
  const paint = (data: object) =>
    browser().page.evaluate((data) => inPage.paint(data as never), data) as Promise<Shown | string | undefined>;
  const shown = async (data: object) => (await paint(data)) as Shown;
  /** The colour at a point of the canvas. */
  const colorAt = async (x: number, y: number) => {
    const { data, width } = await decode(Buffer.from(await browser().page.evaluate(() => inPage.png()), 'base64'));
    return Buffer.from(data.subarray((y * width + x) * 4, (y * width + x) * 4 + 3)).toString('hex');
  };
  beforeEach(async () => {
    browser().files.clear();
  });

  it('is painted anew for other values, as nothing but them', async () => {
    await open(swatch());
    const first = await shown({ first_name: 'Amira', color: '#ff0000' });
    expect(first.texts).toMatchObject([{ layer: 'name', size: 12, lines: ['Amira'], choice: 0, ellipsis: false }]);
    expect(await colorAt(10, 10)).toBe('ff0000');
    await shown({ first_name: 'Featherstonehaugh', color: '#0000ff' });
    expect(await colorAt(10, 10)).toBe('0000ff');
    expect((await shown({ first_name: 'Amira', color: '#ff0000' })).png).toBe(first.png);
  });

  it('says how the texts of other values would fit, and leaves what is shown as it is', async () => {
    await open(withPhoto({ initials: 'first_name' }));
    const { png } = await shown({ first_name: 'Amira' });
    const data = { first_name: 'Wolfeschlegelsteinhausenbergerdorff 渡辺', photo: 'https://cdn.example.com/none.png' };
    const fitted = await browser().page.evaluate((data) => inPage.fit(data), data);
    expect(await browser().page.evaluate(() => inPage.png())).toBe(png);
    const { texts } = await shown(data);
    expect(fitted?.texts).toEqual(texts);
    expect(fitted?.warnings).toMatchObject([{ code: 'ellipsis', layer: 'name' }]);
  });

  it('is painted in its own fonts also while others ask how the same texts would fit', async () => {
    const { layers } = swatch();
    await open(swatch({ layers: [{ ...layers[1], fontFamily: 'Space Grotesk', fontWeight: 500 }] }));
    const data = { first_name: 'Amira', color: '#ff0000' };
    const both = (data: never) => Promise.all([inPage.fit(data), inPage.paint(data), inPage.fit(data)]);
    const [before, painted, after] = await browser().page.evaluate(both, data as never);
    const again = await shown(data);
    expect(painted).toEqual(again);
    expect([before?.texts, after?.texts]).toEqual([again.texts, again.texts]);
  });

  it('fetches the fonts that its texts need, and large ones only for their letters', async () => {
    const asked: string[] = [];
    const { page } = browser();
    const listen = (request: { url(): string }) => {
      if (request.url().endsWith('.ttf')) asked.push(request.url().replace(/^.*\//, ''));
    };
    page.on('request', listen);
    await open(swatch({ layers: [{ ...swatch().layers[1], fontFamily: 'Caveat', fontWeight: 640 }] }));
    await paint({ first_name: 'Søren', color: '#ff0000' });
    expect(asked).toEqual(['caveat-600.ttf']);
    await paint({ first_name: 'אמירה', color: '#ff0000' });
    expect(asked).toEqual(['caveat-600.ttf', 'noto-sans-hebrew-700.ttf']);
    page.off('request', listen);
  });

  it('takes the font of a weight that the service takes', async () => {
    const context = canvas.createCanvas(1, 1).getContext('2d');
    const differ: string[] = [];
    for (const [family, text] of [
      ['Inter', 'Hamburg'],
      ['Nunito', 'Hamburg'],
      ['Source Serif 4', 'Hamburg'],
      ['Playfair Display', 'Hamburg'],
      ['Roboto Slab', 'Hamburg'],
      ['JetBrains Mono', 'Hamburg'],
      ['Bebas Neue', 'Hamburg'],
      ['Space Grotesk', 'Hamburg'],
      ['Caveat', 'Hamburg'],
      ['Noto Sans Arabic', 'أميرة'],
    ] as const)
      for (const italic of [false, true])
        for (const weight of [100, 150, 151, 250, 251, 365, 366, 450, 451, 550, 551, 650, 651, 750, 751, 850, 900]) {
          context.font = `${italic ? 'italic ' : ''}${weight} 1000px "${family}"`;
          const served = context.measureText(text).width;
          const width = await browser().page.evaluate((face) => inPage.widthOf(...face), [
            family,
            weight,
            italic,
            text,
          ] as const);
          if (Math.abs(width - served) > 1) differ.push(`${family} ${weight} ${italic}: ${width}, not ${served}`);
        }
    expect(differ).toEqual([]);
  }, 60_000);

  it('asks for the part of a picture that matters, and shows all it is given', async () => {
    const box = { x: 0, y: 0, width: 40, height: 30 };
    const photo = { id: 'photo', type: 'image', src: '{{ photo }}', box, focus: 'entropy' };
    await open({ ...withPhoto({ initials: 'first_name' }), layers: [photo] });
    browser().files.set(PHOTO, await plain('#ff0000'));
    const halves = await sharp({ create: { width: 80, height: 60, channels: 3, background: '#00ff00' } })
      .composite([{ input: await plain('#0000ff'), left: 0, top: 0 }])
      .png()
      .toBuffer();
    browser().files.set(`${PHOTO} entropy`, halves);
    await shown({ first_name: 'Amira', photo: PHOTO });
    expect([await colorAt(2, 2), await colorAt(37, 27)]).toEqual(['0000ff', '00ff00']);
  });

  it('draws drawings of the library, in the colours of data or as a picture, sharp in any size', async () => {
    const mark =
      '<svg xmlns="http://www.w3.org/2000/svg" width="4" height="2" viewBox="0 0 4 2"><rect width="2" height="2" fill="#f00"/></svg>';
    browser().files.set('asset:mark', Buffer.from(mark));
    const box = { x: 0, y: 0, width: 40, height: 20 };
    await open(
      swatch({
        layers: [
          { id: 'mark', type: 'svg', svg: 'asset:mark', colors: { '#f00': '{{ color }}' }, box },
          { id: 'picture', type: 'image', src: 'asset:mark', box: { ...box, y: 20 } },
        ],
      }),
    );
    await shown({ first_name: 'Amira', color: '#0000ff' });
    const colors = [];
    for (const [x, y] of [
      [18, 10],
      [22, 10],
      [18, 30],
      [22, 30],
    ] as const)
      colors.push(await colorAt(x, y));
    expect(colors).toEqual(['0000ff', 'ffffff', 'ff0000', 'ffffff']);
  });

  it('shows its texts while a picture is on its way', async () => {
    const arriving = parcel();
    browser().files.set(PHOTO, () => arriving.arrival);
    await open(withPhoto({ initials: 'first_name' }));
    const before = await browser().page.evaluate(() => inPage.png());
    const painting = shown({ first_name: 'Amira', photo: PHOTO });
    await vi.waitFor(async () => expect(await browser().page.evaluate(() => inPage.png())).not.toBe(before), 10_000);
    expect(await colorAt(20, 20)).toBe('ffffff');
    arriving.send(await plain('#00ff00'));
    expect((await painting).warnings).toEqual([]);
    expect(await colorAt(20, 20)).toBe('00ff00');
  });

  it('never shows an older picture over a newer one', async () => {
    const arriving = parcel();
    // The browser still has what other tests have shown.
    const late = 'https://cdn.example.com/late.png';
    browser().files.set(late, () => arriving.arrival);
    await open(withPhoto({ initials: 'first_name' }));
    const older = paint({ first_name: 'Amira', photo: late });
    const newer = await shown({ first_name: 'Zoë' });
    arriving.send(await plain('#00ff00'));
    expect(await older).toBeUndefined();
    expect(await browser().page.evaluate(() => inPage.png())).toBe(newer.png);
  });

  it('has the fallback where a picture cannot be had, and says so', async () => {
    browser().files.set('asset:nobody', await plain('#123456'));
    await open(withPhoto('asset:nobody'));
    const { warnings } = await shown({ first_name: 'Amira', photo: 'https://cdn.example.com/gone.png' });
    expect(warnings).toMatchObject([{ code: 'image_missing', field: 'photo' }]);
    expect(await colorAt(20, 20)).toBe('123456');
  });

  it('says what to do when a font cannot be had, and tries again', async () => {
    await open(swatch());
    const { page } = browser();
    await page.route('**/noto-sans-devanagari-400.ttf', (route) => route.fulfill({ status: 503 }));
    expect(await paint({ first_name: 'अमीरा' })).toBe('A font of this picture cannot be had: load the page again.');
    await page.unroute('**/noto-sans-devanagari-400.ttf');
    expect((await shown({ first_name: 'अमीरा' })).texts).toMatchObject([{ lines: ['अमीरा'] }]);
  });
});

describe('the core for browsers', () => {
  it('is one script of at most 140 KB when compressed until a pattern is judged, and asks for nothing of Node', async () => {
    const input = fileURLToPath(new URL('../../core/browser.ts', import.meta.url));
    const built = await rolldown({ input, platform: 'browser' });
    const { output } = await built.generate({ format: 'esm', minify: true });
    await built.close();
    const [core, ...later] = output;
    expect(core.imports).toEqual([]);
    expect(gzipSync(core.code).length).toBeLessThan(140_000);
    for (const { code } of [core, ...later] as (typeof core)[]) expect(code).not.toMatch(/\brequire\(|["']node:/);
  });
});
