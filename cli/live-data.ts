import { AppError, nearest } from '../core/errors.ts';
import { bucketStart, type LiveValue, type LiveValues, liveValue } from '../core/template/live.ts';
import type { Template } from '../core/template/schema.ts';

const ASSIGNMENT = /^([a-z][a-z0-9_]*)\.([a-z][a-z0-9_]*)=(.*)$/s;

/**
 * What a template's live data is for a picture made by hand: the present moment, and `weather.temp=21` entries in the place
 * of the template's fallbacks. Throws data_invalid for one the template does not read.
 */
export function readLive({ freshness, sources }: Template, given: readonly string[], now: number): LiveValues {
  const source: Record<string, Record<string, LiveValue>> = {};
  for (const entry of given) {
    const [, name = '', field = '', text = ''] = ASSIGNMENT.exec(entry) ?? [];
    const fallback = Object.hasOwn(sources, name) ? sources[name]?.fallback : undefined;
    const before = fallback && Object.hasOwn(fallback, field) ? fallback[field] : undefined;
    if (before === undefined) throw unknown(entry, sources);
    const value = likeBefore(text, before);
    if (value === undefined)
      throw new AppError('data_invalid', `The option --source ${name}.${field} takes a ${typeof before}.`);
    source[name] = { ...source[name], [field]: value };
  }
  const start = bucketStart(freshness, now);
  return { source, ...(start !== undefined && { now: start }) };
}

/** Text from the command line as the kind of value the fallback is: conditions tell 21 from "21". */
function likeBefore(text: string, before: LiveValue): LiveValue | undefined {
  if (typeof before === 'number') return text.trim() === '' ? undefined : liveValue(Number(text));
  if (typeof before === 'boolean') return text === 'true' ? true : text === 'false' ? false : undefined;
  return liveValue(text);
}

function unknown(entry: string, sources: Template['sources']): AppError {
  const readable = Object.entries(sources).flatMap(([name, { fallback }]) =>
    Object.keys(fallback).map((field) => `${name}.${field}`),
  );
  if (readable.length === 0) return new AppError('data_invalid', 'The template reads no source: leave --source out.');
  const near = nearest(entry.split('=')[0] ?? '', readable) ?? readable[0];
  return new AppError('data_invalid', `The option --source takes what the template reads: did you mean ${near}=…?`);
}
