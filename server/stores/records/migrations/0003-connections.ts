import { type Migration, sql } from 'kysely';
import { type Extension, extend } from './extension.ts';

const newColumns: Extension['newColumns'] = { links: { connection: 'text?' } };

const newTables: Extension['newTables'] = {
  connections: {
    columns: {
      id: 'text',
      workspace: 'text',
      name: 'text',
      platform: 'text',
      account: 'text',
      credentials: 'text',
      reference_field: 'text',
      audiences: 'text',
      mapping: 'text',
      webhook_secret: 'text',
      sync_minutes: 'integer?',
      synced_from: 'bigint?',
      full_from: 'bigint?',
      next_sync_at: 'bigint?',
      warm_sends: 'integer',
      look_at: 'bigint?',
      error: 'text?',
      created_by: 'text',
      created_at: 'bigint',
    },
    key: ['id'],
  },
  syncs: {
    columns: {
      id: 'text',
      workspace: 'text',
      connection: 'text',
      mode: 'text',
      state: 'text',
      basis: 'text',
      cursor: 'text?',
      phase: 'text',
      total: 'integer?',
      read: 'integer',
      added: 'integer',
      changed: 'integer',
      unsubscribed: 'integer',
      left: 'integer',
      erased: 'integer',
      written: 'integer',
      refused: 'integer',
      notes: 'text',
      error: 'text?',
      created_by: 'text',
      created_at: 'bigint',
      started_at: 'bigint?',
      finished_at: 'bigint?',
    },
    key: ['id'],
  },
  connection_contacts: {
    columns: {
      connection: 'text',
      contact: 'text',
      workspace: 'text',
      handle: 'text',
      digest: 'text',
      state: 'text',
      seen: 'text',
      reference: 'text',
      job: 'text?',
    },
    key: ['connection', 'contact'],
  },
  sends: {
    columns: {
      connection: 'text',
      send: 'text',
      workspace: 'text',
      basis: 'text',
      links: 'text',
      notes: 'text',
      warmup: 'text?',
      start_at: 'bigint?',
      again_at: 'bigint?',
      looked_at: 'bigint',
    },
    key: ['connection', 'send'],
  },
  paces: { columns: { key: 'text', second: 'bigint', minute: 'bigint' }, key: ['key'] },
  received: { columns: { connection: 'text', digest: 'text', at: 'bigint' }, key: ['connection', 'digest'] },
};

const indexes: Extension['indexes'] = [
  ['connections', ['workspace', 'created_at']],
  ['syncs', ['connection', 'created_at']],
  ['links', ['connection']],
  ['connection_contacts', ['contact']],
  ['connection_contacts', ['connection', 'reference']],
  ['connection_contacts', ['connection', 'seen']],
  ['received', ['at']],
  ['jobs', ['state', 'run_at']],
];

/** Accounts on platforms, their contacts, and what is synced. */
export const connections: Migration = {
  async up(db) {
    await extend(db, { newColumns, newTables, indexes });
    // One at a time, whoever starts it.
    await sql`create unique index syncs_pending on syncs (connection) where state in ('queued', 'running')`.execute(db);
  },
};
