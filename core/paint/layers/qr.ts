import { encode } from 'uqr';
import { z } from 'zod';
import { color, expression, layerBase } from '../../template/parts.ts';
import type { Warning } from '../../template/value.ts';
import { defineLayer } from '../layer-type.ts';
import { drawModules, type Modules, scanWarnings, sideOf } from '../modules.ts';
import { type Bench, grow } from '../surface.ts';

/** From the strongest to the weakest. */
const LEVELS = ['H', 'Q', 'M', 'L'] as const;

const schema = z.strictObject({
  ...layerBase,
  type: z.literal('qr'),
  data: expression.min(1).describe('What a scanner reads, such as an address. Blank draws nothing.'),
  shorter: z
    .array(expression.min(1))
    .max(5)
    .default([])
    .describe('Data to try in turn where the one before is blank or too much for the box.'),
  errorCorrection: z
    .enum(LEVELS)
    .default('M')
    .describe('How much of the code may be hidden: L 7%, M 15%, Q 25%, H 30%. Lowered where modules get too small.'),
  quietZone: z.number().int().min(0).max(20).default(4).describe('The margin scanners need, in modules.'),
  minModuleSize: z
    .number()
    .min(1)
    .max(50)
    .default(3)
    .describe('The smallest module in pixels of the finished picture; below it comes a warning.'),
  color: color.default('#000000'),
  background: color.default('#ffffff'),
});

/** A QR code on whole device pixels. Too much data gives way by its ladder: less error correction, shorter data, small modules. */
export const qr = defineLayer({
  schema,
  rich: [],
  bound: ({ box }) => grow(box, 1),
  plan(layer, bench) {
    const { box } = layer;
    const candidates = [layer.data, ...layer.shorter].map((data) => data.trim().toWellFormed());
    const fit = fitOf(candidates, layer, bench);
    return {
      area: grow(box, 1),
      needs: [],
      warnings: fit ? warningsOf(layer, fit) : faultOf(layer.id, candidates),
      ...(!fit && { size: { width: 0, height: 0 } }),
      shadow: undefined,
      flattens: 'faded',
      draw(context) {
        if (fit) drawModules(context, fit.modules, box, layer, bench);
      },
    };
  },
});

type Layer = Pick<z.infer<typeof schema>, 'id' | 'box' | 'errorCorrection' | 'quietZone' | 'minModuleSize'>;
/** A code that can be drawn: which data it holds, and its module in device pixels. */
type Fit = { readonly choice: number; readonly modules: Modules; readonly side: number };

/** The first code whose modules are large enough; else the largest modules there are. */
function fitOf(candidates: readonly string[], layer: Layer, bench: Bench): Fit | undefined {
  let best: Fit | undefined;
  for (const [choice, data] of candidates.entries()) {
    if (data === '') continue;
    for (const level of LEVELS.slice(LEVELS.indexOf(layer.errorCorrection))) {
      const modules = modulesOf(data, level, layer.quietZone);
      if (!modules) continue;
      const side = sideOf(modules, layer.box, bench);
      if (!best || side > best.side) best = { choice, modules, side };
      if (side >= layer.minModuleSize) return { choice, modules, side };
    }
  }
  return best;
}

/** A code, undefined when the data is more than the largest one holds. */
function modulesOf(data: string, ecc: (typeof LEVELS)[number], quietZone: number): Modules | undefined {
  try {
    // Error correction that comes for free is taken: the code stays as large as it is.
    const { data: rows, size } = encode(data, { ecc, boostEcc: true, border: 0 });
    return { rows, across: size + 2 * quietZone, left: quietZone };
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function warningsOf(layer: Parameters<typeof scanWarnings>[0] & Layer & { shorter: readonly string[] }, fit: Fit) {
  const warnings: Warning[] = scanWarnings(layer, fit.side, layer.minModuleSize);
  if (fit.choice === 0) return warnings;
  const message = `${layer.id}: used shorter data ${fit.choice} of ${layer.shorter.length}`;
  return [{ code: 'shorter_text', layer: layer.id, message } satisfies Warning, ...warnings];
}

/** Blank data draws nothing, as meant; data that no code holds is worth a word. */
const faultOf = (id: string, candidates: readonly string[]): Warning[] =>
  candidates.every((data) => data === '')
    ? []
    : [{ code: 'too_long', layer: id, message: `${id}: is left out, for no QR code holds that much data; shorten it` }];
