import { z } from 'zod';
import type { FieldType } from './field-type.ts';
import { list } from './list.ts';
import { scalarTypes, schemasOf } from './scalars.ts';

/** Every type of field, by the name templates use. A new one is a file and a line in `scalars.ts`. */
export const fieldTypes = { ...scalarTypes, list } satisfies Record<string, FieldType>;

type FieldSchema = (typeof fieldTypes)[keyof typeof fieldTypes]['schema'];

/** A named input of a template with its contract. Strict: an option its type does not know is an error. */
export const fieldSchema = z.discriminatedUnion('type', schemasOf<FieldSchema>(fieldTypes));

/** A field as checked, told apart by `type`. */
export type Field = z.infer<typeof fieldSchema>;
/** The fields of a template, or of the items of a list, by name. */
export type Fields = Record<string, Field>;
export { fieldNameSchema } from './field-type.ts';
