import { nanoid } from 'nanoid';
import type { Changes } from './changes.ts';
import type { Cache, PurgeMark } from './stores/cache/index.ts';

type Parts = { readonly cache: Cache; readonly changes: Changes };

const RETRY_MS = 2000;
// By then every process has taken back what it had on its way into the store, of which others may have made copies.
const AGAIN_MS = 10_000;

/**
 * Drops the pictures under a tag, or `all`, in the store, and their copies here and in every other process within two
 * seconds; tells how many the store had. What is made from now on stays. Throws `overloaded` when the store does not
 * answer: then every process tries to drop them.
 */
export async function purge({ cache, changes }: Parts, tag: string): Promise<number> {
  const moment = Date.now();
  const mark = nanoid();
  let dropped: number;
  try {
    dropped = await cache.purge(tag, mark);
  } catch (error) {
    await changes.tell('purge', tag);
    throw error;
  }
  await changes.tell('purged', `${moment} ${mark} ${tag}`);
  return dropped;
}

/** Hears of every purge, and of what may have been purged unheard: by its tag, or `all`. */
export function onPurge(changes: Pick<Changes, 'on'>, hear: (tag: string) => void): void {
  changes.on('purge', hear);
  changes.on('purged', (subject) => hear(readPurged(subject).tag));
  changes.on('missed', hear);
}

/**
 * Drops what any process tells to purge, again and again while the store does not answer, and the copies of what another
 * has dropped from the same store; `onFault` hears of the first time for each tag. Gives what ends it.
 */
export function followPurges({ cache, changes }: Parts, onFault: (error: unknown) => void): () => void {
  /** Tags that are to be dropped still, and since when (ms since 1970). */
  const waiting = new Map<string, number>();
  let timer: NodeJS.Timeout | undefined;
  let again: NodeJS.Timeout | undefined;

  async function drop(tag: string, since = Date.now()): Promise<void> {
    try {
      await cache.purge(tag);
      waiting.delete(tag);
    } catch (error) {
      dropLater(tag, since, error);
    }
  }

  function dropLater(tag: string, since: number, error: unknown): void {
    const before = waiting.get(tag);
    if (before === undefined) onFault(error);
    waiting.set(tag, Math.max(before ?? 0, since));
    timer ??= setTimeout(dropWaiting, RETRY_MS).unref();
  }

  async function dropWaiting(): Promise<void> {
    for (const [tag, since] of waiting) await drop(tag, since);
    timer = waiting.size > 0 ? setTimeout(dropWaiting, RETRY_MS).unref() : undefined;
  }

  changes.on('purge', (tag) => void drop(tag));
  changes.on('purged', (subject) => {
    const { tag, moment, mark } = readPurged(subject);
    // Somebody has done it meanwhile: what was made since then is not to be dropped.
    if ((waiting.get(tag) ?? moment) < moment) waiting.delete(tag);
    cache.takeBack(tag, { moment, mark }).catch((error: unknown) => dropLater(tag, Date.now(), error));
  });
  onPurge(changes, () => {
    cache.forget();
    clearTimeout(again);
    again = setTimeout(cache.forget, AGAIN_MS).unref();
  });
  return () => {
    clearTimeout(timer);
    clearTimeout(again);
  };
}

function readPurged(subject: string): PurgeMark & { readonly tag: string } {
  const [moment, mark = '', ...tag] = subject.split(' ');
  return { moment: Number(moment), mark, tag: tag.join(' ') };
}
