import { z } from 'zod';
import type { Fault } from '../../errors.ts';
import { cleanText } from '../clean-text.ts';
import type { Value, Values, Warning } from '../value.ts';

/** What a field type makes of one raw value: a value (with the faults inside it, for a list), or why it cannot be used. */
export type Cleaned =
  | {
      readonly ok: true;
      readonly value: Value;
      readonly faults?: readonly Fault[];
      readonly warnings?: readonly Warning[];
    }
  | { readonly ok: false; readonly code: 'invalid' | 'too_long'; readonly message: string };

/**
 * One kind of field, as a plain literal. `clean` gets text that went through `cleanText`, or any other JSON value;
 * `empty` is drawn when a field has no fallback; `derive` makes a fallback out of what the
 * data itself gave for the other fields of its record.
 */
export type FieldType<S extends z.ZodObject = z.ZodObject> = {
  readonly schema: S;
  readonly empty: Value;
  clean(raw: unknown, field: z.output<S>): Cleaned;
  derive?(field: z.output<S>, values: Values): Value | undefined;
};

/** A value that can be used. */
export const accept = (value: Value): Cleaned => ({ ok: true, value });

/** A value that cannot be used; `message` says what was expected instead and never quotes the value. */
export const refuse = (message: string, code: 'invalid' | 'too_long' = 'invalid'): Cleaned => ({
  ok: false,
  code,
  message,
});

/** Names a raw value without quoting it: `text of 5 characters`, `a list of 3`. */
export function describe(raw: unknown): string {
  if (typeof raw === 'string') return `text of ${raw.length} ${raw.length === 1 ? 'character' : 'characters'}`;
  if (Array.isArray(raw)) return `a list of ${raw.length}`;
  if (raw === null || raw === undefined) return 'nothing';
  return typeof raw === 'object' ? 'an object' : typeof raw === 'number' ? 'a number' : 'true or false';
}

// The words of conditions and loops, and the literals, would read as themselves and never as the field.
const reserved = new Set('and or not contains in true false nil null empty blank forloop'.split(' '));

// What expressions call live data.
const live = new Set(['source', 'now', 'countdown']);

/** The name of a field: 1-40 of a-z, 0-9 and `_`, beginning with a letter, and not a word of the expression language or of live data. */
export const fieldNameSchema = z
  .string()
  .regex(
    /^[a-z][a-z0-9_]{0,39}$/,
    'expected a field name of 1-40 of a-z, 0-9 and _ that begins with a letter, such as first_name',
  )
  .refine((name) => !reserved.has(name), 'is a word of the expression language: choose another field name')
  .refine((name) => !live.has(name), 'names live data in expressions: choose another field name');

/** What every field may say about itself. */
export const about = {
  label: z.string().max(80).describe('What a form calls the field.').optional(),
  help: z.string().max(300).describe('A sentence for whoever fills it in.').optional(),
  required: z.boolean().default(false).describe('Whether the API refuses data without it.'),
};

/** Whole values that count as blank, whatever their case. */
export const junk = z
  .array(z.string().min(1).max(100))
  .max(200)
  .describe('Whole values that give the fallback, in any case: "test", "n/a".')
  .optional();

type Issues = { addIssue(issue: { code: 'custom'; path: string[]; message: string }): void };

/** Checks a field's own `fallback` and `sample` against its own rules ('' is always legal), for use in `superRefine`. */
export const checkOwnValues =
  <F extends { fallback?: unknown; sample?: unknown }>(clean: (raw: unknown, field: F) => Cleaned) =>
  (field: F, issues: Issues): void => {
    for (const key of ['fallback', 'sample'] as const) {
      const own = typeof field[key] === 'string' ? cleanText(field[key]) : field[key];
      if (own === undefined || own === '') continue;
      const cleaned = clean(own, field);
      if (!cleaned.ok) issues.addIssue({ code: 'custom', path: [key], message: cleaned.message });
      else
        for (const fault of cleaned.faults ?? [])
          issues.addIssue({ code: 'custom', path: [key, ...fault.path.split('.')], message: fault.message });
    }
  };
