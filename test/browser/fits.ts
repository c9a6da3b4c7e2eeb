import { bundledFonts } from '../../core/node/coverage.ts';
import { canvas } from '../../core/node/native.ts';
import { createPainter } from '../../core/paint/painter.ts';
import type { Host } from '../../core/paint/surface.ts';
import { compileTemplate } from '../../core/template/compile.ts';
import type { LiveValues } from '../../core/template/live.ts';
import type { Template } from '../../core/template/schema.ts';
import type { Values } from '../../core/template/value.ts';

/** Size, lines and rungs of every text, as the service's own canvas fits them. */
export function fitsOf(template: Template, values: Values, live?: LiveValues) {
  const host = {
    fonts: bundledFonts(),
    createSurface: (width: number, height: number) => canvas.createCanvas(width, height),
    bitmap: () => undefined,
  } as unknown as Host;
  const { texts } = createPainter(compileTemplate(template), template.output.scale, true, host).draft(values, live);
  return texts;
}
