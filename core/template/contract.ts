import { type Fields, fieldTypes } from './fields/index.ts';
import { applyRecord, type Contract } from './record.ts';

/**
 * Holds data against a template's fields. `values` are always complete: clean-up, then the fallback wherever a value
 * is blank, an un-replaced merge tag, junk or wrong. `faults` (path = field) are what an API refuses; `warnings` say
 * everywhere the fallback was used. No message quotes a value. Never throws; values that pass again stay the same.
 */
export function applyContract(fields: Fields, data: Readonly<Record<string, unknown>>): Contract {
  return applyRecord(fieldTypes, fields, data);
}

/** Data that shows what a template looks like: each field's sample, or else its own fallback. */
export function sampleData(fields: Fields): Record<string, unknown> {
  const examples = Object.entries(fields).map(([name, { sample, fallback }]) => [
    name,
    // Initials are no data: leaving the field out makes the contract draw them.
    sample ?? (typeof fallback === 'object' && !Array.isArray(fallback) ? undefined : fallback),
  ]);
  return Object.fromEntries(examples.filter(([, example]) => example !== undefined));
}
