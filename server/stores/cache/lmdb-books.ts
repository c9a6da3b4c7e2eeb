import type { Database, RootDatabase } from 'lmdb';
import { PAGE_BYTES } from './lmdb-file.ts';
import { ENTRY_BYTES, type Pinned, pinnable, type StoredEntry, TAG_BYTES } from './store.ts';

/** What is known of an entry: its place in the order of use, what it takes, when it expires, and its pin (0: none). */
type Facts = readonly [use: number, size: number, expires: number, pinnedUntil: number];

/** Sums over all entries; `next` is the next place in the order of use. */
export type Counts = { entries: number; bytes: number; pinnedBytes: number; next: number };

/** Where an entry stands among those that may go, those that will end and those that are pinned. */
type Place = [list: 'use' | 'end' | 'pin', at: number, key: string];

const NOTHING: Counts = { entries: 0, bytes: 0, pinnedBytes: 0, next: 1 };
const SWEPT = 200;

/**
 * The databases of one LMDB file and the changes they go through together. All but `read` and `counts` run inside a
 * write transaction; the counts are in the file too, so that several processes can share it.
 */
export function openBooks(root: RootDatabase, maxBytes: number) {
  const pictures: Database<Buffer, string> = root.openDB('pictures', { encoding: 'binary' });
  const facts: Database<Facts, string> = root.openDB('facts', { encoding: 'msgpack' });
  const places: Database<0, Place> = root.openDB('places', { encoding: 'msgpack' });
  const tagged: Database<0, [tag: string, key: string]> = root.openDB('tagged', { encoding: 'msgpack' });
  const tagsOf: Database<0, [key: string, tag: string]> = root.openDB('tags-of', { encoding: 'msgpack' });
  const sums: Database<Counts, string> = root.openDB('sums', { encoding: 'msgpack' });
  const all = [pictures, facts, places, tagged, tagsOf, sums];

  const seconds = <First extends string>(db: Database<0, [First, string]>, first: First, limit = 1e9): string[] =>
    [...db.getKeys({ start: [first, ''], end: [first, '\uffff'], limit })].map(([, second]) => second);
  const before = (list: Place[0], at: number, limit: number): Place[] => [
    ...places.getKeys({ start: [list, 0, ''], end: [list, at, ''], limit }),
  ];

  const placeOf = (key: string, [use, , , pinnedUntil]: Facts): Place =>
    pinnedUntil > 0 ? ['pin', pinnedUntil, key] : ['use', use, key];

  function stand(key: string, entry: Facts): void {
    places.put(placeOf(key, entry), 0);
    places.put(['end', entry[2], key], 0);
  }

  function leave(key: string, entry: Facts): void {
    places.remove(placeOf(key, entry));
    places.remove(['end', entry[2], key]);
  }

  function change(key: string, from: Facts, to: Facts): void {
    places.remove(placeOf(key, from));
    places.put(placeOf(key, to), 0);
    if (from[2] !== to[2]) {
      places.remove(['end', from[2], key]);
      places.put(['end', to[2], key], 0);
    }
    facts.put(key, to);
  }

  function forget(counts: Counts, key: string): boolean {
    const known = facts.get(key);
    if (!known) return false;
    leave(key, known);
    for (const tag of seconds(tagsOf, key)) {
      tagsOf.remove([key, tag]);
      tagged.remove([tag, key]);
    }
    pictures.remove(key);
    facts.remove(key);
    counts.entries--;
    counts.bytes -= known[1];
    if (known[3] > 0) counts.pinnedBytes -= known[1];
    return true;
  }

  /** Ends pins and entries whose time has come, then makes room; tells how many entries had to go for that. */
  function tidy(counts: Counts, now: number): number {
    for (const [, , key] of before('pin', now, SWEPT)) {
      const known = facts.get(key);
      if (!known) continue;
      change(key, known, [counts.next++, known[1], known[2], 0]);
      counts.pinnedBytes -= known[1];
    }
    for (const [, , key] of before('end', now, SWEPT)) forget(counts, key);
    let evicted = 0;
    while (counts.bytes > maxBytes) {
      const oldest = before('use', Number.MAX_SAFE_INTEGER, 8);
      if (oldest.length === 0) break;
      for (const [, , key] of oldest) if (counts.bytes > maxBytes && forget(counts, key)) evicted++;
    }
    return evicted;
  }

  function tag(counts: Counts, key: string, tags: readonly string[]): void {
    const known = facts.get(key);
    if (!known) return;
    const added = tags.filter((each) => !tagged.doesExist([each, key]));
    for (const each of added) {
      tagged.put([each, key], 0);
      tagsOf.put([key, each], 0);
    }
    const bytes = added.length * TAG_BYTES;
    if (bytes === 0) return;
    facts.put(key, [known[0], known[1] + bytes, known[2], known[3]]);
    counts.bytes += bytes;
    if (known[3] > 0) counts.pinnedBytes += bytes;
  }

  return {
    read(key: string): StoredEntry | undefined {
      const known = facts.get(key);
      const bytes = known && pictures.get(key);
      if (!bytes) return undefined;
      return { value: { bytes }, expires: known[2] };
    },
    counts: (): Counts => ({ ...(sums.get('all') ?? NOTHING) }),
    keepCounts: (counts: Counts) => sums.put('all', counts),
    forget,
    tidy,
    tag,
    put(counts: Counts, key: string, { value, expires }: StoredEntry): void {
      const known = facts.get(key);
      const pinnedUntil = known?.[3] ?? 0;
      const tags = new Set([...(known ? seconds(tagsOf, key) : []), ...(value.tags ?? [])]);
      if (known) forget(counts, key);
      const size = sizeOnDisk(value.bytes.length) + tags.size * TAG_BYTES;
      // What cannot stay must not push out the others first.
      if (size + counts.pinnedBytes > maxBytes) return;
      const entry: Facts = [counts.next++, size, Math.max(expires, pinnedUntil), pinnedUntil];
      pictures.put(key, value.bytes);
      facts.put(key, entry);
      stand(key, entry);
      for (const each of tags) {
        tagged.put([each, key], 0);
        tagsOf.put([key, each], 0);
      }
      counts.entries++;
      counts.bytes += size;
      if (pinnedUntil > 0) counts.pinnedBytes += size;
    },
    use(counts: Counts, key: string): void {
      const known = facts.get(key);
      if (known && known[3] === 0) change(key, known, [counts.next++, known[1], known[2], 0]);
    },
    pin(counts: Counts, keys: readonly string[], until: number): Pinned {
      const found = [...new Set(keys)].map((key) => [key, facts.get(key)] as const);
      const missing = found.filter(([, known]) => !known).map(([key]) => key);
      const added = found.reduce((sum, [, known]) => sum + (known && known[3] === 0 ? known[1] : 0), 0);
      const lacking = Math.max(0, counts.pinnedBytes + added - pinnable(maxBytes));
      if (lacking > 0) return { pinned: 0, missing, lacking };
      for (const [key, known] of found) {
        if (!known || known[3] >= until) continue;
        const [use, size, expires, pinnedUntil] = known;
        const end = Math.max(until, pinnedUntil);
        change(key, known, [use, size, Math.max(expires, end), end]);
      }
      counts.pinnedBytes += added;
      return { pinned: found.length - missing.length, missing, lacking: 0 };
    },
    keysOf: (each: string, limit: number) => seconds(tagged, each, limit),
    clear(): void {
      for (const db of all) db.clearSync();
    },
  };
}

/** LMDB gives a value that fills more than half a page whole pages of its own. */
const sizeOnDisk = (bytes: number): number =>
  ENTRY_BYTES + (bytes <= PAGE_BYTES / 2 - 200 ? bytes : Math.ceil((bytes + 16) / PAGE_BYTES) * PAGE_BYTES);
