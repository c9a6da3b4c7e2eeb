import type { CacheStore } from '../../server/stores/cache/store.ts';

/** A cache store that gives the same answer to everything it is asked. */
export const brokenStore = (answer: () => Promise<unknown>): CacheStore => {
  const store = {
    name: 'broken',
    opts: {},
    ...{ get: answer, set: answer, delete: answer, clear: answer, disconnect: answer },
    ...{ tag: answer, drop: answer, touch: answer, pin: answer, held: answer },
    on: () => store,
  } as unknown as CacheStore;
  return store;
};
