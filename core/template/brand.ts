import { z } from 'zod';
import { RE2JS } from '#re2js';
import type { Fault } from '../errors.ts';
import type { Layer } from '../paint/layers/index.ts';
import { colorsIn } from './colors.ts';
import { emOf, parseMarkup, type SpanStyle } from './markup.ts';
import { ASSET, type Box, type Fill, fontFamily, isExpression } from './parts.ts';
import type { Template } from './schema.ts';
import { textPattern } from './text-rules.ts';
import { checkLayouts } from './variants.ts';
import { allLayers } from './within.ts';

const size = z.number().min(4).max(800);
const share = z.number().min(0).max(100);
const inset = z.number().min(0).max(2000).default(0);

/** What the templates of a workspace may look like; what is left out is free. */
export const brandSchema = z.strictObject({
  fonts: z.array(fontFamily).min(1).max(50).optional().describe('The only font families.'),
  fontSizes: z
    .union([z.strictObject({ min: size, max: size }), z.array(size).min(1).max(50)])
    .optional()
    .describe('The smallest and the largest size of texts in CSS pixels, or a list of the only ones.'),
  colors: z
    .array(z.string().regex(/^#[0-9a-f]{6}$/i, 'expected a colour such as #1a2b3c'))
    .min(1)
    .max(100)
    .optional()
    .describe('The only colours of texts, shapes and backgrounds, in any opacity.'),
  logo: z
    .strictObject({
      assets: z
        .array(z.string().regex(ASSET, 'expected an asset such as asset:logo'))
        .min(1)
        .max(20)
        .describe('The pictures that are the logo, in any version.'),
      places: z
        .array(z.strictObject({ x: share, y: share, width: share, height: share }))
        .min(1)
        .max(20)
        .describe('Where it may stand, in percent of the picture.'),
      required: z.boolean().default(false).describe('Whether every template shows it, always.'),
    })
    .optional(),
  safeZone: z
    .strictObject({ top: inset, right: inset, bottom: inset, left: inset })
    .optional()
    .describe('How far texts and the logo stay from the edges, in CSS pixels.'),
  naming: z
    .strictObject({ templates: textPattern.optional(), layers: textPattern.optional() })
    .optional()
    .describe('What names of templates and ids of layers look like.'),
});

/** A brand kit. */
export type Brand = z.output<typeof brandSchema>;

/** Everything in a template and its variants that goes against the brand, each with its path. */
export const checkBrand = (template: Template, brand: Brand): Fault[] =>
  checkLayouts(template, template.variants ?? {}, (layout) => layoutFaults(layout, brand));

function layoutFaults(template: Template, brand: Brand): Fault[] {
  const layers = allLayers(template);
  return [
    ...nameFaults(template, brand),
    ...colorFaults('background', template.background, brand),
    ...Object.entries(template.fields).flatMap(([name, field]) =>
      field.type === 'color' ? colorFaults(`fields.${name}.fallback`, field.fallback, brand) : [],
    ),
    ...layers.flatMap(({ layer, path, isNested }) => [
      ...fontFaults(layer, path, brand),
      ...lookFaults(layer, path, brand),
      // Where it comes to stand in another is for the eye.
      ...(isNested || layer.hidden ? [] : placeFaults(layer, path, template, brand)),
    ]),
    ...logoFaults(template, brand),
  ];
}

function nameFaults(template: Template, { naming }: Brand): Fault[] {
  const misnamed = (pattern: string | undefined, text: string) =>
    pattern !== undefined && !RE2JS.compile(pattern).testExact(text);
  const faults: Fault[] = [];
  if (misnamed(naming?.templates, template.name))
    faults.push({ path: 'name', message: `is not named as the brand wants: ${naming?.templates}` });
  for (const { layer, path } of allLayers(template))
    if (misnamed(naming?.layers, layer.id))
      faults.push({ path: `${path}.id`, message: `is not named as the brand wants: ${naming?.layers}` });
  return faults;
}

/** The styles of the spans in a text layer, with the option they stand in. */
function spansOf(layer: Layer, path: string): { path: string; style: SpanStyle }[] {
  if (layer.type !== 'text') return [];
  const texts = [
    [`${path}.text`, layer.text],
    ...layer.shorter.map((text, i) => [`${path}.shorter.${i}`, text]),
  ] as const;
  return texts.flatMap(([at = '', text = '']) => parseMarkup(text).styles.map((style) => ({ path: at, style })));
}

function fontFaults(layer: Layer, path: string, { fonts, fontSizes }: Brand): Fault[] {
  const faults: Fault[] = [];
  const useFont = (at: string, family: string | undefined) => {
    if (fonts && family !== undefined && !fonts.includes(family))
      faults.push({ path: at, message: `${family} is not a font of the brand: choose from ${fonts.join(', ')}` });
  };
  const useSize = (at: string, used: number, isFixed: boolean): boolean => {
    const before = faults.length;
    const [min, max] = Array.isArray(fontSizes)
      ? [Math.min(...fontSizes), Math.max(...fontSizes)]
      : [fontSizes?.min ?? used, fontSizes?.max ?? used];
    if (used < min || used > max)
      faults.push({ path: at, message: `is not from ${min} to ${max}, the sizes of the brand` });
    else if (isFixed && Array.isArray(fontSizes) && !fontSizes.includes(used))
      faults.push({ path: at, message: `is not a size of the brand: choose from ${fontSizes.join(', ')}` });
    return faults.length === before;
  };
  if (mayDrawInitials(layer)) useFont(`${path}.initials.fontFamily`, layer.initials.fontFamily);
  if (layer.type === 'text') {
    useFont(`${path}.fontFamily`, layer.fontFamily);
    useSize(`${path}.fontSize`, layer.fontSize, true);
    // On its way down a text takes every size there is.
    if (layer.fit.minFontSize !== undefined) useSize(`${path}.fit.minFontSize`, layer.fit.minFontSize, false);
  }
  for (const { path: at, style } of spansOf(layer, path)) {
    useFont(at, style.fontFamily);
    if (layer.type !== 'text' || !style.fontSize) continue;
    const em = emOf(style, layer.fontSize);
    const isKept = useSize(at, layer.fontSize * em, true);
    if (isKept && layer.fit.minFontSize !== undefined) useSize(at, layer.fit.minFontSize * em, false);
  }
  return faults;
}

/** A picture that is the same for everybody is never drawn as initials. */
const mayDrawInitials = (layer: Layer): layer is Extract<Layer, { type: 'image' }> =>
  layer.type === 'image' && isExpression(layer.src);

/** Shadows and codes are free: they are made of darkness, and of what scanners read, not of the brand's colours. */
function lookFaults(layer: Layer, path: string, brand: Brand): Fault[] {
  const used: [string, string | undefined][] = spansOf(layer, path).flatMap(({ path, style }) =>
    [style, ...(style.marks ?? [])].map(({ color }): [string, string | undefined] => [path, color]),
  );
  if (mayDrawInitials(layer)) {
    used.push([`${path}.initials.background`, layer.initials.background]);
    used.push([`${path}.initials.color`, layer.initials.color]);
  }
  if (layer.type === 'text' || layer.type === 'shape') used.push([`${path}.stroke.color`, layer.stroke?.color]);
  if (layer.type === 'text') used.push([`${path}.color`, layer.color]);
  if (layer.type === 'shape' || layer.type === 'progress' || layer.type === 'stack')
    used.push(...fillColors(layer.fill, `${path}.fill`));
  if (layer.type === 'progress') used.push(...fillColors(layer.track, `${path}.track`));
  if (layer.type === 'svg')
    for (const [from, to] of Object.entries(layer.colors)) used.push([`${path}.colors.${from}`, to]);
  if (layer.type === 'rating') used.push([`${path}.color`, layer.color], [`${path}.track`, layer.track]);
  return used.flatMap(([at, text]) => colorFaults(at, text, brand));
}

function fillColors(fill: Fill | undefined, path: string): [string, string][] {
  if (fill === undefined) return [];
  if (typeof fill === 'string') return [[path, fill]];
  return fill.stops.map(({ color }, i) => [`${path}.stops.${i}.color`, color]);
}

function colorFaults(path: string, text: string | undefined, { colors }: Brand): Fault[] {
  if (!colors || text === undefined) return [];
  const allowed = colors.map((color) => color.toLowerCase());
  return colorsIn(text)
    .filter((color) => !allowed.includes(color))
    .map((color) => ({ path, message: `${color} is not a colour of the brand: choose from ${colors.join(', ')}` }));
}

const isLogo = (layer: Layer, { logo }: Brand): boolean => {
  const names = logo?.assets.map(withoutVersion);
  return layer.type === 'image' && names !== undefined && names.includes(withoutVersion(layer.src.trim()));
};
const withoutVersion = (ref: string): string => ref.replace(/@\d+$/, '');

const isInside = (box: Box, place: Box): boolean =>
  box.x >= place.x &&
  box.y >= place.y &&
  box.x + box.width <= place.x + place.width + 0.01 &&
  box.y + box.height <= place.y + place.height + 0.01;

function placeFaults(layer: Layer, path: string, { size }: Template, brand: Brand): Fault[] {
  const { safeZone, logo } = brand;
  const faults: Fault[] = [];
  if (safeZone && (layer.type === 'text' || isLogo(layer, brand))) {
    const { top, right, bottom, left } = safeZone;
    const zone = { x: left, y: top, width: size.width - left - right, height: size.height - top - bottom };
    if (!isInside(layer.box, zone))
      faults.push({
        path: `${path}.box`,
        message: `${layer.id} reaches into the safe zone: keep ${top}, ${right}, ${bottom}, ${left} px from the edges`,
      });
  }
  const toPixels = (place: Box): Box => ({
    x: (place.x * size.width) / 100,
    y: (place.y * size.height) / 100,
    width: (place.width * size.width) / 100,
    height: (place.height * size.height) / 100,
  });
  if (logo && isLogo(layer, brand) && !logo.places.some((place) => isInside(layer.box, toPixels(place))))
    faults.push({ path: `${path}.box`, message: 'is no place of the logo: move it to one the brand names' });
  return faults;
}

function logoFaults({ layers }: Template, brand: Brand): Fault[] {
  if (!brand.logo?.required) return [];
  if (layers.some((layer) => isLogo(layer, brand) && layer.when === undefined && !layer.hidden && layer.opacity > 0))
    return [];
  return [
    { path: 'layers', message: `the logo is missing: add an image layer with ${brand.logo.assets.join(' or ')}` },
  ];
}
