import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { residentMb } from '../../service/memory.mjs';
import { call, createDataFolder, createKeys, makePicture, startService } from '../../service/service.mjs';
import { percentile, tidy } from '../../statistics.mjs';

const CONTACTS = Number(process.env.BENCH_SYNC_CONTACTS ?? 100_000);
// What Klaviyo allows: 100 contacts a page, 750 pages a minute.
const LIMIT_S = (CONTACTS / 100 / 750) * 60;
const FAKE = fileURLToPath(new URL('../../../test/fakes/klaviyo.ts', import.meta.url));
const LOOK_MS = 500;
const HIT_MS = 25;

/** A sync of 100,000 contacts from a stand-in that keeps to Klaviyo's limits, their references written back, and one after it. */
export const sync = {
  title: `a sync of ${CONTACTS.toLocaleString('en-US')} contacts within the platform's limits`,
  figures: ['seconds', 'of_limit', 'requests', 'refused', 'changed', 'written', 'peak_rss_mb', 'hit_p99_ms'],

  async run({ say }) {
    const folder = await createDataFolder();
    const platform = await startPlatform(folder.path);
    const [{ url, apiKey }] = await once(platform, 'message');
    const keys = createKeys();
    const service = await startService(folder, {
      ...keys,
      MERGEPIX_KLAVIYO_URL: url,
      MERGEPIX_PUBLIC_URL: 'https://img.example.com',
    });
    const api = (method, path, body) => call(service, keys, method, path, body && JSON.stringify(body));
    try {
      const picture = service.origin + (await makePicture(service, keys));
      const mapping = { first_name: 'first_name', city: 'location.city', tier: 'Tier', points: 'Points' };
      const { id } = await api('POST', '/v1/connections', { platform: 'klaviyo', apiKey, mapping });
      const results = {};
      for (const name of ['first', 'second'])
        results[name] = await measure({
          say,
          name,
          api,
          path: `/v1/connections/${id}/sync`,
          platform,
          picture,
          service,
        });
      return results;
    } finally {
      platform.kill();
      await service.stop();
      await folder.remove();
    }
  },
};

/** Node does not read the stand-in as it is written. */
async function startPlatform(folder) {
  const { rolldown } = await import('rolldown');
  const bundle = await rolldown({ input: FAKE, platform: 'node', logLevel: 'silent' });
  const file = join(folder, 'platform-bundle.mjs');
  await bundle.write({ file, codeSplitting: false });
  return fork(new URL('platform.mjs', import.meta.url), [pathToFileURL(file).href, String(CONTACTS)]);
}

async function measure({ say, name, api, path, platform, picture, service }) {
  say(`sync: the ${name} one, which takes at least ${Math.round(LIMIT_S)} s`);
  const before = await ask(platform);
  const hits = watchHits(picture);
  const started = performance.now();
  let peak = 0;
  let now = await api('POST', path, {});
  while (now.state === 'queued' || now.state === 'running') {
    await sleep(LOOK_MS);
    now = await api('GET', `${path}/${now.id}`);
    peak = Math.max(peak, await residentMb(service.pid));
  }
  const seconds = (performance.now() - started) / 1000;
  const latencies = await hits.stop();
  const after = await ask(platform);
  if (now.state !== 'complete' || after.written !== CONTACTS)
    throw new Error(`the sync is ${now.state}, ${after.written} of ${CONTACTS} references are there: ${now.error}`);
  return {
    seconds: tidy(seconds),
    of_limit: tidy(seconds / LIMIT_S),
    requests: after.requests - before.requests,
    refused: after.refused - before.refused,
    changed: now.added + now.changed,
    written: now.written,
    peak_rss_mb: tidy(peak),
    hit_p99_ms: tidy(percentile(latencies, 0.99)),
  };
}

async function ask(platform) {
  platform.send({});
  const [answer] = await once(platform, 'message');
  return answer;
}

/** Asks for a finished picture all along: recipients should not notice that anything is synced. */
function watchHits(url) {
  const latencies = [];
  let isOver = false;
  const asking = (async () => {
    while (!isOver) {
      const from = performance.now();
      const response = await fetch(url);
      await response.arrayBuffer();
      if (!response.ok) throw new Error(`a picture was answered with ${response.status}`);
      latencies.push(performance.now() - from);
      await sleep(HIT_MS);
    }
  })();
  asking.catch(() => undefined);
  return {
    async stop() {
      isOver = true;
      await asking;
      return latencies;
    },
  };
}
