import { imageHosts } from '../../core/template/assets.ts';
import { S3_ADDRESS } from '../../core/template/parts.ts';
import type { Template } from '../../core/template/schema.ts';
import type { Allowed } from '../assets/fetch.ts';
import { findReferenced } from '../assets/reference.ts';
import { isLate, within } from '../deadline.ts';
import type { Blobs } from '../stores/blobs/index.ts';
import { createCopies } from '../stores/copies.ts';
import type { Records } from '../stores/records/index.ts';
import { firstSettings } from '../workspaces/settings.ts';
import type { WorkspaceSettings } from '../workspaces/workspace.ts';
import type { Quarantine } from './quarantine.ts';
import type { LoadedImage, RemoteImages } from './remote.ts';

/** The pictures that values name: assets of the workspace, addresses on hosts and objects in buckets it allows. */
export type Images = {
  /** What each reference stands for in a cache key: the digest of what it was last seen to be, or itself. */
  identify(workspace: string, template: Template, refs: readonly string[]): Promise<string[]>;
  /**
   * What is there by reference, null for what cannot be had in `ms` or must not be drawn: what comes later is there for
   * the next picture. Never rejects.
   */
  load(
    workspace: string,
    template: Template,
    refs: readonly string[],
    ms: number,
  ): Promise<Record<string, LoadedImage | null>>;
  /** Lets no process load pictures with these digests again: they ended the processes that drew them. */
  quarantine(digests: readonly string[]): void;
};

/** What images are made from. */
export type ImageParts = {
  readonly records: Records;
  readonly blobs: Blobs;
  readonly settings: WorkspaceSettings;
  readonly remote: RemoteImages;
  readonly quarantine: Quarantine;
};

const MAX_DIGESTS = 1_000;

/** Asks the assets of the workspace, or other people's addresses through `remote`. */
export function createImages({ records, blobs, settings, remote, quarantine }: ImageParts): Images {
  const digests = createCopies<string>(MAX_DIGESTS, async (key) => {
    const [workspace = '', ref = ''] = JSON.parse(key) as string[];
    return (await findReferenced(records, workspace, ref))?.digest;
  });
  const digestOf = (workspace: string, ref: string) => digests.get(JSON.stringify([workspace, ref]));

  /** Where the pictures of a template may come from; what its workspace allows is left out while it cannot be read. */
  async function allowedFor(workspace: string, template: Template): Promise<Allowed> {
    const { assetHosts, s3Buckets } = await settings.get(workspace).catch(() => firstSettings);
    return { hosts: [...imageHosts(template.fields), ...assetHosts], buckets: s3Buckets };
  }

  async function identifyOne(workspace: string, ref: string, allowed: Allowed): Promise<string | undefined> {
    if (ref.startsWith('asset:')) return digestOf(workspace, ref);
    return isOpen(ref, allowed) ? remote.identify(ref, allowed) : undefined;
  }

  async function loadOne(workspace: string, ref: string, allowed: Allowed): Promise<LoadedImage | null> {
    if (!ref.startsWith('asset:')) return isOpen(ref, allowed) ? remote.load(ref, allowed) : null;
    const digest = await digestOf(workspace, ref);
    const bytes = digest && (await blobs.get(digest));
    return digest && bytes ? { bytes, digest } : null;
  }

  return {
    async identify(workspace, template, refs) {
      if (refs.length === 0) return [];
      const allowed = await allowedFor(workspace, template);
      return Promise.all(refs.map(async (ref) => (await identifyOne(workspace, ref, allowed)) ?? ref));
    },
    async load(workspace, template, refs, ms) {
      if (refs.length === 0) return {};
      const allowed = await allowedFor(workspace, template);
      const load = async (ref: string) => {
        const found = await within(loadOne(workspace, ref, allowed), ms).catch(() => null);
        return [ref, isLate(found) || (found && quarantine.has(found.digest)) ? null : found] as const;
      };
      return Object.fromEntries(await Promise.all(refs.map(load)));
    },
    quarantine: quarantine.add,
  };
}

/** What one workspace has seen in its bucket must not be found by naming it in another. */
function isOpen(ref: string, { buckets = [] }: Allowed): boolean {
  const [, bucket] = ref.match(S3_ADDRESS) ?? [];
  return bucket === undefined || buckets.includes(bucket);
}
