import { z } from 'zod';
import { cleanText, foldText } from '../clean-text.ts';
import { about, accept, type Cleaned, checkOwnValues, describe, type FieldType, junk, refuse } from './field-type.ts';

const schema = z
  .strictObject({
    type: z.literal('choice'),
    ...about,
    options: z
      .array(
        z
          .string()
          .min(1)
          .max(100)
          .refine(
            (option) => cleanText(option) === option,
            'expected an option without stray spaces or hidden characters',
          ),
      )
      .min(1)
      .max(200)
      .refine(
        (options) => new Set(options.map(foldText)).size === options.length,
        'expected options that differ by more than case',
      )
      .describe('The values there are, spelt as layers compare them.'),
    fallback: z.string().describe('The option drawn when the value is blank or wrong; may be empty.').optional(),
    sample: z.string().describe('An example to draw in previews.').optional(),
    junk,
  })
  .superRefine((field, issues) => checkOwnValues(clean)(field, issues));

/** One of a few options; any case is taken and the option's own spelling is kept. */
export const choice = { schema, empty: '', clean } satisfies FieldType<typeof schema>;

function clean(raw: unknown, field: z.output<typeof schema>): Cleaned {
  const given = typeof raw === 'string' || typeof raw === 'number' ? foldText(String(raw)) : undefined;
  const option = field.options.find((each) => foldText(each) === given);
  if (option !== undefined) return accept(option);
  const listed = field.options.slice(0, 10).join(', ') + (field.options.length > 10 ? ', …' : '');
  return refuse(`expected one of ${listed}, but received ${describe(raw)}`);
}
