import {
  applyContract,
  type BrowserRenderer,
  createBrowserRenderer,
  createFonts,
  type FontSource,
  type LiveValues,
  type OwnFontSource,
  openTemplate,
  type Painted,
  type Template,
} from '../../core/browser.ts';
import type { StudioAssets } from '../../server/studio/assets.ts';

// This file runs in the browser: a page that draws with the core, as the studio does.

/** What stands on a canvas, as a PNG in base64, with what was said of it. */
export type Shown = Painted & { readonly png: string };

const studio = new URL('/studio/', location.href);
const assets: Promise<StudioAssets> = fetch(new URL('assets.json', studio)).then((response) => response.json());
const fonts = assets.then(({ fonts, coverage }) =>
  createFonts(
    { fonts: fonts.map((font: FontSource) => ({ ...font, url: new URL(font.url, studio).href })), coverage },
    document.fonts,
  ),
);
let renderer: BrowserRenderer | undefined;
let template: Template;

const png = (): string => renderer?.canvas.toDataURL('image/png').split(',')[1] ?? '';

const inPage = {
  png,
  /** Opens a template; every picture it names is at `/studio/test/<its reference>`, a part that matters with ` <focus>` behind. */
  async open(document: unknown, ownFonts: readonly OwnFontSource[] = []): Promise<void> {
    template = await openTemplate(document);
    const { emoji } = await assets;
    renderer = createBrowserRenderer({
      template,
      fonts: await fonts,
      ownFonts,
      pictureUrl: (ref, part) => `/studio/test/${encodeURIComponent(part ? `${ref} ${part.focus}` : ref)}`,
      emojiUrl: (codes) => `/studio/${emoji}${codes}.svg`,
      markupOf: async (ref) => (await fetch(`/studio/test/${encodeURIComponent(ref)}`)).text(),
    });
  },
  /** Paints data; undefined when another call overtook this one, a sentence when it failed. */
  async paint(data: Record<string, unknown>, live?: LiveValues): Promise<Shown | string | undefined> {
    const { values } = applyContract(template.fields, data);
    const painted = await renderer?.paint(values, live).catch((error: Error) => error.message);
    return typeof painted === 'object' ? { ...painted, png: png() } : painted;
  },
  /** How the texts of data would fit, with nothing drawn. */
  async fit(data: Record<string, unknown>): Promise<Painted | undefined> {
    return renderer?.fit(applyContract(template.fields, data).values);
  },
  /** How wide a text is in a font of 1000 px. */
  async widthOf(family: string, weight: number, italic: boolean, text: string): Promise<number> {
    await Promise.all((await fonts).awaited({ family, weight, italic }, text));
    const context = document.createElement('canvas').getContext('2d') as CanvasRenderingContext2D;
    context.textRendering = 'geometricPrecision';
    context.font = `${italic ? 'italic ' : ''}${weight} 1000px "${family}"`;
    return context.measureText(text).width;
  },
};
export type InPage = typeof inPage;
Object.assign(globalThis, { inPage });
