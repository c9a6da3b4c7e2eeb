/** Pictures made before anybody asks for them; written as in `Tables`. */
export type WarmupTables = {
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
};
