import { open as openFile, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { KeyvStoreAdapter } from 'keyv';
import type { Database, RootDatabase } from 'lmdb';
import { AppError } from '../../../core/errors.ts';
import { makeFolder } from '../folder.ts';

type Entry = { value: Buffer; expires?: number };
/** What the age list keeps for each value: its key and the bytes it takes. */
type Aged = readonly [key: string, bytes: number];

// Before each value: when it expires (0: never) and its place in the age list, as doubles.
const HEADER_BYTES = 16;
const PAGE_BYTES = 4096;

/**
 * A Keyv store in an LMDB folder that keeps Buffers as bytes, at most about `maxBytes` of them on disk: the oldest go
 * first. A damaged folder is emptied, for what it holds is losable. Throws `start_failed`.
 */
export async function openLmdbStore(path: string, maxBytes: number): Promise<KeyvStoreAdapter> {
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
    const options = { maxDbs: 2, encoding: 'binary', pageSize: PAGE_BYTES, eventTurnBatching: false } as const;
    return createStore(open({ path: folder, ...options }), maxBytes);
  } catch (cause) {
    throw new AppError('start_failed', `The cache folder ${folder} cannot be opened: check MERGEPIX_CACHE.`, { cause });
  }
}

/**
 * Whether a file can be LMDB's, or is not there yet. Opening any other ends the process in its native code, so its two
 * heads are read first: the mark at byte 24 of each, the page size at 48, the number of the last page at 144.
 */
async function isSound(path: string): Promise<boolean> {
  const file = await openFile(path).catch(() => undefined);
  if (!file) return true;
  try {
    const { size } = await file.stat();
    const head = Buffer.alloc(2 * PAGE_BYTES);
    const { bytesRead } = await file.read(head, 0, head.length, 0);
    return (
      bytesRead === head.length &&
      [0, PAGE_BYTES].every(
        (at) =>
          head.readUInt32LE(at + 24) === 0xbeefc0de &&
          head.readUInt32LE(at + 48) === PAGE_BYTES &&
          (head.readUInt32LE(at + 144) + 1) * PAGE_BYTES <= size,
      )
    );
  } finally {
    await file.close();
  }
}

function createStore(root: RootDatabase, maxBytes: number): KeyvStoreAdapter {
  const values: Database<Buffer, string> = root.openDB('values', { encoding: 'binary' });
  const ages: Database<Aged, number> = root.openDB('ages', { encoding: 'msgpack' });
  let total = 0;
  let next = 1;
  for (const { key: age, value } of ages.getRange()) {
    total += value[1];
    next = age + 1;
  }

  // Both lists change together or not at all, and so does the count of bytes.
  async function change<Result>(work: () => Result): Promise<Result> {
    let added = 0;
    try {
      return await root.transaction(() => {
        const before = total;
        const result = work();
        added = total - before;
        return result;
      });
    } catch (error) {
      total -= added;
      // LMDB tells the reason in a promise of its own, which nobody else hears.
      (error as { commitError?: Promise<unknown> }).commitError?.catch(() => undefined);
      throw error;
    }
  }

  // These run inside a transaction.
  const drop = (key: string, age: number, bytes: number) => {
    values.remove(key);
    ages.remove(age);
    total -= bytes;
  };
  const remove = (key: string): boolean => {
    const stored = values.get(key);
    if (!stored) return false;
    drop(key, stored.readDoubleLE(8), sizeOnDisk(stored.length));
    return true;
  };
  const evict = () => {
    while (total > maxBytes) {
      const [oldest] = ages.getRange({ limit: 1 });
      if (!oldest) return;
      drop(oldest.value[0], oldest.key, oldest.value[1]);
    }
  };

  const store: KeyvStoreAdapter = {
    opts: {},
    async get(key) {
      const stored = values.get(key);
      if (!stored) return undefined;
      const expires = stored.readDoubleLE(0);
      const value = stored.subarray(HEADER_BYTES);
      return (expires > 0 ? { value, expires } : { value }) as never;
    },
    async set(key, { value, expires }: Entry) {
      await change(() => {
        remove(key);
        const age = next++;
        const header = Buffer.alloc(HEADER_BYTES);
        header.writeDoubleLE(expires ?? 0, 0);
        header.writeDoubleLE(age, 8);
        const stored = Buffer.concat([header, value]);
        values.put(key, stored);
        ages.put(age, [key, sizeOnDisk(stored.length)]);
        total += sizeOnDisk(stored.length);
        evict();
      });
    },
    delete: (key) => change(() => remove(key)),
    async clear() {
      await change(() => {
        values.clearSync();
        ages.clearSync();
        total = 0;
      });
    },
    disconnect: () => root.close(),
    on: () => store,
  };
  return store;
}

/** LMDB gives a value that fills more than half a page whole pages of its own. */
const sizeOnDisk = (bytes: number): number => Math.ceil((bytes + HEADER_BYTES) / PAGE_BYTES) * PAGE_BYTES;
