import { afterEach, describe, expect, it } from 'vitest';
import { sharp } from '../../core/node/native.ts';
import { createRenderPool, type PoolOptions, type RenderPool } from '../../core/node/pool.ts';
import type { RenderJob } from '../../core/node/renderer.ts';
import { applyContract } from '../../core/template/contract.ts';
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

  it('gives up on a hung process at the deadline and goes on with another', async () => {
    const pool = open({ size: 1, deadlineMs: 400 });
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

  it('refuses what waits when it closes', async () => {
    const pool = open({ size: 1 });
    const refused = expect(pool.render(job('Amira'))).rejects.toMatchObject({ code: 'overloaded' });
    await pool.close();
    await refused;
  });
});
