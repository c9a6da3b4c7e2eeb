import { graphemesOf } from './clean-text.ts';
import { parseDate } from './fields/date.ts';
import { parseNumber } from './fields/number.ts';
import { initialsOf, repairName } from './names.ts';

/** What a filter is given beside the value: its positional arguments, and the template's locale and time zone. */
export type FilterCall = {
  readonly args: readonly unknown[];
  readonly locale: string;
  readonly timeZone: string;
};

/**
 * One filter: an example for the reference page and the work. `apply` gives '' for a blank value, passes through what
 * it cannot use, and throws RangeError only for an argument that no value could be used with.
 */
export type Filter = { readonly example: string; apply(value: unknown, call: FilterCall): unknown };

/** The filters of our own, by name. `locale: 'de'` and `time_zone: 'Europe/Berlin'` are taken by all that read them. */
export const filters = {
  number: {
    example: '{{ points | number }}',
    apply: (value, { args: [digits], locale }) => formatNumber(value, locale, fixed(digits)),
  },
  percent: {
    example: '{{ 0.25 | percent }}',
    apply: (value, { args: [digits], locale }) => formatNumber(value, locale, { style: 'percent', ...fixed(digits) }),
  },
  money: {
    example: "{{ total | money: 'EUR' }}",
    apply(value, { args, locale }) {
      if (args.length === 0) throw new RangeError("money needs a currency, such as money: 'EUR'");
      const [currency, digits] = args;
      if (isBlank(currency)) return formatNumber(value, locale, fixed(digits));
      return formatNumber(value, locale, { style: 'currency', currency: asText(currency), ...fixed(digits) });
    },
  },
  date: {
    example: "{{ starts | date: 'long' }}",
    apply(value, { args: [style], locale, timeZone }) {
      const options = dateOptions(isBlank(style) ? 'medium' : asText(style));
      const date = parseDate(value);
      const format = dateFormat(locale, { ...options, timeZone: date?.floating ? 'UTC' : timeZone });
      return date ? format.format(date.moment) : asText(value);
    },
  },
  until: {
    example: "{{ sale_ends | until: now, 'hours' }}",
    apply(value, { args, timeZone }) {
      const [from, unit] = args;
      const length = Object.hasOwn(lengths, asText(unit)) ? lengths[asText(unit) as keyof typeof lengths] : undefined;
      if (args.length < 2 || (length === undefined && !isBlank(unit)))
        throw new RangeError("until takes a moment and days, hours, minutes or seconds, such as until: now, 'hours'");
      if (length === undefined) return '';
      const [end, start] = [instantOf(value, timeZone), instantOf(from, timeZone)];
      return end === undefined || start === undefined ? '' : Math.max(0, Math.floor((end - start) / length));
    },
  },
  upper: { example: '{{ city | upper }}', apply: (value, { locale }) => asText(value).toLocaleUpperCase(locale) },
  lower: { example: '{{ city | lower }}', apply: (value, { locale }) => asText(value).toLocaleLowerCase(locale) },
  title: {
    example: '{{ plan | title }}',
    apply: (value, { locale }) =>
      asText(value).replace(/(?<![\p{L}\p{M}\p{N}'’])\p{Ll}/gu, (letter) => capital(letter, locale)),
  },
  sentence: {
    example: '{{ note | sentence }}',
    apply(value, { locale }) {
      const text = asText(value).toLocaleLowerCase(locale);
      return text.replace(/^\P{L}*\p{Ll}/u, (start) => start.slice(0, -1) + capital(start.slice(-1), locale));
    },
  },
  name: { example: '{{ full_name | name }}', apply: (value) => repairName(asText(value)) },
  initials: { example: '{{ full_name | initials }}', apply: (value) => initialsOf(asText(value)) },
  default: {
    example: "{{ city | default: 'your city' }}",
    apply: (value, { args: [otherwise] }) => (isBlank(value) || value === false ? otherwise : value),
  },
  truncate: {
    example: '{{ note | truncate: 20 }}',
    apply(value, { args: [length = 50, end = '…'] }) {
      const letters = graphemesOf(asText(value));
      const room = parseNumber(length) ?? 50;
      if (letters.length <= room) return letters.join('');
      const tail = graphemesOf(asText(end));
      return (
        letters
          .slice(0, Math.max(0, room - tail.length))
          .join('')
          .trimEnd() + tail.join('')
      );
    },
  },
  join: {
    example: "{{ items | map: 'title' | join: ', ' }}",
    apply: (value, { args: [between = ' '] }) =>
      (Array.isArray(value) ? value : [value]).map(asText).join(asText(between)),
  },
  sum: {
    example: "{{ items | sum: 'price' }}",
    apply(value, { args: [field] }) {
      const amounts = (Array.isArray(value) ? value : []).map((item) =>
        parseNumber(field === undefined ? item : own(item, asText(field))),
      );
      // Money added in floating point ends in 0.30000000000000004; no amount has more than 12 digits that matter.
      return Number(amounts.reduce<number>((sum, amount) => sum + (amount ?? 0), 0).toPrecision(12));
    },
  },
  url_encode: {
    example: '{{ product | url_encode }}',
    apply: (value) => encodeURIComponent(asText(value).toWellFormed()),
  },
} satisfies Record<string, Filter>;

/** Liquid's own filters that stay: pure, and counted. Those that read a clock, decode, or are random are not here. */
export const liquidFilters = {
  text: 'append prepend strip lstrip rstrip squish remove remove_first remove_last replace replace_first replace_last split truncatewords'.split(
    ' ',
  ),
  number: 'abs at_least at_most ceil divided_by floor minus modulo plus round times'.split(' '),
  list: 'compact concat first find has last map reject reverse size slice sort sort_natural uniq where'.split(' '),
};

/** A value as it is printed: nothing for a blank, a record or a number that is none; a list run together. */
export function asText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : '';
  return Array.isArray(value) ? value.map(asText).join('') : '';
}

const isBlank = (value: unknown): boolean =>
  value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0);

const own = (item: unknown, field: string): unknown =>
  typeof item === 'object' && item !== null && Object.hasOwn(item, field) ? Reflect.get(item, field) : undefined;

const capital = (letter: string, locale: string): string => {
  const upper = letter.toLocaleUpperCase(locale);
  return /\p{Changes_When_Titlecased}/u.test(letter) && [...upper].length === 1 ? upper : letter;
};

function fixed(digits: unknown): Intl.NumberFormatOptions {
  if (isBlank(digits)) return {};
  const count = parseNumber(digits) ?? Number.NaN;
  return { minimumFractionDigits: count, maximumFractionDigits: count };
}

// The format is made before the value is looked at, so that a wrong argument shows even without data.
function formatNumber(value: unknown, locale: string, options: Intl.NumberFormatOptions): string {
  const format = numberFormat(locale, options);
  const amount = parseNumber(value);
  return amount === undefined ? asText(value) : format.format(amount);
}

const dateStyles: Readonly<Record<string, Intl.DateTimeFormatOptions>> = {
  short: { dateStyle: 'short' },
  medium: { dateStyle: 'medium' },
  long: { dateStyle: 'long' },
  full: { dateStyle: 'full' },
  time: { timeStyle: 'short' },
  datetime: { dateStyle: 'medium', timeStyle: 'short' },
};

const datePieces: Readonly<Record<string, Intl.DateTimeFormatOptions>> = {
  weekday: { weekday: 'long' },
  'weekday-short': { weekday: 'short' },
  day: { day: 'numeric' },
  month: { month: 'long' },
  'month-short': { month: 'short' },
  'month-number': { month: 'numeric' },
  year: { year: 'numeric' },
  hour: { hour: 'numeric' },
  minute: { minute: '2-digit' },
};

/** A style by name, or pieces with spaces between them (`weekday day month`); the locale decides their order. */
function dateOptions(style: string): Intl.DateTimeFormatOptions {
  if (Object.hasOwn(dateStyles, style)) return dateStyles[style] ?? {};
  const pieces = style.split(' ');
  if (!pieces.every((piece) => Object.hasOwn(datePieces, piece))) {
    const names = [...Object.keys(dateStyles), ...Object.keys(datePieces)].join(', ');
    throw new RangeError(`date takes one of these styles, or several of these pieces: ${names}`);
  }
  return Object.assign({}, ...pieces.map((piece) => datePieces[piece]));
}

const lengths = { days: 86_400_000, hours: 3_600_000, minutes: 60_000, seconds: 1000 };

/** A date as milliseconds since 1970; one that names no zone is on the clocks of `timeZone`. */
export function instantOf(value: unknown, timeZone: string): number | undefined {
  const date = parseDate(value);
  if (!date?.floating) return date?.moment.getTime();
  const wall = date.moment.getTime();
  // The offset is that of the moment itself, which is known only after a first guess.
  return wall - offsetAt(wall - offsetAt(wall, timeZone), timeZone);
}

/** How far the clocks of a zone are ahead of UTC, in milliseconds. */
function offsetAt(moment: number, timeZone: string): number {
  const named = dateFormat('en-US', { timeZone, timeZoneName: 'longOffset' }).format(moment);
  const [, sign, ...parts] = /GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/.exec(named) ?? [];
  const [hours, minutes, seconds] = parts.map((part = '0') => Number(part));
  return (sign === '-' ? -1 : 1) * ((hours ?? 0) * 3600 + (minutes ?? 0) * 60 + (seconds ?? 0)) * 1000;
}

// A formatter costs a hundred times what formatting does. Locales and options are few; 200 of each bounds strangers.
function remember<Options, Format>(make: (locale: string, options: Options) => Format) {
  const made = new Map<string, Format>();
  return (locale: string, options: Options): Format => {
    const key = `${locale} ${JSON.stringify(options)}`;
    const known = made.get(key);
    if (known) return known;
    if (made.size >= 200) made.clear();
    const format = make(locale, options);
    made.set(key, format);
    return format;
  };
}

const numberFormat = remember(
  (locale: string, options: Intl.NumberFormatOptions) => new Intl.NumberFormat(locale, options),
);
const dateFormat = remember(
  (locale: string, options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(locale, options),
);
