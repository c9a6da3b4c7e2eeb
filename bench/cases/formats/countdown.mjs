import { readFile } from 'node:fs/promises';
import { createRenderer } from '../../../dist/core/node/renderer.js';
import { applyContract } from '../../../dist/core/template/contract.js';
import { parseTemplate } from '../../../dist/core/template/parse.js';

const SAMPLE = new URL('../../../examples/sale-countdown/', import.meta.url);
const MINUTE = 60_000;

/** The sample countdown, 600x200: a minute of it in 60 frames, for another person each time. */
export async function open() {
  const template = parseTemplate(JSON.parse(await readFile(new URL('template.json', SAMPLE), 'utf8')));
  const assets = { 'asset:petals': await readFile(new URL('assets/petals.svg', SAMPLE)) };
  const renderer = createRenderer();
  const job = {
    ...{ template: { key: 'countdown', load: () => ({ template, assets }) }, images: {} },
    ...{ format: 'gif', scale: 1, quality: template.output.quality },
  };
  const ends = Date.parse(template.datasets.good.ends);
  return {
    async render({ first_name, points }) {
      const { values } = applyContract(template.fields, { ...template.datasets.good, first_name });
      return (await renderer.render({ ...job, values, live: { now: ends - MINUTE * (1000 + points) } })).bytes;
    },
  };
}
