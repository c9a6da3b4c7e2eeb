import { LRUCache } from 'lru-cache';
import { AppError } from '../../core/errors.ts';
import type { RenderJob, Source } from '../../core/node/renderer.ts';
import { type Compiled, compileTemplate } from '../../core/template/compile.ts';
import { applyContract } from '../../core/template/contract.ts';
import type { FormatName, PictureFormat } from '../../core/template/output.ts';
import { parseTemplate } from '../../core/template/parse.ts';
import type { Template } from '../../core/template/schema.ts';
import type { Values } from '../../core/template/value.ts';
import { variantKey, variantNames, variantOf } from '../../core/template/variants.ts';
import { isLate, LATE, type Late, within } from '../deadline.ts';
import type { Blobs } from '../stores/blobs/index.ts';
import { createCopies } from '../stores/copies.ts';
import { findHead, type Head } from '../stores/records/channels.ts';
import type { Records } from '../stores/records/index.ts';
import type { Channel, VersionState } from '../stores/records/template-tables.ts';
import { type FrozenVariant, findVersion, type VersionKey, type VersionRecord } from '../stores/records/templates.ts';

/** A version of a template ready for serving; nothing but its state ever changes once it is published. */
export type Published = {
  readonly workspace: string;
  readonly name: string;
  readonly version: number;
  readonly state: VersionState;
  /** Which of its sizes this is, where it is not the template's own. */
  readonly variant: string | undefined;
  /** Of the document and the assets it was approved with, and the variant. */
  readonly digest: string;
  readonly template: Template;
  readonly compiled: Compiled;
  /** The values of a recipient we know nothing about. */
  readonly defaults: Values;
  /** What a picture is made as when nobody says otherwise. */
  readonly format: FormatName;
  /** What an `<img>` shows: the same format, or the one that was chosen for it. */
  readonly picture: PictureFormat;
  /** The picture of those values, kept when published, as an `<img>` shows it. */
  readonly fallback: Buffer | undefined;
  /** What the render pool is given. */
  readonly job: RenderJob['template'];
};

/** A version by its number, or what a channel shows; staging shows what production does as long as nothing is put there. */
export type Which = ({ readonly version: number } | { readonly channel: Channel }) & {
  /** One of its other sizes. */
  readonly variant?: string | undefined;
};

/** The published templates of every workspace. */
export type Library = {
  /**
   * A version that may be shown: published or retired, on staging also what is not approved yet; in its own size where it
   * has no such variant (any more). Undefined when there is none, or the template is revoked.
   */
  get(workspace: string, name: string, which: Which): Promise<Published | undefined>;
  /** Makes links see what this process has just published, moved or revoked. */
  expireLive(workspace: string, name: string): void;
};

const KEPT_BYTES = 64 * 1024 * 1024;
// Measured on the samples: what a template takes once compiled, for each character of its document.
const COMPILED_BYTES = 20;
const MAX_HEADS = 10_000;
// How long a version may take to be read before the one that was shown until now serves on.
const OPENING_MS = 200;
// What is not approved yet may still be sent back and come again with other pictures.
const UNAPPROVED_MS = 2_000;
const FALLBACK_RETRY_MS = 10_000;

/**
 * Keeps about 64 MB of compiled templates and their fallback pictures, the least recently used out first; what the
 * channels show is looked up again every two seconds.
 */
export function createLibrary({ records, blobs }: { records: Records; blobs: Blobs }): Library {
  const kept = new LRUCache<string, Promise<Published | undefined>>({ maxSize: KEPT_BYTES });
  const shown = new LRUCache<string, number>({ max: MAX_HEADS });
  const nameOf = (workspace: string, name: string) => JSON.stringify([workspace, name]);
  const heads = createCopies<Head>(MAX_HEADS, (key) => {
    const [workspace, name] = JSON.parse(key) as [string, string];
    return findHead(records, workspace, name);
  });

  async function load({ variant, ...key }: Wanted): Promise<Published | undefined> {
    const { workspace, name, version } = key;
    const record = await findVersion(records, workspace, name, version);
    if (!record) return undefined;
    if (variant !== undefined && !variantNames(JSON.parse(record.document)).includes(variant)) return find(key);
    const frozen = openFrozen(record, blobs, variant);
    if (!frozen) return undefined;
    const { fallback } = frozenOf(record, variant);
    const published = { ...frozen, fallback: undefined as Buffer | undefined };
    // Without it one step of the ladder is missing, which is no reason to serve nothing.
    const readFallback = async (): Promise<void> => {
      if (fallback === null) return;
      try {
        published.fallback = await blobs.get(fallback);
      } catch {
        setTimeout(readFallback, FALLBACK_RETRY_MS).unref();
      }
    };
    await readFallback();
    return published;
  }

  function find(wanted: Wanted): Promise<Published | undefined> {
    const key = keyOf(wanted);
    const found = kept.get(key);
    if (found) return found;
    const loading = load(wanted);
    kept.set(key, loading, { size: 1 });
    loading.then(
      (published) => {
        // Setting the same value again would leave its size as it was.
        kept.delete(key);
        if (!published) return;
        const ttl = isApproved(published) ? 0 : UNAPPROVED_MS;
        kept.set(key, loading, { size: Math.min(KEPT_BYTES, sizeOf(published)), ttl });
      },
      () => kept.delete(key),
    );
    return loading;
  }

  /** A version that may be shown, unapproved ones only to those who may see them. */
  async function open(key: Wanted, isForStaging: boolean): Promise<Published | undefined> {
    const found = await find(key);
    const maySee = (published: Published) => isApproved(published) || isForStaging;
    if (!found || maySee(found)) return found;
    // It may have been approved since.
    kept.delete(keyOf(key));
    const again = await find(key);
    return again && maySee(again) ? again : undefined;
  }

  /** What a channel shows; what it showed until now serves on while the next version takes long or cannot be read. */
  async function follow(key: Wanted, channel: Channel): Promise<Published | undefined> {
    const place = JSON.stringify([key.workspace, key.name, channel, key.variant]);
    const before = shown.get(place);
    const opening = open(key, channel === 'staging');
    const instead =
      before === undefined || before === key.version ? undefined : kept.get(keyOf({ ...key, version: before }));
    const found = await (instead ? within(opening, OPENING_MS).catch((): Late => LATE) : opening);
    if (isLate(found)) return instead;
    if (found) shown.set(place, key.version);
    return found;
  }

  return {
    async get(workspace, name, which) {
      const head = await heads.get(nameOf(workspace, name));
      if (!head || head.isRevoked) return undefined;
      const { variant } = which;
      if ('version' in which) return open({ workspace, name, version: which.version, variant }, false);
      const version = head.shown[which.channel] ?? head.shown.production;
      return version === undefined ? undefined : follow({ workspace, name, version, variant }, which.channel);
    },
    expireLive: (workspace, name) => heads.expire(nameOf(workspace, name)),
  };
}

type Wanted = VersionKey & Pick<Which, 'variant'>;

const keyOf = ({ workspace, name, version, variant }: Wanted): string =>
  JSON.stringify([workspace, name, version, variant]);

const isApproved = ({ state }: Published): boolean => state === 'published' || state === 'retired';

const sizeOf = ({ template, fallback }: Published): number =>
  JSON.stringify(template).length * COMPILED_BYTES + (fallback?.length ?? 0);

/** What was frozen of a version in one size. */
const frozenOf = (record: VersionRecord, variant: string | undefined): FrozenVariant | VersionRecord =>
  variant === undefined ? record : ((JSON.parse(record.variants) as Record<string, FrozenVariant>)[variant] ?? record);

/**
 * A version as it was frozen, in its own size or that of a variant, without its fallback picture; undefined when it is not.
 * Throws template_not_found for a variant it does not have.
 */
export function openFrozen(record: VersionRecord, blobs: Blobs, variant?: string): Published | undefined {
  const { workspace, name, version, state, document, digest, assets } = record;
  if (digest === null) return undefined;
  const template = parseTemplate(JSON.parse(document));
  const picture = (frozenOf(record, variant).picture ?? variantOf(template, variant).output.format) as PictureFormat;
  const described = describePublished({ template, assets: JSON.parse(assets), picture, variant }, blobs, digest);
  return { ...described, workspace, name, version, state, fallback: undefined };
}

/**
 * What a template with chosen assets (reference -> sha256) and a format for its pictures, or a variant of it, is for
 * drawing, published already or about to be.
 */
export function describePublished(
  whole: {
    readonly template: Template;
    readonly assets: Readonly<Record<string, string>>;
    readonly picture: PictureFormat;
    readonly variant?: string | undefined;
  },
  blobs: Blobs,
  wholeDigest: string,
): Pick<Published, 'template' | 'compiled' | 'defaults' | 'format' | 'picture' | 'digest' | 'variant' | 'job'> {
  const { variant, assets, picture } = whole;
  const template = variantOf(whole.template, variant);
  const digest = variantKey(wholeDigest, variant);
  return {
    ...{ template, digest, variant, picture },
    format: template.output.format === 'pdf' ? 'pdf' : picture,
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
