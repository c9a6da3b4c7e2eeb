import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { RootDatabase } from 'lmdb';
import { AppError } from '../../../core/errors.ts';
import { makeFolder } from '../folder.ts';
import { type Counts, openBooks } from './lmdb-books.ts';
import { isSound, PAGE_BYTES } from './lmdb-file.ts';
import type { CacheStore, Pinned, StoredEntry } from './store.ts';

/** How many entries one transaction changes: nothing else runs in this process meanwhile. */
const AT_ONCE = 300;

/**
 * A store in an LMDB folder, at most about `maxBytes` on disk; several processes may share it. A damaged folder is
 * emptied, for what it holds is losable. Throws `start_failed`.
 */
export async function openLmdbStore(path: string, maxBytes: number): Promise<CacheStore> {
  const folder = resolve(path);
  const { open } = await import('lmdb').catch((cause: unknown) => {
    const message =
      'The cache library lmdb does not load on this system: run ./setup again or set MERGEPIX_CACHE=memory:.';
    throw new AppError('start_failed', message, { cause });
  });
  try {
    if (!(await isSound(join(folder, 'data.mdb')))) await rm(folder, { recursive: true, force: true });
    await makeFolder(folder);
    // Its batches by event turn are promises that nobody can hold, and a full disk rejects them: the process would end.
    const options = { maxDbs: 8, encoding: 'binary', pageSize: PAGE_BYTES, eventTurnBatching: false } as const;
    const root = open({ path: folder, ...options });
    // What a release before kept in another order.
    for (const name of ['values', 'ages']) if (root.doesExist(name)) root.openDB(name, {}).dropSync();
    return createStore(root, maxBytes);
  } catch (cause) {
    throw new AppError('start_failed', `The cache folder ${folder} cannot be opened: check MERGEPIX_CACHE.`, { cause });
  }
}

function createStore(root: RootDatabase, maxBytes: number): CacheStore {
  const books = openBooks(root, maxBytes);
  let evicted = 0;

  /** Changes for one transaction, as long as it has not begun. */
  let waiting: ((counts: Counts) => void)[] = [];
  let committing: Promise<void> | undefined;

  /** Everything changes together with the counts, or not at all; so do all changes that come while another is written. */
  async function change<Result>(work: (counts: Counts) => Result): Promise<Result> {
    let result: Result | undefined;
    waiting.push((counts) => {
      result = work(counts);
    });
    committing ??= commit(waiting);
    await committing;
    return result as Result;
  }

  async function commit(works: typeof waiting): Promise<void> {
    function begin(): void {
      if (waiting !== works) return;
      waiting = [];
      committing = undefined;
    }
    try {
      await root.transaction(() => {
        begin();
        const counts = books.counts();
        // What has ended goes before what comes.
        evicted += books.tidy(counts, Date.now());
        for (const work of works) work(counts);
        evicted += books.tidy(counts, Date.now());
        books.keepCounts(counts);
      });
    } catch (error) {
      begin();
      // LMDB tells the reason in a promise of its own, which nobody else hears.
      (error as { commitError?: Promise<unknown> }).commitError?.catch(() => undefined);
      throw error;
    }
  }

  async function inParts<Item>(items: readonly Item[], work: (counts: Counts, item: Item) => void): Promise<void> {
    for (let i = 0; i < items.length; i += AT_ONCE) {
      await change((counts) => {
        for (const item of items.slice(i, i + AT_ONCE)) work(counts, item);
      });
    }
  }

  const store: CacheStore = {
    name: 'lmdb',
    opts: {},
    peek: books.read,
    get: async (key) => books.read(key) as never,
    set: (key, entry: StoredEntry) => change((counts) => books.put(counts, key, entry)),
    delete: (key) => change((counts) => books.forget(counts, key)),
    clear: () =>
      change((counts) => {
        books.clear();
        Object.assign(counts, { entries: 0, bytes: 0, pinnedBytes: 0 });
      }),
    tag: (marks) => inParts(marks, (counts, [key, tag]) => books.tag(counts, key, [tag])),
    async drop(tag) {
      let dropped = 0;
      for (;;) {
        const keys = books.keysOf(tag, AT_ONCE);
        if (keys.length === 0) return dropped;
        await change((counts) => {
          for (const key of keys) if (books.forget(counts, key)) dropped++;
        });
      }
    },
    touch: (keys) => inParts(keys, books.use),
    pin: (keys, until): Promise<Pinned> => change((counts) => books.pin(counts, keys, until)),
    async held() {
      const { next: _, ...counts } = books.counts();
      return { ...counts, evicted };
    },
    disconnect: () => root.close(),
    on: () => store,
  };
  return store;
}
