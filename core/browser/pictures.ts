import { type ImageNeed, partToShow } from '../paint/crop.ts';
import { contextOf } from '../paint/drawing.ts';
import { traceRect } from '../paint/look.ts';
import { type Drawable, type Need, needKey } from '../paint/surface.ts';
import { cleanSvg } from '../paint/svg.ts';
import { MAX_PIXELS } from '../template/output.ts';

/** The part of a picture that matters, to be shown at a size in device pixels. */
export type SoughtPart = { readonly width: number; readonly height: number; readonly focus: 'attention' | 'entropy' };

/**
 * Where bitmaps come from; undefined for a picture that cannot be had. Of one whose part that matters is sought, that part
 * alone is asked for: a page does not look for it, and shows the middle of what it is given. An emoji is named as `emojiCodes`
 * says.
 */
export type PictureSources = {
  pictureUrl(ref: string, part: SoughtPart | undefined): string | undefined | Promise<string | undefined>;
  emojiUrl(codes: string): string;
  /** The markup of a drawing among the template's assets; rejects when it cannot be had. */
  markupOf(ref: string): Promise<string>;
};

/** Bitmaps of one picture's needs: loaded once, the last `KEPT` remembered. */
export type Bitmaps = {
  /** The bitmap, undefined as long as it is not there or when it cannot be had. */
  get(need: Need): Drawable | undefined;
  /** Whether all that will come has come. */
  isSettled(needs: readonly Need[]): boolean;
  /** Waits for all of them, and gives the references of pictures that cannot be had. */
  load(needs: readonly Need[]): Promise<string[]>;
};

const KEPT = 100;

/** An emoji's code points in hex, joined by dashes. */
export const emojiCodes = (text: string): string =>
  Array.from(text, (char) => char.codePointAt(0)?.toString(16)).join('-');

type Entry = { readonly loading: Promise<void>; bitmap?: Drawable; isSettled: boolean };

/** Makes the bitmaps of a picture. */
export function createBitmaps({ pictureUrl, emojiUrl, markupOf }: PictureSources): Bitmaps {
  const entries = new Map<string, Entry>();

  const urlOf = (need: Need): string | undefined | Promise<string | undefined> => {
    if (need.kind === 'emoji') return emojiUrl(emojiCodes(need.text));
    if (need.kind === 'image') return pictureUrl(need.src, soughtPart(need));
    return drawingUrl(need);
  };
  const drawingUrl = async (need: Extract<Need, { kind: 'svg' }>): Promise<string | undefined> => {
    const svg = cleanSvg(need.svg.startsWith('asset:') ? { ...need, svg: await markupOf(need.svg) } : need);
    // In an image nothing of a drawing can run or load.
    return svg === undefined ? undefined : `data:image/svg+xml,${encodeURIComponent(svg)}`;
  };
  const draw = async (need: Need): Promise<Drawable | undefined> => {
    const url = await urlOf(need);
    if (url === undefined) return undefined;
    const image = new Image();
    image.src = url;
    await image.decode();
    if (need.kind === 'image') return drawImage(image, need);
    return need.kind === 'emoji' ? drawWhole(image, need.size, need.size) : drawWhole(image, need.width, need.height);
  };
  const begin = (need: Need): Entry => {
    const key = needKey(need);
    const found = entries.get(key);
    if (found) return found;
    const entry: Entry = {
      isSettled: false,
      loading: draw(need)
        .then((bitmap) => {
          if (bitmap) entry.bitmap = bitmap;
        })
        // Whatever is the matter with it, the picture goes on without.
        .catch(() => undefined)
        .finally(() => {
          entry.isSettled = true;
        }),
    };
    entries.set(key, entry);
    return entry;
  };

  return {
    get: (need) => entries.get(needKey(need))?.bitmap,
    isSettled: (needs) => needs.every((need) => begin(need).isSettled),
    async load(needs) {
      const begun = needs.map((need) => [need, begin(need)] as const);
      await Promise.all(begun.filter(([, { isSettled }]) => !isSettled).map(([, { loading }]) => loading));
      const wanted = new Set(needs.map(needKey));
      for (const key of entries.keys()) {
        if (entries.size <= KEPT) break;
        if (!wanted.has(key)) entries.delete(key);
      }
      return begun.flatMap(([need, { bitmap }]) => (need.kind === 'image' && !bitmap ? [need.src] : []));
    },
  };
}

const soughtPart = ({ width, height, fit, focus }: ImageNeed): SoughtPart | undefined =>
  fit === 'cover' && typeof focus === 'string' ? { width, height, focus } : undefined;

async function drawImage(image: HTMLImageElement, need: ImageNeed): Promise<Drawable | undefined> {
  const { naturalWidth, naturalHeight } = image;
  if (naturalWidth * naturalHeight > MAX_PIXELS) return undefined;
  const { width, height, fit, radius } = need;
  const part =
    fit === 'cover'
      ? partToShow(need, naturalWidth, naturalHeight)
      : { left: 0, top: 0, width: naturalWidth, height: naturalHeight };
  const share = Math.min(width / part.width, height / part.height);
  const inner =
    fit === 'contain'
      ? { width: Math.round(part.width * share), height: Math.round(part.height * share) }
      : { width, height };
  const canvas = createCanvas(width, height);
  const context = contextOf(canvas);
  if (radius > 0) {
    traceRect(context, { x: 0, y: 0, width, height }, radius);
    context.clip();
  }
  const [x, y] = [Math.floor((width - inner.width) / 2), Math.floor((height - inner.height) / 2)];
  if (inner.width > part.width) {
    // A drawing has no pixels that could be enlarged, and stays sharp.
    context.imageSmoothingQuality = 'high';
    context.drawImage(image, part.left, part.top, part.width, part.height, x, y, inner.width, inner.height);
    return canvas;
  }
  const resized = await createImageBitmap(image, part.left, part.top, part.width, part.height, {
    resizeWidth: Math.max(1, inner.width),
    resizeHeight: Math.max(1, inner.height),
    resizeQuality: 'high',
  });
  context.drawImage(resized, x, y);
  resized.close();
  return canvas;
}

function drawWhole(image: HTMLImageElement, width: number, height: number): Drawable {
  const canvas = createCanvas(width, height);
  contextOf(canvas).drawImage(image, 0, 0, width, height);
  return canvas;
}

/** A canvas of a size in device pixels that sets type as the service does: unhinted, on parts of a pixel. */
export function createCanvas(width: number, height: number): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, width);
  canvas.height = Math.max(1, height);
  contextOf(canvas).textRendering = 'geometricPrecision';
  return canvas;
}
