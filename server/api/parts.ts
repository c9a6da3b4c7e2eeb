import { z } from 'zod';
import { fieldNameSchema } from '../../core/template/fields/index.ts';
import { formatName, outputDpi, outputScale } from '../../core/template/output.ts';
import { NAME } from '../../core/template/parts.ts';
import { variantName } from '../../core/template/schema.ts';

/** The name of a template in a path or a body. */
export const templateName = z
  .string()
  .regex(new RegExp(`^${NAME}$`), 'expected the name of a template, such as summer-hero')
  .meta({ description: 'The name of a template.', example: 'summer-rewards-hero' });

/** A whole number in a path or query, where everything is text. */
export const textNumber = (min: number, max: number) =>
  z
    .string()
    .refine((text) => /^\d{1,9}$/.test(text) && Number(text) >= min && Number(text) <= max, {
      message: `expected a whole number from ${min} to ${max}`,
    })
    .transform(Number)
    .meta({ override: { type: 'integer', minimum: min, maximum: max } });

/** The number of a version in a body. */
export const versionNumber = z
  .number()
  .int()
  .min(1)
  .meta({ description: 'The number of a published version; what production shows when absent.', example: 1 });

/** A template's variant in a body or query. */
export const variant = variantName.meta({
  description: "One of the template's other sizes, by its name in `variants`; its own size when absent.",
  example: 'story',
});

/** A channel in a body or query. */
export const channel = z
  .enum(['staging', 'production'])
  .meta({ description: 'Where it is shown: `staging` to those who try it, `production` to recipients.' });

/** What somebody has to say about a step. */
export const note = z.string().min(1).max(2000).meta({ description: 'A note for those who look at it later.' });

/** The format of a picture in a body. */
export const format = formatName.meta({
  description: "The picture's format, or `pdf` for a page with letters in it; the template's own when absent.",
});
/** The scale of a picture in a body. */
export const scale = outputScale.meta({
  description: "Device pixels per CSS pixel, 1 to 3 by halves; the template's own when absent.",
});
/** The fineness of a picture for paper, in a body. */
export const dpi = outputDpi.meta({
  description:
    'Pixels to the inch, 72 to 600, which the file says, too; the template’s own when absent. 72 is one pixel per CSS pixel, but for a template whose size is A4 or Letter at another dpi. In a PDF only its pictures have pixels.',
});
/** What holds an order to one of them. */
export const isOneOfBoth = ({ scale, dpi }: { scale?: number | undefined; dpi?: number | undefined }): boolean =>
  scale === undefined || dpi === undefined;
/** What is said of an order that names both. */
export const ONE_OF_BOTH = { path: ['dpi'], message: 'stands beside scale: name one of them' };

/** Whom something is about, in a body. */
export const subject = z
  .string()
  .min(1)
  .max(200)
  .meta({ description: 'Whom the picture is about, in your own words; kept as a digest.' });

/** An address that is told when what was asked for is finished. */
export const callbackUrl = z
  .string()
  .max(2000)
  .meta({ description: 'Told when it is finished, signed with the callback secret; https in production.' });

/** A marker of one send in a body. */
export const sendMarker = z
  .string()
  .min(1)
  .max(60)
  .meta({ description: 'A marker of one send; it makes addresses unique and never changes a picture.' });

/** Where a picture in an email leads, in a body. */
export const href = z
  .string()
  .max(2000)
  .meta({ description: 'The web address the picture leads to.', example: 'https://example.com/shop' });

/** By template field. */
export const byField = <Value extends z.ZodType>(value: Value) => z.record(fieldNameSchema, value);

/** One thing wrong: where it stands, and what to do. */
export const fault = z.object({ path: z.string(), message: z.string() });

/** Something mended instead of refused. */
export const warning = z
  .object({
    code: z.string(),
    field: z.string().optional(),
    layer: z.string().optional(),
    message: z.string(),
  })
  .meta({ id: 'Warning', description: 'Something that was mended instead of refused; it never holds a value.' });

/** What links lose with a version. */
export const lostVariants = z
  .array(
    z
      .object({ code: z.literal('lost_variant'), variant: z.string(), links: z.number(), message: z.string() })
      .meta({ id: 'LostVariant' }),
  )
  .meta({ description: 'Variants that the version does not have and links in force are of: they show its own size.' });

/** A page of a list: `next` is the `after` of the following page, null on the last. */
export const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.object({ data: z.array(item), next: z.string().nullable() });

/** How a list is paged. */
export const paging = {
  after: z.string().max(200).optional().meta({ description: 'The `next` of the page before.' }),
  limit: textNumber(1, 100).default(50).meta({ description: 'Items on a page.' }),
};

/** A moment, as ISO 8601 in UTC. */
export const moment = z.string().meta({ example: '2026-05-04T12:00:00.000Z' });

/** Milliseconds since 1970 as a moment. */
export const toMoment = (ms: number): string => new Date(ms).toISOString();

/** The data of pictures in an order, a row each, at most so many. */
export const dataRows = (most: number) =>
  z.array(z.unknown()).min(1).max(most).meta({ description: 'The data of each picture, as for generating it.' });

/** The template of an order whose rows come as CSV, beside it. */
export const besideCsv = {
  template: templateName.optional().meta({ description: 'Required with a body of CSV; with JSON it stands inside.' }),
  version: textNumber(1, 999_999_999).optional(),
  variant: variant.optional(),
};
