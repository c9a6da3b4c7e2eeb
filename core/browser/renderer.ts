import { AppError } from '../errors.ts';
import { contextOf } from '../paint/drawing.ts';
import { createPainter, type Draft, type Painter } from '../paint/painter.ts';
import { scaleOf } from '../paint/paper.ts';
import { settle } from '../paint/settle.ts';
import type { FittedText, Host } from '../paint/surface.ts';
import { readCoverage } from '../paint/text/coverage.ts';
import type { Face } from '../paint/text/font.ts';
import { ownName, withOwnFonts } from '../paint/text/own-fonts.ts';
import { imageRefs } from '../template/assets.ts';
import { compileTemplate } from '../template/compile.ts';
import type { LiveValues } from '../template/live.ts';
import { outputs } from '../template/output.ts';
import { pagesOf } from '../template/pages.ts';
import type { Template } from '../template/schema.ts';
import type { Values, Warning } from '../template/value.ts';
import type { Fonts } from './fonts.ts';
import { createBitmaps, createCanvas, type PictureSources } from './pictures.ts';

/** One font of a template's own. */
export type OwnFontSource = Face & { readonly digest: string; readonly url: string; readonly coverage: string };

/** What a picture is drawn from; `scale` is device pixels per CSS pixel, the template's own when absent. */
export type BrowserJob = PictureSources & {
  readonly template: Template;
  readonly scale?: number;
  readonly fonts: Fonts;
  /** The template's own fonts: their files' addresses and sha256, and their letters as `writeCoverage` writes them. */
  readonly ownFonts?: readonly OwnFontSource[];
};

/** A picture that stands on the canvas. */
export type Painted = { readonly warnings: readonly Warning[]; readonly texts: readonly FittedText[] };

/** Draws one template in a page, over and over, by the code that draws it for recipients. */
export type BrowserRenderer = {
  /** What it draws on; width and height are in device pixels. */
  readonly canvas: HTMLCanvasElement;
  /**
   * Draws values that went through the contract. The canvas shows them at once where all is there, first without pictures
   * that have yet to come, and keeps what it shows while a font has. Resolves when nothing is missing any more, with
   * undefined when it was overtaken by another call; rejects with render_failed when a font cannot be had.
   */
  paint(values: Values, live?: LiveValues): Promise<Painted | undefined>;
  /** How the texts of values would fit, with nothing drawn and no picture of theirs asked for. Rejects as `paint` does. */
  fit(values: Values, live?: LiveValues): Promise<Painted>;
};

/** Makes a renderer of a template. Throws template_invalid as `compileTemplate` does. */
export function createBrowserRenderer(job: BrowserJob): BrowserRenderer {
  const { template, fonts, ownFonts = [], scale = scaleOf(template) } = job;
  const compiled = compileTemplate(template);
  const { format } = template.output;
  const opaque = format !== 'auto' && outputs[format].opaque;
  const bitmaps = createBitmaps(job);
  const awaited = new Set<Promise<unknown>>();
  const own = ownFonts.map((font) => ({ ...font, name: ownName(font.digest), coverage: readCoverage(font.coverage) }));
  const set = withOwnFonts(fonts.set, own);
  fonts.add(ownFonts.map(({ digest, url }) => ({ family: ownName(digest), weights: '1 1000', italic: false, url })));
  const host: Host = {
    fonts: set,
    createSurface: createCanvas,
    bitmap: bitmaps.get,
    mendsSpaces: true,
    uses: (face, text) => {
      for (const font of fonts.awaited(set.faceOf(face), text)) awaited.add(font);
    },
  };
  const loadFonts = async (): Promise<void> => {
    const fonts = [...awaited];
    awaited.clear();
    await Promise.all(fonts).catch((cause: unknown) => {
      throw new AppError('render_failed', 'A font of this picture cannot be had: load the page again.', { cause });
    });
  };

  let current: Painter | undefined;
  /** What was measured in a font that was not there is wrong: then all begins anew. */
  const open = async (): Promise<Painter> => {
    for (;;) {
      const painter = createPainter(pagesOf(compiled)[0], scale, opaque, host);
      if (awaited.size === 0) {
        await bitmaps.load(painter.staticNeeds);
        painter.flatten();
        current = painter;
        return painter;
      }
      await loadFonts();
    }
  };

  let opened: Promise<Painter> | undefined;
  const opening = async (): Promise<Painter> => {
    opened ??= open();
    const begun = opened;
    return begun.catch((error: unknown) => {
      // Tried again by the next picture.
      if (opened === begun) opened = undefined;
      throw error;
    });
  };

  /** Whether what a painter has just drafted can be kept; it remembers what it measured, for everybody who drafts with it. */
  const isMeasuredBy = (painter: Painter): boolean => {
    if (awaited.size > 0) {
      current = undefined;
      opened = loadFonts().then(open);
    }
    return painter === current;
  };

  const canvas = createCanvas(Math.round(template.size.width * scale), Math.round(template.size.height * scale));
  const view = contextOf(canvas);
  view.globalCompositeOperation = 'copy';
  let newest = 0;

  return {
    canvas,
    async paint(values, live) {
      const turn = ++newest;
      const isNewest = () => turn === newest;
      for (;;) {
        const painter = await opening();
        if (!isNewest()) return undefined;
        const show = (draft: Draft): Painted => {
          view.drawImage(painter.paint(draft), 0, 0);
          return { warnings: draft.warnings, texts: draft.texts };
        };
        let isMeasured = true;
        const { made, warnings } = await settle(
          {
            draft: (values) => painter.draft(values, live),
            async load({ needs, ...draft }) {
              isMeasured = isMeasuredBy(painter);
              if (!isMeasured) return [];
              if (isNewest() && !bitmaps.isSettled(needs)) show({ needs, ...draft });
              return bitmaps.load(needs);
            },
            make: (draft) => (isMeasured && isNewest() ? show(draft) : undefined),
          },
          { template, values, refs: imageRefs(template, values), missing: [], fonts: set },
        );
        if (isMeasured) return made && { ...made, warnings };
      }
    },
    async fit(values, live) {
      for (;;) {
        const painter = await opening();
        const { warnings, texts } = painter.draft(values, live);
        if (isMeasuredBy(painter)) return { warnings, texts };
      }
    },
  };
}
