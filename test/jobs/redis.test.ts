import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createEncryption } from '../../server/access/encryption.ts';
import { openBullQueue } from '../../server/jobs/bullmq.ts';
import { createEmbeddedQueue } from '../../server/jobs/embedded.ts';
import type { Again, Job, Lanes, Queue, WorkOptions } from '../../server/jobs/queue.ts';
import { createLog } from '../../server/observe/log.ts';
import { openRecords, type Records } from '../../server/stores/records/index.ts';
import { handOverJobs } from '../../server/stores/records/jobs.ts';
import { describeReal } from '../real/describe.ts';
import { realRedis } from '../real/redis.ts';

const encryption = createEncryption([{ kid: 'e1', secret: 'an-encryption-secret-that-is-long-enough' }]);
const order = (render: string) => ({ workspace: 'acme', payload: { render } });
const names = (count: number) => Array.from({ length: count }, (_, i) => `${i}`);
const soon = (check: () => unknown) => vi.waitFor(check, { timeout: 20_000, interval: 20 });

let records: Records;
let lines: string[];
let seen: string[];
const closers: (() => unknown)[] = [];

beforeEach(async () => {
  records = await openRecords(`sqlite:${join(await mkdtemp(join(tmpdir(), 'mergepix-')), 'mergepix.db')}`, 1);
  closers.push(() => records.destroy());
  lines = [];
  seen = [];
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function open(url: string, cache = 'memory:'): Promise<Queue> {
  const log = createLog('info', { write: (line) => void lines.push(line) });
  const queue = await openBullQueue({ records, encryption, log, url, cache, leaseMs: 600 });
  closers.push(queue.close);
  return queue;
}

type Run = (job: Job<'render.make'>) => Promise<Again | undefined>;
const note: Run = async ({ payload }) => void seen.push(payload.render);
function work(queue: Queue, run: Run = note, options?: WorkOptions) {
  const lane = { concurrency: 2, attempts: 3, backoff: () => 1, run };
  const worker = queue.work({ 'render.make': lane } as unknown as Lanes, options);
  closers.push(worker.close);
  return worker;
}
const jobs = () => records.selectFrom('jobs').selectAll().execute();
const isDone = () => soon(async () => expect(await jobs()).toEqual([]));

describeReal(realRedis, 'a queue in Redis', (server) => {
  async function talk<Result>(say: (client: Redis) => Promise<Result>): Promise<Result> {
    const client = new Redis(server().url);
    try {
      return await say(client);
    } finally {
      client.disconnect();
    }
  }
  const entries = () => talk((client) => client.keys('*render.make:*-*'));
  beforeEach(() => talk((client) => client.flushall()));

  it('puts ids into Redis, and no more', async () => {
    const queue = await open(server().url);
    const id = await queue.add('render.make', order('a name that tells'));
    await soon(async () => expect(await entries()).toHaveLength(1));
    const all = await talk(async (client) => {
      const held = (await client.keys('*')).map((key) => client.dumpBuffer(key));
      return Buffer.concat((await Promise.all(held)) as Buffer[]).toString('latin1');
    });
    expect(all).toContain(id);
    expect(all).not.toMatch(/a name|acme/);
    work(queue);
    await isDone();
    await soon(async () => expect(await entries()).toEqual([]));
  });

  it('brings what was left by a process that ended before it could tell Redis', async () => {
    // Written down in a transaction that was committed, by nobody who runs now.
    const left = createEmbeddedQueue({ records, encryption, log: createLog('silent') });
    await left.add('render.make', order('never told'));
    await left.add('render.make', order('picked and never told'));
    const [, picked] = await jobs();
    await records.updateTable('jobs').set({ run_at: 1 }).where('id', '=', `${picked?.id}`).execute();
    await handOverJobs(records, { limit: 1, now: Date.now(), until: Date.now() + 600 });
    work(await open(server().url));
    await soon(() => expect(seen.sort()).toEqual(['never told', 'picked and never told']));
    await isDone();
  });

  it('keeps jobs while Redis is away, and has them done when it is back, even when it has lost everything', async () => {
    const queue = await open(server().url);
    for (const name of names(20)) await queue.add('render.make', order(name));
    await soon(async () => expect(await entries()).toHaveLength(20));
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    work(queue, async (job) => {
      if (job.payload.render === '0') await held;
      return note(job);
    });
    await soon(() => expect(seen.length).toBeGreaterThan(2));
    await server().stop();
    for (const name of names(40).slice(20)) await queue.add('render.make', order(name));
    await expect(queue.check()).rejects.toThrow();
    // A job that was under way goes on to its end.
    release();
    await soon(() => expect(seen).toContain('0'));
    expect((await jobs()).length).toBeGreaterThan(10);
    await server().start();
    await isDone();
    expect([...new Set(seen)].sort()).toEqual(names(40).sort());
    expect(seen.filter((name) => name === '0')).toHaveLength(1);
    await soon(() => expect(lines.join('')).toContain('queue.back'));
  }, 40_000);

  it('takes orders while Redis hangs, and goes on when it answers again', async () => {
    const queue = await open(server().url);
    work(queue);
    await queue.add('render.make', order('before'));
    await isDone();
    server().freeze();
    try {
      for (const name of names(10)) await queue.add('render.make', order(name));
      await expect(queue.check()).rejects.toThrow();
      expect(await queue.stats()).toMatchObject([{ kind: 'render.make', waiting: 10 }]);
    } finally {
      server().thaw();
    }
    await isDone();
    expect(seen.slice(1).sort()).toEqual(names(10));
  }, 40_000);

  it('starts while Redis is away', async () => {
    await server().stop();
    const queue = await open(server().url);
    work(queue);
    await queue.add('render.make', order('a'));
    await server().start();
    await isDone();
    expect(seen).toEqual(['a']);
  }, 40_000);

  it('leaves nothing in Redis of what a worker of one workspace did', async () => {
    const queue = await open(server().url);
    for (const name of names(5)) await queue.add('render.make', order(name));
    await soon(async () => expect(await entries()).toHaveLength(5));
    work(queue, note, { workspaces: ['acme'] });
    await isDone();
    await soon(async () => expect(await entries()).toEqual([]));
  });

  it('is not opened where jobs could be thrown out', async () => {
    await talk((client) => client.config('SET', 'maxmemory-policy', 'allkeys-lru'));
    closers.push(() => talk((client) => client.config('SET', 'maxmemory-policy', 'noeviction')));
    await expect(open(server().url)).rejects.toMatchObject({
      code: 'start_failed',
      message:
        'The Redis of MERGEPIX_QUEUE throws jobs out when it is full (allkeys-lru): set its maxmemory-policy to noeviction.',
    });
  });

  it('is not opened in the database of the cache, by whatever name', async () => {
    const { port } = new URL(server().url);
    for (const cache of [server().url, `redis://localhost:${port}/0`]) {
      await expect(open(server().url, cache)).rejects.toMatchObject({
        code: 'start_failed',
        message: 'MERGEPIX_QUEUE and MERGEPIX_CACHE are one database: give the queue a Redis of its own.',
      });
    }
    await open(server().url, `redis://localhost:${port}/1`);
    await open(server().url, 'redis://localhost:1/0');
  });

  it('says so when Redis refuses it', async () => {
    await talk((client) => client.config('SET', 'requirepass', 'secret'));
    const url = server().url.replace('redis://', 'redis://:secret@');
    closers.push(async () => {
      const client = new Redis(url);
      await client.config('SET', 'requirepass', '');
      client.disconnect();
    });
    const refused = {
      code: 'start_failed',
      message: 'The Redis of MERGEPIX_QUEUE refuses us: check its user, password and database.',
    };
    await expect(open(server().url)).rejects.toMatchObject(refused);
    await expect(open(url.replace('secret', 'wrong'))).rejects.toMatchObject(refused);
    await expect(open(`${url}/99`)).rejects.toMatchObject(refused);
    await open(url);
  });
});
