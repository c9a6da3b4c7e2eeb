/** Times are milliseconds since 1970, JSON is text: the same columns serve every SQL database. */
export type Tables = {
  workspaces: { id: string; created_at: number };
  templates: { workspace: string; name: string; created_at: number };
  template_versions: {
    workspace: string;
    name: string;
    version: number;
    state: VersionState;
    /** The template, as canonical JSON. */
    document: string;
    /** sha256 of the document and of the digests of its assets; set when published. */
    digest: string | null;
    /** JSON, asset reference -> sha256, as approved when published. */
    assets: string;
    /** Blob of the picture drawn with the template's defaults when published. */
    fallback: string | null;
    created_at: number;
    published_at: number | null;
  };
  assets: {
    workspace: string;
    name: string;
    version: number;
    digest: string;
    mime: string;
    bytes: number;
    created_at: number;
  };
  links: {
    id: string;
    workspace: string;
    template: string;
    /** null follows the newest published version. */
    version: number | null;
    platform: string;
    mode: LinkMode;
    /** The format every extension that is not in `formats` gets, and the allowed ones, as JSON. */
    formats: string;
    scale: number;
    fields: string;
    policy: string;
    created_at: number;
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
    revoked_at: number | null;
  };
  api_keys: {
    id: string;
    workspace: string;
    name: string;
    role: Role;
    hash: string;
    created_at: number;
    revoked_at: number | null;
  };
  audit: { id: string; workspace: string; at: number; actor: string; action: string; subject: string };
};

/** Where a version of a template stands in its life. */
export type VersionState = 'draft' | 'in_review' | 'published' | 'retired';

/** How a link gets its values: from the synced contact, or from what the platform fills into the address. */
export type LinkMode = 'contact' | 'merge';

/** What a bearer of an API key may do: everything, or only make pictures and links. */
export type Role = 'admin' | 'render';
