import type { Migration } from 'kysely';
import { extend } from './extension.ts';

/** Hooks that are told only what is about one template or connection. */
export const chosenEvents: Migration = {
  async up(db) {
    await extend(db, { newColumns: { hooks: { only: ['text', '{}'] } }, newTables: {}, indexes: [] });
  },
};
