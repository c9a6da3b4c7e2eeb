import { AppError } from '../../core/errors.ts';
import type { RenderPool } from '../../core/node/pool.ts';
import { parseTemplate } from '../../core/template/parse.ts';

const template = parseTemplate({
  name: 'one-pixel',
  size: { width: 1, height: 1 },
  alt: 'The picture in one pixel',
  fields: { picture: { type: 'image' } },
  layers: [{ id: 'picture', type: 'image', src: '{{ picture }}', box: { x: 0, y: 0, width: 1, height: 1 } }],
});
const job = { key: 'one-pixel', load: () => ({ template, assets: {} }) };
const PICTURE = 'asset:picture';
// What a picture itself is to blame for; anything else says nothing about it.
const ITS_FAULTS = ['render_failed', 'render_crashed', 'render_timeout'];

/** Whether the render processes can read a picture to its end: it is drawn there once, one pixel large. */
export async function isReadable(pool: RenderPool, bytes: Buffer): Promise<boolean> {
  const values = { picture: PICTURE };
  try {
    const { warnings } = await pool.render({
      ...{ template: job, values, images: { [PICTURE]: bytes } },
      ...{ format: 'png', scale: 1, quality: template.output.quality },
    });
    return !warnings.some(({ code }) => code === 'image_missing');
  } catch (error) {
    if (error instanceof AppError && ITS_FAULTS.includes(error.code)) return false;
    throw error;
  }
}
