import { createRenderer } from '../../../dist/core/node/renderer.js';
import { parseTemplate } from '../../../dist/core/template/parse.js';
import { design, readInputs } from '../../hero/design.mjs';

/** One Mergepix renderer, as each process of the pool has it, with the template compiled by the first picture. */
export async function open() {
  const { template, photo, avatar } = await readInputs();
  const source = {
    template: parseTemplate(JSON.parse(template)),
    assets: { 'asset:photo': photo, 'asset:avatar': avatar },
  };
  const renderer = createRenderer();
  const job = {
    template: { key: 'bench-hero', load: () => source },
    images: {},
    format: 'jpeg',
    scale: 2,
    quality: design.quality,
  };
  return { render: async (values) => (await renderer.render({ ...job, values })).bytes };
}
