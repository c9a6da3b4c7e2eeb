import { z } from 'zod';
import { boolean } from './boolean.ts';
import { choice } from './choice.ts';
import { color } from './color.ts';
import { date } from './date.ts';
import type { FieldType } from './field-type.ts';
import { image } from './image.ts';
import { number } from './number.ts';
import { text } from './text.ts';
import { url } from './url.ts';

/** The field types that hold one value: everything but a list, which is made of these. */
export const scalarTypes = { text, number, date, choice, boolean, image, color, url } satisfies Record<
  string,
  FieldType
>;

type ScalarSchema = (typeof scalarTypes)[keyof typeof scalarTypes]['schema'];

/** The schemas of a table of field types, as a discriminated union takes them. */
export const schemasOf = <S extends z.ZodObject>(types: Record<string, { readonly schema: S }>): [S, ...S[]] =>
  Object.values(types).map((type) => type.schema) as [S, ...S[]];

/** A field that holds one value. */
export const scalarSchema = z.discriminatedUnion('type', schemasOf<ScalarSchema>(scalarTypes));
