import type { PlainInputField } from 'zapier-platform-core';

/** A field of a template's contract, as much of it as a form needs. */
export type ContractField = {
  readonly type: string;
  readonly label?: string;
  readonly help?: string;
  readonly required?: boolean;
  readonly fallback?: unknown;
  readonly sample?: unknown;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly min?: number;
  readonly max?: number;
  readonly integer?: boolean;
  readonly options?: readonly string[];
  readonly hosts?: readonly string[];
  readonly maxItems?: number;
  readonly of?: Contract;
};
/** The fields of a template by name. */
export type Contract = Readonly<Record<string, ContractField>>;

// Names of fields are a-z, 0-9 and _, so that neither prefix nor dash can be part of one, and no two keys meet.
const FIELD = 'field-';
const ITEM = 'item-';
const ROW = 'row-';

/** A longer text gets a box of several lines. */
const LINE = 120;
/** Zapier takes no longer help. */
const MAX_HELP = 1000;
/** What is longer is no hint any more. */
const MAX_HINT = 80;
const MAX_HOSTS = 3;

type Input = Pick<PlainInputField, 'type' | 'choices'>;

/** How each type of field is asked for, and what it takes. A type that is not here is asked for as text. */
const KINDS: Readonly<Record<string, { input(field: ContractField): Input; takes(field: ContractField): string }>> = {
  text: {
    input: ({ maxLength }) => ({ type: (maxLength ?? LINE) > LINE ? 'text' : 'string' }),
    takes: ({ minLength, maxLength }) => between('characters', minLength, maxLength),
  },
  number: {
    input: ({ integer }) => ({ type: integer ? 'integer' : 'number' }),
    takes: ({ min, max }) => between('', min, max),
  },
  boolean: { input: () => ({ type: 'boolean' }), takes: () => '' },
  choice: { input: ({ options = [] }) => ({ type: 'string', choices: [...options] }), takes: () => '' },
  color: { input: () => ({ type: 'string' }), takes: () => 'A colour such as #1a2b3c.' },
  // Zapier's own dates turn a day into midnight of the account's time zone, which is another day elsewhere.
  date: {
    input: () => ({ type: 'string' }),
    takes: () => 'A day such as 2027-06-18, or a moment such as 2027-06-18T18:30:00Z.',
  },
  url: {
    input: () => ({ type: 'string' }),
    takes: ({ hosts }) => `A web address${hosts?.length ? ` on ${oneOf(hosts)}` : ''}.`,
  },
  image: {
    input: () => ({ type: 'string' }),
    takes: ({ hosts = [] }) =>
      `The address of a picture on ${oneOf(hosts) || 'a host that your workspace allows'}, or asset:name for one of your own.`,
  },
};

/** One input for every field of a contract, lists as line items. */
export const inputsOf = (contract: Contract): PlainInputField[] =>
  Object.entries(contract).map(([name, field]) =>
    field.type === 'list' && field.of
      ? { key: FIELD + name, label: labelOf(name, field), children: itemInputs(name, field, field.of) }
      : { key: FIELD + name, ...inputOf(name, field), required: field.required === true },
  );

/** One input for every field of a row: lists within line items are more than Zapier has. */
export const rowInputs = (contract: Contract): PlainInputField[] =>
  Object.entries(contract)
    .filter(([, field]) => field.type !== 'list')
    .map(([name, field]) => ({ key: ROW + name, ...inputOf(name, field), required: field.required === true }));

/** Rows as they were filled in, by the names of the fields: line items, or the inputs of a single one. */
export function rowsOf(inputData: Readonly<Record<string, unknown>>): Record<string, unknown>[] {
  const { rows } = inputData;
  const items = Array.isArray(rows) ? (rows as Record<string, unknown>[]) : [inputData];
  return items
    .map((item) => Object.entries(item).filter(([key]) => key.startsWith(ROW)))
    .filter((entries) => entries.length > 0)
    .map((entries) => Object.fromEntries(entries.map(([key, value]) => [key.slice(ROW.length), value])));
}

/** What was filled in, by the names of the fields: the data of a picture. */
export function dataOf(inputData: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const data: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(inputData)) {
    if (key.startsWith(FIELD)) data[key.slice(FIELD.length)] = Array.isArray(value) ? value.map(itemOf) : value;
    // A single item that no line items were mapped into comes without its list.
    const [list = '', name] = key.startsWith(ITEM) ? key.slice(ITEM.length).split('-') : [];
    if (name !== undefined && !(FIELD + list in inputData)) data[list] = [{ ...firstOf(data[list]), [name]: value }];
  }
  return data;
}

const firstOf = (list: unknown): object => (Array.isArray(list) ? (list[0] as object) : {});

/** One line item, by the names of its fields. */
const itemOf = (item: unknown): unknown =>
  typeof item === 'object' && item !== null
    ? Object.fromEntries(Object.entries(item).map(([key, value]) => [key.split('-').at(-1) ?? key, value]))
    : item;

function itemInputs(list: string, { help, maxItems }: ContractField, of: Contract): PlainInputField[] {
  // A list has no help text of its own on Zapier: its first input says what there is to say.
  const about = sentences(help, maxItems === undefined ? '' : `At most ${maxItems} items.`);
  return Object.entries(of).map(([name, field], i) => {
    const input = inputOf(name, field);
    const helpText = sentences(i === 0 ? about : '', input.helpText).slice(0, MAX_HELP);
    return {
      ...input,
      key: `${ITEM}${list}-${name}`,
      required: field.required === true,
      ...(helpText && { helpText }),
    };
  });
}

function inputOf(name: string, field: ContractField): Omit<PlainInputField, 'key'> {
  const kind = KINDS[field.type];
  const helpText = sentences(field.help, kind?.takes(field), blankGives(field)).slice(0, MAX_HELP);
  const placeholder = shown(field.sample) || shown(field.fallback);
  return {
    label: labelOf(name, field),
    ...(kind?.input(field) ?? { type: 'string' }),
    ...(helpText && { helpText }),
    ...(placeholder && { placeholder }),
  };
}

/** What is drawn when the field is left blank; nothing to say where it must be filled in. */
function blankGives({ required, fallback }: ContractField): string {
  const text = shown(fallback);
  return required || text === '' ? '' : `Left blank: ${text}.`;
}

/** A value as people write it; '' for what does not fit into a hint. */
function shown(value: unknown): string {
  const text = value === undefined || typeof value === 'object' ? '' : String(value);
  return text.length > MAX_HINT ? '' : text;
}

const oneOf = (hosts: readonly string[]): string =>
  [...hosts.slice(0, MAX_HOSTS), ...(hosts.length > MAX_HOSTS ? ['others'] : [])].join(' or ');

/** A field as people call it. */
export const labelOf = (name: string, { label }: ContractField): string =>
  label || name.charAt(0).toUpperCase() + name.slice(1).replaceAll('_', ' ');

const sentences = (...parts: readonly (string | undefined)[]): string => parts.filter(Boolean).join(' ');

/** A range in words: `At most 40 characters.`, `From 0 to 100.` */
function between(unit: string, least: number | undefined, most: number | undefined): string {
  const of = unit && ` ${unit}`;
  if (least && most !== undefined) return `From ${least} to ${most}${of}.`;
  if (most !== undefined) return least === 0 && !unit ? `From 0 to ${most}.` : `At most ${most}${of}.`;
  return least === undefined ? '' : `At least ${least}${of}.`;
}
