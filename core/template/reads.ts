import { type Fault, nearest } from '../errors.ts';

/** What a template offers its expressions to read. */
export type Readable = {
  readonly fields: object;
  /** By name; the fallback of each names its fields. */
  readonly sources: Readonly<Record<string, { readonly fallback: object }>>;
  readonly freshness: { readonly mode?: unknown };
};

/** Whether a name in an expression is of live data: `now`, or `source` with the path behind it. */
export const isLiveName = (name: string): boolean => name === 'now' || /^source(?:\.|$)/.test(name);

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

function liveFault(name: string, { sources, freshness }: Readable, at: string): string | undefined {
  // Pictures are had before anything is drawn, by what fields hold.
  if (at.endsWith('.src'))
    return `chooses a picture by ${name}: use an image field, or several layers with a when each`;
  if (at.endsWith('.href')) return `leads where ${name} says: use a field, which is known before the page is drawn`;
  if (freshness.mode !== 'live' && freshness.mode !== 'hybrid')
    return `reads ${name}, but a static picture is drawn once: set freshness.mode to live or hybrid`;
  if (name === 'now') return undefined;
  const path = splitSourcePath(name);
  if (!path) return 'reads a source as a whole: name one field of it, such as source.weather.temp';
  const source = Object.hasOwn(sources, path.source) ? sources[path.source] : undefined;
  if (!source) return `reads the source ${path.source}, which the template does not have${guess(path.source, sources)}`;
  if (Object.hasOwn(source.fallback, path.field)) return undefined;
  return `reads ${name}, which sources.${path.source}.fallback has no value for${guess(path.field, source.fallback)}`;
}

function guess(name: string, known: object): string {
  const near = nearest(name, Object.keys(known));
  return near ? `: did you mean ${near}?` : '';
}
