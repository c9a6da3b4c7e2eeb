import type { Migration } from 'kysely';
import { extend } from './extension.ts';

/** Batches that tell which columns of their tables nothing was made of. */
export const ignoredColumns: Migration = {
  async up(db) {
    await extend(db, { newColumns: { batches: { ignored_columns: ['text', '[]'] } }, newTables: {}, indexes: [] });
  },
};
