import type { Fault } from '../../core/errors.ts';
import type { LiveValue } from '../../core/template/live.ts';
import { type Asking, ask } from './ask.ts';
import { fitParams, type Source } from './definition.ts';

/** What came of asking a source once: status is null without an answer, faults say what is not as it should be. */
export type Tried = {
  readonly status: number | null;
  readonly ms: number;
  readonly values: Record<string, LiveValue>;
  readonly faults: Fault[];
};

/** Asks a source now, whatever is kept of it, and says what every part of its definition came to. */
export async function tryOut(asking: Asking, source: Source, given: Readonly<Record<string, string>>): Promise<Tried> {
  const { params, map } = source.definition;
  const unknown = Object.keys(given).filter((name) => !Object.hasOwn(params, name));
  const fitted = fitParams(source.definition, given);
  const faults: Fault[] = [
    ...unknown.map((name) => ({ path: `params.${name}`, message: 'is no parameter of the source' })),
    ...fitted.missing.map((name) => ({ path: `params.${name}`, message: 'is missing, or breaks its rules' })),
  ];
  if (faults.length > 0) return { status: null, ms: 0, values: {}, faults };
  const startedAt = performance.now();
  const { status, values, message } = await ask(asking, source, fitted.values);
  const ms = Math.round(performance.now() - startedAt);
  if (message !== undefined) return { status, ms, values, faults: [{ path: '', message }] };
  const absent = Object.keys(map).filter((field) => !Object.hasOwn(values, field));
  const notFound = 'finds no text of up to 500 characters, number, true or false: templates show their fallback';
  return { status, ms, values, faults: absent.map((field) => ({ path: `map.${field}`, message: notFound })) };
}
