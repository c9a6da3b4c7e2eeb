import { z } from 'zod';
import { layerSchema } from '../paint/layers/index.ts';
import { countdownSchema, isTimeZone } from './countdown.ts';
import { fieldNameSchema, fieldSchema } from './fields/index.ts';
import { freshnessSchema } from './freshness.ts';
import { outputDpi, outputFrames, outputMaxBytes, outputQuality, outputScale, ownFormat } from './output.ts';
import { color, expression, NAME } from './parts.ts';
import { sourceSchema } from './sources.ts';

const side = z.number().int().min(1).max(4000);
const size = z.strictObject({ width: side, height: side });
const title = z.string().min(1).max(120).optional();

const output = z.strictObject({
  format: ownFormat.optional(),
  quality: outputQuality.optional(),
  scale: outputScale.optional(),
  dpi: outputDpi
    .optional()
    .describe(
      'In place of the scale, for paper: one pixel per CSS pixel is 72, or what a size of A4 or Letter is drawn at.',
    ),
  maxBytes: outputMaxBytes
    .optional()
    .describe('The most a picture should weigh: JPEG and WebP go down in quality for it, as far as 30.'),
  progressive: z
    .boolean()
    .optional()
    .describe('Whether browsers show a JPEG whole at once, blurred at first: for web pages.'),
  frames: outputFrames.optional(),
});

/** How a variant is called: lower-case letters, digits and dashes, such as `story`. */
export const variantName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,39}$/, 'expected lower-case letters, digits and dashes, such as story');

/** How many variants a template may have. */
export const MAX_VARIANTS = 10;

/** Checks what a template says of a variant. */
export const variantSchema = z.strictObject({
  title: title.describe('What people call it.'),
  size,
  output: output.optional(),
  background: color.optional(),
  layers: z
    .record(z.string().max(40), z.record(z.string(), z.unknown()))
    .default({})
    .describe('By the id of a layer, the options that differ; null takes one out, `hidden` the whole layer.'),
});

/** Another size of a template: what differs in it. */
export type Variant = z.infer<typeof variantSchema>;

/** The template format. Strict: an option it does not know is an error. Sizes are in CSS pixels. */
export const templateSchema = z.strictObject({
  $schema: z.string().optional(),
  name: z
    .string()
    .regex(new RegExp(`^${NAME}$`), 'expected lower-case letters, digits and dashes, such as summer-hero'),
  title: title.describe('What people call it.'),
  size,
  output: output
    .extend({
      format: ownFormat.default('jpeg'),
      quality: outputQuality.default(82),
      scale: outputScale.default(2),
    })
    .prefault({}),
  background: color.default('#ffffff').describe('What lies under every layer; `transparent` shows in PNG and WebP.'),
  locale: z.string().refine(isLocale, 'expected a locale such as en-GB').default('en-US'),
  timeZone: z.string().refine(isTimeZone, 'expected a time zone such as Europe/Berlin').default('UTC'),
  freshness: freshnessSchema
    .prefault({ mode: 'static' })
    .describe('When a picture is made anew, and how long mail proxies and browsers may keep one, in seconds.'),
  alt: expression.min(1).describe('What people read where pictures are off.'),
  fields: z.record(fieldNameSchema, fieldSchema).default({}),
  sources: z
    .record(fieldNameSchema, sourceSchema)
    .refine((sources) => Object.keys(sources).length <= 10, 'has more than 10 sources: use fewer')
    .default({})
    .describe('Live data, for live and hybrid templates.'),
  countdown: countdownSchema.optional().describe('What a live template counts down to, read as countdown.'),
  layers: z.array(layerSchema).min(1).max(200).describe('Drawn first to last.'),
  variants: z
    .record(variantName, variantSchema)
    .refine(
      (variants) => Object.keys(variants).length <= MAX_VARIANTS,
      `has more than ${MAX_VARIANTS} variants: use fewer`,
    )
    .optional()
    .describe('The same in other sizes, such as a social card and a story.'),
  datasets: z.record(z.string().min(1).max(60), z.record(z.string(), z.unknown())).default({}),
  links: z.strictObject({ allowMerge: z.boolean().default(false) }).prefault({}),
});

/** A template as checked, every default filled in. */
export type Template = z.infer<typeof templateSchema>;

/** The JSON Schema of the template format (draft 2020-12), for editors. */
export const templateJsonSchema = (): Record<string, unknown> => ({
  title: 'Mergepix template',
  ...z.toJSONSchema(templateSchema, { io: 'input' }),
});

function isLocale(text: string): boolean {
  try {
    return Intl.getCanonicalLocales(text).length === 1;
  } catch {
    return false;
  }
}
