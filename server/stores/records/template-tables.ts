import type { FontFacts } from '../../../core/node/sfnt.ts';

/** Templates, their versions, and the pictures and fonts they name; written as in `Tables`. */
export type TemplateTables = {
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
  datasets: {
    workspace: string;
    name: string;
    dataset: string;
    data: string;
    changed_by: string;
    changed_at: number;
  };
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
    /** The format of its pictures, where the document leaves that open. */
    picture: string | null;
    /** JSON, by variant its `fallback` and its `picture`. */
    variants: string;
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
  fonts: {
    workspace: string;
    family: string;
    weight: number;
    /** 1 or 0. */
    italic: number;
    digest: string;
    mime: string;
    bytes: number;
    /** What the font says it may be embedded for. */
    embedding: FontFacts['embedding'];
    created_at: number;
  };
};

/** Where a template's live links look: what is being tried, and what recipients see. */
export type Channel = 'staging' | 'production';

/** Where a version of a template stands in its life. */
export type VersionState = 'draft' | 'in_review' | 'published' | 'retired';
