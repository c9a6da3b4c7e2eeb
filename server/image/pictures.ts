import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { AppError } from '../../core/errors.ts';
import { type Priority, raiseWish, type Wish } from '../../core/node/line.ts';
import type { RenderPool } from '../../core/node/pool.ts';
import { imageRefs } from '../../core/template/assets.ts';
import type { LiveValues } from '../../core/template/live.ts';
import { type FormatName, isPictureFormat } from '../../core/template/output.ts';
import type { Values, Warning } from '../../core/template/value.ts';
import type { Cache } from '../stores/cache/index.ts';
import type { Pointer } from '../stores/cache/pointers.ts';
import type { Published } from '../templates/library.ts';
import type { Images } from './images.ts';
import type { LoadedImage } from './remote.ts';

/** Everything that decides a picture. */
export type Drawing = {
  readonly published: Published;
  readonly values: Values;
  /** For a live or hybrid template: what decides its picture beside the values, and nothing else. */
  readonly live?: LiveValues | undefined;
  readonly format: FormatName;
  readonly scale: number;
};

/** A picture as drawn; not `isWhole` when a picture or a source inside it could not be had and a fallback stands in. */
export type Made = {
  readonly bytes: Buffer;
  readonly warnings: readonly Warning[];
  readonly isWhole: boolean;
  /** What it is kept under: other than what was asked for when a reference stands for something else, or did not yet. */
  readonly key: string;
};

/** Finished pictures, from memory, the cache or the render processes. */
export type Pictures = {
  /**
   * Equal drawings have equal keys, whoever they are for: sha256 in base64url, also the ETag; behind a dot another of what
   * its references stand for.
   */
  keyOf(drawing: Drawing): Promise<string>;
  /** The finished picture in this process. */
  peek(key: string): Buffer | undefined;
  /** The finished picture in this process or the cache behind it. */
  find(key: string): Promise<Buffer | undefined>;
  /** Draws it, once for all who ask meanwhile, as soon as the most urgent of them wants it. Throws what the pool throws. */
  make(drawing: Drawing, key: string, wanted?: Wanted): Promise<Made>;
  /** Keeps in mind which picture was good under a name, such as a contact's under a link; the same again costs nothing. */
  remember(name: string, picture: Pointer, tags: readonly string[]): void;
  /** The picture that was good under that name last. */
  recall(name: string): Promise<Recalled | undefined>;
};

/** A picture found again, and since when (ms since 1970) it was good. */
export type Recalled = { readonly mime: string; readonly bytes: Buffer; readonly at: number };

/**
 * How somebody wants a picture: as a recipient who waits for ever unless it says otherwise; see `Wish`. It is kept under
 * `tags`, by which it can be purged; one that `isProvisional` is a stand-in for a minute. One that is made for later, when
 * nobody asks for it yet, takes no room in the memory of this process. A proof is looked at as a reader would and not kept.
 */
export type Wanted = {
  readonly priority?: Priority;
  readonly until?: number;
  readonly tags?: readonly string[];
  readonly isProvisional?: boolean;
  readonly isForLater?: boolean;
  readonly isProof?: boolean;
};

/** A picture that is being drawn. */
type Making = { readonly made: Promise<Made>; readonly wish: Wish; readonly keeping: Keeping };
/** Under which tags it will be kept, or not at all, and whether somebody asks for it already. */
type Keeping = {
  readonly tags: Set<string>;
  readonly isProvisional: boolean;
  readonly isProof: boolean;
  isForLater: boolean;
};

// A picture whose drawing failed is not tried again for a while: it may be one that ends its render process.
const FAILED_MS = 30_000;
// Unless it was only given to a process that hung: that counts once.
const SLOW_MS = 600_000;
const PARTIAL_MS = 60_000;
// The longest its pictures are waited for, and the share of the time there is: drawing needs the rest.
const LOAD_MS = 5_000;
const LOAD_SHARE = 0.6;
const PARTIAL_BYTES = 16 * 1024 * 1024;

const digestOf = (inputs: readonly unknown[]): string =>
  createHash('sha256').update(JSON.stringify(inputs)).digest('base64url');

/** A key with what the references of its picture stand for, in place of what they stood for when it was made. */
function withIdentities(key: string, identities: readonly string[]): string {
  const [drawing = ''] = key.split('.');
  return identities.length === 0 ? drawing : `${drawing}.${digestOf(identities)}`;
}

/** Pictures drawn by the pool, whose `build` is part of every key. */
export function createPictures(parts: { build: string; cache: Cache; pool: RenderPool; images: Images }): Pictures {
  const { build, cache, pool, images } = parts;
  const making = new Map<string, Making>();
  const failed = new LRUCache<string, AppError>({ max: 1_000, ttl: FAILED_MS });
  const slow = new LRUCache<string, true>({ max: 1_000, ttl: SLOW_MS });
  // Kept apart from the good ones, which must never be replaced by them.
  const partial = new LRUCache<string, Made>({
    maxSize: PARTIAL_BYTES,
    sizeCalculation: ({ bytes }) => bytes.length || 1,
    ttl: PARTIAL_MS,
  });

  /** Draws with what was found; when that ends two processes, once more without it, and never with it again. */
  async function render(
    drawing: Drawing,
    found: Readonly<Record<string, LoadedImage | null>>,
    wish: Wish,
    isProof: boolean,
  ) {
    const { published, values, live, format, scale } = drawing;
    const { quality } = published.template.output;
    const refs = Object.entries(found);
    const job = { template: published.job, values, live, format, scale, quality, ...(isProof && { isProof }) };
    try {
      return await pool.render(
        { ...job, images: Object.fromEntries(refs.map(([ref, image]) => [ref, image?.bytes ?? null])) },
        wish,
      );
    } catch (error) {
      const suspects = refs.flatMap(([, image]) => (image ? [image.digest] : []));
      if (!(error instanceof AppError && error.code === 'render_crashed') || suspects.length === 0) throw error;
      images.quarantine(suspects);
      return pool.render({ ...job, images: Object.fromEntries(refs.map(([ref]) => [ref, null])) }, wish);
    }
  }

  /** What is drawn is kept as what it was: there may be something else behind a reference now, or the first thing ever seen. */
  async function draw(drawing: Drawing, key: string, wish: Wish, keeping: Keeping): Promise<Made> {
    const { workspace, template } = drawing.published;
    const refs = imageRefs(template, drawing.values);
    const left = wish.until - performance.now();
    const found = await images.load(workspace, template, refs, Math.min(LOAD_MS, left * LOAD_SHARE));
    try {
      const { bytes, warnings, giveBack } = await render(drawing, found, wish, keeping.isProof);
      const isWhole = !keeping.isProvisional && !warnings.some(({ code }) => code === 'image_missing');
      const identities = refs.map((ref) => found[ref]?.digest ?? ref);
      const made = { bytes, warnings, isWhole, key: isWhole ? withIdentities(key, identities) : key };
      if (keeping.isProof) return made;
      const { isForLater } = keeping;
      if (isWhole)
        cache.set(made.key, bytes, {
          ...{ tags: [...keeping.tags], isForLater },
          // Somebody may have asked for it before it was written.
          onWritten: () => keeping.isForLater && giveBack?.(),
        });
      else partial.set(key, giveBack ? { ...made, bytes: Buffer.from(bytes) } : made);
      return made;
    } catch (error) {
      if (error instanceof AppError && error.code !== 'overloaded') {
        if (error.code !== 'render_timeout' || slow.has(key)) failed.set(key, error);
        else slow.set(key, true);
      }
      throw error;
    }
  }

  return {
    async keyOf({ published, values, live, format, scale }) {
      const { compiled, template, digest, workspace } = published;
      // Only a page has links.
      const fields = isPictureFormat(format)
        ? compiled.drawnFields
        : [...compiled.drawnFields, ...compiled.linkedFields];
      const drawn = fields.map((name) => values[name]);
      const key = digestOf([build, digest, drawn, format, scale, template.output.quality, live]);
      return withIdentities(key, await images.identify(workspace, template, imageRefs(template, values)));
    },
    peek: (key) => cache.peek(key),
    find: (key) => cache.get(key),
    async make(drawing, pictureKey, wanted = {}) {
      const { priority = 'recipient', until = Number.POSITIVE_INFINITY, tags = [] } = wanted;
      const { isProvisional = false, isForLater = false, isProof = false } = wanted;
      // A stand-in is never what somebody gets who could have the picture itself, nor is a proof waited for by recipients.
      const key = `${pictureKey}${isProvisional ? '~' : ''}${isProof ? '!' : ''}`;
      const ready = partial.get(key);
      if (ready) return ready;
      const error = failed.get(key);
      if (error) throw error;
      const started = making.get(key);
      if (started) {
        raiseWish(started.wish, { priority, until });
        for (const tag of tags) started.keeping.tags.add(tag);
        started.keeping.isForLater &&= isForLater;
        started.wish.isBrief &&= isForLater;
        return started.made;
      }
      const wish: Wish = { priority, until, isBrief: isForLater };
      const keeping = { tags: new Set(tags), isProvisional, isProof, isForLater };
      const made = draw(drawing, key, wish, keeping).finally(() => making.delete(key));
      making.set(key, { made, wish, keeping });
      return made;
    },
    remember(name, picture, tags) {
      cache.note(picture.key, tags);
      cache.remember(name, picture, tags);
    },
    async recall(name) {
      const pointer = await cache.recall(name);
      const bytes = pointer && (await cache.get(pointer.key));
      return bytes && { mime: pointer.mime, at: pointer.at, bytes };
    },
  };
}
