import { type Kysely, type Migration, PostgresAdapter, sql } from 'kysely';
import { type Extension, extend } from './extension.ts';

const newColumns: Extension['newColumns'] = {
  workspaces: {
    name: ['text', ''],
    settings: ['text', '{}'],
    brand: ['text', '{}'],
    dictionary: ['text', '{}'],
    closed_at: 'bigint?',
  },
  templates: { tags: ['text', '[]'], revoked_at: 'bigint?' },
  template_versions: {
    note: 'text?',
    waived: ['text', '[]'],
    created_by: ['text', ''],
    submitted_by: 'text?',
    submitted_at: 'bigint?',
    published_by: 'text?',
    retired_at: 'bigint?',
  },
  assets: { width: 'integer?', height: 'integer?' },
  links: { channel: ['text', 'production'], scales: ['text', '[]'], expires_at: 'bigint?' },
  contacts: { erased_at: 'bigint?' },
  sealed: { expires_at: 'bigint?' },
  api_keys: { scopes: 'text?', member: 'text?', used_at: 'bigint?', expires_at: 'bigint?' },
};

const newTables: Extension['newTables'] = {
  channels: {
    columns: {
      workspace: 'text',
      name: 'text',
      channel: 'text',
      version: 'integer',
      history: 'text',
      changed_by: 'text',
      changed_at: 'bigint',
    },
    key: ['workspace', 'name', 'channel'],
  },
  datasets: {
    columns: {
      workspace: 'text',
      name: 'text',
      dataset: 'text',
      data: 'text',
      changed_by: 'text',
      changed_at: 'bigint',
    },
    key: ['workspace', 'name', 'dataset'],
  },
  members: {
    columns: { id: 'text', workspace: 'text', name: 'text', role: 'text', created_at: 'bigint', removed_at: 'bigint?' },
    key: ['id'],
  },
  sessions: {
    columns: {
      id: 'text',
      workspace: 'text',
      api_key: 'text',
      created_at: 'bigint',
      used_at: 'bigint',
      expires_at: 'bigint',
    },
    key: ['id'],
  },
  changes: { columns: { id: 'text', at: 'bigint', kind: 'text', subject: 'text' }, key: ['id'] },
  sources: {
    columns: {
      workspace: 'text',
      name: 'text',
      definition: 'text',
      secrets: 'text',
      version: 'integer',
      changed_by: 'text',
      changed_at: 'bigint',
    },
    key: ['workspace', 'name'],
  },
  source_values: {
    columns: { workspace: 'text', source: 'text', key: 'text', value: 'text', fetched_at: 'bigint' },
    key: ['workspace', 'source', 'key'],
  },
  encryption_keys: {
    columns: { kid: 'text', fingerprint: 'text', created_at: 'bigint', retired_at: 'bigint?' },
    key: ['kid'],
  },
  quarantine: { columns: { digest: 'text', reason: 'text', at: 'bigint' }, key: ['digest'] },
  jobs: {
    columns: {
      id: 'text',
      workspace: 'text',
      kind: 'text',
      payload: 'text',
      state: 'text',
      attempts: 'integer',
      takeovers: 'integer',
      run_at: 'bigint',
      lease: 'text?',
      leased_until: 'bigint?',
      error: 'text?',
      created_at: 'bigint',
      finished_at: 'bigint?',
    },
    key: ['id'],
  },
  renders: {
    columns: {
      id: 'text',
      workspace: 'text',
      state: 'text',
      request: 'text',
      subject: 'text?',
      sealed: 'text?',
      error: 'text?',
      created_at: 'bigint',
      finished_at: 'bigint?',
    },
    key: ['id'],
  },
  batches: {
    columns: {
      id: 'text',
      workspace: 'text',
      template: 'text',
      version: 'integer',
      format: 'text',
      scale: 'real',
      state: 'text',
      total: 'integer',
      done: 'integer',
      failed: 'integer',
      output: 'text?',
      warnings: 'text',
      callback: 'text?',
      created_by: 'text',
      created_at: 'bigint',
      finished_at: 'bigint?',
    },
    key: ['id'],
  },
  batch_rows: {
    columns: {
      batch: 'text',
      row: 'integer',
      data: 'text',
      name: 'text',
      subject: 'text?',
      state: 'text',
      sealed: 'text?',
      warnings: 'text',
      error: 'text?',
    },
    key: ['batch', 'row'],
  },
  hooks: {
    columns: {
      id: 'text',
      workspace: 'text',
      url: 'text',
      events: 'text',
      secret: 'text',
      created_at: 'bigint',
      disabled_at: 'bigint?',
    },
    key: ['id'],
  },
  hook_events: {
    columns: { id: 'text', workspace: 'text', type: 'text', payload: 'text', created_at: 'bigint' },
    key: ['id'],
  },
  hook_deliveries: {
    columns: {
      id: 'text',
      workspace: 'text',
      hook: 'text?',
      event: 'text',
      url: 'text',
      state: 'text',
      attempts: 'integer',
      status: 'integer?',
      error: 'text?',
      created_at: 'bigint',
      finished_at: 'bigint?',
    },
    key: ['id'],
  },
  idempotency: {
    columns: {
      workspace: 'text',
      key: 'text',
      operation: 'text',
      request: 'text',
      status: 'integer?',
      answer: 'text?',
      created_at: 'bigint',
    },
    key: ['workspace', 'key'],
  },
  failures: {
    columns: {
      id: 'text',
      workspace: 'text',
      at: 'bigint',
      cause: 'text',
      outcome: 'text',
      template: 'text?',
      version: 'integer?',
      link: 'text?',
      contact: 'text?',
      count: 'integer',
    },
    key: ['id'],
  },
  impressions: {
    columns: {
      workspace: 'text',
      link: 'text',
      send: 'text',
      hour: 'bigint',
      reader: 'text',
      outcome: 'text',
      count: 'integer',
    },
    key: ['workspace', 'link', 'send', 'hour', 'reader', 'outcome'],
  },
};

const indexes: Extension['indexes'] = [
  ['changes', ['at']],
  ['assets', ['workspace', 'digest']],
  ['jobs', ['kind', 'state', 'run_at']],
  ['sealed', ['workspace', 'subject']],
  ['renders', ['workspace', 'created_at']],
  ['batches', ['workspace', 'created_at']],
  ['batch_rows', ['batch', 'state', 'row']],
  ['hook_events', ['workspace', 'created_at']],
  ['hook_deliveries', ['workspace', 'created_at']],
  ['failures', ['workspace', 'at']],
  ['audit', ['workspace', 'at']],
  ['api_keys', ['workspace', 'created_at']],
  ['members', ['workspace', 'created_at']],
  ['sessions', ['expires_at']],
  ['source_values', ['fetched_at']],
  ['idempotency', ['created_at']],
  ['contacts', ['workspace', 'erased_at', 'updated_at']],
  ['sealed', ['workspace', 'created_at']],
  ['impressions', ['workspace', 'hour']],
  ['contacts', ['workspace', 'id']],
  ['renders', ['workspace', 'subject']],
  ['batch_rows', ['subject']],
  ['failures', ['workspace', 'contact']],
  ['links', ['created_at']],
];

/** Delivery: lifecycle, access, live sources, jobs, hooks and figures. */
export const delivery: Migration = {
  async up(db) {
    await extend(db, { newColumns, newTables, indexes });
    // What live links show until somebody says otherwise: the newest published version, as before.
    await sql`insert into channels (workspace, name, channel, version, history, changed_by, changed_at)
      select workspace, name, 'production', max(version), '[]', 'migration', 0
      from template_versions where state = 'published' group by workspace, name`.execute(db);
    await keepAudit(db);
  },
};

/** Lets the database itself refuse to change or delete a line of the audit log. */
async function keepAudit(db: Kysely<unknown>): Promise<void> {
  if (db.getExecutor().adapter instanceof PostgresAdapter) {
    await sql`create function refuse_audit_change() returns trigger language plpgsql as
      $$ begin raise exception 'the audit log is never changed'; end $$`.execute(db);
    await sql`create trigger audit_stays before update or delete on audit
      for each row execute function refuse_audit_change()`.execute(db);
    return;
  }
  for (const change of ['update', 'delete']) {
    await sql`create trigger ${sql.id(`audit_stays_on_${change}`)} before ${sql.raw(change)} on audit
      begin select raise(abort, 'the audit log is never changed'); end`.execute(db);
  }
}
