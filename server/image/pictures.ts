import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { AppError } from '../../core/errors.ts';
import { type Priority, raiseWish, type Wish } from '../../core/node/line.ts';
import type { RenderPool } from '../../core/node/pool.ts';
import { imageRefs } from '../../core/template/assets.ts';
import type { LiveValues } from '../../core/template/live.ts';
import type { FormatName } from '../../core/template/output.ts';
import type { Values, Warning } from '../../core/template/value.ts';
import type { Cache } from '../stores/cache/index.ts';
import type { Published } from '../templates/library.ts';
import type { Images } from './images.ts';

/** Everything that decides a picture. */
export type Drawing = {
  readonly published: Published;
  readonly values: Values;
  /** For a live or hybrid template: what decides its picture beside the values, and nothing else. */
  readonly live?: LiveValues | undefined;
  readonly format: FormatName;
  readonly scale: number;
};

/** A picture as drawn; not `isWhole` when a picture inside it could not be had and a fallback stands in. */
export type Made = { readonly bytes: Buffer; readonly warnings: readonly Warning[]; readonly isWhole: boolean };

/** Finished pictures, from memory, the cache or the render processes. */
export type Pictures = {
  /** Equal drawings have equal keys, whoever they are for: sha256 in base64url, also the ETag. */
  keyOf(drawing: Drawing): Promise<string>;
  /** The finished picture in this process. */
  peek(key: string): Buffer | undefined;
  /** The finished picture in this process or the cache behind it. */
  find(key: string): Promise<Buffer | undefined>;
  /** Draws it, once for all who ask meanwhile, as soon as the most urgent of them wants it. Throws what the pool throws. */
  make(drawing: Drawing, key: string, wanted?: Wanted): Promise<Made>;
};

/** How much somebody wants a picture: a recipient who waits for ever unless it says otherwise; see `Wish`. */
export type Wanted = { readonly priority?: Priority; readonly until?: number };

// A picture whose drawing failed is not tried again for a while: it may be one that ends its render process.
const FAILED_MS = 30_000;
const PARTIAL_MS = 60_000;
const PARTIAL_BYTES = 16 * 1024 * 1024;

/** Pictures drawn by the pool, whose `build` is part of every key. */
export function createPictures(parts: { build: string; cache: Cache; pool: RenderPool; images: Images }): Pictures {
  const { build, cache, pool, images } = parts;
  const making = new Map<string, { readonly made: Promise<Made>; readonly wish: Wish }>();
  const failed = new LRUCache<string, AppError>({ max: 1_000, ttl: FAILED_MS });
  // Kept apart from the good ones, which must never be replaced by them.
  const partial = new LRUCache<string, Made>({
    maxSize: PARTIAL_BYTES,
    sizeCalculation: ({ bytes }) => bytes.length || 1,
    ttl: PARTIAL_MS,
  });

  async function draw({ published, values, live, format, scale }: Drawing, key: string, wish: Wish): Promise<Made> {
    const { workspace, template, job } = published;
    const found = await images.load(workspace, template, imageRefs(template, values));
    const { quality } = template.output;
    try {
      const rendered = await pool.render({ template: job, values, live, images: found, format, scale, quality }, wish);
      const { bytes, warnings } = rendered;
      const made = { bytes, warnings, isWhole: !warnings.some(({ code }) => code === 'image_missing') };
      if (made.isWhole) cache.set(key, bytes);
      else partial.set(key, made);
      return made;
    } catch (error) {
      if (error instanceof AppError && error.code !== 'overloaded') failed.set(key, error);
      throw error;
    }
  }

  return {
    async keyOf({ published, values, live, format, scale }) {
      const { compiled, template, digest, workspace } = published;
      const drawn = compiled.drawnFields.map((name) => values[name]);
      const refs = await images.identify(workspace, imageRefs(template, values));
      const inputs = [build, digest, drawn, refs, format, scale, template.output.quality, live];
      return createHash('sha256').update(JSON.stringify(inputs)).digest('base64url');
    },
    peek: (key) => cache.peek(key),
    find: (key) => cache.get(key),
    async make(drawing, key, { priority = 'recipient', until = Number.POSITIVE_INFINITY } = {}) {
      const ready = partial.get(key);
      if (ready) return ready;
      const error = failed.get(key);
      if (error) throw error;
      const started = making.get(key);
      if (started) {
        raiseWish(started.wish, { priority, until });
        return started.made;
      }
      const wish = { priority, until };
      const made = draw(drawing, key, wish).finally(() => making.delete(key));
      making.set(key, { made, wish });
      return made;
    },
  };
}
