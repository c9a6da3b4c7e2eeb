import type { KeyvStoreAdapter } from 'keyv';

/** What is kept under a key. Tags are given with `set`; a store does not give them back. */
export type Kept = { readonly bytes: Buffer; readonly tags?: readonly string[] };

/** What a store is given and gives; `expires` is in ms since 1970. */
export type StoredEntry = { readonly value: Kept; readonly expires: number };

/** A key and a tag it belongs under from now on. */
export type Mark = readonly [key: string, tag: string];

/** How pinning went: all the keys that are there, or none, when there are `lacking` bytes too many of them. */
export type Pinned = { readonly pinned: number; readonly missing: readonly string[]; readonly lacking: number };

/** What a store holds, in entries and bytes, and how many entries this process has thrown out for want of room. */
export type Held = {
  readonly entries: number;
  readonly bytes: number;
  readonly pinnedBytes: number;
  readonly evicted: number;
};

/**
 * Where finished pictures are: a Keyv store of `Kept` that stays within its bytes, the least recently used out first,
 * and finds its entries by tag. Everything may throw: the cache in front is what makes that a miss.
 */
export type CacheStore = KeyvStoreAdapter & {
  /** Its scheme. */
  readonly name: string;
  /** Keeps the very buffers it is given, rather than what is in them. */
  readonly keepsBuffers?: true;
  /** The entry at once, where reading takes microseconds. */
  peek?(key: string): StoredEntry | undefined;
  /** Puts keys under tags; those that are not there any more are left out. */
  tag(marks: readonly Mark[]): Promise<void>;
  /** Forgets what is under a tag, pinned or not, and tells how many entries that were. */
  drop(tag: string): Promise<number>;
  /** Notes that entries were used about now. */
  touch(keys: readonly string[]): Promise<void>;
  /** Keeps entries until a moment (ms since 1970), or as long as they are pinned already; see `pinnable`. */
  pin(keys: readonly string[], until: number): Promise<Pinned>;
  held(): Promise<Held>;
  disconnect(): Promise<void>;
};

/** What a store's own books take for an entry, and for each tag of one. */
export const ENTRY_BYTES = 512;
export const TAG_BYTES = 256;

/** How many of its bytes a store lets be pinned: what comes in besides needs some room. */
export const pinnable = (maxBytes: number): number => Math.floor(maxBytes * 0.9);
