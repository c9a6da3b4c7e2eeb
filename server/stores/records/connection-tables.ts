/** Accounts on platforms, their contacts and what is synced; written as in `Tables`. */
export type ConnectionTables = {
  /** Accounts on platforms. */
  connections: {
    id: string;
    workspace: string;
    name: string;
    platform: string;
    /** The platform's own id of the account. */
    account: string;
    /** Sealed JSON. */
    credentials: string;
    /** The property or merge field our references are written into. */
    reference_field: string;
    /** The platform's ids of what is synced, as JSON; everybody when empty. */
    audiences: string;
    /** Our name of a field -> the platform's, as JSON: nothing else of a contact is kept. */
    mapping: string;
    /** Sealed: what its webhook is called with. */
    webhook_secret: string;
    /** Minutes between two syncs; null: only when asked for. */
    sync_minutes: number | null;
    /** Begin of the last sync that was completed, full or not, and of the last full one; null asks for a full one. */
    synced_from: number | null;
    full_from: number | null;
    /** When the next one is due. */
    next_sync_at: number | null;
    /** 1 when its planned sends have their pictures made before they go out. */
    warm_sends: number;
    /** When they are looked at next; null: they never were. */
    look_at: number | null;
    /** Why the platform refuses its credentials, if so: nothing is asked of it until they are renewed. */
    error: string | null;
    created_by: string;
    created_at: number;
  };
  syncs: {
    id: string;
    workspace: string;
    connection: string;
    mode: 'full' | 'incremental';
    state: 'queued' | 'running' | 'complete' | 'failed' | 'cancelled';
    /** Digest of what it reads and where it writes: when the connection has changed, it begins anew. */
    basis: string;
    /** What comes after the last page that was kept. */
    cursor: string | null;
    /** What it does now. */
    phase: 'reading' | 'checking' | 'writing';
    /** Contacts in all, as far as the platform says. */
    total: number | null;
    /** Contacts, by what became of them. */
    read: number;
    added: number;
    changed: number;
    unsubscribed: number;
    left: number;
    erased: number;
    written: number;
    refused: number;
    /** One sentence each, as JSON. */
    notes: string;
    error: string | null;
    created_by: string;
    created_at: number;
    /** When it first ran. */
    started_at: number | null;
    finished_at: number | null;
  };
  /** Contacts that came from a connection. */
  connection_contacts: {
    connection: string;
    contact: string;
    workspace: string;
    /** Sealed: what the platform finds it by. */
    handle: string;
    /** Keyed digest of its fields: the same ones are not written again. */
    digest: string;
    /** Only `active` ones get mail; `left` are none of the audiences' any more. */
    state: 'active' | 'unsubscribed' | 'left';
    /** The sync that saw it last, or an id of that time. */
    seen: string;
    /** Whether the platform holds its reference; `writing` is settled by `job`. */
    reference: 'wanted' | 'writing' | 'written' | 'refused';
    job: string | null;
  };
  /** Planned sends of connections, as they were when they were last looked at. */
  sends: {
    connection: string;
    /** The platform's own id of it. */
    send: string;
    workspace: string;
    /** Digests of its time, audiences and links, and of the mapping: with others its warm-up is another one. */
    basis: string;
    /** Our links whose pictures it shows, as JSON. */
    links: string;
    /** One sentence each, as JSON. */
    notes: string;
    /** Its last warm-up. */
    warmup: string | null;
    /** When that begins, and when fresh values are looked at once more; null: they are not. */
    start_at: number | null;
    again_at: number | null;
    looked_at: number;
  };
  /**
   * When the bucket of an account's calls of a kind is full again, for the limits of a second and of a minute, in
   * microseconds since 1970: what all processes have taken together.
   */
  paces: { key: string; second: number; minute: number };
  /** What came in from outside before, by digest: it is taken once. */
  received: { connection: string; digest: string; at: number };
};
