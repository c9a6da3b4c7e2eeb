import { LRUCache } from 'lru-cache';
import { AppError } from '../../core/errors.ts';
import type { RenderJob, Source } from '../../core/node/renderer.ts';
import { type Compiled, compileTemplate } from '../../core/template/compile.ts';
import { applyContract } from '../../core/template/contract.ts';
import { parseTemplate } from '../../core/template/parse.ts';
import type { Template } from '../../core/template/schema.ts';
import type { Values } from '../../core/template/value.ts';
import type { Blobs } from '../stores/blobs/index.ts';
import { createCopies } from '../stores/copies.ts';
import type { Records } from '../stores/records/index.ts';
import { findLiveVersion, findVersion } from '../stores/records/templates.ts';

/** A published version of a template, ready for serving; it never changes. */
export type Published = {
  readonly workspace: string;
  readonly name: string;
  readonly version: number;
  /** Of the document and the assets it was approved with. */
  readonly digest: string;
  readonly template: Template;
  readonly compiled: Compiled;
  /** The values of a recipient we know nothing about. */
  readonly defaults: Values;
  /** The picture of those values, kept when published, in the template's own format. */
  readonly fallback: Buffer | undefined;
  /** What the render pool is given. */
  readonly job: RenderJob['template'];
};

/** The published templates of every workspace. */
export type Library = {
  /** A version by its number, the newest published one for null; undefined when that is not published. */
  get(workspace: string, name: string, version: number | null): Promise<Published | undefined>;
  /** Makes live links see what this process has just published. */
  expireLive(workspace: string, name: string): void;
};

const KEPT_BYTES = 64 * 1024 * 1024;
// Measured on the samples: what a template takes once compiled, for each character of its document.
const COMPILED_BYTES = 20;

/**
 * Keeps about 64 MB of compiled templates and their fallback pictures, the least recently used out first; which version
 * is live is looked up again every two seconds.
 */
export function createLibrary({ records, blobs }: { records: Records; blobs: Blobs }): Library {
  const kept = new LRUCache<string, Promise<Published | undefined>>({ maxSize: KEPT_BYTES });
  const nameOf = (workspace: string, name: string) => JSON.stringify([workspace, name]);
  const live = createCopies<number>(1_000, (key) => {
    const [workspace, name] = JSON.parse(key) as [string, string];
    return findLiveVersion(records, workspace, name);
  });

  async function load(workspace: string, name: string, version: number): Promise<Published | undefined> {
    const record = await findVersion(records, workspace, name, version);
    if (record?.state !== 'published' || record.digest === null) return undefined;
    const { document, digest, assets, fallback } = record;
    const source = {
      template: parseTemplate(JSON.parse(document)),
      assets: JSON.parse(assets) as Record<string, string>,
    };
    return {
      ...describePublished(source, blobs, digest),
      workspace,
      name,
      version,
      // Without it one step of the ladder is missing, which is no reason to serve nothing.
      fallback: fallback === null ? undefined : await blobs.get(fallback).catch(() => undefined),
    };
  }

  return {
    async get(workspace, name, wanted) {
      const version = wanted ?? (await live.get(nameOf(workspace, name)));
      if (version === undefined) return undefined;
      const key = JSON.stringify([workspace, name, version]);
      const found = kept.get(key);
      if (found) return found;
      const loading = load(workspace, name, version);
      kept.set(key, loading, { size: 1 });
      loading.then(
        (published) => {
          // Setting the same value again would leave its size as it was; and only what can never change is kept.
          kept.delete(key);
          if (published) kept.set(key, loading, { size: Math.min(KEPT_BYTES, sizeOf(published)) });
        },
        () => kept.delete(key),
      );
      return loading;
    },
    expireLive: (workspace, name) => live.expire(nameOf(workspace, name)),
  };
}

const sizeOf = ({ template, fallback }: Published): number =>
  JSON.stringify(template).length * COMPILED_BYTES + (fallback?.length ?? 0);

/** What a template with chosen assets (reference -> sha256) is for drawing, published already or about to be. */
export function describePublished(
  { template, assets }: { template: Template; assets: Readonly<Record<string, string>> },
  blobs: Blobs,
  digest: string,
): Pick<Published, 'template' | 'compiled' | 'defaults' | 'digest' | 'job'> {
  return {
    template,
    digest,
    compiled: compileTemplate(template),
    defaults: applyContract(template.fields, {}).values,
    job: { key: digest, load: async (): Promise<Source> => ({ template, assets: await readAssets(blobs, assets) }) },
  };
}

async function readAssets(blobs: Blobs, assets: Readonly<Record<string, string>>): Promise<Record<string, Buffer>> {
  const entries = Object.entries(assets).map(async ([ref, digest]): Promise<[string, Buffer]> => {
    const bytes = await blobs.get(digest);
    if (!bytes)
      throw new AppError('asset_not_found', `The bytes of ${ref} are gone: upload it again and publish a new version.`);
    return [ref, bytes];
  });
  return Object.fromEntries(await Promise.all(entries));
}
