import { execFile } from 'node:child_process';
import { mkdtemp, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import { beforeEach, describe, expect, it } from 'vitest';
import { createCache, openCache } from '../../server/stores/cache/index.ts';
import { openLmdbStore } from '../../server/stores/cache/lmdb.ts';
import { openMemoryStore } from '../../server/stores/cache/memory.ts';
import { openPostgresStore } from '../../server/stores/cache/postgres.ts';
import { openRedisStore } from '../../server/stores/cache/redis.ts';
import type { CacheStore } from '../../server/stores/cache/store.ts';
import { brokenStore } from '../fakes/broken-store.ts';
import { describeReal } from '../real/describe.ts';
import { realPostgres } from '../real/postgres.ts';
import { realRedis } from '../real/redis.ts';
import { keepsItsPromises, picture, unexpected } from './cache-contract.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mergepix-'));
});

/** A store that connects behind, once it has. */
async function ready(opening: Promise<CacheStore>): Promise<CacheStore> {
  const store = await opening;
  await expect.poll(() => store.held().then(Boolean, () => false), { timeout: 5000 }).toBe(true);
  return store;
}

const options = { maxBytes: 16 * 1024 * 1024, onFault: unexpected };

describe('the cache over lmdb', () => {
  keepsItsPromises({ open: (maxBytes) => openLmdbStore(join(folder, 'cache'), maxBytes), isShared: true });
});

describe('the cache over memory', () => {
  keepsItsPromises({ open: (maxBytes) => openMemoryStore('', maxBytes), isShared: false });
});

describeReal(realRedis, 'the cache over Redis', (server) => {
  beforeEach(async () => {
    const client = new Redis(server().url);
    await client.flushall();
    client.disconnect();
  });
  keepsItsPromises({ open: (maxBytes) => ready(openRedisStore(server().url, maxBytes)), isShared: true });
});

describeReal(realPostgres, 'the cache over PostgreSQL', (server) => {
  let url: string;
  beforeEach(async () => {
    url = await server().makeDatabase();
  });
  keepsItsPromises({ open: (maxBytes) => ready(openPostgresStore(url, maxBytes)), isShared: true });
});

describe('the cache', () => {
  it('makes room for its own order where a release before kept another', async () => {
    const { open } = await import('lmdb');
    const root = open({ path: join(folder, 'cache'), maxDbs: 2, encoding: 'binary', pageSize: 4096 });
    await root.openDB('values', { encoding: 'binary' }).put('key', picture(1));
    await root.openDB('ages', { encoding: 'msgpack' }).put(1, ['key', 60_000]);
    await root.close();
    const cache = await openCache(`lmdb:${folder}/cache`, options);
    expect(await cache.get('key')).toBeUndefined();
    cache.set('key', picture(2));
    expect(await cache.stats()).toMatchObject({ store: 'lmdb' });
    await cache.close();
  });

  it.each(['', 'x', 'this is no database'.repeat(1000), 'truncated'])(
    'starts empty when its file is damaged',
    async (text) => {
      const first = await openCache(`lmdb:${folder}/cache`, options);
      for (let i = 0; i < 10; i++) first.set(`key ${i}`, picture(i));
      await first.close();
      if (text === 'truncated') await truncate(join(folder, 'cache', 'data.mdb'), 16_384);
      else await writeFile(join(folder, 'cache', 'data.mdb'), text);
      const cache = await openCache(`lmdb:${folder}/cache`, options);
      cache.set('key', picture(1));
      expect(await cache.get('key')).toEqual(picture(1));
      await cache.close();
    },
  );

  it('outlives a full disk, and still has what it was given before', async () => {
    const script = `
      const { openLmdbStore } = await import(process.argv[1]);
      const store = await openLmdbStore(process.argv[2], 500_000);
      const set = (key) => store.set(key, { value: { bytes: Buffer.alloc(300_000) }, expires: Date.now() + 60_000 }).then(() => 'kept', () => 'refused');
      const told = [await set('one')];
      for (const key of 'abcdefgh') told.push(await set(key));
      console.log(JSON.stringify([...new Set(told), (await store.get('one')) !== undefined]));
      process.exit();`;
    const built = new URL('../../dist/server/stores/cache/lmdb.js', import.meta.url).href;
    // A limit on the size of files fails writes as a full disk does.
    const { stdout } = await promisify(execFile)('sh', [
      '-c',
      'ulimit -f 1000; exec "$0" --input-type=module -e "$1" "$2" "$3"',
      process.execPath,
      script,
      built,
      `${folder}/cache`,
    ]);
    expect(JSON.parse(stdout)).toEqual(['kept', 'refused', true]);
  });

  it('is a miss, never an error, when its store hangs, throws or answers nonsense', async () => {
    const faults: string[] = [];
    const over = (answer: () => Promise<unknown>) =>
      createCache(brokenStore(answer), { ...options, onFault: (use) => faults.push(use) });
    const throwing = over(() => Promise.reject(new Error('down')));
    const hanging = over(() => new Promise(() => undefined));
    const lying = over(async () => ({ value: 'text' }));
    for (const cache of [throwing, hanging, lying]) expect(await cache.get('key')).toBeUndefined();
    expect(faults).toEqual(['get', 'get']);
    for (let i = 0; i < 300; i++) hanging.set(`key ${i}`, picture(1, 10));
    expect(hanging.peek('key 299')).toEqual(picture(1, 10));
    hanging.remember('name', { key: 'key', mime: 'image/png', at: 1 });
    expect(await hanging.recall('name')).toEqual({ key: 'key', mime: 'image/png', at: 1 });
    // Told once for reading and once for writing, however often it fails.
    for (let i = 0; i < 20; i++) await throwing.get(`key ${i}`);
    expect(faults).toEqual(['get', 'get', 'set']);
    await expect(throwing.purge('all')).rejects.toMatchObject({ code: 'overloaded' });
    await expect(throwing.stats()).rejects.toMatchObject({ code: 'overloaded' });
    await expect(throwing.pin(['key'], Date.now() + 1000)).rejects.toMatchObject({ code: 'overloaded' });
  });

  it('refuses a store nobody knows, naming those there are', async () => {
    await expect(openCache('mongodb://x', options)).rejects.toMatchObject({
      code: 'config_invalid',
      message: expect.stringContaining('lmdb: memory:'),
    });
  });

  it('keeps its files to the owner', async () => {
    await (await openCache(`lmdb:${folder}/cache`, options)).close();
    expect((await stat(join(folder, 'cache'))).mode & 0o777).toBe(0o700);
  });
});
