import { RE2JS } from 're2js';
import { z } from 'zod';
import { cleanText, graphemesOf } from '../clean-text.ts';
import { repairName } from '../names.ts';
import { about, accept, type Cleaned, checkOwnValues, describe, type FieldType, junk, refuse } from './field-type.ts';

const scriptName = /^[A-Z][A-Za-z_]{1,40}$/;

const schema = z
  .strictObject({
    type: z.literal('text'),
    ...about,
    fallback: z.string().max(1000).describe('Drawn when the value is blank or wrong; may be empty.').optional(),
    sample: z.string().max(1000).describe('An example to draw in previews.').optional(),
    junk,
    minLength: z.number().int().min(0).max(1000).describe('Least characters, as a reader counts them.').optional(),
    maxLength: z.number().int().min(1).max(1000).describe('Most characters, as a reader counts them.').optional(),
    pattern: z
      .string()
      .min(1)
      .max(200)
      .refine(isPattern, {
        message: 'expected a regular expression without look-around or back-references, such as [A-Z]{2}[0-9]+',
        abort: true,
      })
      .describe('A regular expression (RE2) the whole value must match.')
      .optional(),
    scripts: z
      .array(
        z.string().refine(isScript, {
          message: 'expected "any" or the name of a Unicode script, such as Latin or Arabic',
          abort: true,
        }),
      )
      .min(1)
      .max(40)
      .describe('Scripts the value may be written in; digits, punctuation and emoji always pass.')
      .optional(),
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
  const { pattern, scripts } = rulesOf(field);
  if (pattern && !pattern.testExact(value)) return refuse('expected text in the form this field asks for');
  if (scripts && !scripts.test(value)) return refuse(`expected text in ${field.scripts?.join(' or ')} letters`);
  return accept(value);
}

const cases = {
  name: repairName,
  upper: (value: string) => value.toUpperCase(),
  lower: (value: string) => value.toLowerCase(),
} satisfies Record<NonNullable<TextField['case']>, (value: string) => string>;

// Changing case can take letters apart (ΐ has no capital of its own), so the text is composed again.
const applyCase = (value: string, name: TextField['case']): string => (name ? cleanText(cases[name](value)) : value);

type Rules = { readonly pattern: RE2JS | undefined; readonly scripts: RegExp | undefined };
// Compiled once for each field object and forgotten with it.
const compiled = new WeakMap<TextField, Rules>();

function rulesOf(field: TextField): Rules {
  const known = compiled.get(field);
  if (known) return known;
  const rules = {
    pattern: field.pattern === undefined ? undefined : RE2JS.compile(field.pattern),
    scripts: scriptsPattern(field.scripts),
  };
  compiled.set(field, rules);
  return rules;
}

function scriptsPattern(scripts: readonly string[] | undefined): RegExp | undefined {
  if (!scripts || scripts.includes('any')) return undefined;
  const classes = scripts.map((name) => `\\p{Script_Extensions=${name}}`).join('');
  return new RegExp(`^[${classes}\\p{Script=Common}\\p{Script=Inherited}]*$`, 'u');
}

function isPattern(pattern: string): boolean {
  try {
    return RE2JS.compile(pattern).programSize() <= 5000;
  } catch {
    return false;
  }
}

function isScript(name: string): boolean {
  if (name === 'any') return true;
  if (!scriptName.test(name)) return false;
  try {
    return scriptsPattern([name]) !== undefined;
  } catch {
    return false;
  }
}
