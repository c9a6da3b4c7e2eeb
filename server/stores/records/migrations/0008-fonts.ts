import type { Migration } from 'kysely';
import { extend } from './extension.ts';

/** Fonts of a workspace's own: one file for each weight and slant of a family. */
export const fonts: Migration = {
  async up(db) {
    const columns = {
      workspace: 'text',
      family: 'text',
      weight: 'integer',
      italic: 'integer',
      digest: 'text',
      mime: 'text',
      bytes: 'integer',
      embedding: 'text',
      created_at: 'bigint',
    } as const;
    const key = ['workspace', 'family', 'weight', 'italic'];
    await extend(db, { newColumns: {}, newTables: { fonts: { columns, key } }, indexes: [] });
  },
};
