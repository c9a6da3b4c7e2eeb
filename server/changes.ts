import { nanoid } from 'nanoid';
import { isLate, within } from './deadline.ts';
import type { Records } from './stores/records/index.ts';

/**
 * What processes tell each other, and what its subject is: the id of a `link`, `sealed` picture, `workspace` or `connection`; the sha256
 * of an API `key`; `<workspace>:<id>` of a `contact`; `<workspace>/<name>` of a `template` or `source`; the tag of cached pictures
 * to `purge`, or `all`, by everybody; `<ms since 1970> <mark> <tag>` of those somebody began to drop then and has `purged`; the digest of a
 * picture in `quarantine`. `missed` is told by nobody: what others told may have gone by unheard.
 */
export type ChangeKind =
  | 'purge'
  | 'purged'
  | 'missed'
  | 'link'
  | 'sealed'
  | 'contact'
  | 'template'
  | 'source'
  | 'workspace'
  | 'connection'
  | 'key'
  | 'quarantine';

/** Changes made to records, by this process or any other: what was derived from them knows when to look again. */
export type Changes = {
  /** How many this process has made or heard of. */
  count(): number;
  /** Counts one that only this process has to know of. */
  note(): void;
  /** Tells every process, this one at once and the others within two seconds. Throws when it cannot be written down. */
  tell(kind: ChangeKind, subject: string): Promise<void>;
  /** Calls `hear` for every change of a kind; it must not throw. */
  on(kind: ChangeKind, hear: (subject: string) => void): void;
  close(): void;
};

const POLL_MS = 1000;
const PAGE = 500;
// How far the clocks of two machines may be apart, and how long a written change may take to be seen.
const OVERLAP_MS = 5000;
const KEPT_MS = 3_600_000;
const TIDY_MS = 600_000;

/** Listens to the `changes` table from now on; `onFault` hears when it cannot be read. */
export function createChanges(records: Records, onFault: (error: unknown) => void): Changes {
  const listeners = new Map<ChangeKind, ((subject: string) => void)[]>();
  /** Those heard already that the next look finds again, with their time. */
  const heard = new Map<string, number>();
  let count = 0;
  let told = 0;
  let lookedAt = Date.now();
  let tidiedAt = lookedAt;
  let isLooking = false;

  function hear(kind: ChangeKind, subject: string): void {
    count++;
    for (const listener of listeners.get(kind) ?? []) listener(subject);
  }

  async function readSince(since: number): Promise<void> {
    let after = { at: since, id: '' };
    for (;;) {
      const found = await records
        .selectFrom('changes')
        .selectAll()
        .where((row) =>
          row.or([row('at', '>', after.at), row.and([row('at', '=', after.at), row('id', '>', after.id)])]),
        )
        .orderBy('at')
        .orderBy('id')
        .limit(PAGE)
        .execute();
      for (const { id, at, kind, subject } of found) {
        if (heard.has(id)) continue;
        heard.set(id, at);
        hear(kind as ChangeKind, subject);
      }
      const last = found.at(-1);
      if (!last || found.length < PAGE) return;
      after = last;
    }
  }

  async function look(): Promise<void> {
    const now = Date.now();
    const since = lookedAt - OVERLAP_MS;
    await readSince(since);
    // What was told meanwhile may be tidied away already.
    if (now - lookedAt > KEPT_MS - OVERLAP_MS) hear('missed', 'all');
    lookedAt = now;
    for (const [id, at] of heard) if (at < since) heard.delete(id);
    if (now - tidiedAt < TIDY_MS) return;
    tidiedAt = now;
    await records
      .deleteFrom('changes')
      .where('at', '<', now - KEPT_MS)
      .execute();
  }

  const timer = setInterval(async () => {
    if (isLooking) return;
    isLooking = true;
    try {
      if (isLate(await within(look(), POLL_MS))) throw new Error('the records are late');
    } catch (error) {
      onFault(error);
    } finally {
      isLooking = false;
    }
  }, POLL_MS).unref();

  return {
    count: () => count,
    note() {
      count++;
    },
    async tell(kind, subject) {
      // Those of one millisecond are heard in the order they were told in.
      const id = (told++).toString(36).padStart(9, '0') + nanoid();
      const at = Date.now();
      heard.set(id, at);
      hear(kind, subject);
      await records.insertInto('changes').values({ id, at, kind, subject }).execute();
    },
    on(kind, listener) {
      listeners.set(kind, [...(listeners.get(kind) ?? []), listener]);
    },
    close: () => clearInterval(timer),
  };
}
