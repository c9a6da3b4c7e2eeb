import { setTimeout as sleep } from 'node:timers/promises';
import { personAt } from '../../hero/people.mjs';
import { createDataFolder, createKeys, linkHero, startService } from '../../service/service.mjs';
import { percentile, tidy } from '../../statistics.mjs';
import { load } from '../serve-hit/client.mjs';
import { startRedis } from './redis.mjs';

const CONNECTIONS = 8;
const ROUNDS = 6;
const ROUND_MS = 1500;
const WARM_UP_MS = 2000;
const TRIES = 100;
const MAX_AGAIN = 5;

/** Where a hit may come from: the process's own memory, or, with none of that, each store. */
const NO_MEMORY = { MERGEPIX_CACHE_MEMORY_MB: '0' };

/** Pictures that were made before, one for each connection, by where the server finds them. */
export const cacheHit = {
  title: `cached pictures over HTTP by where they are, ${CONNECTIONS} pictures on as many connections`,
  figures: ['rps', 'share', 'p50_ms', 'p95_ms', 'p99_ms'],
  compare: { figure: 'rps', quicker: 'more' },

  async run({ say }) {
    const keys = createKeys();
    const redis = await startRedis();
    if (!redis) say('cache-hit: no redis-server on this machine, so no figure for it');
    const settings = {
      process: {},
      lmdb: NO_MEMORY,
      ...(redis && { redis: { ...NO_MEMORY, MERGEPIX_CACHE: redis.url } }),
    };
    const subjects = [];
    try {
      for (const [name, env] of Object.entries(settings)) {
        const folder = await createDataFolder();
        const service = await startService(folder, { ...keys, ...env });
        subjects.push({ name, folder, service, paths: [] });
      }
      for (const subject of subjects) {
        const path = await linkHero(subject.service, keys);
        const people = Array.from({ length: CONNECTIONS }, (_, i) => personAt(i));
        subject.paths = people.map((person) => `${path}?${new URLSearchParams(person)}`);
        await hitAll(subject);
      }
      return await measure(subjects, say);
    } finally {
      for (const { service, folder } of subjects) {
        await service.stop();
        await folder.remove();
      }
      await redis?.stop();
    }
  },
};

/** Asks for each until it is a hit: what was just made is written behind. */
async function hitAll({ name, service, paths }) {
  for (const path of paths) {
    for (let i = 0, outcome; outcome !== 'hit'; i++) {
      const response = await fetch(service.origin + path);
      await response.arrayBuffer();
      outcome = response.headers.get('x-mergepix-outcome');
      if (!response.ok || i === TRIES) throw new Error(`${name}: ${response.status} ${outcome}: not a cached picture`);
      await sleep(20);
    }
  }
}

async function measure(subjects, say) {
  const samples = new Map(subjects.map(({ name }) => [name, { latencies: [], rates: [] }]));
  const one = async ({ name, service, paths }, durationMs, again = 0) => {
    const port = Number(new URL(service.origin).port);
    try {
      const { latencies, ms } = await load({ port, paths, connections: CONNECTIONS, durationMs });
      const sample = samples.get(name);
      sample.latencies = sample.latencies.concat(latencies);
      sample.rates.push((latencies.length / ms) * 1000);
    } catch (error) {
      // On a busy machine a store may be later than the service waits: then the picture is drawn, which is no hit.
      say(`cache-hit: ${name}: ${error.message}: not all were hits, asking again`);
      if (again === MAX_AGAIN) throw error;
      await one({ name, service, paths }, durationMs, again + 1);
    }
  };
  for (const subject of subjects) await one(subject, WARM_UP_MS);
  for (const sample of samples.values()) Object.assign(sample, { latencies: [], rates: [] });
  for (let round = 0; round < ROUNDS; round++) {
    say(`cache-hit: round ${round + 1} of ${ROUNDS}`);
    const first = round % subjects.length;
    for (const subject of [...subjects.slice(first), ...subjects.slice(0, first)]) await one(subject, ROUND_MS);
  }
  const best = percentile(samples.get('process').rates, 0.5);
  return Object.fromEntries(
    [...samples].map(([name, { latencies, rates }]) => [
      name,
      {
        rps: Math.round(percentile(rates, 0.5)),
        share: tidy(percentile(rates, 0.5) / best),
        p50_ms: tidy(percentile(latencies, 0.5)),
        p95_ms: tidy(percentile(latencies, 0.95)),
        p99_ms: tidy(percentile(latencies, 0.99)),
      },
    ]),
  );
}
