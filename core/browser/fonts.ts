import { createFontSet, type FontSet } from '../paint/text/coverage.ts';
import type { Face } from '../paint/text/font.ts';
import { familiesBehind } from '../paint/text/scripts.ts';

/**
 * One font to be had: the weights it is taken for as CSS writes a range (`351 450`), upright or italic, and where its file
 * is.
 */
export type FontSource = {
  readonly family: string;
  readonly weights: string;
  readonly italic: boolean;
  readonly url: string;
};

/** All fonts to be had, and what each family has, as `writeCoverage` writes it. */
export type FontSources = {
  readonly fonts: readonly FontSource[];
  readonly coverage: Readonly<Record<string, string>>;
};

/** The fonts of a page, each fetched when a text first needs it, and shared by all pictures on it. */
export type Fonts = {
  readonly set: FontSet;
  /** Has more fonts at hand; those at an address that is known already stay as they are. */
  add(sources: readonly FontSource[]): void;
  /** What has yet to come before a text can be measured; each promise rejects where the font cannot be had. */
  awaited(face: Face, text: string): Promise<unknown>[];
};

/** Makes the fonts of a page, which `into` is `document.fonts` of. */
export function createFonts({ fonts, coverage }: FontSources, into: FontFaceSet): Fonts {
  const sources = [...fonts];
  const begun = new Map<string, { face: FontFace; loading: Promise<unknown> }>();

  const load = (family: string, { weight, italic }: Face): Promise<unknown> | undefined => {
    const cuts = sources.filter((source) => source.family === family && holds(source, weight));
    const source = cuts.find((cut) => cut.italic === italic) ?? cuts[0];
    if (!source) return undefined;
    const key = `${source.url} ${italic}`;
    const found = begun.get(key);
    if (found) return found.face.status === 'loaded' ? undefined : found.loading;
    // A family without italics is drawn upright where they are asked for: a browser would slant it.
    const style = italic ? 'italic' : 'normal';
    const face = new FontFace(family, `url("${source.url}")`, { weight: source.weights, style });
    into.add(face);
    const loading = face.load().catch((error: unknown) => {
      // Tried again by the next picture.
      begun.delete(key);
      into.delete(face);
      throw error;
    });
    begun.set(key, { face, loading });
    return loading;
  };

  return {
    set: createFontSet(coverage),
    add: (more) => void sources.push(...more.filter(({ url }) => !sources.some((source) => source.url === url))),
    awaited: (face, text) =>
      [face.family, ...familiesBehind(text, face.han)].flatMap((family) => load(family, face) ?? []),
  };
}

function holds({ weights }: FontSource, weight: number): boolean {
  const [from = 0, to = from] = weights.split(' ').map(Number);
  return from <= weight && weight <= to;
}
