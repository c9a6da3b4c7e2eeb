import { LRUCache } from 'lru-cache';
import { imageHosts } from '../../core/template/assets.ts';
import type { Template } from '../../core/template/schema.ts';
import { fetchImage } from '../assets/fetch.ts';
import { findReferenced } from '../assets/reference.ts';
import type { Outgoing } from '../outgoing/client.ts';
import type { Blobs } from '../stores/blobs/index.ts';
import { createCopies } from '../stores/copies.ts';
import type { Records } from '../stores/records/index.ts';
import type { S3 } from '../stores/s3.ts';

/** The pictures that values name: assets of the workspace and addresses on the hosts a field allows. */
export type Images = {
  /** What each reference stands for in a cache key: an asset's digest, an address itself. */
  identify(workspace: string, refs: readonly string[]): Promise<string[]>;
  /** The bytes by reference, null for what cannot be had. Never rejects. */
  load(workspace: string, template: Template, refs: readonly string[]): Promise<Record<string, Buffer | null>>;
};

const KEPT_BYTES = 32 * 1024 * 1024;
const KEPT_MS = 10 * 60_000;
// A host that is down must not cost every picture its deadline again.
const MISSING_MS = 30_000;

/** Keeps what it fetched for ten minutes, and what could not be had for half a minute; each is fetched once at a time. */
export function createImages(sources: { records: Records; blobs: Blobs; outgoing: Outgoing; s3: S3 }): Images {
  const { records, blobs } = sources;
  const digests = createCopies<string>(1_000, async (key) => {
    const [workspace = '', ref = ''] = JSON.parse(key) as string[];
    return (await findReferenced(records, workspace, ref))?.digest;
  });
  const fetched = new LRUCache<string, { bytes: Buffer | null }>({
    maxSize: KEPT_BYTES,
    // Addresses count too: strangers can name any number that cannot be had.
    sizeCalculation: ({ bytes }, key) => (bytes?.length ?? 0) + key.length,
  });
  const fetching = new Map<string, Promise<Buffer | null>>();

  const digestOf = (workspace: string, ref: string) => digests.get(JSON.stringify([workspace, ref]));

  function fetchOnce(url: string, hosts: readonly string[]): Promise<Buffer | null> {
    const key = JSON.stringify([url, hosts]);
    const known = fetched.get(key);
    if (known) return Promise.resolve(known.bytes);
    let result = fetching.get(key);
    if (!result) {
      result = fetchImage(sources, url, { hosts, buckets: [] })
        .then(
          ({ bytes }) => bytes,
          () => null,
        )
        .then((bytes) => {
          fetched.set(key, { bytes }, { ttl: bytes ? KEPT_MS : MISSING_MS });
          fetching.delete(key);
          return bytes;
        });
      fetching.set(key, result);
    }
    return result;
  }

  async function loadOne(workspace: string, hosts: readonly string[], ref: string): Promise<Buffer | null> {
    if (!ref.startsWith('asset:')) return fetchOnce(ref, hosts);
    const digest = await digestOf(workspace, ref);
    return (digest && (await blobs.get(digest))) || null;
  }

  return {
    identify: (workspace, refs) =>
      Promise.all(
        refs.map(async (ref) => (ref.startsWith('asset:') ? ((await digestOf(workspace, ref)) ?? ref) : ref)),
      ),
    async load(workspace, template, refs) {
      const hosts = refs.length > 0 ? imageHosts(template.fields) : [];
      const load = async (ref: string) => [ref, await loadOne(workspace, hosts, ref).catch(() => null)] as const;
      return Object.fromEntries(await Promise.all(refs.map(load)));
    },
  };
}
