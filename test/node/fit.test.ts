import { describe, expect, it } from 'vitest';
import { createFitter } from '../../core/node/fit.ts';
import { parseTemplate } from '../../core/template/parse.ts';
import { variantOf } from '../../core/template/variants.ts';

const fitter = createFitter();

const bars = { id: 'bars', type: 'barcode', data: '{{ code }}', box: { x: 10, y: 10, width: 170, height: 60 } };
const square = { id: 'square', type: 'qr', data: '{{ code }}', box: { x: 200, y: 10, width: 80, height: 80 } };

/** Tries rows in a ticket of these layers, or one of its variants. */
async function tryRows(rows: readonly Record<string, unknown>[], more: Record<string, unknown> = {}, variant?: string) {
  const ticket = parseTemplate({
    name: 'ticket',
    size: { width: 300, height: 100 },
    alt: 'A ticket',
    fields: { code: { type: 'text', fallback: 'TCK-0001' } },
    layers: [bars, square],
    ...more,
  });
  const template = variantOf(ticket, variant);
  return fitter.fit({
    template: { key: JSON.stringify([more, variant]), load: () => ({ template, assets: {} }) },
    ...{ fields: template.fields, rows: rows.map((data, i) => ({ number: i + 1, data })), limit: 20 },
  });
}

const noticed = ({ rows }: Awaited<ReturnType<typeof tryRows>>) =>
  rows.map(({ fits, warnings }) => [fits, ...warnings.map(({ layer, code }) => `${layer}: ${code}`)]);

describe('the codes of a row', () => {
  const row = { code: 'TCK-0002' };

  it('are measured at the scale or dpi that their pictures are made at', async () => {
    const small = await tryRows([row], { output: { scale: 1 } });
    expect(noticed(small)).toEqual([[false, 'bars: unscannable', 'square: unscannable']]);
    for (const output of [{}, { scale: 2 }, { dpi: 144 }]) {
      const own = await tryRows([row], { output });
      expect([own.fits, noticed(own)]).toEqual([1, [[true]]]);
    }
  });

  it('are measured at the scale of the variant that is asked for', async () => {
    const size = { width: 300, height: 100 };
    const variants = { large: { size, output: { scale: 2 } }, small: { size, output: { scale: 1 } } };
    expect(await tryRows([row], { output: { scale: 1 }, variants }, 'large')).toMatchObject({ fits: 1 });
    expect(await tryRows([row], { output: { scale: 2 }, variants }, 'small')).toMatchObject({ fits: 0 });
  });

  it('take all the room they have on a page, where a picture keeps to whole pixels', async () => {
    const layers = [{ ...square, box: { ...square.box, width: 72, height: 72 }, minModuleSize: 4.5 }];
    expect(await tryRows([row], { layers, output: { format: 'png' } })).toMatchObject({ fits: 0 });
    expect(await tryRows([row], { layers, output: { format: 'pdf' } })).toMatchObject({ fits: 1 });
  });
});

describe('a row whose data a layer cannot hold', () => {
  it('does not fit, for the layer is left out', async () => {
    const left = await tryRows([{ code: 'ÄÖÜ' }, { code: 'x'.repeat(1000) }, {}], {
      fields: { code: { type: 'text', fallback: 'TCK-0001', maxLength: 1000 } },
      layers: [bars, { ...square, data: '{{ code }}{{ code }}{{ code }}' }],
    });
    expect(noticed(left)).toEqual([
      [false, 'bars: invalid', 'square: too_long'],
      [false, 'bars: invalid'],
      [true, 'undefined: blank'],
    ]);
    expect(left).toMatchObject({ total: 3, fits: 1 });
  });
});
