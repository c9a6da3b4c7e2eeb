import { readdir, readFile } from 'node:fs/promises';
import { createRenderer } from '../../../dist/core/node/renderer.js';
import { applyContract } from '../../../dist/core/template/contract.js';
import { parseTemplate } from '../../../dist/core/template/parse.js';

const SAMPLE = new URL('../../../examples/course-certificate/', import.meta.url);

/** The sample certificate, A4 across, in the format and at the scale of this module's address: another graduate each time. */
export async function open() {
  const asked = new URL(import.meta.url).searchParams;
  const template = parseTemplate(JSON.parse(await readFile(new URL('template.json', SAMPLE), 'utf8')));
  const assets = {};
  for (const file of await readdir(new URL('assets/', SAMPLE)))
    assets[`asset:${file.replace(/\.\w+$/, '')}`] = await readFile(new URL(`assets/${file}`, SAMPLE));
  const renderer = createRenderer();
  const job = {
    ...{ template: { key: 'certificate', load: () => ({ template, assets }) }, images: {} },
    ...{ format: asked.get('format'), scale: Number(asked.get('scale')), quality: template.output.quality },
  };
  return {
    async render({ first_name, city, points }) {
      const data = { ...template.datasets.good, graduate: `${first_name} ${city}`, credential: `WSD-27-${points}` };
      const { values } = applyContract(template.fields, data);
      return (await renderer.render({ ...job, values })).bytes;
    },
  };
}
