import { fork } from 'node:child_process';
import { once } from 'node:events';
import { personAt } from '../../hero/people.mjs';
import { createDataFolder, createKeys, linkHero, startService } from '../../service/service.mjs';
import { percentile, tidy } from '../../statistics.mjs';

const WARM_PICTURES = 200;
const CAPACITY_MS = 3000;
const ROUND_MS = 8000;
const MISSES_PER_SECOND = 100;
const OVERLOAD = 5;
const RUSH_PER_SECOND = 40_000;
const FLOOD_PER_SECOND = 400;
// As a proxy in front keeps them for what comes back at once; and as many as wait in a flood for the two seconds promised.
const FEW = 64;
const MANY = 5000;
// How long a request waits at most for its picture to be drawn.
const WAIT_S = 1.5;

/** The service under a fixed rate of requests, each person's picture at most once: what waits, what fails, what is shown. */
export const underLoad = {
  title: 'pictures asked for at a fixed rate, whatever comes back',
  figures: ['asked_per_s', 'p50_ms', 'p95_ms', 'p99_ms', 'errors', 'outcomes'],

  async run({ say }) {
    const folder = await createDataFolder();
    const keys = createKeys();
    const service = await startService(folder, keys);
    const child = fork(new URL('generator.mjs', import.meta.url), { serialization: 'advanced' });
    const port = Number(new URL(service.origin).port);
    const results = {};
    const round = async (streams, durationMs = ROUND_MS) => {
      child.send({ port, streams, durationMs });
      const [answer] = await once(child, 'message');
      return answer;
    };
    const measure = async (name, streams) => {
      say(`load: ${name}`);
      for (const stream of await round(streams))
        results[streams.length > 1 ? `${name}, ${stream.name}` : name] = sumUp(stream);
    };
    try {
      const address = await linkHero(service, keys);
      let people = 0;
      const someone = () => {
        const { first_name, tier, city } = personAt(people);
        const query = new URLSearchParams({ first_name, tier, city, points: String(people++) });
        return `${address}?${query}`;
      };
      const strangers = (rate, durationMs = ROUND_MS) =>
        Array.from({ length: Math.ceil((rate * durationMs) / 1000) }, someone);

      say('load: how much it can do');
      const known = Array.from({ length: WARM_PICTURES }, someone);
      await round([{ name: 'warm-up', rate: 50, paths: known, connections: FEW }], (WARM_PICTURES / 50) * 1000);
      // More than it can serve: how long that takes tells what it can.
      const [rush] = await round(
        [{ name: 'rush', rate: RUSH_PER_SECOND, paths: known, connections: FEW }],
        CAPACITY_MS,
      );
      const hits = Math.round(rush.asked / (rush.tookMs / 1000));
      results['most hits'] = { ...none, asked_per_s: hits };

      await measure('hits at half of that', [
        { name: 'hits', rate: Math.round(hits / 2), paths: known, connections: FEW },
      ]);
      await measure(`${MISSES_PER_SECOND} misses a second`, [
        { name: 'misses', rate: MISSES_PER_SECOND, paths: strangers(MISSES_PER_SECOND), connections: MANY },
      ]);
      say('load: how much it can draw');
      // More than it can draw: what it did draw, until the last waited no longer, is what it can do.
      const [flood] = await round(
        [{ name: 'flood', rate: FLOOD_PER_SECOND, paths: strangers(FLOOD_PER_SECOND, CAPACITY_MS), connections: MANY }],
        CAPACITY_MS,
      );
      const misses = Math.round((flood.outcomes.rendered ?? 0) / (CAPACITY_MS / 1000 + WAIT_S));
      results['most misses'] = { ...none, asked_per_s: misses };
      await measure(`${OVERLOAD} times too many misses`, [
        { name: 'misses', rate: misses * OVERLOAD, paths: strangers(misses * OVERLOAD), connections: MANY },
        { name: 'hits beside', rate: Math.round(hits / 20), paths: known, connections: FEW },
      ]);
    } finally {
      child.kill();
      await service.stop();
      await folder.remove();
    }
    return results;
  },
};

const none = { p50_ms: '', p95_ms: '', p99_ms: '', errors: '', outcomes: '' };

const sumUp = ({ latencies, errors, outcomes, asked }) => ({
  asked_per_s: Math.round(asked / (ROUND_MS / 1000)),
  p50_ms: tidy(percentile(latencies, 0.5)),
  p95_ms: tidy(percentile(latencies, 0.95)),
  p99_ms: tidy(percentile(latencies, 0.99)),
  errors,
  outcomes: Object.entries(outcomes)
    .sort(([, a], [, b]) => b - a)
    .map(([outcome, count]) => `${count} ${outcome}`)
    .join(', '),
});
