import { LRUCache } from 'lru-cache';
import type { Changes } from '../changes.ts';
import type { Log } from '../observe/log.ts';
import type { Records } from '../stores/records/index.ts';
import { addToQuarantine, listQuarantine } from '../stores/records/quarantine.ts';

/** Pictures that ended the processes they were drawn in, by the sha256 of their bytes: no process draws them again. */
export type Quarantine = {
  has(digest: string): boolean;
  /** Here at once, in every other process within two seconds; the log tells that it happened. */
  add(digests: readonly string[]): void;
};

const MAX_HELD = 10_000;
// Then they are tried again: it may have been something else, or a library that has been mended since.
const HELD_MS = 7 * 24 * 3600 * 1000;

/** Knows what is in quarantine already, and hears what other processes put there. */
export async function createQuarantine(parts: { records: Records; changes: Changes; log: Log }): Promise<Quarantine> {
  const { records, changes, log } = parts;
  const held = new LRUCache<string, true>({ max: MAX_HELD });
  const hold = (digest: string, ttl = HELD_MS) => void held.set(digest, true, { ttl });
  const now = Date.now();
  for (const { digest, at } of await listQuarantine(records, { since: now - HELD_MS, limit: MAX_HELD }))
    hold(digest, at + HELD_MS - now);
  changes.on('quarantine', hold);

  async function write(digest: string): Promise<void> {
    await addToQuarantine(records, { digest, reason: 'ended its process twice', at: Date.now() });
    await changes.tell('quarantine', digest);
  }

  return {
    has: (digest) => held.has(digest),
    add(digests) {
      for (const digest of digests) {
        hold(digest);
        log.warn('image.quarantined');
        write(digest).catch((error: unknown) => log.warn('quarantine.failed', {}, error));
      }
    },
  };
}
