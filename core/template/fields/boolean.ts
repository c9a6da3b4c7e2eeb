import { z } from 'zod';
import { about, accept, type Cleaned, describe, type FieldType, refuse } from './field-type.ts';

const schema = z.strictObject({
  type: z.literal('boolean'),
  ...about,
  fallback: z.boolean().describe('Taken when the value is blank or wrong.').optional(),
  sample: z.boolean().describe('An example to draw in previews.').optional(),
});

/** Yes or no: true, false, 1, 0 and the words yes, no, on, off. */
export const boolean = { schema, empty: false, clean } satisfies FieldType<typeof schema>;

const words = new Map([
  ['true', true],
  ['yes', true],
  ['on', true],
  ['1', true],
  ['false', false],
  ['no', false],
  ['off', false],
  ['0', false],
]);

function clean(raw: unknown): Cleaned {
  const value = typeof raw === 'object' ? undefined : words.get(String(raw).toLowerCase());
  return value === undefined ? refuse(`expected true or false, but received ${describe(raw)}`) : accept(value);
}
