import type { Canvas, Image } from 'canvas';
import { LRUCache } from 'lru-cache';
import { AppError } from '../errors.ts';
import { createReader, type Reading } from '../paint/contrast.ts';
import { createPage, type Page } from '../paint/page.ts';
import { createPainter, type Draft, type Painter, type Timeless } from '../paint/painter.ts';
import { dpiAt } from '../paint/paper.ts';
import { settle } from '../paint/settle.ts';
import { type FittedText, type Need, needKey } from '../paint/surface.ts';
import { type Compiled, compileTemplate } from '../template/compile.ts';
import type { LiveValues } from '../template/live.ts';
import { type FormatName, isPictureFormat, outputs, type PictureFormat } from '../template/output.ts';
import { pagesOf } from '../template/pages.ts';
import type { Template } from '../template/schema.ts';
import type { Values, Warning } from '../template/value.ts';
import type { Picture } from './formats/format.ts';
import { writeGif } from './formats/gif.ts';
import { encoderFor } from './formats/index.ts';
import { writePdf } from './formats/pdf.ts';
import { keepWithin, type Weighed } from './formats/weight.ts';
import { type Bitmaps, createHost, type LoadingHost } from './host.ts';

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
  /** Whether it is also looked at as a reader would: of texts that are hard to read warnings say so, and all are told. */
  readonly isProof?: boolean;
};

/** A minute, which is also what most such templates are good for. */
const FRAMES = 60;

/** A finished picture; width and height in device pixels, those of a PDF in points. */
export type Rendered = {
  readonly bytes: Buffer;
  readonly width: number;
  readonly height: number;
  readonly warnings: readonly Warning[];
  /** Of a proof: how each text was fitted. */
  readonly texts?: readonly FittedText[];
};

/** Makes pictures in this process; see `createRenderer`. */
export type Renderer = { render(job: RenderJob): Promise<Rendered> };

/** A draft of a picture; or of the first second of one that moves, or the first page of several, and of those after it. */
type Drafted = Draft & { readonly later?: readonly Draft[] };

/** A template opened for one format: whatever is made once and used by every picture of it. */
type Opened = Pick<Painter, 'width' | 'height'> & {
  readonly template: Template;
  readonly host: LoadingHost;
  draft(values: Values, live?: LiveValues): Drafted;
  /** Draws a draft whose needs were loaded. What it draws on is taken before the call returns: all renders share it. */
  make(draft: Drafted): Weighed | Promise<Weighed>;
  read(values: Values, live: LiveValues | undefined): Reading;
};

/**
 * Renders pictures in this process. Compiled templates (base bitmap, surface, encoded pieces, bitmaps) are kept up to
 * `maxBytes` (256 MB), the least recently used dropped first. Rejects with template_invalid or asset_invalid when the
 * template or an asset of its own is at fault; a contact's picture that cannot be read gives its field's fallback.
 */
export function createRenderer({ maxBytes = 256 * 2 ** 20 }: { maxBytes?: number } = {}): Renderer {
  const kept = new LRUCache<string, Promise<Opened>>({ maxSize: maxBytes });
  const bitmaps: Bitmaps = new LRUCache<string, Canvas | Image>({
    maxSize: maxBytes / 4,
    sizeCalculation: ({ width, height }) => width * height * 4 + 1,
  });

  const openedFor = (job: RenderJob): Promise<Opened> => {
    const key = `${job.template.key} ${job.format} ${job.scale} ${job.quality}`;
    const found = kept.get(key);
    if (found) return found;
    const opening = Promise.resolve(job.template.load()).then((source) => open(source, job, bitmaps));
    kept.set(key, opening, { size: 1 });
    opening.then(
      ({ width, height }) => {
        // Setting the same value again leaves its size as it was.
        kept.delete(key);
        // The surface, the ground and the base, and about as much as one of them for encoded pieces and bitmaps.
        kept.set(key, opening, { size: Math.min(maxBytes, width * height * 16) });
      },
      () => kept.delete(key),
    );
    return opening;
  };

  return {
    async render(job) {
      const { template, host, width, height, ...opened } = await openedFor(job);
      const { images } = job;
      const refs = Object.keys(images);
      const { made, warnings } = await settle(
        {
          draft: (values) => ({
            ...opened.draft(values, job.live),
            ...(job.isProof && { reading: opened.read(values, job.live) }),
          }),
          load: ({ needs, reading }) => host.load([...needs, ...(reading?.needs ?? [])], images),
          make: (draft) => ({ file: opened.make(draft), read: draft.reading?.check() ?? [], texts: draft.texts }),
        },
        { template, values: job.values, refs, missing: refs.filter((ref) => images[ref] === null), fonts: host.fonts },
      );
      const { texts } = made;
      const { bytes, warnings: ofWeight } = await made.file;
      return {
        ...{ bytes, width, height, warnings: [...warnings, ...made.read, ...ofWeight] },
        ...(job.isProof && { texts }),
      };
    },
  };
}

async function open({ template, assets }: Source, job: RenderJob, bitmaps: Bitmaps): Promise<Opened> {
  const { format } = job;
  const pages = pagesOf(compileTemplate(template));
  const [first] = pages;
  const host = createHost({ key: job.template.key, quality: job.quality }, assets, bitmaps);
  const opened = isPictureFormat(format)
    ? await openPicture(first, { ...job, format }, host)
    : await openPages(pages, job, host);
  let reader: ReturnType<typeof createReader> | undefined;
  return {
    ...{ template, host, ...opened },
    read(values, live) {
      reader ??= createReader(first, job.scale, host);
      return reader(values, live);
    },
  };
}

type Drawn = Omit<Opened, 'template' | 'host' | 'read'>;

async function openPicture(
  compiled: Compiled,
  { format, scale, quality }: RenderJob & { readonly format: PictureFormat },
  host: LoadingHost,
): Promise<Drawn> {
  const painter = createPainter(compiled, scale, outputs[format].opaque, host);
  await loadStatic(host, painter.staticNeeds);
  const base = painter.flatten();
  // The static layers are on the base now; what live layers need is loaded when they need it.
  host.forget();
  const { output, size } = compiled.template;
  const encode = encoderFor(format, output).open(base as unknown as Canvas, quality, dpiAt(scale, size));
  const { width, height, draft } = painter;
  const pictureOf = (drafted: Draft): Picture => ({
    marks: painter.marks(drafted),
    paint: (within) => painter.paint(drafted, within) as unknown as Canvas,
  });
  const { frames = FRAMES, maxBytes } = output;
  return {
    ...{ width, height },
    draft: format === 'gif' && compiled.usesNow ? draftSeconds.bind(undefined, painter, frames) : draft,
    make({ later, ...first }) {
      const encoded = later ? { bytes: writeGif([first, ...later].map(pictureOf)) } : encode(pictureOf(first));
      return keepWithin(encoded, quality, maxBytes);
    },
  };
}

/** Drafts a picture of so many seconds. */
function draftSeconds(painter: Painter, count: number, values: Values, live: LiveValues | undefined): Drafted {
  const timeless: Timeless = new Map();
  const first = painter.draft(values, live, timeless);
  const start = live?.now;
  if (start === undefined) return first;
  const later = Array.from({ length: count - 1 }, (_, i) =>
    painter.draft(values, { ...live, now: start + (i + 1) * 1000 }, timeless),
  );
  return { ...first, needs: together([first, ...later].map(({ needs }) => needs)), later };
}

async function openPages(all: ReturnType<typeof pagesOf>, { scale }: RenderJob, host: LoadingHost): Promise<Drawn> {
  const pages = all.map((compiled) => createPage(compiled, scale, host)) as [Page, ...Page[]];
  await loadStatic(host, together(pages.map(({ staticNeeds }) => staticNeeds)));
  const { title, name } = all[0].template;
  const { width, height } = pages[0];
  return {
    ...{ width, height },
    draft(values, live) {
      const [first, ...later] = pages.map((page) => page.draft(values, live)) as [Draft, ...Draft[]];
      const drafts = [first, ...later];
      return {
        ...{ ...first, later, needs: together(drafts.map(({ needs }) => needs)) },
        warnings: drafts.flatMap(({ warnings }) => warnings),
        texts: drafts.flatMap(({ texts }) => texts),
      };
    },
    make: ({ later = [], ...first }) => ({
      bytes: writePdf(
        { width, height, title: title ?? name },
        [first, ...later].map((draft, i) => (context) => pages[i]?.paint(draft, context)),
      ),
      warnings: [],
    }),
  };
}

/** Each need once. */
const together = (needs: readonly (readonly Need[])[]): Need[] => [
  ...new Map(needs.flat().map((need) => [needKey(need), need])).values(),
];

async function loadStatic(host: LoadingHost, needs: readonly Need[]): Promise<void> {
  const unread = await host.load(needs, {});
  if (unread.length === 0) return;
  throw new AppError(
    'asset_invalid',
    `${unread.join(', ')} cannot be read: upload a JPEG, PNG, WebP, GIF or AVIF picture of at most 25 megapixels, or an SVG of shapes.`,
  );
}
