import { z } from 'zod';
import { about, accept, type Cleaned, checkOwnValues, describe, type FieldType, junk, refuse } from './field-type.ts';

const schema = z
  .strictObject({
    type: z.literal('number'),
    ...about,
    fallback: z.number().describe('Drawn when the value is blank or wrong.').optional(),
    sample: z.number().describe('An example to draw in previews.').optional(),
    junk,
    min: z.number().describe('The least it may be.').optional(),
    max: z.number().describe('The most it may be.').optional(),
    integer: z.boolean().default(false).describe('Whether only whole numbers are taken.'),
  })
  .superRefine((field, issues) => {
    if ((field.min ?? Number.NEGATIVE_INFINITY) > (field.max ?? Number.POSITIVE_INFINITY))
      issues.addIssue({ code: 'custom', path: ['min'], message: 'expected a min of at most max' });
    checkOwnValues(clean)(field, issues);
  });

type NumberField = z.output<typeof schema>;

/** A finite number, as a JSON number or as text (`2450.5`, `2,450`). Without a fallback a blank one is '' and draws nothing. */
export const number = { schema, empty: '', clean } satisfies FieldType<typeof schema>;

function clean(raw: unknown, field: NumberField): Cleaned {
  const value = parseNumber(raw);
  if (value === undefined) return refuse(`expected a number such as 2450.5, but received ${describe(raw)}`);
  const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = field;
  if (value < min) return refuse(`expected a number of at least ${min}`);
  if (value > max) return refuse(`expected a number of at most ${max}`);
  if (field.integer && !Number.isInteger(value)) return refuse('expected a whole number');
  return accept(value);
}

const strict = /^[+-]?(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]+)?$/;

/** A finite number from a JSON number or strict text (commas only between thousands); undefined for anything else. */
export function parseNumber(raw: unknown): number | undefined {
  if (typeof raw === 'string' && !(raw.length <= 40 && strict.test(raw))) return undefined;
  const value = typeof raw === 'string' ? Number(raw.replaceAll(',', '')) : raw;
  // Adding 0 turns -0 into 0, which would print and compare differently.
  return typeof value === 'number' && Number.isFinite(value) ? value + 0 : undefined;
}
