import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createChanges } from '../../server/changes.ts';
import { followPurges, purge } from '../../server/purge.ts';
import { createCache } from '../../server/stores/cache/index.ts';
import { openMemoryStore } from '../../server/stores/cache/memory.ts';
import { openRecords } from '../../server/stores/records/index.ts';

it('purging is not forgotten while the store is away', async () => {
  const db = await openRecords(`sqlite:${join(await mkdtemp(join(tmpdir(), 'mergepix-')), 'mergepix.db')}`, 1);
  const changes = createChanges(db, () => undefined);
  const store = await openMemoryStore('', 1_000_000);
  let isAway = true;
  const drop = (tag: string) => (isAway ? Promise.reject(new Error('away')) : store.drop(tag));
  const cache = createCache({ ...store, drop }, { maxBytes: 1_000_000, onFault: () => undefined });
  const faults: unknown[] = [];
  const stop = followPurges({ cache, changes }, (error) => faults.push(error));
  cache.set('picture', Buffer.from('of a contact'), { tags: ['contact:default:c1'] });
  cache.set('other', Buffer.from('of another'), { tags: ['contact:default:c2'] });
  await expect.poll(async () => (await store.held()).entries).toBe(2);
  await expect(purge({ cache, changes }, 'contact:default:c1')).rejects.toMatchObject({ code: 'overloaded' });
  // The store has it still, until it is back and somebody remembers.
  expect(await store.get('picture')).toBeDefined();
  isAway = false;
  await expect.poll(() => store.get('picture'), { timeout: 10_000 }).toBeUndefined();
  expect(await store.get('other')).toBeDefined();
  expect(faults).toHaveLength(1);
  stop();
  changes.close();
  await db.destroy();
}, 15_000);
