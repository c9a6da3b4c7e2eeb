import { createRenderPool } from '../../../dist/core/node/pool.js';
import { applyContract } from '../../../dist/core/template/contract.js';
import { parseTemplate } from '../../../dist/core/template/parse.js';
import { readTemplateFolder } from '../../../dist/server/assets/folder.js';
import { readInputs } from '../../hero/design.mjs';
import { personAt } from '../../hero/people.mjs';
import { residentMb } from '../../service/memory.mjs';
import { tidy } from '../../statistics.mjs';

const RENDERS = Number(process.env.BENCH_SOAK_RENDERS ?? 100_000);
const HEROES = 45;
const FIRST = 1000;
const LOOK_EVERY = 500;
// A page of A4 at 96 dpi, times this, is one at 300 dpi.
const PRINT_SCALE = 300 / 96;
/** One in so many pictures is of a template that few ask for: its turn comes when it was dropped from memory. */
const SELDOM = 200;

/** A render process that draws for many brands, day in, day out: whether its memory stays what it was. */
export const soak = {
  title: `${RENDERS.toLocaleString('en-US')} pictures of 50 templates by one render process`,
  figures: ['first_mb', 'last_mb', 'peak_mb', 'growth', 'replaced', 'seconds'],

  async run({ say }) {
    const often = await heroes();
    const seldom = await prints();
    const pool = createRenderPool({ size: 1, deadlineMs: 60_000, memoryLimitBytes: Number.POSITIVE_INFINITY });
    try {
      await pool.ready();
      const started = performance.now();
      const memory = [];
      for (let n = 1; n <= RENDERS; n++) {
        const among = n % SELDOM === 0 ? seldom : often;
        await pool.render(among[(n % SELDOM === 0 ? n / SELDOM : brandOf(n)) % among.length](n));
        if (n % LOOK_EVERY !== 0) continue;
        const [pid] = pool.stats().pids;
        memory.push(await residentMb(pid));
        if (n % (RENDERS / 10) === 0) say(`soak: ${n.toLocaleString('en-US')} made, ${tidy(memory.at(-1))} MB`);
      }
      const settled = memory.slice(FIRST / LOOK_EVERY - 1);
      return {
        mergepix: {
          first_mb: tidy(settled[0]),
          last_mb: tidy(settled.at(-1)),
          peak_mb: tidy(Math.max(...settled)),
          growth: tidy(settled.at(-1) / settled[0]),
          replaced: pool.stats().replaced,
          seconds: tidy((performance.now() - started) / 1000),
        },
      };
    } finally {
      await pool.close();
    }
  },
};

/** Every brand once; from then on the busiest three send half of all, the next three half of the rest, and so on. */
const brandOf = (n) => (n <= HEROES ? n : Math.clz32((Math.imul(n, 0x9e3779b1) >>> 0) | 1) * 3 + (n % 3));

/** Orders for pictures of heroes of many brands, no two alike. */
async function heroes() {
  const { template, photo, avatar } = await readInputs();
  const assets = { 'asset:photo': photo, 'asset:avatar': avatar };
  return Array.from({ length: HEROES }, (_, i) => {
    const own = parseTemplate({
      ...JSON.parse(template),
      name: `brand-${i}`,
      background: `#${(0x204060 + i).toString(16)}`,
    });
    const format = { 7: 'webp', 22: 'png' }[i] ?? 'jpeg';
    const job = orderOf({ key: own.name, template: own, assets }, format === 'jpeg' ? 2 : 1, format);
    return (n) => ({ ...job, values: applyContract(own.fields, personAt(n)).values });
  });
}

/** Orders for large ones: certificates on A4 at 300 dpi, and samples in all sizes. */
async function prints() {
  const samples = ['course-certificate', 'event-badge', 'outreach-card', 'abandoned-cart', 'trip-countdown'];
  return Promise.all(
    samples.map(async (name, i) => {
      const source = await readTemplateFolder(new URL(`../../../examples/${name}`, import.meta.url).pathname);
      const { fields, datasets } = source.template;
      const job = orderOf(source, i === 0 ? PRINT_SCALE : 3, i === 0 ? 'jpeg' : 'png');
      const [data] = Object.values(datasets);
      return () => ({ ...job, values: applyContract(fields, data).values });
    }),
  );
}

const orderOf = (source, scale, format) => ({
  template: { key: source.key, load: () => source },
  images: {},
  ...{ format, scale, quality: 82 },
});
