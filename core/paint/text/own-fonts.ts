import type { Coverage, FontSet } from './coverage.ts';
import type { Face } from './font.ts';

/** A font of a template's own: the face it was uploaded as, and the family name under which a canvas knows it alone. */
export type OwnFont = Face & { readonly name: string; readonly coverage: Coverage };

/** The family name by which a canvas knows a font alone, from the sha256 of its file. */
export const ownName = (digest: string): string => `Own ${digest.slice(0, 32)}`;

const REFERENCE = /^font:(?<family>[^/]+)\/(?<weight>[1-9]\d{2})(?<italic>i?)$/;

/** What a version keeps a font under: `font:Acme Sans/700i`, the `i` for italics. */
export const fontReference = ({ family, weight, italic }: Face): string =>
  `font:${family}/${weight}${italic ? 'i' : ''}`;

/** The face that a reference names, undefined where it names none. */
export function referencedFace(reference: string): Face | undefined {
  const { family, weight, italic } = REFERENCE.exec(reference)?.groups ?? {};
  return family === undefined ? undefined : { family, weight: Number(weight), italic: italic === 'i' };
}

/** A set of fonts with a template's own among them; those stand behind all others for letters these do not have. */
export function withOwnFonts(fonts: FontSet, own: readonly OwnFont[]): FontSet {
  if (own.length === 0) return fonts;
  const families = new Map<string, OwnFont[]>();
  for (const font of own) families.set(font.family, [...(families.get(font.family) ?? []), font]);
  return {
    families: [...fonts.families, ...families.keys()],
    coverage(family) {
      const cuts = families.get(family);
      return cuts ? { has: (point) => cuts.every(({ coverage }) => coverage.has(point)) } : fonts.coverage(family);
    },
    faceOf(face) {
      const cuts = families.get(face.family);
      const cut = cuts && cutFor(cuts, face);
      // Each is a family of one upright font to a canvas, so that nothing is slanted by guess; the weight is for letters of
      // the families behind it.
      return cut ? { ...face, family: cut.name, italic: false } : fonts.faceOf(face);
    },
  };
}

/** The font of a family for a face, by CSS's rules: the slant first, then the nearest weight on the side it leans to. */
export function cutFor<Cut extends Face>(cuts: readonly Cut[], { weight, italic }: Face): Cut | undefined {
  const slanted = cuts.filter((cut) => cut.italic === italic);
  const distance = (cut: Cut): number => {
    if (cut.weight === weight) return 0;
    const isMiddle = weight >= 400 && weight <= 500;
    const isNear = isMiddle ? cut.weight > weight && cut.weight <= 500 : cut.weight < weight === weight < 400;
    const isNext = isMiddle ? cut.weight < weight : false;
    return (isNear ? 0 : isNext ? 1000 : 2000) + Math.abs(cut.weight - weight);
  };
  return [...(slanted.length > 0 ? slanted : cuts)].sort((a, b) => distance(a) - distance(b))[0];
}
