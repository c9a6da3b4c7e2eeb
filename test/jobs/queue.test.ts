import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createEncryption } from '../../server/access/encryption.ts';
import { openBullQueue } from '../../server/jobs/bullmq.ts';
import { createEmbeddedQueue } from '../../server/jobs/embedded.ts';
import type { Again, Job, Lanes, Queue } from '../../server/jobs/queue.ts';
import { createLog } from '../../server/observe/log.ts';
import { openRecords, type Records } from '../../server/stores/records/index.ts';
import { areJobsRunning, hasJobs } from '../../server/stores/records/jobs.ts';
import { describeReal } from '../real/describe.ts';
import { realPostgres } from '../real/postgres.ts';
import { realRedis } from '../real/redis.ts';

const secret = 'an-encryption-secret-that-is-long-enough';
const encryption = createEncryption([{ kid: 'e1', secret }]);
const log = createLog('silent');
const workspace = 'default';
const order = (render: string) => ({ workspace, payload: { render } });

const script = fileURLToPath(new URL('worker.mjs', import.meta.url));

let url: string;
let db: Records;
let queue: Queue;
const closers: (() => Promise<unknown>)[] = [];

type Run = (job: Job<'render.make'>) => Promise<Again | undefined>;
const lanesOf = (run: Run, rest: Partial<Lanes['render.make']> = {}) =>
  ({ 'render.make': { concurrency: 2, attempts: 3, backoff: () => 1, run, ...rest } }) as unknown as Lanes;
const work = (run: Run, rest?: Partial<Lanes['render.make']>, of = queue) => {
  const worker = of.work(lanesOf(run, rest));
  closers.push(worker.close);
  return worker;
};
const soon = (check: () => unknown) => vi.waitFor(check, { timeout: 20_000, interval: 20 });
const jobs = () => db.selectFrom('jobs').selectAll().execute();

/** Workers of one Redis take turns at looking for what others have lost: those of a test with long leases would keep the next one waiting. */
async function empty(redis: string): Promise<void> {
  const client = new Redis(redis);
  await client.flushall();
  client.disconnect();
}

const makeSqlite = async () => `sqlite:${join(await mkdtemp(join(tmpdir(), 'mergepix-')), 'mergepix.db')}`;

describe('the queue in SQLite', () => itWorks(makeSqlite));
describeReal(realPostgres, 'the queue in PostgreSQL', (server) => itWorks(() => server().makeDatabase()));
describeReal(realRedis, 'the queue in Redis', (server) => itWorks(makeSqlite, () => server().url));

/** `redis` brings jobs to workers, when there is one. */
function itWorks(makeDatabase: () => Promise<string>, redis?: () => string): void {
  const openQueue = async (records: Records, leaseMs: number, of = encryption): Promise<Queue> => {
    const parts = { records, encryption: of, log, leaseMs };
    if (!redis) return createEmbeddedQueue(parts);
    const opened = await openBullQueue({ ...parts, url: redis(), cache: 'memory:' });
    closers.push(opened.close);
    return opened;
  };

  beforeEach(async () => {
    if (redis) await empty(redis());
    url = await makeDatabase();
    db = await openRecords(url, 1);
    closers.push(() => db.destroy());
    queue = await openQueue(db, 600);
  });
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
  });

  it('runs what is added, at once, and forgets it', async () => {
    const seen: string[] = [];
    work(async ({ payload }) => void seen.push(payload.render));
    for (const name of ['a', 'b', 'c']) await queue.add('render.make', order(name));
    await soon(() => expect(seen.sort()).toEqual(['a', 'b', 'c']));
    await soon(async () => expect(await jobs()).toEqual([]));
  });

  it('keeps what it is given sealed, and what is for later for later', async () => {
    const seen: string[] = [];
    work(async ({ payload }) => void seen.push(payload.render));
    await queue.add('render.make', { ...order('a name that tells'), runAt: Date.now() + 3_600_000 });
    await queue.add('render.make', order('now'));
    await soon(() => expect(seen).toEqual(['now']));
    await soon(async () => expect(await jobs()).toHaveLength(1));
    expect(JSON.stringify(await jobs())).not.toContain('a name that tells');
    expect(await queue.stats()).toEqual([{ kind: 'render.make', waiting: 1, due: 0, running: 0, oldestMs: 0 }]);
  });

  it('knows what is to be done by a moment, and whether anybody is at it', async () => {
    const kinds = ['render.make', 'batch.run'];
    const [now, later] = [Date.now(), Date.now() + 3_600_000];
    for (const name of ['a', 'b']) await queue.add('render.make', { ...order(name), runAt: later });
    expect(await hasJobs(db, kinds, 1, now)).toBe(false);
    expect(await hasJobs(db, kinds, 2, later)).toBe(true);
    expect(await hasJobs(db, kinds, 3, later)).toBe(false);
    expect(await hasJobs(db, ['batch.run'], 1, later)).toBe(false);
    expect(await areJobsRunning(db, kinds)).toBe(false);
    const seen: boolean[] = [];
    work(async () => void seen.push(await areJobsRunning(db, kinds), await areJobsRunning(db, ['batch.run'])));
    await queue.add('render.make', order('now'));
    await soon(() => expect(seen).toEqual([true, false]));
  });

  it('tries again after a failure, and gives up in the end', async () => {
    const attempts: number[] = [];
    const given: string[] = [];
    const fail: Run = async ({ attempt }) => {
      attempts.push(attempt);
      throw new Error('a message that nobody may read');
    };
    work(fail, { gaveUp: async ({ payload }) => void given.push(payload.render) });
    await queue.add('render.make', order('a'));
    await soon(() => expect(given).toEqual(['a']));
    expect(attempts).toEqual([1, 2, 3]);
    await soon(async () =>
      expect(await jobs()).toMatchObject([{ state: 'failed', error: 'internal_error', payload: '' }]),
    );
  });

  it('keeps a job whose key is missing for a week, and runs it when the key is back', async () => {
    const seen: string[] = [];
    const run: Run = async ({ payload }) => void seen.push(payload.render);
    await queue.add('render.make', order('kept'));
    const other = await openQueue(db, 600, createEncryption([{ kid: 'e2', secret }]));
    const worker = work(run, {}, other);
    const waiting = { state: 'queued', attempts: 0, lease: null, error: 'config_invalid' };
    await soon(async () => expect(await jobs()).toMatchObject([waiting]));
    expect((await jobs())[0]?.run_at).toBeGreaterThan(Date.now());
    const id = await db.transaction().execute(async (trx) => {
      const id = await queue.add('render.make', order('old'), trx);
      const created_at = Date.now() - 8 * 24 * 3_600_000;
      await trx.updateTable('jobs').set({ created_at }).where('id', '=', id).execute();
      return id;
    });
    await soon(async () =>
      expect(await jobs()).toEqual(
        expect.arrayContaining([expect.objectContaining({ id, state: 'failed', error: 'config_invalid' })]),
      ),
    );
    await worker.close();
    await db.updateTable('jobs').set({ run_at: Date.now() }).where('state', '=', 'queued').execute();
    work(run);
    await soon(() => expect(seen).toEqual(['kept']));
  });

  it('runs a job again that says it is not done yet, as if for the first time', async () => {
    const attempts: number[] = [];
    work(async ({ attempt }) => {
      attempts.push(attempt);
      return attempts.length < 5 ? { againIn: 0 } : undefined;
    });
    await queue.add('render.make', order('a'));
    await soon(() => expect(attempts).toEqual([1, 1, 1, 1, 1]));
    await soon(async () => expect(await jobs()).toEqual([]));
  });

  it('goes on when the clock is set right that was far ahead, also with what a process held that was lost', async () => {
    const year = 365 * 24 * 3_600_000;
    for (const name of ['waiting', 'held', 'told'])
      await queue.add('render.make', { ...order(name), runAt: Date.now() });
    const [waiting, held, told] = (await jobs()).map(({ id }) => id);
    const change = (id: string | undefined, to: object) =>
      db
        .updateTable('jobs')
        .set(to)
        .where('id', '=', id ?? '')
        .execute();
    await change(waiting, { run_at: Date.now() + year });
    await change(held, { state: 'running', lease: 'lost', leased_until: Date.now() + year });
    await change(told, { leased_until: Date.now() + year });
    const stats = await queue.stats();
    expect(stats).toMatchObject([{ kind: 'render.make', waiting: 2, due: 2, running: 1 }]);
    const seen: string[] = [];
    work(async ({ payload, attempt }) => {
      seen.push(payload.render);
      if (attempt === 1) throw new Error('once more');
      return undefined;
    });
    await soon(async () => expect(await jobs()).toEqual([]));
    expect([...new Set(seen)].sort()).toEqual(['held', 'told', 'waiting']);
  });

  it('goes on with a job under way when the clock is set back', async () => {
    const hour = 3_600_000;
    const clock = Date.now;
    const wrong = vi.spyOn(Date, 'now').mockImplementation(() => clock() + hour);
    closers.push(async () => wrong.mockRestore());
    let turns = 0;
    work(async () => {
      wrong.mockRestore();
      return ++turns < 3 ? { againIn: 0 } : undefined;
    });
    await queue.add('render.make', order('a'));
    await soon(async () => expect(await jobs()).toEqual([]));
    expect(turns).toBe(3);
  });

  it('never runs more of a kind at a time than its lane has room for', async () => {
    let now = 0;
    let most = 0;
    let done = 0;
    let open = () => {};
    const full = new Promise<void>((resolve) => {
      open = resolve;
    });
    work(async () => {
      most = Math.max(most, ++now);
      if (now === 2) open();
      await full;
      now--;
      done++;
      return undefined;
    });
    for (let i = 0; i < 20; i++) await queue.add('render.make', order(`${i}`));
    await soon(() => expect(done).toBe(20));
    expect(most).toBe(2);
  });

  it('gives each job to one of several workers on the same records', async () => {
    const seen: string[] = [];
    const run: Run = async ({ payload }) => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      seen.push(payload.render);
      return undefined;
    };
    const others = await Promise.all(
      [1, 2].map(async () => {
        const records = await openRecords(url, 1);
        closers.push(() => records.destroy());
        return openQueue(records, 60_000);
      }),
    );
    const names = Array.from({ length: 60 }, (_, i) => `${i}`);
    for (const name of names) await queue.add('render.make', order(name));
    for (const of of others) work(run, { concurrency: 4 }, of);
    await soon(() => expect(seen.length).toBeGreaterThanOrEqual(60));
    expect(seen.sort()).toEqual(names.sort());
  });

  it('adds a job together with what it is about, or not at all', async () => {
    const broken = db.transaction().execute(async (trx) => {
      await queue.add('render.make', order('a'), trx);
      throw new Error('taken back');
    });
    await expect(broken).rejects.toThrow('taken back');
    expect(await jobs()).toEqual([]);
  });

  it('hands back what is under way when it has to stop', async () => {
    const started: string[] = [];
    const { close } = queue.work(
      lanesOf(async ({ payload, signal }) => {
        started.push(payload.render);
        await once(signal, 'abort');
        signal.throwIfAborted();
        return undefined;
      }),
    );
    await queue.add('render.make', order('a'));
    await soon(() => expect(started).toEqual(['a']));
    await close();
    expect(await jobs()).toMatchObject([{ state: 'queued', attempts: 0, lease: null }]);
    const seen: string[] = [];
    work(async ({ payload }) => void seen.push(payload.render));
    await soon(() => expect(seen).toEqual(['a']));
  });

  it('tells a job that another process has taken over', async () => {
    const told: boolean[] = [];
    work(async ({ signal }) => {
      if (!signal.aborted) await once(signal, 'abort');
      told.push(signal.aborted);
      return undefined;
    });
    const id = await queue.add('render.make', order('a'));
    await soon(async () => expect(await jobs()).toMatchObject([{ state: 'running' }]));
    await db
      .updateTable('jobs')
      .set({ lease: 'another', leased_until: Date.now() + 60_000 })
      .execute();
    await soon(() => expect(told).toEqual([true]));
    expect(await jobs()).toMatchObject([{ id, state: 'running', lease: 'another' }]);
  });

  it('leaves the jobs of other workspaces to others', async () => {
    const seen: string[] = [];
    const run: Run = async ({ workspace: of, payload }) => void seen.push(`${of}: ${payload.render}`);
    const bound = queue.work(lanesOf(run), { workspaces: ['acme'] });
    closers.push(bound.close);
    for (const of of ['default', 'acme', 'other', 'acme'])
      await queue.add('render.make', { workspace: of, payload: { render: 'a' } });
    await soon(() => expect(seen).toEqual(['acme: a', 'acme: a']));
    await bound.close();
    expect(await jobs()).toMatchObject([{ state: 'queued' }, { state: 'queued' }]);
    work(run);
    await soon(() => expect(seen.slice(2).sort()).toEqual(['default: a', 'other: a']));
  });

  /** A process that works until it has done `most` jobs and then holds on to one. */
  function startProcess(most: number) {
    const given = [url, secret, redis?.() ?? 'embedded', `${most}`];
    const child = fork(script, given, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    closers.push(async () => child.kill('SIGKILL'));
    return child;
  }

  it('survives the loss of one process after the other that runs it', async () => {
    await queue.add('render.make', order('a'));
    for (let i = 0; i < 4; i++) {
      const child = startProcess(0);
      await once(child, 'message');
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    const seen: number[] = [];
    work(async ({ attempt }) => void seen.push(attempt));
    await soon(async () => expect(await jobs()).toEqual([]));
    expect(seen).toEqual([1]);
  }, 60_000);

  it('loses nothing when processes are killed, and runs on what they had', async () => {
    const names = Array.from({ length: 30 }, (_, i) => `${i}`);
    for (const name of names) await queue.add('render.make', order(name));
    const done = new Set<string>();
    for (let i = 0; i < 3; i++) {
      const child = startProcess(4);
      const held = new Promise<void>((resolve) =>
        child.on('message', (message: { done?: string; held?: true }) => {
          if (message.done !== undefined) done.add(message.done);
          else resolve();
        }),
      );
      await held;
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    expect(await jobs()).toEqual(expect.arrayContaining([expect.objectContaining({ state: 'running' })]));
    work(async ({ payload }) => void done.add(payload.render));
    await soon(async () => expect(await jobs()).toEqual([]));
    expect([...done].sort()).toEqual(names.sort());
  }, 60_000);
}

describe('the queue while the records are away', () => {
  it('says so once, however often it looks for jobs', async () => {
    const lines: string[] = [];
    const records = await openRecords(await makeSqlite(), 1);
    const heard = createLog('warn', { write: (line) => void lines.push(line) });
    const looking = createEmbeddedQueue({ records, encryption, log: heard });
    await records.destroy();
    const [lane] = Object.values(lanesOf(async () => undefined));
    const worker = looking.work({ 'render.make': lane, 'batch.make': lane } as unknown as Lanes);
    await soon(() => expect(lines.length).toBeGreaterThan(0));
    await new Promise((resolve) => setTimeout(resolve, 2500));
    expect(lines.map((line) => JSON.parse(line).event)).toEqual(['queue.failed']);
    await worker.close();
  });
});
