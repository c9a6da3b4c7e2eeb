import { type CacheStore, ENTRY_BYTES, pinnable, type StoredEntry, TAG_BYTES } from './store.ts';

type Item = StoredEntry & { readonly tags: Set<string>; size: number; pinnedUntil: number };

/** A store that forgets with the process: at most `maxBytes`, least recently used out first. */
export async function openMemoryStore(_rest: string, maxBytes: number): Promise<CacheStore> {
  // In the order of their last use; pinned ones are apart, so that looking for what may go does not pass over them.
  const items = new Map<string, Item>();
  const pinned = new Map<string, Item>();
  const tagged = new Map<string, Set<string>>();
  let [bytes, pinnedBytes, evicted, nextEnd] = [0, 0, 0, Number.POSITIVE_INFINITY];

  function forget(key: string): boolean {
    const item = items.get(key) ?? pinned.get(key);
    if (!item) return false;
    if (pinned.delete(key)) pinnedBytes -= item.size;
    items.delete(key);
    bytes -= item.size;
    for (const tag of item.tags) {
      const keys = tagged.get(tag);
      keys?.delete(key);
      if (keys?.size === 0) tagged.delete(tag);
    }
    return true;
  }

  function unpinEnded(): void {
    if (Date.now() < nextEnd) return;
    nextEnd = Number.POSITIVE_INFINITY;
    for (const [key, item] of pinned) {
      if (item.pinnedUntil > Date.now()) nextEnd = Math.min(nextEnd, item.pinnedUntil);
      else {
        pinned.delete(key);
        pinnedBytes -= item.size;
        items.set(key, item);
      }
    }
  }

  function evict(): void {
    unpinEnded();
    for (const key of items.keys()) {
      if (bytes <= maxBytes) return;
      forget(key);
      evicted++;
    }
  }

  function mark(key: string, tag: string): void {
    const item = items.get(key) ?? pinned.get(key);
    if (!item || item.tags.has(tag)) return;
    item.tags.add(tag);
    item.size += TAG_BYTES;
    bytes += TAG_BYTES;
    if (pinned.has(key)) pinnedBytes += TAG_BYTES;
    const keys = tagged.get(tag);
    if (keys) keys.add(key);
    else tagged.set(tag, new Set([key]));
  }

  const peek = (key: string): StoredEntry | undefined => {
    const item = items.get(key);
    if (!item) return pinned.get(key);
    items.delete(key);
    items.set(key, item);
    return item;
  };

  const store: CacheStore = {
    name: 'memory',
    keepsBuffers: true,
    opts: {},
    peek,
    get: async (key) => peek(key) as never,
    async set(key, { value, expires }: StoredEntry) {
      const before = items.get(key) ?? pinned.get(key);
      const size = value.bytes.length + ENTRY_BYTES;
      const until = before?.pinnedUntil ?? 0;
      forget(key);
      if (size + pinnedBytes > maxBytes) return;
      const isPinned = until > Date.now();
      const end = isPinned ? Math.max(expires, until) : expires;
      const item: Item = { value: { bytes: value.bytes }, expires: end, tags: new Set(), size, pinnedUntil: until };
      (isPinned ? pinned : items).set(key, item);
      bytes += size;
      if (isPinned) pinnedBytes += size;
      for (const tag of new Set([...(before?.tags ?? []), ...(value.tags ?? [])])) mark(key, tag);
      evict();
    },
    delete: async (key) => forget(key),
    async clear() {
      for (const each of [items, pinned, tagged]) each.clear();
      [bytes, pinnedBytes] = [0, 0];
    },
    async tag(marks) {
      for (const [key, tag] of marks) mark(key, tag);
      evict();
    },
    async drop(tag) {
      const keys = [...(tagged.get(tag) ?? [])];
      for (const key of keys) forget(key);
      return keys.length;
    },
    async touch(keys) {
      for (const key of keys) peek(key);
    },
    async pin(keys, until) {
      unpinEnded();
      const missing: string[] = [];
      const found = new Map<string, Item>();
      let added = 0;
      for (const key of new Set(keys)) {
        const item = items.get(key) ?? pinned.get(key);
        if (!item) missing.push(key);
        else {
          found.set(key, item);
          if (!pinned.has(key)) added += item.size;
        }
      }
      const lacking = Math.max(0, pinnedBytes + added - pinnable(maxBytes));
      if (lacking > 0) return { pinned: 0, missing, lacking };
      for (const [key, item] of found) {
        const pinnedUntil = Math.max(item.pinnedUntil, until);
        const expires = Math.max(item.expires, pinnedUntil);
        items.delete(key);
        pinned.set(key, { ...item, expires, pinnedUntil });
        nextEnd = Math.min(nextEnd, pinnedUntil);
      }
      pinnedBytes += added;
      return { pinned: found.size, missing, lacking: 0 };
    },
    held: async () => ({ entries: items.size + pinned.size, bytes, pinnedBytes, evicted }),
    async disconnect() {},
    on: () => store,
  };
  return store;
}
