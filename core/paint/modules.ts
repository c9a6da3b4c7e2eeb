import { colorsIn } from '../template/colors.ts';
import type { Box } from '../template/parts.ts';
import type { Warning } from '../template/value.ts';
import { paintable } from './look.ts';
import type { Bench, Context } from './surface.ts';

/** A code as rows of modules, dark ones true: one row stands for the whole height. `across` counts the quiet zone, too. */
export type Modules = {
  readonly rows: readonly (readonly boolean[])[];
  readonly across: number;
  readonly left: number;
};

/** The colours of a code. */
export type Inks = { readonly color: string; readonly background: string };

/** Scanners want dark on light with at least this contrast, as WCAG counts it. */
const CONTRAST = 3;

/** The side of a module in device pixels: whole ones wherever there is room for one, so that edges are sharp. */
export function sideOf({ rows, across }: Modules, box: Box, { scale, isPage }: Bench): number {
  const room = rows.length === 1 ? box.width : Math.min(box.width, box.height);
  const side = (room * scale) / across;
  return isPage || side < 1 ? side : Math.floor(side);
}

/** Draws a code in the middle of its box, as tall as the box where it has one row, square modules otherwise. */
export function drawModules(context: Context, modules: Modules, box: Box, inks: Inks, bench: Bench): void {
  const { rows, across, left } = modules;
  const snap = (css: number) => (bench.isPage ? css : Math.round(css * bench.scale) / bench.scale);
  const [x, y] = [snap(box.x), snap(box.y)];
  const [width, height] = [snap(box.x + box.width) - x, snap(box.y + box.height) - y];
  context.fillStyle = paintable(inks.background);
  context.fillRect(x, y, width, height);
  const side = sideOf(modules, box, bench) / bench.scale;
  const start = snap(x + (width - side * across) / 2) + left * side;
  const [top, step] = rows.length === 1 ? [y, height] : [snap(y + (height - side * rows.length) / 2), side];
  context.fillStyle = paintable(inks.color, '#000000');
  // One path for all: modules that touch must not show a seam.
  context.beginPath();
  for (const [i, row] of rows.entries())
    for (let from = row.indexOf(true); from >= 0; ) {
      const next = row.indexOf(false, from);
      const to = next < 0 ? row.length : next;
      context.rect(start + from * side, top + i * step, (to - from) * side, step);
      from = row.indexOf(true, to);
    }
  context.fill();
}

/** What keeps a code from being scanned: modules of fewer device pixels than asked, or too little contrast. */
export function scanWarnings(layer: Inks & { readonly id: string }, side: number, least: number): Warning[] {
  const warnings: Warning[] = [];
  const say = (message: string) => warnings.push({ code: 'unscannable', layer: layer.id, message });
  if (side < least)
    say(
      `${layer.id}: its modules are ${Math.floor(side * 10) / 10} px wide in the picture, less than ${least}; give it more room or less data`,
    );
  const [dark, light] = [colorsIn(layer.color)[0] ?? '#000000', colorsIn(layer.background)[0]];
  if (light && (luminance(light) + 0.05) / (luminance(dark) + 0.05) < CONTRAST)
    say(`${layer.id}: its colours are too close or the wrong way round to scan; use dark on light`);
  return warnings;
}

/** Relative luminance of #rrggbb, 0..1, as WCAG defines it. */
function luminance(color: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
