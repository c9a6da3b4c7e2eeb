import { execFile } from 'node:child_process';
import { mkdtemp, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { KeyvStoreAdapter } from 'keyv';
import { beforeEach, describe, expect, it } from 'vitest';
import { createCache, openCache } from '../../server/stores/cache/index.ts';
import { openLmdbStore } from '../../server/stores/cache/lmdb.ts';
import { openMemoryStore } from '../../server/stores/cache/memory.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mergepix-'));
});

const unexpected = (operation: string, error: unknown) => {
  throw new Error(`${operation} failed`, { cause: error });
};
const options = { maxBytes: 16 * 1024 * 1024, onFault: unexpected };
const picture = (byte: number, length = 60_000) => Buffer.alloc(length, byte);

const stores: Record<string, (maxBytes: number) => Promise<KeyvStoreAdapter>> = {
  lmdb: (maxBytes) => openLmdbStore(join(folder, 'cache'), maxBytes),
  memory: (maxBytes) => openMemoryStore('', maxBytes),
};

describe.each(Object.entries(stores))('the cache over %s', (_name, open) => {
  it('keeps bytes as they are, and forgets them at their age', async () => {
    const store = await open(options.maxBytes);
    const one = createCache(store, options);
    one.set('key', picture(7));
    one.set('gone', picture(8), 1);
    expect(one.peek('key')).toEqual(picture(7));
    await expect.poll(async () => store.get('gone')).toBeDefined();
    await new Promise((resolve) => setTimeout(resolve, 5));
    // A second cache over the same store has nothing in its own process yet.
    const two = createCache(store, options);
    expect(two.peek('key')).toBeUndefined();
    const found = await two.get('key');
    expect(Buffer.isBuffer(found)).toBe(true);
    expect(found).toEqual(picture(7));
    expect(two.peek('key')).toEqual(picture(7));
    expect(await two.get('gone')).toBeUndefined();
    expect(await two.get('never')).toBeUndefined();
    await one.close();
  });

  it('stays within its bytes, the oldest first', async () => {
    const store = await open(1_000_000);
    for (let i = 0; i < 40; i++) await store.set(`key ${i}`, { value: picture(i), expires: undefined });
    const kept = [];
    for (let i = 0; i < 40; i++) if (await store.get(`key ${i}`)) kept.push(i);
    expect(kept.length).toBeGreaterThan(10);
    expect(kept.length).toBeLessThan(17);
    expect(kept).toEqual(Array.from({ length: kept.length }, (_, i) => 40 - kept.length + i));
    await store.disconnect?.();
  });

  it('replaces and deletes without losing count', async () => {
    const store = await open(1_000_000);
    for (let i = 0; i < 100; i++) await store.set('same', { value: picture(i), expires: undefined });
    await store.set('other', { value: picture(1), expires: undefined });
    expect(await store.delete('other')).toBe(true);
    expect(await store.delete('other')).toBe(false);
    expect(await store.get('same')).toMatchObject({ value: picture(99) });
    await store.clear();
    expect(await store.get('same')).toBeUndefined();
    await store.disconnect?.();
  });
});

describe('the cache', () => {
  it('is still there after a restart, with its bound', async () => {
    const first = await openCache(`lmdb:${folder}/cache`, options);
    for (let i = 0; i < 10; i++) first.set(`key ${i}`, picture(i));
    await first.close();
    const store = await openLmdbStore(`${folder}/cache`, 400_000);
    expect(await store.get('key 9')).toMatchObject({ value: picture(9) });
    await store.set('one more', { value: picture(1), expires: undefined });
    expect(await store.get('key 0')).toBeUndefined();
    expect(await store.get('key 9')).toBeDefined();
    await store.disconnect?.();
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
      const set = (key) => store.set(key, { value: Buffer.alloc(300_000) }).then(() => 'kept', () => 'refused');
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
    const broken = (get: () => Promise<unknown>): KeyvStoreAdapter => {
      const store = {
        opts: {},
        get,
        set: get,
        delete: get,
        clear: get,
        on: () => store,
      } as unknown as KeyvStoreAdapter;
      return store;
    };
    const onFault = (operation: string) => faults.push(operation);
    const throwing = createCache(
      broken(() => Promise.reject(new Error('down'))),
      { ...options, onFault },
    );
    const hanging = createCache(
      broken(() => new Promise(() => undefined)),
      { ...options, onFault },
    );
    const lying = createCache(
      broken(async () => ({ value: 'text' })),
      { ...options, onFault },
    );
    for (const cache of [throwing, hanging, lying]) expect(await cache.get('key')).toBeUndefined();
    expect(faults).toEqual(['get', 'get']);
    for (let i = 0; i < 300; i++) hanging.set(`key ${i}`, picture(1, 10));
    expect(hanging.peek('key 299')).toEqual(picture(1, 10));
    expect(faults.length).toBe(2 + 300 - 256);
  });

  it('refuses a store nobody knows, naming those there are', async () => {
    await expect(openCache('redis://x', options)).rejects.toMatchObject({
      code: 'config_invalid',
      message: expect.stringContaining('lmdb: memory:'),
    });
  });

  it('keeps its files to the owner', async () => {
    await (await openCache(`lmdb:${folder}/cache`, options)).close();
    expect((await stat(join(folder, 'cache'))).mode & 0o777).toBe(0o700);
  });
});
