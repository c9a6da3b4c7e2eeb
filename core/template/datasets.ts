import { sampleData } from './contract.ts';
import type { Field, Fields } from './fields/index.ts';
import type { Template } from './schema.ts';
import { takesWords, withinLength } from './synthetic-data.ts';

/** A named set of data a template is looked at with. */
export type DataSet = { readonly name: string; readonly data: Readonly<Record<string, unknown>> };

// Names that occur: the longest a contact list has, and as many again as a field takes.
const LONG = 'Wolfeschlegelsteinhausenbergerdorff Featherstonehaugh-Cholmondeley ';
const LONG_WITHOUT_LIMIT = 60;
const LONGEST_DATE = '2028-09-27';
const MILLIONS = 9_999_999;

type TextField = Extract<Field, { type: 'text' }>;
type Maker = (field: Field) => unknown;

/** What a field is given in a set of words; undefined leaves what the sample has. */
const words =
  (text: string, script: string): Maker =>
  (field) =>
    field.type === 'text' && takesWords(field, script) ? withinLength(field, text) : undefined;

function longest(field: Field): unknown {
  if (field.type === 'text') return longText(field);
  if (field.type === 'number') return field.max ?? Math.max(field.min ?? 0, MILLIONS);
  if (field.type === 'date') return LONGEST_DATE;
  if (field.type === 'choice') return [...field.options].sort((a, b) => b.length - a.length)[0];
  if (field.type === 'list') return Array.from({ length: field.maxItems }, () => fill(field.of as Fields, longest));
  return undefined;
}

function longText(field: TextField): string | undefined {
  if (!takesWords(field, 'Latin')) return undefined;
  const limit = field.maxLength ?? LONG_WITHOUT_LIMIT;
  return withinLength({ ...field, maxLength: limit }, LONG.repeat(Math.ceil(limit / LONG.length)));
}

/** Of each type, what somebody once typed into a form to get on. */
const junk = {
  text: 'test',
  number: 'n/a',
  date: '31.31.2026',
  choice: 'none of these',
  boolean: 'perhaps',
  image: 'not an address',
  color: 'reddish',
  url: 'javascript:alert(1)',
  list: 'no list',
} as const satisfies Record<Field['type'], string>;

const each = (fields: Fields, make: (name: string, field: Field) => unknown): Record<string, unknown> =>
  Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, make(name, field)]));

function fill(fields: Fields, maker: Maker): Record<string, unknown> {
  const sample = sampleData(fields);
  const entries = Object.entries(fields).map(([name, field]) => [name, maker(field) ?? sample[name]]);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

/** The sets every template is looked at with, from what a recipient should have to what a data base holds. */
const standard: Readonly<Record<string, (fields: Fields) => Readonly<Record<string, unknown>>>> = {
  good: sampleData,
  blank: () => ({}),
  junk: (fields) =>
    each(fields, (_, field) => (field.type === 'text' ? field.junk?.[0] : undefined) ?? junk[field.type]),
  unreplaced: (fields) => each(fields, (name) => `*|${name.toUpperCase()}|*`),
  longest: (fields) => fill(fields, longest),
  'right-to-left': (fields) => fill(fields, words('أميرة الزهراء', 'Arabic')),
  japanese: (fields) => fill(fields, words('山田 花子', 'Han')),
  emoji: (fields) => fill(fields, words('Zoë 👩🏽‍🚀 🎉', 'Latin')),
};

/**
 * The sets made from a template's fields, except those it has itself: good, blank, junk, unreplaced (merge tags nobody
 * filled in), longest, right-to-left, japanese, emoji, and for one with sources late, which is good data while no source
 * answers.
 */
export function standardSets({ fields, sources }: Template, own: readonly string[]): DataSet[] {
  const sets = Object.entries(standard).map(([name, make]) => ({ name, data: make(fields) }));
  if (Object.keys(sources).length > 0) sets.push({ name: 'late', data: sampleData(fields) });
  return sets.filter(({ name }) => !own.includes(name));
}
