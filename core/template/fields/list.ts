import { z } from 'zod';
import type { Fault } from '../../errors.ts';
import { applyRecord } from '../record.ts';
import type { Values, Warning } from '../value.ts';
import {
  about,
  type Cleaned,
  checkOwnValues,
  describe,
  type FieldType,
  fieldNameSchema,
  refuse,
} from './field-type.ts';
import { scalarSchema, scalarTypes } from './scalars.ts';

const records = z.array(z.record(z.string(), z.unknown())).max(200);

const schema = z
  .strictObject({
    type: z.literal('list'),
    ...about,
    of: z.record(fieldNameSchema, scalarSchema).describe('The fields of each item; an item holds no lists.'),
    maxItems: z.number().int().min(1).max(200).default(50).describe('Items after this many are left out.'),
    fallback: records.describe('Taken when the list is absent or wrong; usually [].').optional(),
    sample: records.describe('An example to draw in previews.').optional(),
  })
  .superRefine((field, issues) => checkOwnValues(clean)(field, issues));

/** A list of flat records, such as the lines of an order. Every item goes through the contract of `of`. */
export const list = { schema, empty: [], clean } satisfies FieldType<typeof schema>;

function clean(raw: unknown, field: z.output<typeof schema>): Cleaned {
  if (!Array.isArray(raw)) return refuse(`expected a list of records, but received ${describe(raw)}`);
  const items: Values[] = [];
  const faults: Fault[] = [];
  const warnings: Warning[] = [];
  for (const [i, item] of raw.slice(0, field.maxItems).entries()) {
    const contract = applyRecord(scalarTypes, field.of, item);
    items.push(contract.values);
    for (const fault of contract.faults) faults.push({ ...fault, path: fault.path ? `${i}.${fault.path}` : `${i}` });
    for (const warning of contract.warnings) warnings.push({ ...warning, field: `${i}.${warning.field}` });
  }
  if (raw.length > field.maxItems) {
    const message = `expected at most ${field.maxItems} items, but received ${raw.length}`;
    faults.push({ path: `${field.maxItems}`, message });
    warnings.push({ code: 'too_long', field: `${field.maxItems}`, message: `${message}; the rest are left out` });
  }
  return { ok: true, value: items as readonly Record<string, string | number | boolean>[], faults, warnings };
}
