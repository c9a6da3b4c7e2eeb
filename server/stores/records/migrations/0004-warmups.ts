import { type Migration, sql } from 'kysely';
import { type Extension, extend } from './extension.ts';

const newTables: Extension['newTables'] = {
  warmups: {
    columns: {
      id: 'text',
      workspace: 'text',
      connection: 'text?',
      links: 'text',
      included: 'text',
      excluded: 'text',
      send: 'text?',
      send_at: 'bigint?',
      limits: 'text',
      basis: 'text',
      state: 'text',
      phase: 'text',
      cursor: 'text?',
      total: 'integer?',
      listed: 'integer',
      left: 'integer',
      pictures: 'integer?',
      expected_at: 'bigint?',
      attention: 'text',
      report: 'text?',
      error: 'text?',
      created_by: 'text',
      created_at: 'bigint',
      started_at: 'bigint?',
      making_at: 'bigint?',
      finished_at: 'bigint?',
    },
    key: ['id'],
  },
  warmup_excluded: { columns: { warmup: 'text', key: 'text' }, key: ['warmup', 'key'] },
  warmup_contacts: { columns: { warmup: 'text', contact: 'text', chunk: 'integer' }, key: ['warmup', 'contact'] },
  warmup_pictures: {
    columns: { warmup: 'text', key: 'text', link: 'text', contact: 'text' },
    key: ['warmup', 'key'],
  },
  warmup_chunks: {
    columns: {
      warmup: 'text',
      phase: 'text',
      chunk: 'integer',
      at: 'text',
      last: 'text',
      done: 'integer',
      result: 'text',
    },
    key: ['warmup', 'phase', 'chunk'],
  },
};

const indexes: Extension['indexes'] = [
  ['warmups', ['workspace', 'created_at']],
  ['warmup_contacts', ['warmup', 'chunk']],
];

/** Runs that make a send's pictures before it goes out. */
export const warmups: Migration = {
  async up(db) {
    await extend(db, { newColumns: {}, newTables, indexes });
    // One at a time for a send, whoever orders it.
    await sql`create unique index warmups_pending on warmups (workspace, coalesce(connection, ''), send)
      where send is not null and state in ('queued', 'running')`.execute(db);
  },
};
