import { assertFrozen } from '../../hero/frozen.mjs';
import { openSubject } from '../../processes.mjs';
import { percentile, tidy } from '../../statistics.mjs';

const hero = (how) => `./hero.mjs?${new URLSearchParams(how)}`;
const certificate = (how) => `./certificate.mjs?${new URLSearchParams(how)}`;

/** Modules with what they are asked for in their address; `whole` ones encode a finished frame and draw nothing. */
const subjects = {
  'hero jpeg': hero({ format: 'jpeg' }),
  'hero jpeg, progressive': hero({ format: 'jpeg', progressive: 'true' }),
  'hero jpeg, encoded whole by canvas': './whole.mjs?format=jpeg',
  'hero png': hero({ format: 'png' }),
  'hero png, every row changed': hero({ format: 'png', every: 'row' }),
  'hero png, encoded whole by canvas': './whole.mjs?format=png',
  'hero png, encoded whole by sharp': './whole.mjs?format=png&by=sharp',
  'hero webp': hero({ format: 'webp' }),
  'hero webp, encoded whole by sharp': './whole.mjs?format=webp&by=sharp',
  'countdown gif, 60 frames': './countdown.mjs',
  'A4 at 300 dpi, png': certificate({ format: 'png', scale: 3.125 }),
  'A4, pdf': certificate({ format: 'pdf', scale: 2 }),
};

const ROUNDS = 5;
const ROUND = { budget: 500, least: 3 };

/** Pictures in each format, by one process after another, beside what the libraries do by default with a finished frame. */
export const byFormat = {
  title: 'personal pictures in each format, and a finished frame encoded by the libraries’ defaults',
  figures: ['p50_ms', 'p95_ms', 'bytes'],

  async run({ say }) {
    await assertFrozen();
    const open = [];
    for (const [name, path] of Object.entries(subjects)) {
      const { ask } = await openSubject(name, new URL(path, import.meta.url));
      await ask('round', { first: 0, budget: 500, least: 5 });
      open.push({ name, ask, times: [], sizes: [] });
    }
    for (let round = 0; round < ROUNDS; round++) {
      say(`formats: round ${round + 1} of ${ROUNDS}`);
      for (const { ask, times, sizes } of open) {
        const made = await ask('round', { first: 100 + times.length, ...ROUND });
        times.push(...made.times);
        sizes.push(...made.sizes);
      }
    }
    for (const { ask } of open) await ask('close');
    return Object.fromEntries(
      open.map(({ name, times, sizes }) => [
        name,
        {
          p50_ms: tidy(percentile(times, 0.5)),
          p95_ms: tidy(percentile(times, 0.95)),
          bytes: percentile(sizes, 0.5),
        },
      ]),
    );
  },
};
