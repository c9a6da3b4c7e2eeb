import { graphemesOf } from '../core/template/clean-text.ts';
import type { Field, Fields } from '../core/template/fields/index.ts';

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
function textFor(
  { sample, pattern, scripts, minLength = 0, maxLength = 1000 }: Extract<Field, { type: 'text' }>,
  n: number,
) {
  const isFree =
    pattern === undefined && (!scripts || scripts.some((script) => script === 'any' || script === 'Latin'));
  if (!isFree) return sample;
  const text = `${NAMES[n % NAMES.length]} ${n}`.padEnd(minLength, 'a');
  return graphemesOf(text).slice(0, maxLength).join('').trim();
}
