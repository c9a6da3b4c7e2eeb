import { createHash, randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { type Cache, createCache } from '../../server/stores/cache/index.ts';
import type { CacheStore } from '../../server/stores/cache/store.ts';

/** Opens the same store again and again, empty before each test. */
export type StoreUnderTest = {
  open(maxBytes: number): Promise<CacheStore>;
  /** Whether what was kept is there for another process. */
  readonly isShared: boolean;
};

const MB = 1024 * 1024;
export const picture = (byte: number, length = 60_000) => Buffer.alloc(length, byte);
export const unexpected = (use: string, error: unknown) => {
  throw new Error(`${use} failed`, { cause: error });
};
const cacheOver = (store: CacheStore, maxBytes = 16 * MB): Cache =>
  createCache(store, { maxBytes, onFault: unexpected });
const keep = (store: CacheStore, key: string, bytes: Buffer, tags: string[] = []) =>
  store.set(key, { value: { bytes, tags }, expires: Date.now() + 3_600_000 });
const kept = async (store: CacheStore, count: number): Promise<number[]> => {
  const found = await Promise.all(Array.from({ length: count }, (_, i) => store.get(`key ${i}`)));
  return found.flatMap((entry, i) => (entry ? [i] : []));
};
/** A moment later, for stores that write down when something was used. */
const tick = () => new Promise((resolve) => setTimeout(resolve, 5));

/** What every cache store promises. */
export function keepsItsPromises({ open, isShared }: StoreUnderTest): void {
  it('keeps bytes as they are, and forgets them at their age', async () => {
    const store = await open(16 * MB);
    const one = cacheOver(store);
    const bytes = randomBytes(70_001);
    one.set('key', bytes);
    one.set('empty', Buffer.alloc(0));
    one.set('gone', picture(8), { ttlMs: 1 });
    expect(one.peek('key')).toBe(bytes);
    await expect.poll(async () => (await store.held()).entries).toBeGreaterThanOrEqual(2);
    await tick();
    // A second cache over the same store has nothing in its own process yet.
    const two = cacheOver(store);
    const found = await two.get('key');
    expect(Buffer.isBuffer(found)).toBe(true);
    expect(
      createHash('sha256')
        .update(found ?? '')
        .digest('hex'),
    ).toBe(createHash('sha256').update(bytes).digest('hex'));
    expect(two.peek('key')).toEqual(bytes);
    expect(await two.get('empty')).toEqual(Buffer.alloc(0));
    expect(await two.get('gone')).toBeUndefined();
    expect(await two.get('never')).toBeUndefined();
    expect(await two.stats()).toMatchObject({ store: store.name, maxBytes: 16 * MB, misses: 2 });
    await one.close();
  });

  it('says when a picture made for later is written, unless the store keeps its very buffer', async () => {
    const store = await open(16 * MB);
    const cache = cacheOver(store);
    const bytes = picture(1);
    let isWritten = false;
    const onWritten = () => {
      isWritten = true;
      bytes.fill(2);
    };
    cache.set('key', bytes, { isForLater: true, onWritten });
    cache.set('asked for', picture(1), { onWritten: () => expect.unreachable() });
    await cache.pin(['key', 'asked for'], Date.now() + 60_000);
    expect(isWritten).toBe(!store.keepsBuffers);
    expect(await cacheOver(store).get('key')).toEqual(picture(1));
    await cache.close();
  });

  it('stays within its bytes under five times as many, the least recently used out first', async () => {
    const store = await open(MB);
    for (let i = 0; i < 10; i++) await keep(store, `key ${i}`, picture(i));
    await tick();
    await store.touch(['key 0', 'key 1', 'never']);
    await tick();
    for (let i = 10; i < 90; i += 5) {
      await Promise.all([0, 1, 2, 3, 4].map((j) => keep(store, `key ${i + j}`, picture(i + j))));
      expect((await store.held()).bytes).toBeLessThanOrEqual(MB);
      await tick();
      await store.touch(['key 0', 'key 1']);
      await tick();
    }
    const left = await kept(store, 90);
    expect(left.length).toBeGreaterThanOrEqual(10);
    expect(left.length).toBeLessThanOrEqual(17);
    expect(left.slice(0, 2)).toEqual([0, 1]);
    expect(left[2]).toBeGreaterThanOrEqual(70);
    const { entries, evicted } = await store.held();
    expect(entries).toBe(left.length);
    expect(evicted).toBe(90 - left.length);
    await store.disconnect();
  });

  it('does not empty itself for what is larger than all of it', async () => {
    const store = await open(MB);
    await keep(store, 'key 0', picture(0));
    await keep(store, 'huge', picture(1, 2 * MB));
    expect(await store.get('key 0')).toBeDefined();
    expect(await store.get('huge')).toBeUndefined();
    await store.disconnect();
  });

  it('replaces and deletes without losing count', async () => {
    const store = await open(MB);
    for (let i = 0; i < 10; i++) await keep(store, 'same', picture(i), ['a', 'b']);
    const one = await store.held();
    expect(one).toMatchObject({ entries: 1, evicted: 0 });
    await keep(store, 'other', picture(1), ['b']);
    expect(await store.delete('other')).toBe(true);
    expect(await store.delete('other')).toBe(false);
    expect(await store.held()).toEqual(one);
    expect(await store.get('same')).toMatchObject({ value: { bytes: picture(9) } });
    await store.clear();
    expect(await store.get('same')).toBeUndefined();
    expect(await store.held()).toMatchObject({ entries: 0, bytes: 0, pinnedBytes: 0 });
    await store.disconnect();
  });

  it('keeps pinned pictures until their pin ends, and pins no more than it can keep', async () => {
    const store = await open(MB);
    for (let i = 0; i < 10; i++) await keep(store, `key ${i}`, picture(i));
    const until = Date.now() + 400;
    expect(await store.pin(['key 2', 'key 3', 'key 3', 'never'], until)).toEqual({
      pinned: 2,
      missing: ['never'],
      lacking: 0,
    });
    // A second pin that ends sooner takes nothing away, and one that lasts longer is not counted twice.
    await store.pin(['key 2'], Date.now() + 1);
    expect((await store.held()).pinnedBytes).toBeLessThan(140_000);
    await keep(store, 'key 3', picture(33));
    await Promise.all(Array.from({ length: 50 }, (_, i) => keep(store, `key ${10 + i}`, picture(i))));
    expect((await kept(store, 60)).slice(0, 2)).toEqual([2, 3]);
    expect(await store.get('key 3')).toMatchObject({ value: { bytes: picture(33) } });
    await new Promise((resolve) => setTimeout(resolve, 450));
    await Promise.all(Array.from({ length: 40 }, (_, i) => keep(store, `key ${100 + i}`, picture(i))));
    expect(await kept(store, 61)).toEqual([]);
    expect((await store.held()).pinnedBytes).toBe(0);
    await store.disconnect();
  });

  it('says how much is lacking, and pins nothing then', async () => {
    const store = await open(MB);
    for (let i = 0; i < 8; i++) await keep(store, `key ${i}`, picture(i));
    expect(
      await store.pin(['key 0', 'key 1', 'key 2', 'key 3', 'key 4', 'key 5', 'key 6', 'key 7'], Date.now() + 60_000),
    ).toMatchObject({ pinned: 8 });
    await keep(store, 'key 8', picture(8, 400_000));
    expect((await store.pin(['key 8'], Date.now() + 60_000)).lacking).toBe(0);
    await keep(store, 'key 9', picture(9, 100_000));
    const { pinned, lacking } = await store.pin(['key 9'], Date.now() + 60_000);
    expect(pinned).toBe(0);
    expect(lacking).toBeGreaterThan(0);
    expect(lacking).toBeLessThan(100_000);
    expect((await kept(store, 9)).length).toBe(9);
    await store.disconnect();
  });

  it('drops what is under a tag, pinned or not, and leaves the rest', async () => {
    const store = await open(16 * MB);
    for (let i = 0; i < 700; i++)
      await keep(store, `key ${i}`, picture(i % 256, 100), [i % 2 ? 'odd' : 'even', `n:${i}`]);
    await store.tag([
      ['key 0', 'odd'],
      ['key 0', 'odd'],
      ['never', 'odd'],
    ]);
    await store.pin(['key 1', 'key 2'], Date.now() + 60_000);
    expect(await store.drop('odd')).toBe(351);
    expect(await kept(store, 700)).toEqual(Array.from({ length: 349 }, (_, i) => 2 * i + 2));
    expect(await store.drop('odd')).toBe(0);
    expect(await store.drop('n:2')).toBe(1);
    const { entries, pinnedBytes } = await store.held();
    expect([entries, pinnedBytes]).toEqual([348, 0]);
    await store.drop('even');
    expect(await store.held()).toMatchObject({ entries: 0, bytes: 0 });
    await store.disconnect();
  });

  it('has pointers that another process follows, and that go with their contact', async () => {
    const store = await open(16 * MB);
    const one = cacheOver(store);
    const pointer = { key: 'picture', mime: 'image/png', at: 1000 };
    one.remember('last:link:contact', pointer, ['contact:default:c1']);
    one.remember('last:link:other', { ...pointer, at: 2000 }, ['contact:default:c2']);
    expect(await one.recall('last:link:contact')).toEqual(pointer);
    await expect.poll(async () => (await store.held()).entries).toBe(2);
    const two = cacheOver(store);
    expect(await two.recall('last:link:contact')).toEqual(pointer);
    expect(await two.recall('never')).toBeUndefined();
    one.set('shared', picture(1), { tags: ['contact:default:c2'] });
    await expect.poll(async () => (await store.held()).entries).toBe(3);
    two.note('shared', ['contact:default:c1']);
    two.note('shared', ['contact:default:c1', 'link:l1']);
    expect(await two.purge('contact:default:c1')).toBe(2);
    expect(await two.recall('last:link:contact')).toBeUndefined();
    expect(await two.get('shared')).toBeUndefined();
    expect(await two.recall('last:link:other')).toEqual({ ...pointer, at: 2000 });
    // What was being drawn for the contact meanwhile does not come after the erasure.
    two.remember('last:link:contact', pointer, ['contact:default:c1']);
    two.set('late', picture(2), { tags: ['contact:default:c1'] });
    expect(two.peek('late')).toBeUndefined();
    expect(await two.recall('last:link:contact')).toBeUndefined();
    expect(await two.purge('all')).toBe(1);
    expect(await two.recall('last:link:other')).toBeUndefined();
    await one.close();
  });

  if (isShared) {
    it('is still there after a restart, with its tags, pins and bound', async () => {
      const first = await open(MB);
      for (let i = 0; i < 10; i++) await keep(first, `key ${i}`, picture(i), [`n:${i}`]);
      await first.pin(['key 0'], Date.now() + 60_000);
      const before = await first.held();
      await first.disconnect();
      const store = await open(400_000);
      expect(await store.held()).toEqual({ ...before, evicted: 0 });
      expect(await store.get('key 9')).toMatchObject({ value: { bytes: picture(9) } });
      await keep(store, 'one more', picture(1));
      const left = await kept(store, 10);
      expect(left[0]).toBe(0);
      expect(left).not.toContain(1);
      expect(left).toContain(9);
      expect((await store.held()).bytes).toBeLessThanOrEqual(400_000);
      expect(await store.drop('n:9')).toBe(1);
      await store.disconnect();
    });
  }
}
