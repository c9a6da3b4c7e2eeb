import { z } from 'zod';
import { AppError, type Fault } from '../errors.ts';
import { compileText, type ExpressionOptions, type Scope } from './expression.ts';
import { fieldNameSchema } from './fields/index.ts';
import { type LiveValue, liveValue, MAX_LIVE_TEXT } from './live.ts';
import { expression, NAME } from './parts.ts';
import { isLiveName, readFaults } from './reads.ts';

/** A source of the workspace by its name, such as `weather`; part of the paths of the API. */
export const sourceName = z
  .string()
  .regex(new RegExp(`^${NAME}$`), 'expected the name of a source of the workspace, such as weather');

/** Live data a template reads: whose, with which parameters, and what is shown while there is none. */
export const sourceSchema = z.strictObject({
  from: sourceName,
  params: z.record(fieldNameSchema, expression).default({}).describe('Expressions over fields, such as {{ city }}.'),
  fallback: z
    .record(fieldNameSchema, z.union([z.string().max(MAX_LIVE_TEXT), z.number(), z.boolean()]))
    .refine((values) => Object.keys(values).length > 0, 'names no field: give every field the template reads a value')
    .describe('Every field the template reads, with what is shown while the source gives none.'),
});

/** A source of a template, ready for values: `fields` are those its parameters are made of. */
export type CompiledSource = {
  readonly name: string;
  readonly from: string;
  readonly fields: readonly string[];
  readonly fallback: Readonly<Record<string, LiveValue>>;
  params(values: Scope): Record<string, string>;
};

/** Compiles the parameters of one source, adding what is wrong with them to `faults` under `sources.<name>`. */
export function compileSource(
  name: string,
  { from, params, fallback }: z.infer<typeof sourceSchema>,
  context: ExpressionOptions & { readonly fields: object },
  faults: Fault[],
): CompiledSource {
  const compiled = Object.entries(params).map(([key, source]) => {
    const path = `sources.${name}.params.${key}`;
    try {
      const text = compileText(source, context);
      faults.push(...paramFaults(text.variables, context.fields, path));
      return [key, text] as const;
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      faults.push({ path, message: error.message });
      return [key, compileText('', context)] as const;
    }
  });
  const clean = Object.entries(fallback).map(([key, value]) => [key, liveValue(value) ?? ''] as const);
  return {
    name,
    from,
    fields: [...new Set(compiled.flatMap(([, text]) => text.variables))],
    fallback: Object.fromEntries(clean),
    params: (values) => Object.fromEntries(compiled.map(([key, text]) => [key, text.render(values).trim()])),
  };
}

const paramFaults = (variables: readonly string[], fields: object, path: string): Fault[] =>
  variables.some(isLiveName)
    ? [{ path, message: 'a parameter is made of fields alone: leave source and now out' }]
    : readFaults(variables, { fields, sources: {}, freshness: {} }, path);
