import type { Role } from '../../access/roles.ts';

/** Times are milliseconds since 1970, JSON is text, booleans are 0 or 1: the same columns serve every SQL database. */
export type Tables = {
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
  /** A revoked template's links show the neutral picture. */
  templates: { workspace: string; name: string; tags: string; created_at: number; revoked_at: number | null };
  /** The version live links of a channel show. */
  channels: {
    workspace: string;
    name: string;
    channel: Channel;
    version: number;
    /** The versions it showed before, as JSON, the last one last. */
    history: string;
    changed_by: string;
    changed_at: number;
  };
  /** Named sets of data a template is looked at with, besides those in its documents. */
  datasets: { workspace: string; name: string; dataset: string; data: string; changed_by: string; changed_at: number };
  template_versions: {
    workspace: string;
    name: string;
    version: number;
    state: VersionState;
    /** The template, as canonical JSON. */
    document: string;
    /** sha256 of the document and of the digests of its assets; set when it is submitted or published. */
    digest: string | null;
    /** JSON, asset reference -> sha256, fixed at the same time. */
    assets: string;
    /** Blob of the picture drawn with the template's defaults then. */
    fallback: string | null;
    /** What the author or the approver had to say. */
    note: string | null;
    /** JSON list: the sets of data whose cut texts the approver accepted. */
    waived: string;
    created_by: string;
    created_at: number;
    submitted_by: string | null;
    submitted_at: number | null;
    published_by: string | null;
    published_at: number | null;
    retired_at: number | null;
  };
  assets: {
    workspace: string;
    name: string;
    version: number;
    digest: string;
    mime: string;
    bytes: number;
    /** In pixels, as shown; null for what was kept before they were. */
    width: number | null;
    height: number | null;
    created_at: number;
  };
  links: {
    id: string;
    workspace: string;
    template: string;
    /** null follows the version its channel shows. */
    version: number | null;
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
  };
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
    /** Digest of its time, its audiences and its links: with another one its warm-up is another one. */
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
  /** Runs that make pictures before a send goes out. */
  warmups: {
    id: string;
    workspace: string;
    /** Whose audience it is; null for all contacts of the workspace. */
    connection: string | null;
    /** Ids, as JSON, in the order they were named. */
    links: string;
    /** The platform's ids of who gets the send and who does not, as JSON. */
    included: string;
    excluded: string;
    /** The send's marker, and when its first recipient gets it. */
    send: string | null;
    send_at: number | null;
    /** From which shares on somebody has to look, as JSON. */
    limits: string;
    /** Digest of what was ordered: for the same send another order is another run. */
    basis: string;
    state: 'queued' | 'running' | 'complete' | 'refused' | 'failed' | 'cancelled';
    phase: 'excluding' | 'listing' | 'resolving' | 'checking' | 'making' | 'reporting';
    /** What comes after the last page that was kept. */
    cursor: string | null;
    /** Contacts in all, as far as the platform says, and those that are listed. */
    total: number | null;
    listed: number;
    /** Chunks of this phase that are not done. */
    left: number;
    /** Distinct pictures, once they are known. */
    pictures: number | null;
    /** When it was expected to be finished, as it began to make them. */
    expected_at: number | null;
    /** JSON list: why somebody has to look. */
    attention: string;
    /** What came of it, as JSON; while it runs, its chunks tell. */
    report: string | null;
    error: string | null;
    created_by: string;
    created_at: number;
    started_at: number | null;
    making_at: number | null;
    finished_at: number | null;
  };
  /** Fingerprints of contacts that do not get a send. */
  warmup_excluded: { warmup: string; key: string };
  /** Contacts that do. */
  warmup_contacts: { warmup: string; contact: string; chunk: number };
  /** Pictures that are to be made, each with one of those who get it. */
  warmup_pictures: { warmup: string; key: string; link: string; contact: string };
  /** Parts of a warm-up, each done by whoever comes first. */
  warmup_chunks: {
    warmup: string;
    phase: 'resolving' | 'making';
    chunk: number;
    /** The keys of its pictures: after which one it stands, and the last one. */
    at: string;
    last: string;
    done: number;
    /** What came of it so far, as JSON. */
    result: string;
  };
  sealed: {
    id: string;
    workspace: string;
    template: string;
    version: number;
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
    format: string;
    scale: number;
    state: 'queued' | 'running' | 'complete' | 'failed' | 'cancelled';
    total: number;
    done: number;
    failed: number;
    /** JSON: how often each field was mended, by kind of warning. */
    warnings: string;
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

/** Where a template's live links look: what is being tried, and what recipients see. */
export type Channel = 'staging' | 'production';

/** Where a version of a template stands in its life. */
export type VersionState = 'draft' | 'in_review' | 'published' | 'retired';

/** How a link gets its values: from the synced contact, or from what the platform fills into the address. */
export type LinkMode = 'contact' | 'merge';
