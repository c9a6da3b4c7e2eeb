import { z } from 'zod';
import { cleanText, graphemesOf } from '../clean-text.ts';
import { repairName } from '../names.ts';
import { brokenRule, textPattern, textScripts } from '../text-rules.ts';
import { about, accept, type Cleaned, checkOwnValues, describe, type FieldType, junk, refuse } from './field-type.ts';

const schema = z
  .strictObject({
    type: z.literal('text'),
    ...about,
    fallback: z.string().max(1000).describe('Drawn when the value is blank or wrong; may be empty.').optional(),
    sample: z.string().max(1000).describe('An example to draw in previews.').optional(),
    junk,
    minLength: z.number().int().min(0).max(1000).describe('Least characters, as a reader counts them.').optional(),
    maxLength: z.number().int().min(1).max(1000).describe('Most characters, as a reader counts them.').optional(),
    pattern: textPattern.optional(),
    scripts: textScripts.optional(),
    case: z.enum(['name', 'upper', 'lower']).describe('How the case of letters is mended.').optional(),
  })
  .superRefine((field, issues) => {
    if ((field.minLength ?? 0) > (field.maxLength ?? Number.POSITIVE_INFINITY))
      issues.addIssue({ code: 'custom', path: ['minLength'], message: 'expected a minLength of at most maxLength' });
    checkOwnValues(clean)(field, issues);
  });

type TextField = z.output<typeof schema>;

/** A line of text: length in graphemes, linear-time pattern, allowed scripts, case repair. Numbers are taken as text. */
export const text = { schema, empty: '', clean } satisfies FieldType<typeof schema>;

function clean(raw: unknown, field: TextField): Cleaned {
  if (typeof raw !== 'string' && typeof raw !== 'number') return refuse(`expected text, but received ${describe(raw)}`);
  // The fallback is drawn as written: a template that greets "there" does not mean "There".
  const isOwn = field.fallback !== undefined && raw === cleanText(field.fallback);
  const value = isOwn ? raw : applyCase(String(raw), field.case);
  const { minLength = 0, maxLength = Number.POSITIVE_INFINITY } = field;
  // No grapheme is longer than the text, so most values never need to be segmented.
  const length = minLength > 0 || value.length > maxLength ? graphemesOf(value).length : value.length;
  if (length > maxLength) return refuse(`expected at most ${maxLength} characters, but received ${length}`, 'too_long');
  if (length < minLength) return refuse(`expected at least ${minLength} characters, but received ${length}`);
  const broken = brokenRule(field, value);
  if (broken === 'pattern') return refuse('expected text in the form this field asks for');
  if (broken === 'scripts') return refuse(`expected text in ${field.scripts?.join(' or ')} letters`);
  return accept(value);
}

const cases = {
  name: repairName,
  upper: (value: string) => value.toUpperCase(),
  lower: (value: string) => value.toLowerCase(),
} satisfies Record<NonNullable<TextField['case']>, (value: string) => string>;

// Changing case can take letters apart (ΐ has no capital of its own), so the text is composed again.
const applyCase = (value: string, name: TextField['case']): string => (name ? cleanText(cases[name](value)) : value);
