import { type Fault, nearest } from '../errors.ts';
import { isUnreplaced } from '../links/unreplaced.ts';
import { cleanText, foldText, maxTextLength } from './clean-text.ts';
import { type Cleaned, describe, type FieldType } from './fields/field-type.ts';
import type { Value, Values, Warning, WarningCode } from './value.ts';

/** What comes of holding a record against its fields: complete values, what an API refuses, and what was mended. */
export type Contract = { values: Values; faults: Fault[]; warnings: Warning[] };

type FieldTypes = Readonly<Record<string, FieldType>>;
type AnyField = {
  readonly type: string;
  readonly required?: boolean;
  readonly fallback?: unknown;
  readonly junk?: readonly string[] | undefined;
};
type AnyFields = Readonly<Record<string, AnyField>>;

/** A verdict on one raw value; without `value` the field's fallback is used. */
type Verdict = { value?: Value; faults: Fault[]; warnings: Warning[] };

const maxUnknownFaults = 20;

/** Holds a record of raw JSON values against its fields, using the given table of field types. Never throws. */
export function applyRecord(types: FieldTypes, fields: AnyFields, data: unknown): Contract {
  const values: Record<string, Value> = Object.create(null);
  const given = isRecord(data) ? data : {};
  const faults: Fault[] = isRecord(data)
    ? unknownFields(fields, given)
    : [{ path: '', message: `expected the fields as an object, but received ${describe(data)}` }];
  const warnings: Warning[] = [];
  const derived: (() => void)[] = [];
  for (const [name, field] of Object.entries(fields)) {
    const type = types[field.type];
    if (!type) continue;
    const verdict = judge(type, field, name, Object.hasOwn(given, name) ? given[name] : undefined);
    faults.push(...verdict.faults);
    warnings.push(...verdict.warnings);
    values[name] = verdict.value ?? fallbackOf(type, field);
    // A fallback made from another field has to wait until that field has its value.
    if (verdict.value === undefined && type.derive)
      derived.push(() => {
        values[name] = type.derive?.(field, ownOf(types, fields, values)) ?? (values[name] as Value);
      });
  }
  for (const settle of derived) settle();
  return { values, faults, warnings };
}

/** The values without fallbacks, which say nothing of a person: "there" has no initials. */
function ownOf(types: FieldTypes, fields: AnyFields, values: Values): Values {
  const own = Object.entries(values).filter(([name, value]) => {
    const [field, type] = [fields[name], types[fields[name]?.type ?? '']];
    return field && type && value !== fallbackOf(type, field);
  });
  return Object.fromEntries(own);
}

function judge(type: FieldType, field: AnyField, name: string, raw: unknown): Verdict {
  const blank = (code: WarningCode, reason: string): Verdict => ({
    faults: field.required ? [{ path: name, message: `is required, but ${reason}: give a value` }] : [],
    warnings: [{ code, field: name, message: `${name} ${reason}: its fallback is used` }],
  });
  if (raw === undefined || raw === null) return blank('blank', 'is missing');
  if (typeof raw !== 'string') return verdictOf(type.clean(raw, field), name);
  if (raw.length > maxTextLength) {
    const message = `expected at most ${maxTextLength} characters, but received ${describe(raw)}`;
    return verdictOf({ ok: false, code: 'too_long', message }, name);
  }
  const text = cleanText(raw);
  if (text === '') return blank('blank', 'is blank');
  if (isUnreplaced(text)) return blank('unreplaced', 'is a merge tag that was not replaced');
  if (isJunk(text, field.junk)) {
    return {
      faults: [],
      warnings: [{ code: 'junk', field: name, message: `${name} is on the junk list: its fallback is used` }],
    };
  }
  return verdictOf(type.clean(text, field), name);
}

function verdictOf(cleaned: Cleaned, name: string): Verdict {
  if (!cleaned.ok) {
    return {
      faults: [{ path: name, message: cleaned.message }],
      warnings: [{ code: cleaned.code, field: name, message: `${name}: ${cleaned.message}; its fallback is used` }],
    };
  }
  return {
    value: cleaned.value,
    faults: (cleaned.faults ?? []).map((fault) => ({ ...fault, path: `${name}.${fault.path}` })),
    warnings: (cleaned.warnings ?? []).map((warning) => ({ ...warning, field: `${name}.${warning.field}` })),
  };
}

const isJunk = (text: string, junk: readonly string[] = []): boolean => {
  if (junk.length === 0) return false;
  const folded = foldText(text);
  return junk.some((entry) => foldText(entry) === folded);
};

// A fallback goes through the same clean-up as data, so that values which pass the contract again stay the same.
function fallbackOf(type: FieldType, field: AnyField): Value {
  const own = typeof field.fallback === 'string' ? cleanText(field.fallback) : field.fallback;
  if (own === undefined || own === '') return type.empty;
  const cleaned = type.clean(own, field);
  return cleaned.ok ? cleaned.value : type.empty;
}

function unknownFields(fields: AnyFields, given: Readonly<Record<string, unknown>>): Fault[] {
  const unknown = Object.keys(given).filter((name) => !Object.hasOwn(fields, name));
  return unknown.slice(0, maxUnknownFaults).map((name) => {
    // Keys can be hostile, too: only one that could be a field is repeated.
    if (!/^[\w .-]{1,40}$/.test(name))
      return { path: '', message: 'has a field whose name no template can have: remove it' };
    const near = nearest(name, Object.keys(fields));
    return { path: name, message: `unknown field ${name}: ${near ? `did you mean ${near}?` : 'remove it'}` };
  });
}

const isRecord = (data: unknown): data is Readonly<Record<string, unknown>> =>
  typeof data === 'object' && data !== null && !Array.isArray(data);
