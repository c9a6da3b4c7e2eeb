import {
  applyContract,
  type BrowserRenderer,
  compileTemplate,
  createBrowserRenderer,
  createFonts,
  type Fonts,
  parseTemplate,
  type Warning,
} from '../../../core/browser.ts';
import type { Data } from '../fields/field.ts';

// Loaded when the first picture is painted: the pages themselves need none of it.

/** What was said of a picture that stands on the canvas. */
export type Said = {
  readonly alt: string;
  readonly notes: readonly string[];
  /** What a field cannot take, by its path. */
  readonly faults: readonly { readonly path: string; readonly message: string }[];
};

/** A template that is painted here, by the code that draws it for recipients. */
export type Live = {
  readonly canvas: BrowserRenderer['canvas'];
  /** Undefined when later data overtook these. Rejects when a font cannot be had. */
  paint(data: Data): Promise<Said | undefined>;
};

type Assets = { fonts: { family: string; weights: string; italic: boolean; url: string }[]; emoji: string };

const STUDIO = '/studio/';
let opened: Promise<{ fonts: Fonts; emoji: string }> | undefined;

/** The fonts of the page and where emoji are. */
async function openAssets(): Promise<{ fonts: Fonts; emoji: string }> {
  const assets = (await (await fetch(`${STUDIO}assets.json`)).json()) as Assets;
  const fonts = assets.fonts.map((font) => ({ ...font, url: STUDIO + font.url }));
  return { fonts: createFonts(fonts, document.fonts), emoji: STUDIO + assets.emoji };
}

/** Opens a version of a template. Throws what its document has wrong. */
export async function openLive(order: { name: string; version: number; document: unknown }): Promise<Live> {
  opened ??= openAssets();
  const { fonts, emoji } = await opened.catch((error: unknown) => {
    opened = undefined;
    throw error;
  });
  const template = parseTemplate(order.document);
  const { alt } = compileTemplate(template);
  const renderer = createBrowserRenderer({
    template,
    fonts,
    // Other people's hosts are the service's to ask, not the page's.
    pictureUrl: (ref) =>
      ref.startsWith('asset:')
        ? `/v1/templates/${order.name}/versions/${order.version}/asset?ref=${encodeURIComponent(ref)}`
        : undefined,
    emojiUrl: (codes) => `${emoji}${codes}.svg`,
  });
  return {
    canvas: renderer.canvas,
    async paint(data) {
      const { values, faults, warnings } = applyContract(template.fields, data);
      const painted = await renderer.paint(values);
      if (!painted) return undefined;
      const said: readonly Warning[] = [...warnings, ...painted.warnings];
      return { alt: alt(values), faults, notes: [...new Set([...faults, ...said].map(({ message }) => message))] };
    },
  };
}
