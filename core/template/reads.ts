import { type Fault, nearest } from '../errors.ts';

/** What a template offers its expressions to read. */
export type Readable = {
  readonly fields: object;
  /** By name; the fallback of each names its fields. */
  readonly sources: Readonly<Record<string, { readonly fallback: object }>>;
  readonly freshness: { readonly mode?: unknown };
  readonly countdown?: unknown;
};

/** Whether a name in an expression is of the countdown. */
export const isCountdownName = (name: string): boolean => /^countdown(?:\.|$)/.test(name);

/** Whether a name in an expression is the time: what it gives changes by the second. */
export const isTimeName = (name: string): boolean => name === 'now' || isCountdownName(name);

/** Whether a name in an expression is of live data: `now`, or `source` or `countdown` with the path behind it. */
export const isLiveName = (name: string): boolean => isTimeName(name) || /^source(?:\.|$)/.test(name);

/** What an expression can read of a countdown. */
export const countdownParts = ['days', 'hours', 'minutes', 'seconds', 'over'] as const;
export type CountdownPart = (typeof countdownParts)[number];

/** The part of `countdown.hours`; undefined for anything else. */
export const countdownPart = (name: string): CountdownPart | undefined =>
  countdownParts.find((part) => name === `countdown.${part}`);

/** The source and the field of `source.weather.temp`; undefined for anything else. */
export function splitSourcePath(name: string): { source: string; field: string } | undefined {
  const [root, source, field, ...more] = name.split('.');
  const isPath = root === 'source' && source !== undefined && field !== undefined && more.length === 0;
  return isPath ? { source, field } : undefined;
}

/** One fault for every name that there is nothing behind, as `compileText` gives them. */
export const readFaults = (names: readonly string[], readable: Readable, path: string): Fault[] =>
  names.flatMap((name) => {
    const message = isLiveName(name) ? liveFault(name, readable, path) : fieldFault(name, readable);
    return message === undefined ? [] : [{ path, message }];
  });

function fieldFault(name: string, { fields }: Readable): string | undefined {
  if (Object.hasOwn(fields, name)) return undefined;
  return `uses the field ${name}, which the template does not have${guess(name, fields)}`;
}

function liveFault(name: string, { sources, freshness, countdown }: Readable, at: string): string | undefined {
  // Pictures are had before anything is drawn, by what fields hold.
  if (at.endsWith('.src'))
    return `chooses a picture by ${name}: use an image field, or several layers with a when each`;
  if (at.endsWith('.href')) return `leads where ${name} says: use a field, which is known before the page is drawn`;
  if (freshness.mode !== 'live' && freshness.mode !== 'hybrid')
    return `reads ${name}, but a static picture is drawn once: set freshness.mode to live or hybrid`;
  if (name === 'now') return undefined;
  if (isCountdownName(name)) return countdownFault(name, countdown);
  const path = splitSourcePath(name);
  if (!path) return 'reads a source as a whole: name one field of it, such as source.weather.temp';
  const source = Object.hasOwn(sources, path.source) ? sources[path.source] : undefined;
  if (!source) return `reads the source ${path.source}, which the template does not have${guess(path.source, sources)}`;
  if (Object.hasOwn(source.fallback, path.field)) return undefined;
  return `reads ${name}, which sources.${path.source}.fallback has no value for${guess(path.field, source.fallback)}`;
}

function countdownFault(name: string, countdown: unknown): string | undefined {
  if (countdown === undefined) return `reads ${name}, but the template counts down to nothing: give it a countdown`;
  return countdownPart(name) ? undefined : `reads ${name}: read countdown.${countdownParts.join(', countdown.')}`;
}

function guess(name: string, known: object): string {
  const near = nearest(name, Object.keys(known));
  return near ? `: did you mean ${near}?` : '';
}
