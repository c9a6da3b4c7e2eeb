import { Redis } from 'ioredis';
import { beforeEach, expect, it } from 'vitest';
import { type Cache, openCache } from '../../server/stores/cache/index.ts';
import { describeReal } from '../real/describe.ts';
import { realPostgres } from '../real/postgres.ts';
import type { RealServer } from '../real/process.ts';
import { realRedis } from '../real/redis.ts';
import { picture } from './cache-contract.ts';

const MB = 1024 * 1024;
let faults: string[];
beforeEach(() => {
  faults = [];
});
const open = (url: string, maxBytes = 16 * MB): Promise<Cache> =>
  openCache(url, { maxBytes, onFault: (use) => faults.push(use) });

/** Waits until what one process keeps is what another one finds. */
async function untilShared(one: Cache, two: Cache, prefix: string): Promise<void> {
  let round = 0;
  await expect
    .poll(
      async () => {
        const key = `${prefix} ${round++}`;
        one.set(key, picture(7));
        await new Promise((resolve) => setTimeout(resolve, 50));
        return (await two.get(key))?.equals(picture(7));
      },
      { timeout: 5000 },
    )
    .toBe(true);
}

/** A cache whose server is frozen, stopped, and there again each time. */
function outlivesItsServer(server: () => RealServer, makeUrl: () => Promise<string>): void {
  it('serves what this process has, and asks no more, while the server is frozen or down', async () => {
    const url = await makeUrl();
    const [one, two] = [await open(url), await open(url)];
    await untilShared(one, two, 'first');
    for (const [stop, start] of [
      [async () => server().freeze(), async () => server().thaw()],
      [server().stop, server().start],
    ] as const) {
      one.set('here', picture(1));
      await stop();
      // A hundred that each waited for the server would not be through in time.
      for (let i = 0; i < 100; i++) expect(await one.get(`elsewhere ${i}`)).toBeUndefined();
      for (let i = 0; i < 400; i++) one.set(`new ${i}`, picture(i % 256, 1000), { tags: ['a'] });
      expect(await one.get('here')).toEqual(picture(1));
      expect(await one.get('new 399')).toEqual(picture(399 % 256, 1000));
      await start();
      await untilShared(one, two, `after ${faults.length}`);
    }
    // Told once a minute for each use, not a hundred times.
    expect(faults.length).toBeLessThanOrEqual(6);
    await Promise.all([one.close(), two.close()]);
  }, 30_000);

  it('starts while the server is down, and finds it later', async () => {
    const url = await makeUrl();
    await server().stop();
    const [one, two] = [await open(url), await open(url)];
    expect(await one.get('key')).toBeUndefined();
    one.set('key', picture(1));
    expect(await one.get('key')).toEqual(picture(1));
    await expect(one.stats()).rejects.toMatchObject({ code: 'overloaded' });
    await server().start();
    await untilShared(one, two, 'later');
    await Promise.all([one.close(), two.close()]);
  }, 30_000);
}

describeReal(realPostgres, 'the cache over a PostgreSQL that fails', (server) => {
  outlivesItsServer(server, () => server().makeDatabase());
});

describeReal(realRedis, 'the cache over a Redis that fails', (server) => {
  outlivesItsServer(server, async () => server().url);

  it('takes in no more when the server is full, still reads, and can be purged', async () => {
    const client = new Redis(server().url);
    await client.flushall();
    const one = await open(server().url, 64 * MB);
    const two = await open(server().url, 64 * MB);
    await untilShared(one, two, 'first');
    one.set('early', picture(1), { tags: ['template:default/hero'] });
    await expect.poll(async () => (await two.get('early')) !== undefined).toBe(true);
    const used = Number(/used_memory:(\d+)/.exec(await client.info('memory'))?.[1]);
    await client.config('SET', 'maxmemory', String(used + 2 * MB));
    for (let i = 0; i < 100; i++) {
      one.set(`key ${i}`, picture(i, 100_000), { tags: ['template:default/hero'] });
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await expect.poll(() => faults).toEqual(['set']);
    expect(await (await open(server().url, 64 * MB)).get('never')).toBeUndefined();
    expect(await two.get('early')).toEqual(picture(1));
    expect(await one.purge('template:default/hero')).toBeGreaterThan(1);
    await untilShared(one, two, 'room again');
    client.disconnect();
    await Promise.all([one.close(), two.close()]);
  }, 30_000);
});
