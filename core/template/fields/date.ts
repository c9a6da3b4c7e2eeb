import { z } from 'zod';
import { about, accept, type Cleaned, checkOwnValues, describe, type FieldType, junk, refuse } from './field-type.ts';

const schema = z
  .strictObject({
    type: z.literal('date'),
    ...about,
    fallback: z.string().max(40).describe('Drawn when the value is blank or wrong; may be empty.').optional(),
    sample: z.string().max(40).describe('An example to draw in previews.').optional(),
    junk,
  })
  .superRefine((field, issues) => checkOwnValues(clean)(field, issues));

/**
 * A day (`2026-03-01`), a wall-clock time (`2026-03-01T18:30:00`) or an instant (`2026-03-01T18:30:00Z`), kept as
 * that text; an instant with another offset is kept in UTC.
 */
export const date = { schema, empty: '', clean } satisfies FieldType<typeof schema>;

function clean(raw: unknown): Cleaned {
  const value = typeof raw === 'string' ? canonicalDate(raw) : undefined;
  if (value === undefined)
    return refuse(`expected a date such as 2026-03-01 or 2026-03-01T18:30:00Z, but received ${describe(raw)}`);
  return accept(value);
}

const iso =
  /^(\d{4}-\d{2}-\d{2})(?:[T ]((?:[01]\d|2[0-3]):[0-5]\d)(?::([0-5]\d)(\.\d{1,9})?)?(Z|[+-](?:[01]\d|2[0-3]):?[0-5]\d)?)?$/i;

function canonicalDate(raw: string): string | undefined {
  const match = iso.exec(raw);
  if (!match) return undefined;
  const [, day = '', minutes, seconds = '00', fraction = '', offset] = match;
  const midnight = new Date(`${day}T00:00:00Z`);
  // Date rolls 30 February over into March; a real day comes back as it went in. Year 0 is nobody's date.
  if (Number.isNaN(midnight.getTime()) || !midnight.toISOString().startsWith(day) || day.startsWith('0000'))
    return undefined;
  if (minutes === undefined) return day;
  const clock = `${day}T${minutes}:${seconds}${fraction.slice(0, 4)}`;
  if (offset === undefined) return clock;
  const zone = offset.length === 5 ? `${offset.slice(0, 3)}:${offset.slice(3)}` : offset.toUpperCase();
  const instant = new Date(clock + zone).toISOString();
  return /^\d{4}-/.test(instant) && !instant.startsWith('0000') ? instant.replace('.000Z', 'Z') : undefined;
}

/** A canonical date as a moment: `floating` when it names no zone, so that it reads the same wherever it is shown. */
export function parseDate(raw: unknown): { moment: Date; floating: boolean } | undefined {
  const text = typeof raw === 'string' ? canonicalDate(raw) : undefined;
  if (text === undefined) return undefined;
  const floating = !text.endsWith('Z');
  return { moment: new Date(floating && text.includes('T') ? `${text}Z` : text), floating };
}
