import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { readInputs } from '../../hero/design.mjs';
import { assertFrozen } from '../../hero/frozen.mjs';
import { personAt } from '../../hero/people.mjs';
import { percentile, tidy } from '../../statistics.mjs';
import { missing, openPage } from '../hero-jpeg/chromium.mjs';

const WARM_UP = 50;
const REPAINTS = 300;

/** The core in a page of Chromium: one person's hero after another on one canvas, 1200x600, as a preview repaints it. */
export const browser = {
  title: 'repainting the personal hero in Chromium, 1200x600',
  figures: ['p50_ms', 'p95_ms'],

  async run({ say }) {
    if (missing()) {
      say(`browser: left out: ${missing()}`);
      return {};
    }
    await assertFrozen();
    const inputs = await readInputs();
    const { page, sources, close } = await openPage(inputs);
    try {
      await page.addScriptTag({ content: await bundle() });
      const people = Array.from({ length: WARM_UP + REPAINTS }, (_, n) => personAt(n));
      const coverage = JSON.parse(await readFile(new URL('../../../dist/coverage.json', import.meta.url), 'utf8'));
      const times = await page.evaluate(repaint, { template: inputs.template.toString(), sources, people, coverage });
      const measured = times.slice(WARM_UP);
      return { mergepix: { p50_ms: tidy(percentile(measured, 0.5)), p95_ms: tidy(percentile(measured, 0.95)) } };
    } finally {
      await close();
    }
  },
};

/** Runs in the page, where `core` is the bundle; gives the milliseconds of each repaint, until its pixels can be read. */
async function repaint({ template, sources, people, coverage }) {
  const { core } = globalThis;
  const parsed = await core.openTemplate(JSON.parse(template));
  const cut = (weights, weight) => ({ family: 'Inter', weights, italic: false, url: sources.fonts[weight] });
  const renderer = core.createBrowserRenderer({
    template: parsed,
    scale: 2,
    fonts: core.createFonts({ fonts: [cut('1 550', 400), cut('551 1000', 700)], coverage }, document.fonts),
    pictureUrl: (ref) => sources[ref.replace('asset:', '')],
    emojiUrl: () => 'data:,',
  });
  const context = renderer.canvas.getContext('2d');
  const times = [];
  for (const person of people) {
    const begun = performance.now();
    await renderer.paint(core.applyContract(parsed.fields, person).values);
    context.getImageData(0, 0, 1, 1);
    times.push(performance.now() - begun);
  }
  return times;
}

async function bundle() {
  const input = fileURLToPath(new URL('../../../core/browser.ts', import.meta.url));
  const built = await rolldown({ input, platform: 'browser' });
  const { output } = await built.generate({ format: 'iife', name: 'core', minify: true });
  await built.close();
  return output[0].code;
}
