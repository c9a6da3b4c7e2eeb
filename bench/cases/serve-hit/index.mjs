import { fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createDataFolder, createKeys, makePicture, startService } from '../../service/service.mjs';
import { percentile, tidy } from '../../statistics.mjs';
import { load } from './client.mjs';

const CONTENT_HEADERS = ['content-type', 'content-length', 'cache-control'];
const CONNECTIONS = 32;
const ROUNDS = 6;
const ROUND_MS = 1500;
const WARM_UP_MS = 2000;

/** A picture that was made before, over HTTP, beside servers that do nothing but send the same bytes. */
export const serveHit = {
  title: `a cached picture over HTTP, ${CONNECTIONS} connections`,
  figures: ['rps', 'p99_ms'],
  compare: { figure: 'rps', quicker: 'more' },

  async run({ say }) {
    const folder = await createDataFolder();
    const keys = createKeys();
    const service = await startService(folder, keys);
    const bare = [];
    try {
      const path = await makePicture(service, keys);
      const answer = await answerOf(`${service.origin}${path}`, folder);
      const subjects = [{ name: 'mergepix', port: Number(new URL(service.origin).port) }];
      for (const name of ['express', 'http']) {
        const server = await startBare(name, answer);
        bare.push(server.child);
        subjects.push({ name, port: server.port });
      }
      return await measure(subjects, path, say);
    } finally {
      for (const child of bare) child.kill();
      await service.stop();
      await folder.remove();
    }
  },
};

/** What Mergepix answers with from its cache: the second answer, since the first may have been made for us. */
async function answerOf(url, folder) {
  await (await fetch(url)).arrayBuffer();
  const response = await fetch(url);
  const outcome = response.headers.get('x-mergepix-outcome');
  if (!response.ok || !outcome?.startsWith('hit'))
    throw new Error(`${response.status} ${outcome}: not a cached picture`);
  const file = join(folder.path, 'answer');
  await writeFile(file, Buffer.from(await response.arrayBuffer()));
  const headers = Object.fromEntries(CONTENT_HEADERS.map((name) => [name, response.headers.get(name)]));
  return JSON.stringify({ headers, file });
}

async function startBare(name, answer) {
  const env = { ...process.env, NODE_ENV: 'production' };
  const child = fork(new URL(`${name}.mjs`, import.meta.url), [answer], { env });
  const [{ port }] = await once(child, 'message');
  return { child, port };
}

async function measure(subjects, path, say) {
  const samples = new Map(subjects.map(({ name }) => [name, { latencies: [], rates: [] }]));
  const one = async ({ name, port }, durationMs) => {
    const { latencies, ms } = await load({ port, path, connections: CONNECTIONS, durationMs });
    const sample = samples.get(name);
    sample.latencies = sample.latencies.concat(latencies);
    sample.rates.push((latencies.length / ms) * 1000);
  };
  for (const subject of subjects) await one(subject, WARM_UP_MS);
  for (const sample of samples.values()) Object.assign(sample, { latencies: [], rates: [] });
  for (let round = 0; round < ROUNDS; round++) {
    say(`serve-hit: round ${round + 1} of ${ROUNDS}`);
    const first = round % subjects.length;
    for (const subject of [...subjects.slice(first), ...subjects.slice(0, first)]) await one(subject, ROUND_MS);
  }
  return Object.fromEntries(
    [...samples].map(([name, { latencies, rates }]) => [
      name,
      { rps: Math.round(percentile(rates, 0.5)), p99_ms: tidy(percentile(latencies, 0.99)) },
    ]),
  );
}
