import { randomUUID } from 'node:crypto';
import { AppError } from '../../core/errors.ts';
import type { RenderPool } from '../../core/node/pool.ts';
import { codePointsOf } from '../../core/node/sfnt.ts';
import { fontReference } from '../../core/paint/text/own-fonts.ts';
import { parseTemplate } from '../../core/template/parse.ts';

const face = { family: 'The font', weight: 400, italic: false };
const template = parseTemplate({
  name: 'some-letters',
  size: { width: 400, height: 400 },
  alt: 'Some letters of a font',
  fields: { letters: { type: 'text' } },
  layers: [
    {
      ...{ id: 'letters', type: 'text', text: '{{ letters }}', fontFamily: face.family, fontSize: 20 },
      ...{ box: { x: 0, y: 0, width: 400, height: 400 }, fit: { lines: 16 } },
    },
  ],
});
const LETTERS = 200;
// What a font itself is to blame for; anything else says nothing about it.
const ITS_FAULTS = ['font_invalid', 'render_failed', 'render_crashed', 'render_timeout'];

/** Whether the render processes can draw with a font: letters from all over it are drawn there once. */
export async function isDrawable(pool: RenderPool, bytes: Buffer): Promise<boolean> {
  const points = [...codePointsOf(bytes)].filter((point) => point > 0x20);
  const step = Math.ceil(points.length / LETTERS);
  const letters = points.filter((_, i) => i % step === 0).map((point) => String.fromCodePoint(point));
  const assets = { [fontReference(face)]: bytes };
  // A key of its own: a process remembers what it opened, and another font must be opened anew.
  const job = { key: `font ${randomUUID()}`, load: () => ({ template, assets }) };
  try {
    await pool.render({
      ...{ template: job, values: { letters: letters.join('') }, images: {} },
      ...{ format: 'png', scale: 1, quality: template.output.quality },
    });
    return true;
  } catch (error) {
    if (error instanceof AppError && ITS_FAULTS.includes(error.code)) return false;
    throw error;
  }
}
