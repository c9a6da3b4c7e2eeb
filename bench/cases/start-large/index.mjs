import { join } from 'node:path';
import { createDataFolder, createKeys, startService } from '../../service/service.mjs';
import { percentile, tidy } from '../../statistics.mjs';
import { fillPostgres, fillSqlite } from './fill.mjs';

const STARTS = 5;
const AMOUNTS = { templates: 1000, contacts: 1_000_000 };

/** The same as `start`, on records that have grown: 1,000 published templates with a link each, 1,000,000 contacts. */
export const startLarge = {
  title: 'from npm start to ready to serve, with 1,000 templates and 1,000,000 contacts',
  figures: ['p50_ms', 'p95_ms'],

  async run({ say }) {
    const results = { sqlite: await measure(say, 'sqlite', fillSqlite) };
    const postgres = process.env.BENCH_POSTGRES;
    if (postgres) results.postgres = await measure(say, 'postgres', fillPostgres, postgres);
    else say('start-large: PostgreSQL is left out: name an empty database in BENCH_POSTGRES');
    return results;
  },
};

async function measure(say, subject, fill, database) {
  const folder = await createDataFolder();
  const settings = { ...createKeys(), ...(database && { MERGEPIX_DATABASE: database }) };
  const times = [];
  try {
    // Makes the tables and publishes the samples, which are then copied.
    await (await startService(folder, settings)).stop();
    say(`start-large: filling ${subject}`);
    await fill(database ?? join(folder.path, 'mergepix.db'), AMOUNTS);
    for (let i = 1; i <= STARTS; i++) {
      say(`start-large: ${subject}, start ${i} of ${STARTS}`);
      const service = await startService(folder, settings);
      times.push(service.readyMs);
      await service.stop();
    }
  } finally {
    await folder.remove();
  }
  return { p50_ms: tidy(percentile(times, 0.5)), p95_ms: tidy(percentile(times, 0.95)) };
}
