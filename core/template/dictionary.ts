import { z } from 'zod';
import type { Fault } from '../errors.ts';
import { type Field, type Fields, fieldNameSchema, fieldSchema } from './fields/index.ts';
import type { Template } from './schema.ts';

/** What fields of a name are in every template of a workspace. */
export const dictionarySchema = z.strictObject({ fields: z.record(fieldNameSchema, fieldSchema).default({}) });

/** A field dictionary. */
export type Dictionary = z.output<typeof dictionarySchema>;

type Judge<F> = (field: F, entry: F) => readonly (readonly [option: string, message: string] | false)[];

const atMost = (own: number | undefined, limit: number | undefined) =>
  limit !== undefined && (own ?? Number.POSITIVE_INFINITY) > limit;
const atLeast = (own: number | undefined, limit: number | undefined) =>
  limit !== undefined && (own ?? Number.NEGATIVE_INFINITY) < limit;
const more = (own: readonly string[], allowed: readonly string[]) => own.filter((each) => !allowed.includes(each));
const only = (own: readonly string[], allowed: readonly string[], option: string) => {
  const extra = more(own, allowed);
  return extra.length > 0 && ([option, `${extra.join(', ')} is not in the field dictionary: remove it`] as const);
};

/** Per type, where a field is looser than its entry. */
const judges = {
  text: (field, entry) => [
    atMost(field.maxLength, entry.maxLength) && [
      'maxLength',
      `is more than the ${entry.maxLength} of the field dictionary`,
    ],
    atLeast(field.minLength, entry.minLength) && [
      'minLength',
      `is less than the ${entry.minLength} of the field dictionary`,
    ],
    entry.pattern !== undefined &&
      field.pattern !== entry.pattern && ['pattern', `differs from the field dictionary: ${entry.pattern}`],
    entry.scripts !== undefined &&
      !entry.scripts.includes('any') &&
      only(field.scripts ?? ['any'], entry.scripts, 'scripts'),
  ],
  number: (field, entry) => [
    atMost(field.max, entry.max) && ['max', `is more than the ${entry.max} of the field dictionary`],
    atLeast(field.min, entry.min) && ['min', `is less than the ${entry.min} of the field dictionary`],
    entry.integer && !field.integer && ['integer', 'has to be true, as in the field dictionary'],
  ],
  choice: (field, entry) => [only(field.options, entry.options, 'options')],
  image: (field, entry) => [only(field.hosts, entry.hosts, 'hosts')],
  url: (field, entry) => [only(field.hosts ?? [], entry.hosts ?? [], 'hosts')],
  list: (field, entry) => [
    atMost(field.maxItems, entry.maxItems) && [
      'maxItems',
      `is more than the ${entry.maxItems} of the field dictionary`,
    ],
  ],
  date: () => [],
  boolean: () => [],
  color: () => [],
} satisfies { readonly [Type in Field['type']]: Judge<Extract<Field, { type: Type }>> };

/** Every field of a template that has another type than its entry in the dictionary, or looser limits. */
export function checkDictionary({ fields }: Template, dictionary: Dictionary): Fault[] {
  return checkFields(fields, dictionary.fields, 'fields');
}

function checkFields(fields: Fields, entries: Fields, path: string): Fault[] {
  return Object.entries(fields).flatMap(([name, field]) => {
    const entry = Object.hasOwn(entries, name) ? entries[name] : undefined;
    return entry ? checkField(field, entry, `${path}.${name}`) : [];
  });
}

function checkField(field: Field, entry: Field, path: string): Fault[] {
  if (field.type !== entry.type)
    return [{ path: `${path}.type`, message: `is ${field.type}, and ${entry.type} in the field dictionary` }];
  const faults = (judges[field.type] as Judge<Field>)(field, entry)
    .filter((found) => found !== false)
    .map(([option, message]) => ({ path: `${path}.${option}`, message }));
  if (entry.required && !field.required)
    faults.push({ path: `${path}.required`, message: 'has to be true, as in the field dictionary' });
  const junk = junkOf(entry).filter((word) => !junkOf(field).includes(word));
  if (junk.length > 0)
    faults.push({ path: `${path}.junk`, message: `lacks ${junk.join(', ')} of the field dictionary` });
  if (field.type === 'list' && entry.type === 'list')
    faults.push(...checkFields(field.of as Fields, entry.of as Fields, `${path}.of`));
  return faults;
}

const junkOf = (field: Field): string[] =>
  (('junk' in field ? field.junk : undefined) ?? []).map((word) => word.toLowerCase());
