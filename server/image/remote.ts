import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import { AppError } from '../../core/errors.ts';
import { type Allowed, fetchImage, type Ways } from '../assets/fetch.ts';
import { sha256 } from '../stores/blobs/blobs.ts';
import type { Cache } from '../stores/cache/index.ts';

/** The bytes of a picture and their sha256. */
export type LoadedImage = { readonly bytes: Buffer; readonly digest: string };

/** Pictures at addresses of others, http(s) or S3. */
export type RemoteImages = {
  /**
   * The digest of what was seen at an address last, by this process or another; undefined when nothing was. Takes no
   * fetch: what was seen over ten minutes ago is looked at again behind the scenes, so that a changed picture shows.
   */
  identify(address: string, allowed: Allowed): Promise<string | undefined>;
  /** The picture, fetched once for all who ask at the same time; null when it cannot be had. Never rejects. */
  load(address: string, allowed: Allowed): Promise<LoadedImage | null>;
  /** Drops the bytes kept in this process. */
  forget(): void;
};

/** A picture in this process. */
type Copy = LoadedImage & { readonly etag: string | undefined };
/** What is remembered of an address: without a digest that there was nothing. `at` is in ms since 1970. */
type Seen = z.output<typeof seenSchema>;

const seenSchema = z.object({ digest: z.string().optional(), etag: z.string().optional(), at: z.number() });

const KEPT_BYTES = 32 * 1024 * 1024;
const MAX_SEEN = 20_000;
const FRESH_MS = 10 * 60_000;
// A host that is down must not cost every picture its deadline again.
const MISSING_MS = 30_000;
// Looking again must leave the way free for pictures that somebody waits for.
const MAX_LOOKING = 4;
// There is nothing at the address that may be shown, which is more than a host that does not answer just now.
const GONE = ['asset_not_found', 'asset_invalid', 'address_refused'];

/** Keeps 32 MB of what it fetched in this process, and what it saw of 20,000 addresses here and in the cache. */
export function createRemoteImages({ ways, cache }: { ways: Ways; cache: Cache }): RemoteImages {
  const kept = new LRUCache<string, { readonly copy: Copy | null; readonly until: number }>({
    maxSize: KEPT_BYTES,
    // Addresses count too: strangers can name any number that cannot be had.
    sizeCalculation: ({ copy }, key) => (copy?.bytes.length ?? 0) + key.length,
  });
  const seen = new LRUCache<string, Seen>({ max: MAX_SEEN });
  const fetching = new Map<string, Promise<Copy | null>>();
  let looking = 0;

  const nameOf = (address: string) => `seen ${createHash('sha256').update(address).digest('base64url')}`;

  function note(address: string, found: Seen): void {
    seen.set(address, found);
    cache.set(nameOf(address), Buffer.from(JSON.stringify(found)));
  }

  async function recall(address: string): Promise<Seen | undefined> {
    const here = seen.get(address);
    if (here) return here;
    const stored = await cache.get(nameOf(address));
    const found = stored && seenSchema.parse(JSON.parse(stored.toString()));
    if (found) seen.set(address, found);
    return found;
  }

  /** Asks only for what is new since the copy here, or since what was seen when nobody waits for the bytes. */
  async function look(
    key: string,
    address: string,
    allowed: Allowed,
    old: Copy | null,
    last?: Seen,
  ): Promise<Copy | null> {
    const keep = (copy: Copy | null, ms: number) => {
      kept.set(key, { copy, until: performance.now() + ms });
      return copy;
    };
    const known = old ?? last;
    try {
      const found = await fetchImage(ways, address, allowed, known?.etag);
      if (found === 'unchanged') {
        note(address, { digest: known?.digest, etag: known?.etag, at: Date.now() });
        return old && keep(old, FRESH_MS);
      }
      const copy = { ...found, digest: sha256(found.bytes) };
      note(address, { digest: copy.digest, etag: copy.etag, at: Date.now() });
      return keep(copy, FRESH_MS);
    } catch (error) {
      const isGone = error instanceof AppError && GONE.includes(error.code);
      if (isGone) note(address, { at: Date.now() });
      return keep(isGone ? null : old, MISSING_MS);
    } finally {
      fetching.delete(key);
    }
  }

  const keyOf = (address: string, { hosts }: Allowed) => JSON.stringify([address, hosts]);

  function lookAgain(address: string, allowed: Allowed, last: Seen): void {
    const key = keyOf(address, allowed);
    if (fetching.has(key) || looking === MAX_LOOKING) return;
    looking++;
    seen.set(address, { ...last, at: Date.now() });
    void look(key, address, allowed, kept.get(key)?.copy ?? null, last).finally(() => looking--);
  }

  return {
    async identify(address, allowed) {
      const last = await recall(address);
      if (last?.digest !== undefined && Date.now() - last.at > FRESH_MS) lookAgain(address, allowed, last);
      return last?.digest;
    },
    async load(address, allowed) {
      const key = keyOf(address, allowed);
      const known = kept.get(key);
      if (known && known.until > performance.now()) return known.copy;
      let result = fetching.get(key);
      if (!result) {
        result = look(key, address, allowed, known?.copy ?? null);
        fetching.set(key, result);
      }
      return result;
    },
    forget: () => kept.clear(),
  };
}
