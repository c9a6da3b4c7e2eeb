import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { raiseWish, type Wish } from '../../core/node/line.ts';
import { sharp } from '../../core/node/native.ts';
import { createRenderPool, type PoolOptions, type RenderPool } from '../../core/node/pool.ts';
import type { RenderJob } from '../../core/node/renderer.ts';
import { applyContract } from '../../core/template/contract.ts';
import type { Values } from '../../core/template/value.ts';
import { small } from './template.ts';

const square = await sharp({ create: { width: 64, height: 64, channels: 3, background: '#ff0000' } })
  .png()
  .toBuffer();
const pools: RenderPool[] = [];

function open(options: PoolOptions): RenderPool {
  const pool = createRenderPool(options);
  pools.push(pool);
  return pool;
}

afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.close()));
});

const job = (first_name: string): RenderJob => ({
  template: { key: 'small', load: () => ({ template: small, assets: { 'asset:square': square } }) },
  values: applyContract(small.fields, { first_name }).values,
  images: {},
  format: 'jpeg',
  scale: 2,
  quality: 82,
});

const later = (): Wish => ({ priority: 'background', until: Number.POSITIVE_INFINITY });

/** Stops or ends one of the pool's processes. */
const signal = (pool: RenderPool, name: NodeJS.Signals): void => {
  for (const pid of pool.stats().pids) process.kill(pid, name);
};

describe('the pool of render processes', () => {
  it('renders the same bytes in every process', async () => {
    const pool = open({ size: 2 });
    await pool.ready();
    const rendered = await Promise.all(Array.from({ length: 12 }, () => pool.render(job('Amira'))));
    expect(new Set(rendered.map(({ bytes }) => bytes.toString('base64'))).size).toBe(1);
  });

  it('hands over large pictures whole, and small ones after them', async () => {
    const pool = open({ size: 1 });
    await pool.ready();
    const jobOf = (scale: number): RenderJob => ({ ...job('Amira'), format: 'png', scale });
    const small = await pool.render(jobOf(1));
    const large = await pool.render(jobOf(8));
    expect(large.bytes.length).toBeGreaterThan(small.bytes.length);
    await expect(sharp(large.bytes).stats()).resolves.toBeDefined();
    expect((await pool.render(jobOf(1))).bytes.equals(small.bytes)).toBe(true);
  });

  it('uses the memory of a picture again that was only wanted briefly, once it is given back, and no other', async () => {
    const pool = open({ size: 1 });
    await pool.ready();
    const brief = (name: string) => pool.render(job(name), { ...later(), isBrief: true });
    const kept = await pool.render(job('Amira'));
    const [first, second] = [await brief('Amira'), await brief('Zoë')];
    expect(kept.giveBack).toBeUndefined();
    expect(first.bytes.equals(kept.bytes)).toBe(true);
    expect(second.bytes.buffer).not.toBe(first.bytes.buffer);
    first.giveBack?.();
    first.giveBack?.();
    const [third, fourth] = [await brief('Ada'), await brief('Zoë')];
    expect(third.bytes.buffer).toBe(first.bytes.buffer);
    expect(fourth.bytes.buffer).not.toBe(first.bytes.buffer);
    expect(fourth.bytes.equals(second.bytes)).toBe(true);
  });

  it.runIf(existsSync('/dev/shm'))('leaves no file behind', async () => {
    const named = () => readdirSync('/dev/shm').filter((name) => name.startsWith('mergepix-'));
    const pool = open({ size: 1 });
    await pool.ready();
    await pool.render(job('Amira'));
    expect(named()).toEqual([]);
  });

  it.runIf(process.platform === 'linux')('draws the same when there is no room for its files', async () => {
    const pool = open({ size: 1 });
    await pool.ready();
    const before = await pool.render(job('Amira'));
    const unknown = { ...job('Amira'), template: { ...job('Amira').template, key: 'unknown' } };
    // None at all, and none for the rest of a picture.
    for (const room of [0, 4096]) {
      for (const pid of pool.stats().pids) execFileSync('prlimit', [`--fsize=${room}:`, `--pid=${pid}`]);
      const after = await Promise.all([job('Amira'), unknown].map((each) => pool.render(each)));
      for (const { bytes } of after) expect(bytes.equals(before.bytes)).toBe(true);
      const brief = await pool.render(job('Amira'), { ...later(), isBrief: true });
      expect(brief.bytes.equals(before.bytes)).toBe(true);
    }
    expect(pool.stats().replaced).toBe(0);
  });

  it('replaces a killed process and renders what it had in hand once more', async () => {
    const pool = open({ size: 1 });
    await pool.ready();
    const before = await pool.render(job('Amira'));
    const waiting = Promise.all(['Amira', 'Zoë', 'Amira'].map((name) => pool.render(job(name))));
    signal(pool, 'SIGKILL');
    const after = await waiting;
    expect(after[0]?.bytes.equals(before.bytes)).toBe(true);
    expect(pool.stats().replaced).toBe(1);
  });

  it('blames no picture for processes that are killed all at once', async () => {
    const pool = open({ size: 2 });
    await pool.ready();
    await pool.render(job('Amira'), later());
    signal(pool, 'SIGKILL');
    await expect(Promise.all([pool.render(job('Amira')), pool.render(job('Zoë'))])).resolves.toHaveLength(2);
  });

  it('gives up on a hung process at the deadline and goes on with another', async () => {
    const pool = open({ size: 1, deadlineMs: 1500 });
    await pool.ready();
    await pool.render(job('Amira'));
    signal(pool, 'SIGSTOP');
    await expect(pool.render(job('Amira'))).rejects.toMatchObject({ code: 'render_timeout' });
    await expect(pool.render(job('Zoë'))).resolves.toMatchObject({ width: 600 });
  });

  it('replaces a process that has grown too large, and loses no picture by it', async () => {
    const pool = open({ size: 1, memoryLimitBytes: 1 });
    await pool.ready();
    for (const name of ['Amira', 'Zoë', 'Ada']) await pool.render(job(name));
    expect(pool.stats().replaced).toBeGreaterThanOrEqual(2);
  });

  it('refuses at once when too many wait', async () => {
    const pool = open({ size: 1, maxWaiting: 2 });
    await pool.ready();
    const results = await Promise.allSettled(Array.from({ length: 8 }, () => pool.render(job('Amira'))));
    const refused = results.filter((result) => result.status === 'rejected');
    expect(refused.length).toBe(5);
    for (const { reason } of refused) expect(reason).toMatchObject({ code: 'overloaded' });
  });

  it('draws what can wait only while no recipient does, and keeps a process free for the next one', async () => {
    const pool = open({ size: 2 });
    await pool.ready();
    // Drawn only once there are two.
    await pool.render(job('Amira'), later());
    const order: string[] = [];
    const draw = (name: string, wish?: Wish) => pool.render(job(name), wish).then(() => void order.push(name));
    const background = Array.from({ length: 6 }, (_, i) => draw(`background ${i}`, later()));
    expect(pool.stats()).toMatchObject({ busy: 1, waiting: { recipient: 0, background: 5 } });
    const recipients = Array.from({ length: 4 }, (_, i) => draw(`recipient ${i}`));
    expect(pool.stats()).toMatchObject({ busy: 2, waiting: { recipient: 3, background: 5 } });
    expect(pool.stats().oldestMs).toBeGreaterThanOrEqual(0);
    await Promise.all([...background, ...recipients]);
    expect(order.slice(-5)).toEqual([1, 2, 3, 4, 5].map((i) => `background ${i}`));
    expect(pool.stats()).toMatchObject({ busy: 0, waiting: { recipient: 0, background: 0 }, oldestMs: 0 });
  });

  it('moves a background job up once a recipient wants the same picture', async () => {
    const pool = open({ size: 2 });
    await pool.ready();
    const order: string[] = [];
    const draw = (name: string, wish: Wish) => pool.render(job(name), wish).then(() => void order.push(name));
    const wish = later();
    const all = [...Array.from({ length: 4 }, () => draw('another', later())), draw('wanted', wish)];
    raiseWish(wish, { priority: 'recipient', until: Number.POSITIVE_INFINITY });
    expect(pool.stats().waiting.recipient).toBeLessThanOrEqual(1);
    await Promise.all(all);
    expect(order.indexOf('wanted')).toBeLessThan(2);
  });

  it('lets recipients go before what a process has in hand already', async () => {
    const pool = open({ size: 1 });
    await pool.ready();
    for (let i = 0; i < 24; i++) await pool.render(job('Amira'), later());
    const order: string[] = [];
    const draw = (name: string, wish?: Wish) => pool.render(job(name), wish).then(() => void order.push(name));
    const wish = later();
    // What it is told meanwhile it hears all at once.
    signal(pool, 'SIGSTOP');
    const background = Array.from({ length: 3 }, () => draw('background', later()));
    const all = [...background, draw('wanted', wish), draw('background', later()), draw('background', later())];
    raiseWish(wish, { priority: 'recipient', until: Number.POSITIVE_INFINITY });
    all.push(draw('recipient'));
    signal(pool, 'SIGCONT');
    await Promise.all(all);
    expect(order.slice(0, 3)).toEqual(['background', 'wanted', 'recipient']);
  });

  it('draws background jobs with its only process too', async () => {
    const pool = open({ size: 1 });
    await expect(pool.render(job('Amira'), later())).resolves.toMatchObject({ width: 600 });
  });

  it('draws no picture that nobody waits for any more, and one that somebody else still wants', async () => {
    const pool = open({ size: 1 });
    await pool.ready();
    const soon = (): Wish => ({ priority: 'recipient', until: performance.now() + 50 });
    const joined = soon();
    signal(pool, 'SIGSTOP');
    const inHand = pool.render(job('Amira'));
    const late = expect(pool.render(job('Zoë'), soon())).rejects.toMatchObject({ code: 'overloaded' });
    const wanted = pool.render(job('Ada'), joined);
    raiseWish(joined, { priority: 'recipient', until: Number.POSITIVE_INFINITY });
    await new Promise((resolve) => setTimeout(resolve, 60));
    signal(pool, 'SIGCONT');
    await late;
    await expect(Promise.all([inHand, wanted])).resolves.toHaveLength(2);
  });

  it('makes room for new jobs by dropping those that came too late', async () => {
    const pool = open({ size: 1, maxWaiting: 1 });
    await pool.ready();
    const inHand = pool.render(job('Amira'));
    const late = expect(
      pool.render(job('Zoë'), { priority: 'recipient', until: performance.now() }),
    ).rejects.toMatchObject({ code: 'overloaded' });
    await expect(Promise.all([inHand, pool.render(job('Ada')), late])).resolves.toHaveLength(3);
  });

  it('lives on when drawing a picture takes more memory than its process may have, and blames no other for it', async () => {
    const pool = open({ size: 1, deadlineMs: 30_000 });
    await pool.ready();
    // Eight mebibytes that are a gibibyte once they are written out.
    let endless: unknown = ['x'.repeat(2 ** 23)];
    for (let i = 0; i < 7; i++) endless = [endless, endless];
    const values = { ...job('Amira').values, first_name: endless } as Values;
    for (let i = 0; i < 24; i++) await pool.render(job('Amira'), later());
    const draw = (name: string) => pool.render(job(name), later());
    const before = ['Amira', 'Zoë', 'Ada'].map(draw);
    const endlessly = pool.render({ ...job('Amira'), values }, later());
    const after = ['Amira', 'Zoë', 'Ada'].map(draw);
    await expect(endlessly).rejects.toMatchObject({ code: 'render_crashed' });
    await expect(Promise.all([...before, ...after])).resolves.toHaveLength(6);
    expect(pool.stats().replaced).toBe(2);
    await expect(pool.render(job('Zoë'))).resolves.toMatchObject({ width: 600 });
  });

  it('passes on what is wrong with a template as it is', async () => {
    const pool = open({ size: 1 });
    const broken = { ...job('Amira'), template: { key: 'broken', load: () => ({ template: small, assets: {} }) } };
    await expect(pool.render(broken)).rejects.toMatchObject({ code: 'asset_invalid' });
  });

  it('hands on what lies behind a failure nobody foresaw, for the log', async () => {
    const pool = open({ size: 1 });
    await expect(pool.render({ ...job('Amira'), format: 'bmp' as never })).rejects.toMatchObject({
      code: 'render_failed',
      cause: expect.objectContaining({ name: 'TypeError', stack: expect.stringMatching(/\n\s+at /) }),
    });
  });

  it('closes also while its first process is just about to be ready', async () => {
    const pool = open({ size: 2 });
    // Nothing is heard in the meantime, so that the process tells of itself when the pool is closing already.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1500);
    await pool.close();
    expect(pool.stats().pids).toEqual([]);
  });

  /** Has every process fail to start meanwhile: some failures are told of later, some at once. */
  async function whileNoneStarts(how: 'later' | 'at once', act: () => Promise<void>): Promise<void> {
    const { execPath } = process;
    process.execPath = how === 'later' ? '/no/such/file' : 'no\0file';
    await act().finally(() => {
      process.execPath = execPath;
    });
  }
  const opened = () => readdirSync('/proc/self/fd').length;

  describe.each(['later', 'at once'] as const)('where no process can be started, which it hears of %s', (how) => {
    it('says so, and draws once one can', async () => {
      let pool: RenderPool | undefined;
      await whileNoneStarts(how, async () => {
        pool = open({ size: 1 });
        await expect(pool.ready()).rejects.toMatchObject({
          code: 'start_failed',
          message: expect.stringMatching(/starts no render/),
        });
      });
      await expect(pool?.render(job('Amira'))).resolves.toMatchObject({ width: 600 });
    });

    it('draws with those it has, and has all again once it can', async () => {
      const pool = open({ size: 2 });
      await whileNoneStarts(how, async () => {
        await expect(pool.render(job('Amira'))).resolves.toMatchObject({ width: 600 });
        await expect(pool.render(job('Amira'))).resolves.toMatchObject({ width: 600 });
      });
      await expect.poll(() => pool.stats().pids.length, { timeout: 10_000 }).toBe(2);
    });

    it('closes at once', async () => {
      await whileNoneStarts(how, () => open({ size: 1 }).close());
    });

    it.runIf(existsSync('/proc/self/fd'))('leaves no file open', async () => {
      const before = opened();
      await whileNoneStarts(how, async () => {
        for (let i = 0; i < 5; i++) await expect(open({ size: 1 }).ready()).rejects.toThrow();
      });
      expect(opened()).toBeLessThan(before + 8);
    });
  });

  it('refuses what waits when it closes', async () => {
    const pool = open({ size: 1 });
    const refused = expect(pool.render(job('Amira'))).rejects.toMatchObject({ code: 'overloaded' });
    await pool.close();
    await refused;
  });
});
