import { createHash } from 'node:crypto';
import type { Canvas, Image } from 'canvas';
import type { LRUCache } from 'lru-cache';
import { AppError } from '../errors.ts';
import { type Host, type Need, needKey, type Surface } from '../paint/surface.ts';
import { isSvg, readSvgText } from '../paint/svg.ts';
import type { FontSet } from '../paint/text/coverage.ts';
import { withOwnFonts } from '../paint/text/own-fonts.ts';
import { HAN } from '../paint/text/scripts.ts';
import { loadEmoji, loadImage, loadPlain, loadSvg, withPixels } from './bitmaps.ts';
import { bundledFonts } from './coverage.ts';
import { canvas } from './native.ts';
import { loadOwnFonts } from './own-fonts.ts';

/** Bitmaps of all templates, by what they are made of. */
export type Bitmaps = Pick<LRUCache<string, Canvas | Image>, 'get'> & {
  set(key: string, bitmap: Canvas | Image): unknown;
};

const RAISED = /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Devanagari}\p{Script=Thai}]/u;
const HAN_OR_OTHERS = new RegExp(`\\p{Cf}*[${HAN}][${HAN}\\p{M}\\p{Cf}\\s]*|[^${HAN}]+`, 'gu');

/** The bytes of pictures by reference, null where they could not be had. */
type Files = Readonly<Record<string, Uint8Array | null>>;

/** A host that loads what layers need, and gives the references it could not read. */
export type LoadingHost = Host & { load(needs: readonly Need[], images: Files): Promise<string[]>; forget(): void };

/**
 * Bitmaps for one template: remembered in the renderer's bounded cache, held here while a picture is drawn. `quality` is that
 * of the photos on a page.
 */
export function createHost(
  { key: templateKey, quality }: { readonly key: string; readonly quality: number },
  assets: Readonly<Record<string, Uint8Array>>,
  bitmaps: Bitmaps,
): LoadingHost {
  const fonts: FontSet = {
    ...withOwnFonts(bundledFonts(), loadOwnFonts(assets)),
    // Pango aligns what follows a Chinese letter at the bottom of its square, which raises these scripts by up to half an em.
    cut: (text) => (RAISED.test(text) ? (text.match(HAN_OR_OTHERS) ?? [text]) : [text]),
  };
  const held = new Map<string, Canvas | Image>();
  const origins = new WeakMap<Uint8Array, string>();
  const originOf = (ref: string, bytes: Uint8Array | undefined): string => {
    if (bytes === undefined || Object.hasOwn(assets, ref)) return templateKey;
    const origin = origins.get(bytes) ?? createHash('sha256').update(bytes).digest('base64url');
    origins.set(bytes, origin);
    return origin;
  };
  const keyOf = (need: Need, bytes: Uint8Array | undefined): string => {
    const ref = fileOf(need);
    if (ref === undefined) return needKey(need);
    const key = `${originOf(ref, bytes)} ${needKey(need)}`;
    return need.kind === 'image' && need.plain ? `${quality} ${key}` : key;
  };
  return {
    fonts,
    createSurface: (width, height) =>
      canvas.createCanvas(Math.max(1, width), Math.max(1, height)) as unknown as Surface,
    bitmap(need, isForSurface = false) {
      const found = held.get(needKey(need));
      return (isForSurface && found ? withPixels(found) : found) as unknown as Surface | undefined;
    },
    forget: () => held.clear(),
    async load(needs, images) {
      held.clear();
      const unread: string[] = [];
      for (const need of needs) {
        const ref = fileOf(need);
        const bytes = ref === undefined ? undefined : (own(assets, ref) ?? own(images, ref) ?? undefined);
        const key = keyOf(need, bytes);
        let bitmap = bitmaps.get(key);
        if (!bitmap) {
          try {
            bitmap = await load(need, bytes, quality);
          } catch (error) {
            if (!(error instanceof AppError)) throw error;
          }
          if (bitmap) bitmaps.set(key, bitmap);
          else if (ref !== undefined) unread.push(ref);
        }
        if (bitmap) held.set(needKey(need), bitmap);
      }
      return unread;
    },
  };
}

/** The file a need is made from, by its reference. */
function fileOf(need: Need): string | undefined {
  if (need.kind === 'image') return need.src;
  return need.kind === 'svg' && isAsset(need.svg) ? need.svg : undefined;
}

const isAsset = (ref: string): boolean => ref.startsWith('asset:');

async function load(need: Need, bytes: Uint8Array | undefined, quality: number): Promise<Canvas | Image | undefined> {
  if (need.kind === 'emoji') return loadEmoji(need);
  if (need.kind === 'svg' && !isAsset(need.svg)) return loadSvg(need);
  if (!bytes) return undefined;
  if (need.kind === 'svg') return loadSvg({ ...need, svg: readSvgText(bytes) ?? '' });
  // Drawings are taken from the library alone: what stands at an address has to be a bitmap.
  if (isAsset(need.src) && isSvg(bytes))
    return loadSvg({ ...need, svg: readSvgText(bytes) ?? '', colors: {} }, need.plain ? 0 : need.radius);
  return need.plain ? loadPlain(bytes, need, quality) : loadImage(bytes, need);
}

// A source may be any word of the data, also one that every object answers to, such as "constructor".
const own = <Value>(values: Readonly<Record<string, Value>>, key: string): Value | undefined =>
  Object.hasOwn(values, key) ? values[key] : undefined;
