import { LRUCache } from 'lru-cache';
import { createBreaker } from '../breaker.ts';
import { isLate, within } from '../deadline.ts';

/**
 * Copies of records in this process. A copy older than two seconds is read again; when the records do not answer, the
 * old copy serves on, so that an outage is not seen by recipients.
 */
export type Copies<Value> = {
  /** The record, undefined when there is none. Throws when it cannot be read and there is no copy. */
  get(id: string): Promise<Value | undefined>;
  /** Makes the next `get` read again: for a change made by this process. */
  expire(id: string): void;
  set(id: string, value: Value | undefined): void;
  /** Drops the copy: what it was of must not stay here either. */
  forget(id: string): void;
};

type Copy<Value> = { readonly value: Value | undefined; until: number };

const FRESH_MS = 2000;
const READ_DEADLINE_MS = 250;
// A picture may need several records, one after the other: with copies at hand it should not wait long for any of them.
const REREAD_DEADLINE_MS = 50;

/** Keeps at most `max` copies, the least recently used out first; `load` reads one record. */
export function createCopies<Value>(max: number, load: (id: string) => Promise<Value | undefined>): Copies<Value> {
  const copies = new LRUCache<string, Copy<Value>>({ max });
  const reading = new Map<string, Promise<Value | undefined>>();
  const breaker = createBreaker();
  const set = (id: string, value: Value | undefined) => {
    copies.set(id, { value, until: performance.now() + FRESH_MS });
  };

  async function read(id: string): Promise<Value | undefined> {
    const old = copies.get(id);
    try {
      const value = await breaker.within(() => load(id), READ_DEADLINE_MS);
      if (isLate(value)) throw new Error('the records are late');
      set(id, value);
      return value;
    } catch (error) {
      if (!old) throw error;
      // As good as new for a while: when the records are down, not every request should wait to find that out.
      old.until = performance.now() + FRESH_MS;
      return old.value;
    } finally {
      reading.delete(id);
    }
  }

  return {
    async get(id) {
      const copy = copies.get(id);
      if (copy && copy.until > performance.now()) return copy.value;
      let result = reading.get(id);
      if (!result) {
        result = read(id);
        reading.set(id, result);
      }
      if (!copy) return result;
      const value = await within(result, REREAD_DEADLINE_MS);
      return isLate(value) ? copy.value : value;
    },
    expire(id) {
      const copy = copies.peek(id);
      if (copy) copy.until = 0;
    },
    set,
    forget: (id) => void copies.delete(id),
  };
}
