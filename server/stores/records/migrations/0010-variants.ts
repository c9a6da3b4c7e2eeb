import type { Migration } from 'kysely';
import { extend } from './extension.ts';

/** Other sizes of a template: which of them links, sealed pictures and batches are of, and what is frozen of each. */
export const variants: Migration = {
  async up(db) {
    const newColumns = {
      template_versions: { variants: ['text', '{}'] },
      links: { variant: 'text?' },
      sealed: { variant: 'text?' },
      batches: { variant: 'text?' },
    } as const;
    await extend(db, { newColumns, newTables: {}, indexes: [] });
  },
};
