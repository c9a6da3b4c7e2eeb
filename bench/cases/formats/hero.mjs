import { createRenderer } from '../../../dist/core/node/renderer.js';
import { parseTemplate } from '../../../dist/core/template/parse.js';
import { design, readInputs } from '../../hero/design.mjs';

/** A shade as faint as can be, whose strength no two people share in a row: nothing of a picture comes back. */
const veil = {
  id: 'veil',
  type: 'shape',
  shape: 'rect',
  box: { x: 0, y: 0, width: 600, height: 300 },
  fill: 'rgba(0, 0, 0, 0.{{ points }})',
};

/**
 * The hero in the format of this module's address, with `progressive` as such a JPEG; with `every=row` there is something
 * personal on all of it.
 */
export async function open() {
  const asked = new URL(import.meta.url).searchParams;
  const { template, photo, avatar } = await readInputs();
  const document = JSON.parse(template);
  if (asked.has('progressive')) document.output = { ...document.output, progressive: true };
  if (asked.has('every')) document.layers.splice(2, 0, veil);
  const source = { template: parseTemplate(document), assets: { 'asset:photo': photo, 'asset:avatar': avatar } };
  const renderer = createRenderer();
  const job = {
    ...{ template: { key: 'hero', load: () => source }, images: {} },
    ...{ format: asked.get('format'), scale: 2, quality: design.quality },
  };
  return { render: async (values) => (await renderer.render({ ...job, values })).bytes };
}
