import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { prepareZXingModule, readBarcodes } from 'zxing-wasm/reader';
import { drawLayers } from './template.ts';

// The reader's own file: it would be fetched from a host otherwise.
const wasm = readFileSync(createRequire(import.meta.url).resolve('zxing-wasm/reader/zxing_reader.wasm'));
prepareZXingModule({ overrides: { wasmBinary: Uint8Array.from(wasm).buffer } });

/** What a scanner reads from a picture, from left to right. */
async function scan(bytes: Uint8Array): Promise<[string, string][]> {
  const found = await readBarcodes(new Uint8Array(bytes), { tryHarder: true, maxNumberOfSymbols: 20 });
  const sorted = found.sort((a, b) => a.position.topLeft.x - b.position.topLeft.x);
  return sorted.map(({ format, text }) => [format, text]);
}

const qr = (more: Record<string, unknown> = {}) => ({
  ...{ id: 'code', type: 'qr', data: '{{ data }}', box: { x: 20, y: 20, width: 160, height: 160 } },
  ...more,
});
const bars = (format: string, data: string, x: number) => ({
  ...{ id: format, type: 'barcode', format, data, box: { x, y: 30, width: 280, height: 70 } },
});
const jpeg = { format: 'jpeg', quality: 60 } as const;

describe('a QR code', () => {
  it('is told of where it cannot be scanned in any picture', async () => {
    const tiny = { x: 0, y: 0, width: 20, height: 20 };
    const { warnings } = await drawLayers(
      [qr({ data: 'https://example.com/always', box: tiny }), bars('ean13', '1', 20)],
      jpeg,
    );
    expect(warnings.map(({ code, layer }) => [code, layer])).toEqual([
      ['unscannable', 'code'],
      ['invalid', 'ean13'],
    ]);
  });

  it('is read from a finished JPEG, turned, coloured, and with letters of every script', async () => {
    const layers = [
      qr(),
      qr({ id: 'turned', data: 'WIFI:S:Café 山田;;', rotate: 20, box: { x: 210, y: 20, width: 160, height: 160 } }),
      qr({
        ...{
          id: 'branded',
          data: 'BRAND',
          color: '#264653',
          background: '#ffe8cc',
          errorCorrection: 'H',
          quietZone: 3,
        },
        box: { x: 400.3, y: 20.6, width: 160.5, height: 150 },
      }),
    ];
    const { bytes, warnings } = await drawLayers(layers, { data: 'https://example.com/t/4F7K' }, jpeg);
    expect(warnings).toEqual([]);
    expect(await scan(bytes)).toEqual([
      ['QRCode', 'https://example.com/t/4F7K'],
      ['QRCode', 'WIFI:S:Café 山田;;'],
      ['QRCode', 'BRAND'],
    ]);
  });

  it('gives way step by step when the data is too much for it, and says so', async () => {
    const tall = { box: { x: 20, y: 20, width: 100, height: 100 } };
    const address = `https://example.com/${'a'.repeat(80)}`;
    // Less error correction makes modules large enough: nothing to tell.
    const lower = await drawLayers([qr({ ...tall, errorCorrection: 'H' })], { data: address }, jpeg);
    expect([lower.warnings, await scan(lower.bytes)]).toEqual([[], [['QRCode', address]]]);

    const shorter = ['https://example.com/'];
    const short = await drawLayers([qr({ ...tall, shorter })], { data: 'b'.repeat(5000) }, jpeg);
    expect(short.warnings.map(({ code, layer }) => [code, layer])).toEqual([['shorter_text', 'code']]);
    expect(await scan(short.bytes)).toEqual([['QRCode', 'https://example.com/']]);

    const small = await drawLayers([qr(tall)], { data: 'c'.repeat(900) }, jpeg);
    expect(small.warnings).toEqual([
      {
        ...{ code: 'unscannable', layer: 'code' },
        message: 'code: its modules are 1 px wide in the picture, less than 3; give it more room or less data',
      },
    ]);

    const nothing = await drawLayers([qr(tall)], { data: 'd'.repeat(5000) }, jpeg);
    expect(nothing.warnings.map(({ code }) => code)).toEqual(['too_long']);
    expect(await scan(nothing.bytes)).toEqual([]);
  });

  it('is told when its colours cannot be scanned, and draws nothing for nothing', async () => {
    for (const colors of [{ color: '#ffe066' }, { color: '#ffffff', background: '#000000' }]) {
      const { warnings } = await drawLayers([qr({ ...colors, data: '{{ data }}' })], { data: 'x' }, jpeg);
      expect(warnings.map(({ code }) => code)).toEqual(['unscannable']);
    }
    const { warnings, bytes } = await drawLayers([qr()], { data: '' }, jpeg);
    expect([warnings, await scan(bytes)]).toEqual([[], []]);
  });

  it('is drawn also of half a character', async () => {
    const { bytes } = await drawLayers([qr({ data: 'A\ud83d {{ data }}' })], { data: 'x' }, jpeg);
    expect(await scan(bytes)).toEqual([['QRCode', 'A\ufffd x']]);
  });
});

describe('a barcode', () => {
  it('of every format is read from a finished JPEG', async () => {
    const pictures = [
      [bars('code128', '{{ data }}', 10), bars('ean13', '400638133393', 300)],
      [bars('ean8', '9638507', 10), bars('upc', '036000291452', 300)],
      [bars('itf14', '1540014128876', 10), bars('code39', 'ABC-12', 300)],
    ];
    const read = [];
    for (const layers of pictures) {
      const { bytes, warnings } = await drawLayers(layers, { data: 'Ticket #4F7K' }, jpeg);
      expect(warnings).toEqual([]);
      read.push(...(await scan(bytes)));
    }
    expect(read).toEqual([
      ['Code128', 'Ticket #4F7K'],
      ['EAN13', '4006381333931'],
      ['EAN8', '96385074'],
      // As readers see it: an EAN-13 that begins with 0.
      ['EAN13', '0036000291452'],
      ['ITF', '15400141288763'],
      ['Code39', 'ABC-12'],
    ]);
  });

  it('is left out for data its format cannot hold, with a word on what it can', async () => {
    for (const [format, data] of [
      ['code128', 'Zoë'],
      ['code128', 'ÑANDÚ'],
      ['code128', 'Ï12'],
      ['ean13', '5'.repeat(5000)],
      ['ean13', '4006381333932'],
    ] as const) {
      const { bytes, warnings } = await drawLayers([bars(format, '{{ data }}', 10)], { data }, jpeg);
      expect(warnings.map(({ code, layer }) => [code, layer])).toEqual([['invalid', format]]);
      expect(await scan(bytes)).toEqual([]);
    }
  });
});
