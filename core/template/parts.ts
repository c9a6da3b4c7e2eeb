import { z } from 'zod';

/** How templates and assets are named: lower-case letters, digits and dashes, at most 63; part of a pattern. */
export const NAME = '[a-z0-9][a-z0-9-]{0,62}';

/**
 * A reference to an asset of the workspace: `asset:hero-sea`, `asset:hero-sea@2`, or `asset:<sha256 of its bytes>`, which no
 * name can be: it is one character too long. Groups: digest, name, version.
 */
export const ASSET = new RegExp(`^asset:(?:([0-9a-f]{64})|(${NAME})(?:@([1-9]\\d{0,8}))?)$`);

/**
 * An object in a bucket, `s3://bucket/photos/a.jpg`. Groups: bucket, key. Steps such as `..` are in no key: some stores
 * would leave the bucket by them.
 */
export const S3_ADDRESS =
  /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])\/((?!(?:.*\/)?\.{1,2}(?:\/|$))[^\p{C}/][^\p{C}]{0,999})$/u;

/** A string that may hold Liquid expressions, at most 2,000 characters. */
export const expression = z.string().max(2000);

/** True when a string has to be rendered with data before use. */
export const isExpression = (text: string): boolean => text.includes('{{') || text.includes('{%');

const COLOR =
  /^(?:#(?:[0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})|rgba?\(\s*[\d.]+%?\s*(?:,\s*[\d.]+%?\s*){2,3}\)|transparent|white|black)$/i;

/** True for the colours a canvas is given: hex, rgb(), rgba(), `transparent`, `white`, `black`. */
export const isColor = (text: string): boolean => COLOR.test(text);

/** A CSS colour (`#rgb`, `#rrggbb`, `#rrggbbaa`, `rgb()`, `rgba()`), or an expression that gives one. */
export const color = expression.refine((text) => isExpression(text) || isColor(text), {
  message: 'expected a colour such as #1a2b3c or rgba(0, 0, 0, 0.5), or an expression such as {{ brand }}',
});

/** A length in CSS pixels. */
export const pixels = z.number().min(-8000).max(8000);
const extent = z.number().positive().max(4000);

/** Where a layer stands, in CSS pixels from the picture's top left corner, before its rotation. */
export const box = z.strictObject({ x: pixels.default(0), y: pixels.default(0), width: extent, height: extent });
export type Box = z.infer<typeof box>;

/** A shadow as CSS has it: offsets and blur radius in CSS pixels. */
export const shadow = z.strictObject({
  x: pixels.default(0),
  y: pixels.default(0),
  blur: z.number().min(0).max(200).default(0),
  color,
});
export type Shadow = z.infer<typeof shadow>;

/** An outline, its width in CSS pixels. */
export const stroke = z.strictObject({ color, width: z.number().positive().max(200) });
export type Stroke = z.infer<typeof stroke>;

const stops = z
  .array(z.strictObject({ offset: z.number().min(0).max(1), color }))
  .min(2)
  .max(16);

/** A gradient over a layer's box: `linear` by CSS angle in degrees (0 up, 90 to the right), `radial` from its centre out. */
export const gradient = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('linear'), angle: z.number().min(-360).max(360).default(180), stops }),
  z.strictObject({
    type: z.literal('radial'),
    center: z.strictObject({ x: z.number().min(-1).max(2), y: z.number().min(-1).max(2) }).default({ x: 0.5, y: 0.5 }),
    radius: z.number().positive().max(3).default(0.5),
    stops,
  }),
]);

/** One colour or a gradient. */
export const fill = z.union([color, gradient]);
export type Fill = z.infer<typeof fill>;

/** True for what a link may lead to: a web address, an email address or a telephone number, as `mailto:` and `tel:` have them. */
export const isLinkTarget = (text: string): boolean => /^(?:https?:|mailto:|tel:)/i.test(text) && URL.canParse(text);

/** How a layer's colours mix with what lies under it, by CSS' names. */
export const blendMode = z.enum([
  'normal',
  'multiply',
  'screen',
  'overlay',
  'darken',
  'lighten',
  'color-dodge',
  'color-burn',
  'hard-light',
  'soft-light',
  'difference',
  'exclusion',
  'hue',
  'saturation',
  'color',
  'luminosity',
]);
export type BlendMode = z.infer<typeof blendMode>;

const corner = z.tuple([pixels, pixels]);

/** What is seen of a layer, within its box: nothing outside of the shape is drawn. */
export const clipPath = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('circle') }),
  z.strictObject({ type: z.literal('ellipse') }),
  z.strictObject({ type: z.literal('rect'), borderRadius: z.number().min(0).max(4000).default(0) }),
  z.strictObject({ type: z.literal('polygon'), points: z.array(corner).min(3).max(200) }),
]);
export type ClipPath = z.infer<typeof clipPath>;

const lean = z.number().min(-75).max(75).default(0);

/**
 * What every layer has. `when` is a bare Liquid condition; one that is `hidden` is for a variant to show; `editable` names the options marketers may change; `href` is
 * where the layer leads on a PDF page, for pictures have no links of their own.
 */
export const layerBase = {
  id: z.string().regex(/^[a-z][a-z0-9-]{0,39}$/, 'expected lower-case letters, digits and dashes, such as gold-badge'),
  box,
  when: z.string().min(1).max(500).optional(),
  hidden: z.boolean().optional().describe('Left out; a variant may show it.'),
  opacity: z.number().min(0).max(1).default(1),
  rotate: z.number().min(-360).max(360).default(0),
  skew: z.strictObject({ x: lean, y: lean }).optional().describe('In degrees, about the middle of its box.'),
  blendMode: blendMode.default('normal').describe('How its colours mix with what lies under it.'),
  clipPath: clipPath.optional().describe('The shape it is cut to; `points` in CSS pixels from the corner of its box.'),
  href: expression
    .refine((text) => isExpression(text) || isLinkTarget(text), {
      message: 'expected an address such as https://example.com/, or an expression such as {{ link }}',
    })
    .optional(),
  page: z
    .number()
    .int()
    .min(1)
    .max(20)
    .optional()
    .describe('The page of a PDF that it stands on, the first unless said; pictures show the first.'),
  editable: z.array(z.string()).default([]),
};

const base = z.strictObject(layerBase);
/** The options of a layer of any type. */
export type LayerBase = z.infer<typeof base>;

/** The name of a bundled or uploaded font family. */
export const fontFamily = z
  .string()
  .regex(/^[\p{L}\p{N}][\p{L}\p{N} _-]{0,59}$/u, 'expected a font family such as Inter');
/** A weight as CSS counts them, 400 is normal. */
export const fontWeight = z.number().int().min(100).max(900);
