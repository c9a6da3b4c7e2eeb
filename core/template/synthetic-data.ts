import { graphemesOf } from './clean-text.ts';
import type { Field, Fields } from './fields/index.ts';

const NAMES = [
  'Amira',
  'James',
  'Priyanka',
  'Søren',
  'Wei',
  'Oluwaseun',
  'Maria Fernanda',
  'Bartholomew',
  'Zoë',
  'Ana',
];
const DAY_MS = 86_400_000;
const FIRST_DAY_MS = Date.UTC(2026, 0, 1);
// A whole cycle has no short steps, so that neighbouring people differ in every digit.
const STEP = 7919;

type Maker<F> = (field: F, n: number) => unknown;

/** What each type of field is given for the n-th person; undefined leaves the field to its fallback. */
const makers = {
  text: (field, n) => textFor(field, n),
  number: ({ min = 0, max = min + 100_000, integer }, n) => {
    const [low, high] = [Math.ceil(min), Math.floor(max)];
    if (low > high) return min;
    const whole = low + ((n * STEP) % (high - low + 1));
    return integer || whole === high ? whole : whole + (n % 4) / 4;
  },
  date: (_, n) => new Date(FIRST_DAY_MS + ((n * STEP) % 3650) * DAY_MS).toISOString().slice(0, 10),
  choice: ({ options }, n) => options[n % options.length],
  boolean: (_, n) => n % 2 === 0,
  image: ({ sample }) => (sample?.startsWith('asset:') ? sample : undefined),
  color: (_, n) => `#${((n * STEP * 31) % 0x1000000).toString(16).padStart(6, '0')}`,
  url: ({ sample }) => sample,
  list: ({ of, maxItems }, n) =>
    Array.from({ length: Math.min(maxItems, 1 + (n % 4)) }, (_, i) => syntheticData(of as Fields, n * 5 + i)),
} satisfies { readonly [Type in Field['type']]: Maker<Extract<Field, { type: Type }>> };

/** Data for the n-th of many different people, within what each field allows, the same for the same n. */
export function syntheticData(fields: Fields, n: number): Record<string, unknown> {
  const entries = Object.entries(fields).map(([name, field]) => [name, (makers[field.type] as Maker<Field>)(field, n)]);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

/** A name and a number; a field with a form of its own gets its sample, which has that form. */
function textFor(field: Extract<Field, { type: 'text' }>, n: number): string | undefined {
  const text = `${NAMES[n % NAMES.length]} ${n}`.padEnd(field.minLength ?? 0, 'a');
  return takesWords(field, 'Latin') ? withinLength(field, text) : field.sample;
}

/** Whether a field takes any words of a script: it has no pattern, and no other scripts. */
export const takesWords = ({ pattern, scripts }: Extract<Field, { type: 'text' }>, script: string): boolean =>
  pattern === undefined && (!scripts || scripts.includes('any') || scripts.includes(script));

/** As much of a text as a field takes, in characters as a reader counts them. */
export const withinLength = ({ maxLength = 1000 }: Extract<Field, { type: 'text' }>, text: string): string =>
  graphemesOf(text).slice(0, maxLength).join('').trim();
