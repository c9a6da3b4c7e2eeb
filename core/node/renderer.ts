import { createHash } from 'node:crypto';
import type { Canvas } from 'canvas';
import { LRUCache } from 'lru-cache';
import { AppError } from '../errors.ts';
import { createPainter, type Painter } from '../paint/painter.ts';
import { type Host, type Need, needKey, type Surface } from '../paint/surface.ts';
import { imageRefs, withHosts } from '../template/assets.ts';
import { compileTemplate } from '../template/compile.ts';
import { applyContract } from '../template/contract.ts';
import type { LiveValues } from '../template/live.ts';
import { type FormatName, outputs } from '../template/output.ts';
import type { Template } from '../template/schema.ts';
import type { Values, Warning } from '../template/value.ts';
import { loadEmoji, loadImage } from './bitmaps.ts';
import type { Encoder } from './formats/format.ts';
import { formats } from './formats/index.ts';
import { canvas } from './native.ts';

/** A template and the bytes of the assets it names, by reference. */
export type Source = { readonly template: Template; readonly assets: Readonly<Record<string, Uint8Array>> };

/**
 * One picture to make. `template.key` is a digest of the template and its assets; `load` is called when this renderer has
 * not compiled it yet. `images` holds the bytes of pictures named by values, null where they could not be had.
 */
export type RenderJob = {
  readonly template: { readonly key: string; load(): Source | Promise<Source> };
  readonly values: Values;
  /** What the template's sources and its clock say; its fallbacks when absent. */
  readonly live?: LiveValues | undefined;
  readonly images: Readonly<Record<string, Uint8Array | null>>;
  readonly format: FormatName;
  readonly scale: number;
  readonly quality: number;
};

/** A finished picture; width and height in device pixels. */
export type Rendered = {
  readonly bytes: Buffer;
  readonly width: number;
  readonly height: number;
  readonly warnings: readonly Warning[];
};

/** Makes pictures in this process; see `createRenderer`. */
export type Renderer = { render(job: RenderJob): Promise<Rendered> };

type Compiled = {
  readonly template: Template;
  readonly painter: Painter;
  readonly encode: Encoder;
  readonly host: LoadingHost;
};
type LoadingHost = Host & { load(needs: readonly Need[], images: RenderJob['images']): Promise<string[]> };

/**
 * Renders pictures in this process. Compiled templates (base bitmap, surface, encoded strips, bitmaps) are kept up to
 * `maxBytes` (256 MB), the least recently used dropped first. Rejects with template_invalid or asset_invalid when the
 * template or an asset of its own is at fault; a contact's picture that cannot be read gives its field's fallback.
 */
export function createRenderer({ maxBytes = 256 * 2 ** 20 }: { maxBytes?: number } = {}): Renderer {
  const kept = new LRUCache<string, Promise<Compiled>>({ maxSize: maxBytes });
  const bitmaps = new LRUCache<string, Canvas>({
    maxSize: maxBytes / 4,
    sizeCalculation: ({ width, height }) => width * height * 4 + 1,
  });

  const compiledFor = (job: RenderJob): Promise<Compiled> => {
    const key = `${job.template.key} ${job.format} ${job.scale} ${job.quality}`;
    const found = kept.get(key);
    if (found) return found;
    const compiling = Promise.resolve(job.template.load()).then((source) => compile(source, job, bitmaps));
    kept.set(key, compiling, { size: 1 });
    compiling.then(
      ({ painter }) => {
        // Setting the same value again leaves its size as it was.
        kept.delete(key);
        // The surface and the base, and about as much again for strips and bitmaps.
        kept.set(key, compiling, { size: Math.min(maxBytes, painter.width * painter.height * 12) });
      },
      () => kept.delete(key),
    );
    return compiling;
  };

  return {
    async render(job) {
      const { template, painter, encode, host } = await compiledFor(job);
      const mended = withoutMissing(template, job.values, job.images);
      let { values } = mended;
      const warnings = [...mended.warnings];
      let draft = painter.draft(values, job.live);
      for (let unread = await host.load(draft.needs, job.images); unread.length > 0; ) {
        const unreadable = Object.fromEntries(unread.map((ref) => [ref, null]));
        const again = withoutMissing(template, values, { ...job.images, ...unreadable });
        warnings.push(...again.warnings);
        if (again.warnings.length === 0) break;
        values = again.values;
        draft = painter.draft(values, job.live);
        unread = await host.load(draft.needs, job.images);
      }
      // From here to the encoder's copy of the pixels nothing may wait: the surface is shared by all renders.
      const { surface, touched } = painter.paint(draft);
      const bytes = await encode(surface as unknown as Canvas, touched);
      return { bytes, width: painter.width, height: painter.height, warnings: [...warnings, ...draft.warnings] };
    },
  };
}

/** Puts a field's fallback where its picture could not be had, and says so. */
function withoutMissing(
  template: Template,
  values: Values,
  images: RenderJob['images'],
): { values: Values; warnings: Warning[] } {
  const missing = Object.keys(images).filter((ref) => images[ref] === null);
  if (missing.length === 0) return { values, warnings: [] };
  const dropped: Record<string, unknown> = { ...values };
  const warnings: Warning[] = [];
  for (const name of Object.keys(template.fields)) {
    const value = values[name];
    const held = imageRefs({ ...template, fields: { [name]: template.fields[name] } } as Template, { [name]: value });
    if (!held.some((ref) => missing.includes(ref))) continue;
    warnings.push({
      code: 'image_missing',
      field: name,
      message: `${name}: its picture could not be had, the fallback was used`,
    });
    dropped[name] = Array.isArray(value) ? value.map((item) => blankImages(item, missing)) : '';
  }
  // What was good enough to be loaded is from a host that is allowed, if not by the field then by the workspace.
  const fields = withHosts(template.fields, Object.keys(images).flatMap(hostOf));
  return { values: applyContract(fields, dropped).values, warnings };
}

const hostOf = (ref: string): string[] => (/^https?:/.test(ref) ? [new URL(ref).host] : []);

const blankImages = (item: Readonly<Record<string, unknown>>, missing: readonly string[]) =>
  Object.fromEntries(Object.entries(item).map(([key, value]) => [key, missing.includes(value as string) ? '' : value]));

async function compile(source: Source, job: RenderJob, bitmaps: LRUCache<string, Canvas>): Promise<Compiled> {
  const { template, assets } = source;
  const host = createHost(job.template.key, assets, bitmaps);
  const painter = createPainter(compileTemplate(template), job.scale, outputs[job.format].opaque, host);
  const unread = await host.load(painter.staticNeeds, {});
  if (unread.length > 0)
    throw new AppError(
      'asset_invalid',
      `${unread.join(', ')} cannot be read: upload a JPEG, PNG, WebP, GIF or AVIF picture of at most 25 megapixels.`,
    );
  const base = painter.flatten();
  // The static layers are on the base now; what live layers need is loaded when they need it.
  host.forget();
  return { template, painter, host, encode: formats[job.format].open(base as unknown as Canvas, job.quality) };
}

/** Bitmaps for one template: remembered in the renderer's bounded cache, held here while a picture is drawn. */
function createHost(
  templateKey: string,
  assets: Source['assets'],
  bitmaps: LRUCache<string, Canvas>,
): LoadingHost & { forget(): void } {
  const held = new Map<string, Canvas>();
  const origins = new WeakMap<Uint8Array, string>();
  const keyOf = (need: Need, bytes: Uint8Array | undefined): string => {
    if (need.kind === 'emoji') return needKey(need);
    if (bytes === undefined || Object.hasOwn(assets, need.src)) return `${templateKey} ${needKey(need)}`;
    const origin = origins.get(bytes) ?? createHash('sha256').update(bytes).digest('base64url');
    origins.set(bytes, origin);
    return `${origin} ${needKey(need)}`;
  };
  return {
    createSurface: (width, height) =>
      canvas.createCanvas(Math.max(1, width), Math.max(1, height)) as unknown as Surface,
    bitmap: (need) => held.get(needKey(need)) as unknown as Surface | undefined,
    forget: () => held.clear(),
    async load(needs, images) {
      held.clear();
      const unread: string[] = [];
      for (const need of needs) {
        const bytes = need.kind === 'image' ? (own(assets, need.src) ?? own(images, need.src) ?? undefined) : undefined;
        const key = keyOf(need, bytes);
        let bitmap = bitmaps.get(key);
        if (!bitmap) {
          try {
            if (need.kind === 'emoji') bitmap = await loadEmoji(need);
            else if (bytes) bitmap = await loadImage(bytes, need);
          } catch (error) {
            if (!(error instanceof AppError)) throw error;
          }
          if (bitmap) bitmaps.set(key, bitmap);
          else if (need.kind === 'image') unread.push(need.src);
        }
        if (bitmap) held.set(needKey(need), bitmap);
      }
      return unread;
    },
  };
}

// A source may be any word of the data, also one that every object answers to, such as "constructor".
const own = <Value>(values: Readonly<Record<string, Value>>, key: string): Value | undefined =>
  Object.hasOwn(values, key) ? values[key] : undefined;
