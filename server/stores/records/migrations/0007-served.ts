import type { Migration } from 'kysely';
import { extend } from './extension.ts';

const counted = { workspace: 'text', at: 'bigint' } as const;

/** How pictures were served of late, and which fields fell back. */
export const served: Migration = {
  async up(db) {
    await extend(db, {
      newColumns: {},
      newTables: {
        served: {
          columns: { ...counted, outcome: 'text', below: 'integer', within_ms: 'integer', count: 'bigint' },
          key: ['workspace', 'at', 'outcome', 'below', 'within_ms'],
        },
        field_fallbacks: {
          columns: { ...counted, template: 'text', field: 'text', reason: 'text', count: 'bigint' },
          key: ['workspace', 'at', 'template', 'field', 'reason'],
        },
      },
      indexes: [
        ['served', ['at']],
        ['field_fallbacks', ['at']],
      ],
    });
  },
};
