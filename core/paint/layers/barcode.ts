/// <reference path="./jsbarcode.d.ts" />
import { CODE39 } from 'jsbarcode/bin/barcodes/CODE39/index.js';
import { CODE128 } from 'jsbarcode/bin/barcodes/CODE128/index.js';
import { EAN8, EAN13, UPC } from 'jsbarcode/bin/barcodes/EAN_UPC/index.js';
import { ITF14 } from 'jsbarcode/bin/barcodes/ITF/index.js';
import { z } from 'zod';
import { color, expression, layerBase } from '../../template/parts.ts';
import type { Warning } from '../../template/value.ts';
import { defineLayer } from '../layer-type.ts';
import { drawModules, type Modules, scanWarnings, sideOf } from '../modules.ts';
import { grow } from '../surface.ts';

/** The margins each needs left and right in modules (GS1, ISO/IEC 15417 and 16388), and what it holds. */
const FORMATS = {
  code128: { Code: CODE128, quiet: [10, 10], holds: 'plain letters, digits and signs (ASCII)' },
  code39: { Code: CODE39, quiet: [10, 10], holds: 'capitals, digits and - . $ / + %' },
  ean13: { Code: EAN13, quiet: [11, 7], holds: '12 digits, or 13 with their right check digit' },
  ean8: { Code: EAN8, quiet: [7, 7], holds: '7 digits, or 8 with their right check digit' },
  upc: { Code: UPC, quiet: [9, 9], holds: '11 digits, or 12 with their right check digit' },
  itf14: { Code: ITF14, quiet: [10, 10], holds: '13 digits, or 14 with their right check digit' },
} as const;
type Format = keyof typeof FORMATS;

/** More than any reader takes in one line. */
const MAX_DATA = 200;

const schema = z.strictObject({
  ...layerBase,
  type: z.literal('barcode'),
  format: z.enum(Object.keys(FORMATS) as [Format, ...Format[]]).default('code128'),
  data: expression.min(1).describe('What a scanner reads. Blank, or not what the format holds, draws nothing.'),
  minModuleSize: z
    .number()
    .min(1)
    .max(50)
    .default(2)
    .describe('The narrowest bar in pixels of the finished picture; below it comes a warning.'),
  color: color.default('#000000'),
  background: color.default('#ffffff'),
});

/** A barcode as tall as its box, on whole device pixels, with the margins its standard asks for. */
export const barcode = defineLayer({
  schema,
  rich: [],
  bound: ({ box }) => grow(box, 1),
  plan(layer, bench) {
    const { id, box, format } = layer;
    const data = layer.data.trim();
    const modules = modulesOf(data, format);
    const side = modules && sideOf(modules, box, bench);
    const misfit: Warning = {
      code: 'invalid',
      layer: id,
      message: `${id}: is left out, for its data is not what ${format} holds: ${FORMATS[format].holds}`,
    };
    return {
      area: grow(box, 1),
      needs: [],
      warnings: side ? scanWarnings(layer, side, layer.minModuleSize) : data === '' ? [] : [misfit],
      ...(!modules && { size: { width: 0, height: 0 } }),
      shadow: undefined,
      flattens: 'faded',
      draw(context) {
        if (modules) drawModules(context, modules, box, layer, bench);
      },
    };
  },
});

/** The bars of a code, undefined when its format cannot hold the data. */
function modulesOf(data: string, format: Format): Modules | undefined {
  // Letters past ASCII stand for the encoder's own signs.
  if (data === '' || data.length > MAX_DATA || !/^\p{ASCII}*$/u.test(data)) return undefined;
  const { Code, quiet } = FORMATS[format];
  // Flat: bars of one height, their digits left to a text layer.
  const code = new Code(data, { flat: true });
  if (!code.valid()) return undefined;
  const bars = code.encode().data;
  const [left, right] = quiet;
  return { rows: [Array.from(bars, (bar) => bar === '1')], across: left + bars.length + right, left };
}
