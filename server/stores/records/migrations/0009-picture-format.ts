import type { Migration } from 'kysely';
import { extend } from './extension.ts';

/** Versions whose pictures have a format that was chosen for them when they were frozen. */
export const pictureFormat: Migration = {
  async up(db) {
    await extend(db, { newColumns: { template_versions: { picture: 'text?' } }, newTables: {}, indexes: [] });
  },
};
