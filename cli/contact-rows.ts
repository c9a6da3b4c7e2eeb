import type { Fault } from '../core/errors.ts';
import { faultsOf } from '../core/template/parse.ts';
import type { Row } from '../server/batches/rows.ts';
import type { ContactOrder } from '../server/contacts/keep-many.ts';
import { contactFields, contactKey } from '../server/contacts/order.ts';
import { isFormula } from './reference-list.ts';

/** A row as a contact; `cell` is its key as it stands in the file. */
export type ContactRow = { readonly order: ContactOrder; readonly cell: string };

/** Reads rows as contacts, one after the other; gives what is wrong with a row that is none. Nothing quotes a value. */
export type ContactReader = (row: Row) => ContactRow | readonly Fault[];

/**
 * Reads contacts whose key stands in one column, spaces around it left out. Every other column but those of `ignored` is a
 * field, and a blank cell removes it. A key that was met before is a fault.
 */
export function createContactReader(keyColumn: string, ignored: readonly string[]): ContactReader {
  const rowOf = new Map<string, number>();
  return ({ number, data, fault }) => {
    if (fault !== undefined) return [{ path: '', message: fault }];
    const cell = textOf(Object.hasOwn(data, keyColumn) ? data[keyColumn] : undefined);
    const key = cell.trim();
    const wrong = faultOfKey(key, rowOf.get(key));
    if (wrong !== undefined) return [{ path: keyColumn, message: wrong }];
    const others = Object.entries(data).filter(([name]) => name !== keyColumn && !ignored.includes(name));
    const fields = contactFields.safeParse(
      Object.fromEntries(others.map(([name, value]) => [name, blankAsNull(value)])),
    );
    if (!fields.success) return faultsOf(fields.error, () => []);
    rowOf.set(key, number);
    return { order: { key, fields: fields.data }, cell };
  };
}

function faultOfKey(key: string, before: number | undefined): string | undefined {
  if (key === '') return 'is blank: give every contact a key';
  if (before !== undefined) return `is the key of row ${before} already: give every contact one row`;
  if (!contactKey.safeParse(key).success) return `is too long: a key has at most ${contactKey.maxLength} characters`;
  if (isFormula(key)) return 'is a formula that a spreadsheet would run: choose a column without any';
  return undefined;
}

/** JSON may have numbers as keys. */
const textOf = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : '';

const blankAsNull = (value: unknown): unknown => (typeof value === 'string' && value.trim() === '' ? null : value);
