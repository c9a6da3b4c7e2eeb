import { z } from 'zod';
import { about, accept, type Cleaned, checkOwnValues, describe, type FieldType, junk, refuse } from './field-type.ts';

const schema = z
  .strictObject({
    type: z.literal('color'),
    ...about,
    fallback: z.string().min(1).describe('Taken when the value is blank or wrong.').optional(),
    sample: z.string().min(1).describe('An example to draw in previews.').optional(),
    junk,
  })
  .superRefine((field, issues) => checkOwnValues(clean)(field, issues));

/** A colour as `#rgb`, `#rrggbb` or `#rrggbbaa`, kept in lower case. Without a fallback a blank one is black. */
export const color = { schema, empty: '#000000', clean } satisfies FieldType<typeof schema>;

const hex = /^#(?:[0-9a-f]{3}|[0-9a-f]{6}|[0-9a-f]{8})$/i;

function clean(raw: unknown): Cleaned {
  if (typeof raw === 'string' && hex.test(raw)) return accept(raw.toLowerCase());
  return refuse(`expected a colour such as #1a2b3c, but received ${describe(raw)}`);
}
