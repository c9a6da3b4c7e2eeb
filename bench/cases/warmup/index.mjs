import { fork } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { personAt } from '../../hero/people.mjs';
import { openSubject } from '../../processes.mjs';
import { addContacts } from '../../service/contacts.mjs';
import { ownMb, residentMb } from '../../service/memory.mjs';
import { call, createDataFolder, createKeys, linkHero, startService } from '../../service/service.mjs';
import { percentile, tidy } from '../../statistics.mjs';

const CONTACTS = Number(process.env.BENCH_WARMUP_CONTACTS ?? 50_000);
// Room for all of them: a hero is about 100 KB.
const CACHE_MB = 10_000;
const LOOK_MS = 500;
const ROUND_MS = 10_000;
// What was drawn last is still being written, and hooks are delivered.
const REST_MS = 2000;
// Recipients of another email meanwhile: nearly all of their pictures are there.
const KNOWN = 200;
const HITS_PER_SECOND = 57;
const MISSES_PER_SECOND = 3;
const CONNECTIONS = 64;

/** A picture for each of 50,000 contacts, made before anybody asks, and what recipients of another email notice of it. */
export const warmup = {
  title: `pictures of ${CONTACTS.toLocaleString('en-US')} contacts with distinct names, all written to the cache`,
  figures: [
    ...[
      'seconds',
      'of_encoding',
      'images_per_s',
      'rss_mb',
      'own_mb',
      'recipient_p99_ratio',
      'hit_p99_ratio',
      'miss_p99_ratio',
      'pictures',
    ],
    ...['failed', 'cache_mb'],
  ],

  async run({ say }) {
    const encodeMs = await timeEncoding();
    const folder = await createDataFolder();
    const keys = createKeys();
    say('warmup: the contacts');
    await addContacts(CONTACTS, { ...keys, MERGEPIX_DATA_DIR: folder.path }, folder.path);
    const settings = { MERGEPIX_CACHE_MB: String(CACHE_MB) };
    const service = await startService(folder, { ...keys, ...settings });
    const child = fork(new URL('../load/generator.mjs', import.meta.url), { serialization: 'advanced' });
    const api = (method, path, body) => call(service, keys, method, path, body && JSON.stringify(body));
    try {
      const open = await linkHero(service, keys);
      const { id } = await api('POST', '/v1/links', { template: 'bench-hero', platform: 'klaviyo' });
      const recipients = createRecipients({ child, port: Number(new URL(service.origin).port), open });
      say('warmup: recipients alone');
      await recipients.round();
      const alone = [await recipients.round(), await recipients.round()];
      say('warmup: the run');
      const started = performance.now();
      let now = await api('POST', '/v1/warmups', { links: [id] });
      const peak = { rss: 0, own: 0 };
      let isOver = false;
      const watching = (async () => {
        const rounds = [];
        while (!isOver) rounds.push(await recipients.round());
        return rounds;
      })();
      while (now.state === 'queued' || now.state === 'running') {
        await sleep(LOOK_MS);
        now = await api('GET', `/v1/warmups/${now.id}`);
        peak.rss = Math.max(peak.rss, await residentMb(service.pid));
        peak.own = Math.max(peak.own, await ownMb(service.pid));
      }
      const seconds = (performance.now() - started) / 1000;
      isOver = true;
      const beside = merge(await watching);
      say('warmup: recipients alone again');
      await sleep(REST_MS);
      alone.push(await recipients.round(), await recipients.round());
      if (now.state !== 'complete') throw new Error(`the warm-up is ${now.state}: ${now.error}`);
      const { bytes } = await api('GET', '/v1/cache');
      const ratio = (kind) => tidy(percentile(kind(beside), 0.99) / percentile(kind(merge(alone)), 0.99));
      return {
        mergepix: {
          seconds: tidy(seconds),
          of_encoding: tidy(seconds / ((now.ready * encodeMs) / 1000 / availableParallelism())),
          images_per_s: tidy(now.made / seconds),
          rss_mb: tidy(peak.rss),
          own_mb: tidy(peak.own),
          recipient_p99_ratio: ratio(({ hits, misses }) => [...hits, ...misses]),
          hit_p99_ratio: ratio(({ hits }) => hits),
          miss_p99_ratio: ratio(({ misses }) => misses),
          pictures: now.ready,
          failed: now.failed,
          cache_mb: tidy(bytes / 1e6),
        },
      };
    } finally {
      child.kill();
      await service.stop();
      await folder.remove();
    }
  },
};

/** How long the encoder alone takes for a finished hero, in ms: machines differ, and this one from hour to hour. */
async function timeEncoding() {
  const { ask } = await openSubject('encode-only', new URL('../hero-jpeg/encode-only.mjs', import.meta.url));
  const { times } = await ask('round', { first: 0, least: 50, budget: 2000 });
  await ask('close');
  return percentile(times, 0.5);
}

/** People who open another email: most find their picture, some are the first to ask for theirs. */
function createRecipients({ child, port, open }) {
  let strangers = CONTACTS;
  const someone = (n) => {
    const { first_name, tier, city, points } = personAt(n);
    return `${open}?${new URLSearchParams({ first_name, tier, city, points: String(points + 10_000) })}`;
  };
  const known = Array.from({ length: KNOWN }, (_, i) => someone(i));
  return {
    async round() {
      const count = (MISSES_PER_SECOND * ROUND_MS) / 1000;
      const fresh = Array.from({ length: count }, () => someone(strangers++));
      const stream = (name, rate, paths) => ({ name, rate, paths, connections: CONNECTIONS });
      const streams = [stream('hits', HITS_PER_SECOND, known), stream('misses', MISSES_PER_SECOND, fresh)];
      child.send({ port, streams, durationMs: ROUND_MS });
      const [[hits, misses]] = await once(child, 'message');
      if (hits.errors + misses.errors > 0) throw new Error('a recipient saw an error');
      return { hits: hits.latencies, misses: misses.latencies };
    },
  };
}

const merge = (rounds) => ({
  hits: rounds.flatMap(({ hits }) => hits),
  misses: rounds.flatMap(({ misses }) => misses),
});
