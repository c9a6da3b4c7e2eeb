import type { Role } from '../../access/roles.ts';
import type { ConnectionTables } from './connection-tables.ts';
import type { FigureTables } from './figure-tables.ts';
import type { Channel, TemplateTables } from './template-tables.ts';
import type { WarmupTables } from './warmup-tables.ts';

/** Times are milliseconds since 1970, JSON is text, booleans are 0 or 1: the same columns serve every SQL database. */
export type Tables = ConnectionTables &
  FigureTables &
  TemplateTables &
  WarmupTables & {
    workspaces: {
      id: string;
      name: string;
      /** Settings, brand kit and field dictionary, as JSON. */
      settings: string;
      brand: string;
      dictionary: string;
      created_at: number;
      /** No key of it works and no link of it shows anything any more. */
      closed_at: number | null;
    };
    links: {
      id: string;
      workspace: string;
      template: string;
      /** null follows the version its channel shows. */
      version: number | null;
      /** One of the template's other sizes; null for its own. */
      variant: string | null;
      channel: Channel;
      platform: string;
      mode: LinkMode;
      /** The format every extension that is not in `formats` gets, and the allowed ones, as JSON. */
      formats: string;
      scale: number;
      /** The scales an address may ask for besides, as JSON. */
      scales: string;
      /** The connection whose reference field its tags name, if it was made for one. */
      connection: string | null;
      fields: string;
      policy: string;
      created_at: number;
      expires_at: number | null;
      revoked_at: number | null;
    };
    contacts: {
      id: string;
      workspace: string;
      /** Keyed digest of the name the outside knows the contact by. */
      external_key: string | null;
      /** Sealed JSON. */
      fields: string;
      version: number;
      created_at: number;
      updated_at: number;
      /** Nothing but its id is left: its addresses show the neutral picture. */
      erased_at: number | null;
      /** Names of the fields that its platform gave, as JSON; null: no platform has. */
      mapped: string | null;
      /** The version they were written with: what is later was set here. */
      mapped_version: number | null;
    };
    sealed: {
      id: string;
      workspace: string;
      template: string;
      version: number;
      /** One of the template's other sizes; null for its own. */
      variant: string | null;
      subject: string | null;
      /** Sealed JSON. */
      values: string;
      format: string;
      scale: number;
      created_at: number;
      expires_at: number | null;
      revoked_at: number | null;
    };
    api_keys: {
      id: string;
      workspace: string;
      name: string;
      role: Role;
      /** JSON list the role is narrowed down to; null for all of it. */
      scopes: string | null;
      /** The person it belongs to, if to one. */
      member: string | null;
      hash: string;
      created_at: number;
      used_at: number | null;
      expires_at: number | null;
      revoked_at: number | null;
    };
    members: {
      id: string;
      workspace: string;
      /** Sealed. */
      name: string;
      role: Role;
      created_at: number;
      removed_at: number | null;
    };
    /** Of people who signed in with a key; `id` and `api_key` are sha256 of what the cookie holds and of the key. */
    sessions: {
      id: string;
      workspace: string;
      api_key: string;
      created_at: number;
      used_at: number;
      expires_at: number;
    };
    audit: { id: string; workspace: string; at: number; actor: string; action: string; subject: string };
    /** What processes tell each other: `subject` of `kind` has changed or has to be forgotten. Kept for an hour. */
    changes: { id: string; at: number; kind: string; subject: string };
    sources: {
      workspace: string;
      name: string;
      /** JSON; its secret headers are sealed. */
      definition: string;
      secrets: string;
      version: number;
      changed_by: string;
      changed_at: number;
    };
    /** The last good answer of a source, by digest of its parameters; sealed. */
    source_values: { workspace: string; source: string; key: string; value: string; fetched_at: number };
    /** Encryption keys that were used at some time; `fingerprint` is sealed. */
    encryption_keys: {
      kid: string;
      fingerprint: string;
      created_at: number;
      /** Nothing is sealed under it any more. */
      retired_at: number | null;
    };
    /** Files that ended a render process, by digest. */
    quarantine: { digest: string; reason: string; at: number };
    jobs: {
      id: string;
      workspace: string;
      kind: string;
      /** Sealed JSON: ids, or what only this job knows. */
      payload: string;
      /** A job that is done is deleted. */
      state: 'queued' | 'running' | 'failed';
      /** How often it failed, and how often whoever ran it was lost. */
      attempts: number;
      takeovers: number;
      run_at: number;
      /** While it runs: who runs it, and from when on another process may take it over. */
      lease: string | null;
      leased_until: number | null;
      error: string | null;
      created_at: number;
      finished_at: number | null;
    };
    renders: {
      id: string;
      workspace: string;
      state: 'queued' | 'complete' | 'failed';
      /** Sealed JSON. */
      request: string;
      subject: string | null;
      sealed: string | null;
      error: string | null;
      created_at: number;
      finished_at: number | null;
    };
    batches: {
      id: string;
      workspace: string;
      template: string;
      version: number;
      /** One of the template's other sizes; null for its own. */
      variant: string | null;
      format: string;
      scale: number;
      state: 'queued' | 'running' | 'complete' | 'failed' | 'cancelled';
      total: number;
      done: number;
      failed: number;
      /** JSON: how often each field was mended, by kind of warning. */
      warnings: string;
      /** JSON: names of columns that nothing was made of. */
      ignored_columns: string;
      /** Sealed address that is told when it is finished. */
      callback: string | null;
      /** Folder of a bucket that finished pictures are put into. */
      output: string | null;
      created_by: string;
      created_at: number;
      finished_at: number | null;
    };
    batch_rows: {
      batch: string;
      row: number;
      /** Sealed JSON, emptied once the row is done. */
      data: string;
      /** Sealed: the name of its file. */
      name: string;
      subject: string | null;
      state: 'queued' | 'complete' | 'failed';
      sealed: string | null;
      warnings: string;
      error: string | null;
    };
    hooks: {
      id: string;
      workspace: string;
      /** Sealed. */
      url: string;
      /** JSON list. */
      events: string;
      /** Sealed. */
      secret: string;
      /** JSON: by `template` or `connection`, what an event has to be about. */
      only: string;
      created_at: number;
      disabled_at: number | null;
    };
    /** `payload` is sealed JSON. */
    hook_events: { id: string; workspace: string; type: string; payload: string; created_at: number };
    hook_deliveries: {
      id: string;
      workspace: string;
      /** null for a callback address of one request. */
      hook: string | null;
      event: string;
      /** Sealed. */
      url: string;
      state: 'queued' | 'delivered' | 'failed';
      attempts: number;
      status: number | null;
      error: string | null;
      created_at: number;
      finished_at: number | null;
    };
    /** The first answer to a request with an Idempotency-Key; sealed. */
    idempotency: {
      workspace: string;
      key: string;
      operation: string;
      request: string;
      status: number | null;
      answer: string | null;
      created_at: number;
    };
    failures: {
      id: string;
      workspace: string;
      at: number;
      cause: string;
      outcome: string;
      template: string | null;
      version: number | null;
      link: string | null;
      contact: string | null;
      count: number;
    };
    /** Pictures served, counted by hour. */
    impressions: {
      workspace: string;
      link: string;
      send: string;
      hour: number;
      reader: string;
      outcome: string;
      count: number;
    };
  };

/** How a link gets its values: from the synced contact, or from what the platform fills into the address. */
export type LinkMode = 'contact' | 'merge';
