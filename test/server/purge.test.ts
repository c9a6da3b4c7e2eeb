import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Changes, createChanges } from '../../server/changes.ts';
import { followPurges, purge } from '../../server/purge.ts';
import { type Cache, createCache } from '../../server/stores/cache/index.ts';
import { openMemoryStore } from '../../server/stores/cache/memory.ts';
import type { CacheStore } from '../../server/stores/cache/store.ts';
import { openRecords } from '../../server/stores/records/index.ts';

/** A process: its cache over the store of all, and its end of the records. */
type Process = { readonly cache: Cache; readonly changes: Changes; readonly faults: unknown[] };

const TAG = 'template:default/hero';
const picture = Buffer.from('a hero');
const tagged = { tags: [TAG] };
let url: string;
let store: CacheStore;
let closers: (() => unknown)[];
beforeEach(async () => {
  url = `sqlite:${join(await mkdtemp(join(tmpdir(), 'mergepix-')), 'mergepix.db')}`;
  store = await openMemoryStore('', 1_000_000);
  closers = [];
});
afterEach(async () => {
  for (const close of closers.reverse()) await close();
});

/** `way` is how the process reaches the store where that is not the plain one. */
async function start(way: Partial<CacheStore> = {}): Promise<Process> {
  const db = await openRecords(url, 1);
  const changes = createChanges(db, () => undefined);
  const { peek: _, ...far } = store;
  const cache = createCache({ ...far, ...way } as CacheStore, { maxBytes: 1_000_000, onFault: () => undefined });
  const faults: unknown[] = [];
  closers.push(() => db.destroy(), changes.close);
  closers.push(followPurges({ cache, changes }, (error) => faults.push(error)));
  return { cache, changes, faults };
}

/** Something that waits until it is told to go on. */
function gate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open: () => open(), opened };
}

/** Waits until others have heard of everything that a process has told, and have done it. */
async function heardBy(others: readonly Process[], { changes }: Process): Promise<void> {
  const mark = `mark ${Math.random()}`;
  const heard = others.map(
    (other) => new Promise<void>((resolve) => other.changes.on('link', (id) => id === mark && resolve())),
  );
  await changes.tell('link', mark);
  await Promise.all(heard);
  await new Promise((resolve) => setTimeout(resolve, 100));
}

const isKept = async (key: string) => (await store.get(key)) !== undefined;

describe('a purge', () => {
  it('leaves no copy in any process', async () => {
    const [one, two] = [await start(), await start()];
    one.cache.set('hero', picture, tagged);
    one.cache.remember('last:hero', { key: 'hero', mime: 'image/png', at: 1 }, [TAG]);
    await expect.poll(() => two.cache.get('hero')).toEqual(picture);
    await expect.poll(() => two.cache.recall('last:hero')).toBeDefined();
    expect(await purge(one, TAG)).toBe(2);
    expect(one.cache.peek('hero')).toBeUndefined();
    await expect.poll(() => two.cache.peek('hero'), { timeout: 5000 }).toBeUndefined();
    expect(await two.cache.recall('last:hero')).toBeUndefined();
  });

  it('takes nothing of what is made after it, in whatever process', async () => {
    const [one, two, three] = [await start(), await start(), await start()];
    for (const key of ['hero', 'own']) two.cache.set(key, picture, tagged);
    await expect.poll(async () => (await isKept('hero')) && (await isKept('own'))).toBe(true);
    await new Promise((resolve) => setTimeout(resolve, 5));
    await purge(one, TAG);
    three.cache.set('hero', picture, tagged);
    two.cache.set('own', picture, tagged);
    two.cache.set('new', picture, tagged);
    expect(await three.cache.pin(['hero'], Date.now() + 60_000)).toMatchObject({ pinned: 1 });
    await heardBy([one, two, three], one);
    for (const key of ['hero', 'own', 'new']) expect(await isKept(key), key).toBe(true);
    expect((await store.held()).pinnedBytes).toBeGreaterThan(0);
  }, 10_000);

  it('reaches what another process is about to write, and the copies that others make of that', async () => {
    const { open, opened } = gate();
    const [one, three] = [await start(), await start()];
    const two = await start({
      async set(key: string, entry: never) {
        await opened;
        await store.set(key, entry);
        // This one has heard of the purge by now.
        expect(await three.cache.get(key)).toEqual(picture);
      },
    });
    two.cache.set('hero', picture, tagged);
    await new Promise((resolve) => setTimeout(resolve, 5));
    await purge(one, TAG);
    await heardBy([two, three], one);
    open();
    await expect.poll(() => three.cache.peek('hero')).toEqual(picture);
    await expect.poll(() => isKept('hero')).toBe(false);
    expect(await two.cache.get('hero')).toBeUndefined();
    await expect.poll(() => three.cache.get('hero'), { timeout: 15_000 }).toBeUndefined();
  }, 30_000);

  it('reaches what another process is about to put under its tag', async () => {
    const [one, two] = [await start(), await start()];
    one.cache.set('shared', picture, { tags: ['link:one'] });
    await expect.poll(() => isKept('shared')).toBe(true);
    two.cache.note('shared', [TAG]);
    await new Promise((resolve) => setTimeout(resolve, 5));
    await purge(one, TAG);
    await expect.poll(() => isKept('shared'), { timeout: 5000 }).toBe(false);
  });

  it('drops all again where a process hears of it so late that it cannot tell what it was about to write', async () => {
    const { changes, cache } = await start();
    cache.set('hero', picture, tagged);
    cache.set('other', picture);
    await expect.poll(async () => (await isKept('hero')) && (await isKept('other'))).toBe(true);
    await cache.purge('none', 'mark');
    await changes.tell('purged', `${Date.now() - 60_000} mark ${TAG}`);
    await expect.poll(() => isKept('hero')).toBe(false);
    expect(await isKept('other')).toBe(true);
  });

  it('drops what a process has in a store of its own', async () => {
    const own = await openMemoryStore('', 1_000_000);
    const [one, two] = [await start(), await start(own)];
    two.cache.set('hero', picture, tagged);
    two.cache.set('other', picture);
    await expect.poll(() => own.get('hero')).toBeDefined();
    await purge(one, TAG);
    await expect.poll(() => own.get('hero'), { timeout: 5000 }).toBeUndefined();
    expect(await own.get('other')).toBeDefined();
  });

  it('is not forgotten while the store is away', async () => {
    let isAway = true;
    const one = await start({ drop: (tag) => (isAway ? Promise.reject(new Error('away')) : store.drop(tag)) });
    one.cache.set('picture', picture, { tags: ['contact:default:c1'] });
    one.cache.set('other', picture, { tags: ['contact:default:c2'] });
    await expect.poll(async () => (await store.held()).entries).toBe(2);
    await expect(purge(one, 'contact:default:c1')).rejects.toMatchObject({ code: 'overloaded' });
    // The store has it still, until it is back and somebody remembers.
    expect(await isKept('picture')).toBe(true);
    isAway = false;
    await expect.poll(() => isKept('picture'), { timeout: 10_000 }).toBe(false);
    expect(await isKept('other')).toBe(true);
    expect(one.faults).toHaveLength(1);
  }, 15_000);

  it('that failed is done by every process that can, and by none once it was done', async () => {
    let isAway = true;
    const drop = (tag: string) => (isAway ? Promise.reject(new Error('away')) : store.drop(tag));
    const [one, two] = [await start({ drop }), await start({ drop })];
    const three = await start();
    three.cache.set('hero', picture, tagged);
    await expect.poll(() => two.cache.get('hero')).toEqual(picture);
    await expect(purge(one, TAG)).rejects.toMatchObject({ code: 'overloaded' });
    await expect.poll(() => isKept('hero'), { timeout: 5000 }).toBe(false);
    expect(two.cache.peek('hero')).toBeUndefined();
    await heardBy([one, two, three], one);
    await purge(three, TAG);
    await heardBy([one, two], three);
    three.cache.set('hero', picture, tagged);
    isAway = false;
    await new Promise((resolve) => setTimeout(resolve, 3000));
    expect(await isKept('hero')).toBe(true);
  }, 20_000);
});
