import { setTimeout as sleep } from 'node:timers/promises';
import { missing, startTopology } from '../../../examples/deploy/local.mjs';
import { addContacts } from '../../service/contacts.mjs';
import { call, publishHero } from '../../service/service.mjs';
import { tidy } from '../../statistics.mjs';

const FEW = Number(process.env.BENCH_WORKERS_CONTACTS ?? 3000);
// These take ten times as long to make as JPEG: less of them measures as well.
const SLOW = Math.ceil(FEW / 2);
const kinds = [
  { name: 'jpeg', contacts: FEW, format: 'jpeg' },
  { name: 'webp', contacts: SLOW, format: 'webp' },
  { name: 'progressive jpeg', contacts: SLOW, format: 'jpeg', output: { progressive: true } },
];
const MANY = Number(process.env.BENCH_WORKERS_FAULTS ?? 10_000);
const KILLS = 10;
const AWAY_MS = 20_000;
const LOOK_MS = 200;
const AT_ONCE = 16;

/** Warm-ups on workers with one render process each, over Redis and PostgreSQL: one worker, two, and two that are killed. */
export const workers = {
  title: `warm-ups on several machines, as processes of this one: ${FEW} JPEGs, ${SLOW} WebPs, ${SLOW} progressive JPEGs, and ${MANY} JPEGs with ${KILLS} kills and Redis away`,
  figures: ['seconds', 'images_per_s', 'of_one', 'pictures', 'failed', 'drawn_again', 'hit_share'],

  async run({ say }) {
    const lack = missing();
    if (lack) {
      say(`workers: left out, it ${lack}`);
      return {};
    }
    const results = {};
    for (const { name: kind, ...pictures } of kinds) {
      let alone;
      for (const count of [1, 2]) {
        const name = `${count === 1 ? 'one worker' : 'two workers'}, ${kind}`;
        say(`workers: ${name}`);
        const figures = await inTopology(count, pictures, ({ warm }) => warm());
        alone ??= figures.images_per_s;
        results[name] = { ...figures, of_one: tidy(figures.images_per_s / alone) };
      }
    }
    say(`workers: ${KILLS} kills`);
    results[`${KILLS} kills, Redis away`] = await inTopology(
      2,
      { contacts: MANY, format: 'jpeg' },
      async ({ warm, topology }) => {
        let isOver = false;
        const harm = (async () => {
          for (let i = 0; i < KILLS && !isOver; i++) {
            await sleep(3000);
            const worker = topology.workers[i % 2];
            await keepCount(topology, worker);
            await worker.kill();
            if (i === KILLS / 2) {
              await topology.queue.kill();
              await sleep(AWAY_MS);
              await topology.queue.start();
            }
            await worker.start();
          }
        })();
        const figures = await warm();
        isOver = true;
        await harm;
        return figures;
      },
    );
    return results;
  },
};

/** Renders of workers that are gone: their own counts end with them. */
const lost = new Map();

async function keepCount(topology, worker) {
  lost.set(topology, (lost.get(topology) ?? 0) + (await rendersOf(topology, worker).catch(() => 0)));
}

async function rendersOf({ metricsKey }, { url }) {
  const response = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${metricsKey}` } });
  const lines = (await response.text()).split('\n').filter((line) => line.startsWith('mergepix_render_seconds_count'));
  return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

async function inTopology(count, { contacts, format, output }, use) {
  const env = { MERGEPIX_RENDER_PROCESSES: '1', MERGEPIX_CACHE_MB: '6000', MERGEPIX_RATE_LIMIT: '1000000' };
  const topology = await startTopology({ serves: 1, workers: count, env });
  try {
    const service = { origin: topology.serves[0].url, said: () => '' };
    const keys = { MERGEPIX_ADMIN_KEY: topology.adminKey };
    const api = (method, path, body) => call(service, keys, method, path, body && JSON.stringify(body));
    const references = await addContacts(
      contacts,
      { ...topology.env, MERGEPIX_DATA_DIR: topology.folder },
      topology.folder,
    );
    const template = await publishHero(service, keys, { output });
    const { id, url } = await api('POST', '/v1/links', { template, platform: 'klaviyo', formats: [format] });
    const warm = async () => {
      const before = await rendersSoFar(topology);
      const started = performance.now();
      let now = await api('POST', '/v1/warmups', { links: [id] });
      while (now.state === 'queued' || now.state === 'running') {
        await sleep(LOOK_MS);
        now = await api('GET', `/v1/warmups/${now.id}`);
      }
      const seconds = (performance.now() - started) / 1000;
      if (now.state !== 'complete') throw new Error(`the warm-up is ${now.state}: ${now.error}`);
      const drawn = (await rendersSoFar(topology)) - before;
      return {
        seconds: tidy(seconds),
        images_per_s: tidy(now.ready / seconds),
        of_one: '',
        pictures: now.ready,
        failed: now.failed,
        drawn_again: drawn - now.ready,
        hit_share: await send(service.origin, new URL(url).pathname, references),
      };
    };
    return await use({ warm, topology });
  } finally {
    lost.delete(topology);
    await topology.stop();
  }
}

/** The service draws for recipients only. */
async function rendersSoFar(topology) {
  const running = await Promise.all(topology.workers.map((worker) => rendersOf(topology, worker).catch(() => 0)));
  return (lost.get(topology) ?? 0) + running.reduce((sum, count) => sum + count, 0);
}

/** Every recipient opens the email: the share of pictures that were there. */
async function send(origin, path, references) {
  let hits = 0;
  for (let i = 0; i < references.length; i += AT_ONCE) {
    const outcomes = await Promise.all(
      references.slice(i, i + AT_ONCE).map(async (reference) => {
        const response = await fetch(`${origin}${path}?c=${reference}&s=bench`);
        await response.arrayBuffer();
        return response.headers.get('x-mergepix-outcome');
      }),
    );
    hits += outcomes.filter((outcome) => outcome === 'hit').length;
  }
  return tidy(hits / references.length);
}
