import {
  applyContract,
  assetRefs,
  type BrowserRenderer,
  compileTemplate,
  createBrowserRenderer,
  createFonts,
  type FontSources,
  type Fonts,
  openTemplate,
  type Painted,
  variantOf,
  type Warning,
  type WarningCode,
  withHosts,
} from '../../../core/browser.ts';
import { api, dataOf } from '../api/client.ts';
import type { Data } from '../fields/field.ts';

// Loaded when the first picture is painted: the pages themselves need none of it.

/** What is opened to be painted. */
export type Order = {
  readonly name: string;
  readonly version: number;
  readonly variant: string | undefined;
  readonly document: unknown;
};

/** What was said of a picture that stands on the canvas. */
export type Said = {
  readonly alt: string;
  readonly notes: readonly string[];
  /** How each text was fitted. */
  readonly texts: Painted['texts'];
  /** What a field cannot take, by its path. */
  readonly faults: readonly { readonly path: string; readonly message: string }[];
};

/** What was mended of some data, by kind; pictures are not looked at. */
export type Verdict = readonly WarningCode[];

/** A template that is painted here, by the code that draws it for recipients. */
export type Live = {
  readonly canvas: BrowserRenderer['canvas'];
  /** Undefined when later data overtook these. Rejects when a font cannot be had. */
  paint(data: Data): Promise<Said | undefined>;
  /**
   * Says how data for some fields would fit, and leaves what is shown as it is; that the others are blank goes without
   * saying. Rejects when a font cannot be had.
   */
  judge(data: Data, names: readonly string[]): Promise<Verdict>;
};

type Assets = FontSources & { emoji: string };

const STUDIO = '/studio/';
let opened: Promise<{ fonts: Fonts; emoji: string }> | undefined;

/** The fonts of the page and where emoji are. */
async function openAssets(): Promise<{ fonts: Fonts; emoji: string }> {
  const assets = (await (await fetch(`${STUDIO}assets.json`)).json()) as Assets;
  const fonts = assets.fonts.map((font) => ({ ...font, url: STUDIO + font.url }));
  return { fonts: createFonts({ fonts, coverage: assets.coverage }, document.fonts), emoji: STUDIO + assets.emoji };
}

/** Hosts that pictures may come from besides those a field names; none for whoever may not read the settings. */
const hostsOfWorkspace = (): Promise<readonly string[]> =>
  dataOf(api.GET('/v1/workspace')).then(
    ({ settings }) => settings.assetHosts,
    () => [],
  );

/** The fonts of the workspace's own that a version is drawn with. */
async function ownFontsOf(path: { name: string; version: number }, assetUrl: (ref: string) => string) {
  const { data } = await dataOf(api.GET('/v1/templates/{name}/versions/{version}/fonts', { params: { path } }));
  return data.map((font) => ({ ...font, url: assetUrl(font.reference) }));
}

/** Opens a version of a template, or a variant of it. Throws what its document has wrong. */
export async function openLive(order: Order): Promise<Live> {
  opened ??= openAssets();
  const [{ fonts, emoji }, hosts] = await Promise.all([opened, hostsOfWorkspace()]).catch((error: unknown) => {
    opened = undefined;
    throw error;
  });
  const template = variantOf(await openTemplate(order.document), order.variant);
  const fields = withHosts(template.fields, hosts);
  const own = new Set(assetRefs(template));
  const { alt } = compileTemplate(template);
  const path = { name: order.name, version: order.version };
  const assetUrl = (ref: string) =>
    `/v1/templates/${order.name}/versions/${order.version}/asset?ref=${encodeURIComponent(ref)}`;
  const renderer = createBrowserRenderer({
    template,
    fonts,
    ownFonts: await ownFontsOf(path, assetUrl),
    // Other people's hosts are the service's to ask, not the page's, and what matters in a picture is found by it.
    pictureUrl: (ref, part) =>
      own.has(ref) && !part
        ? assetUrl(ref)
        : dataOf(
            api.POST('/v1/templates/{name}/versions/{version}/picture', {
              params: { path },
              body: { ref, ...(part && { part }) },
            }),
          ).then(({ picture }) => picture),
    emojiUrl: (codes) => `${emoji}${codes}.svg`,
    markupOf: async (ref) => (await fetch(assetUrl(ref))).text(),
  });
  return {
    canvas: renderer.canvas,
    async paint(data) {
      const { values, faults, warnings } = applyContract(fields, data);
      const painted = await renderer.paint(values);
      if (!painted) return undefined;
      const notes = messagesOf([...faults, ...warnings, ...painted.warnings]);
      return { alt: alt(values), faults, texts: painted.texts, notes };
    },
    async judge(data, names) {
      const { values, warnings } = applyContract(fields, data);
      const { warnings: unfit } = await renderer.fit(values);
      const isAsked = ({ code, field = '' }: Warning) => code !== 'blank' || names.includes(field);
      const mended: readonly Warning[] = [...warnings.filter(isAsked), ...unfit];
      return [...new Set(mended.map(({ code }) => code))];
    },
  };
}

const messagesOf = (of: readonly { readonly message: string }[]): string[] => [
  ...new Set(of.map(({ message }) => message)),
];
