import { z } from 'zod';
import { AppError, type Fault } from '../errors.ts';
import { compileText, type ExpressionOptions, type Scope } from './expression.ts';
import { instantOf } from './filters.ts';
import { expression } from './parts.ts';
import { type CountdownPart, isLiveName, readFaults } from './reads.ts';

/** What a template counts down to, which its expressions read as `countdown`. */
export const countdownSchema = z.strictObject({
  to: expression
    .min(1)
    .describe('The end: a date such as 2027-06-18T18:00:00, or an expression such as {{ sale_ends }}.'),
  hours: z
    .number()
    .min(0)
    .max(8784)
    .default(0)
    .describe('How many hours after that it ends, for an offer that runs from a date of each contact.'),
  timeZone: expression
    .optional()
    .describe("The zone whose clocks `to` means, such as {{ time_zone }}; the template's own when absent or unknown."),
});

/**
 * A countdown at one moment: days as a number, the others with two digits at least. Each unit counts what is left of the
 * next larger one that is read: 26 hours, or 1 day and 2.
 */
export type CountdownValues = Readonly<Record<Exclude<CountdownPart, 'over'>, string | number> & { over: boolean }>;

/** A countdown, ready for values; `fields` are those that decide when it ends. */
export type CompiledCountdown = {
  readonly fields: readonly string[];
  /** When it ends, in ms since 1970; undefined where the data has no date. */
  end(values: Scope): number | undefined;
  /** What is left at a moment; without a moment or an end it is over. */
  at(values: Scope, now: number | undefined): CountdownValues;
};

const HOUR_MS = 3_600_000;
const units = [
  ['days', 24 * HOUR_MS, 1],
  ['hours', HOUR_MS, 2],
  ['minutes', HOUR_MS / 60, 2],
  ['seconds', 1000, 2],
] as const;

/** Compiles a countdown, adding what is wrong with it to `faults` under `countdown`; `read` are the parts that are shown. */
export function compileCountdown(
  { to, hours, timeZone = '' }: z.infer<typeof countdownSchema>,
  context: ExpressionOptions & { readonly fields: object },
  read: readonly CountdownPart[],
  faults: Fault[],
): CompiledCountdown {
  const compile = (source: string, path: string) => {
    try {
      const text = compileText(source, context);
      if (text.variables.some(isLiveName))
        faults.push({ path, message: 'is made of fields alone: leave source, now and countdown out' });
      else faults.push(...readFaults(text.variables, { fields: context.fields, sources: {}, freshness: {} }, path));
      return text;
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      faults.push({ path, message: error.message });
      return compileText('', context);
    }
  };
  const date = compile(to, 'countdown.to');
  const zone = compile(timeZone, 'countdown.timeZone');
  if (date.isStatic && instantOf(date.render({}).trim(), context.timeZone) === undefined)
    faults.push({
      path: 'countdown.to',
      message: 'expected a date such as 2027-06-18T18:00:00, or an expression such as {{ sale_ends }}',
    });
  const endOf = (values: Scope): number | undefined => {
    const own = zone.render(values).trim();
    const instant = instantOf(date.render(values).trim(), isTimeZone(own) ? own : context.timeZone);
    return instant === undefined ? undefined : instant + hours * HOUR_MS;
  };
  // Sixty frames of one picture ask for the same end.
  let asked: { values: Scope; end: number | undefined } | undefined;
  const end = (values: Scope): number | undefined => {
    if (asked?.values !== values) asked = { values, end: endOf(values) };
    return asked.end;
  };
  return {
    fields: [...new Set([...date.variables, ...zone.variables])],
    end,
    at(values, now) {
      let left = now === undefined ? 0 : Math.max(0, (end(values) ?? 0) - now);
      const over = left === 0;
      const counts = units.map(([unit, length, digits]) => {
        if (!read.includes(unit)) return [unit, 0] as const;
        const count = Math.floor(left / length);
        left -= count * length;
        return [unit, digits === 1 ? count : String(count).padStart(digits, '0')] as const;
      });
      return { ...(Object.fromEntries(counts) as Omit<CountdownValues, 'over'>), over };
    },
  };
}

const zones = new Map<string, boolean>();

/** Whether a text names a time zone; remembered, since there are few and asking is slow. */
export function isTimeZone(text: string): boolean {
  const known = zones.get(text);
  if (known !== undefined) return known;
  if (zones.size >= 1000) zones.clear();
  let isOne = text !== '' && text.length <= 60;
  try {
    if (isOne) new Intl.DateTimeFormat('en', { timeZone: text });
  } catch {
    isOne = false;
  }
  zones.set(text, isOne);
  return isOne;
}
