import { z } from 'zod';
import type { Fault } from '../../core/errors.ts';
import { fieldNameSchema } from '../../core/template/fields/index.ts';
import { MAX_LIVE_TEXT } from '../../core/template/live.ts';
import { brokenRule, textPattern } from '../../core/template/text-rules.ts';
import type { Encryption } from '../access/encryption.ts';
import type { SourceRecord } from '../stores/records/sources.ts';
import { isSourceAddress, placeholders } from './address.ts';

const headerName = z
  .string()
  .regex(/^[a-z][a-z0-9_-]{0,63}$/, 'expected the name of a header in lower case, such as x-api-key')
  .refine((name) => !/^(?:host|connection|content-length|transfer-encoding|upgrade|cookie)$/.test(name), {
    message: 'is set by the connection: leave it out',
  });
const headerValue = z.string().regex(/^[\x20-\x7e]{1,2000}$/, 'expected 1 to 2000 plain characters');

const param = z.strictObject({
  maxLength: z.number().int().min(1).max(200).default(80),
  pattern: textPattern.optional(),
  default: z.string().max(200).optional().describe('Used where a template gives none or a blank one.'),
});

const live = z.union([z.string().max(MAX_LIVE_TEXT), z.number(), z.boolean()]);

/** What a source is, and how it is asked. */
export const definition = z.strictObject({
  url: z
    .string()
    .max(2000)
    .refine(isSourceAddress, 'expected an address such as https://api.example.com/weather?city={city}')
    .describe('Where its JSON is, with {places} for parameters behind the host.'),
  headers: z.record(headerName, headerValue).default({}).describe('Sent along; for everybody to see.'),
  params: z.record(fieldNameSchema, param).default({}).describe('What templates may fill the places of `url` with.'),
  map: z
    .record(fieldNameSchema, z.string().min(1).max(300))
    .refine((paths) => Object.keys(paths).length > 0 && Object.keys(paths).length <= 50, {
      message: 'expected 1 to 50 fields, such as { "temp": "$.main.temp" }',
    })
    .describe('Where each field stands in the answer, as JSONPath (RFC 9535); the first match is taken.'),
  timeoutMs: z.number().int().min(100).max(3000).default(1000).describe('For an answer, retries and all.'),
  retries: z.number().int().min(0).max(2).default(1).describe('After 429, 5xx and broken connections.'),
  cacheSeconds: z.number().int().min(5).max(86_400).default(300).describe('How long an answer is good for.'),
  personal: z
    .boolean()
    .default(false)
    .describe('Its answers are about one person: they are kept in memory alone, for half a minute.'),
  perMinute: z.number().int().min(1).max(60_000).default(600).describe('The most requests each process makes.'),
  sample: z.record(fieldNameSchema, live).optional().describe('What it gives on a good day, for previews.'),
});
/** A definition as checked. */
export type Definition = z.output<typeof definition>;

/** What a definition and its parts say about each other, for use in `superRefine`. */
export function checkDefinition({ url, params, map, sample }: Definition, context: z.RefinementCtx): void {
  const fail = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message });
  const places = placeholders(url);
  for (const name of Object.keys(params))
    if (!places.includes(name)) fail(['params', name], `has no place in url: put {${name}} there`);
  for (const [name, rule] of Object.entries(params))
    if (rule.default !== undefined && !isFit(rule.default, rule))
      fail(['params', name, 'default'], 'breaks the rules of its own parameter');
  for (const name of Object.keys(sample ?? {}))
    if (!Object.hasOwn(map, name)) fail(['sample', name], 'is not one of map');
}

/** Headers, or values of the address where it has a place for their name, that are kept sealed and never shown. */
export const secretValues = z.record(headerName, headerValue);

/** A source of a workspace, opened; `secrets` are headers and values of the address that nobody is shown. */
export type Source = {
  readonly workspace: string;
  readonly name: string;
  /** Counts changes of the definition. */
  readonly version: number;
  readonly definition: Definition;
  readonly secrets: Readonly<Record<string, string>>;
};

/** What names a source's sealed columns, and the source in changes: `<workspace>/<name>`. */
export const subjectOf = ({ workspace, name }: { readonly workspace: string; readonly name: string }): string =>
  `${workspace}/${name}`;

const contextOf = (source: Pick<Source, 'workspace' | 'name'>): string => `source:${subjectOf(source)}`;

/** A source as stored, opened. */
export const openSource = (encryption: Encryption, record: SourceRecord): Source => ({
  workspace: record.workspace,
  name: record.name,
  version: record.version,
  definition: definition.parse(JSON.parse(record.definition)),
  secrets: JSON.parse(encryption.open(record.secrets, contextOf(record))),
});

/** Secret headers as they are stored. */
export const sealSecrets = (encryption: Encryption, source: Pick<Source, 'workspace' | 'name' | 'secrets'>): string =>
  encryption.seal(JSON.stringify(source.secrets), contextOf(source));

/** What is wrong with the places of an address: each is for a parameter or for a secret, and not for both. */
export function placeFaults({ url, params }: Definition, secrets: Source['secrets']): Fault[] {
  return placeholders(url).flatMap((name): Fault[] => {
    const isParam = Object.hasOwn(params, name);
    if (isParam !== Object.hasOwn(secrets, name)) return [];
    const message = isParam
      ? `has a place for ${name}, which is one of params and of secrets: rename one of them`
      : `has a place for ${name || 'nothing'}, which is neither one of params nor of secrets`;
    return [{ path: 'url', message }];
  });
}

const isFit = (value: string, rule: Definition['params'][string]): boolean =>
  value !== '' && value.length <= rule.maxLength && brokenRule(rule, value) === undefined;

/** The value of every parameter, in the order of the definition; `missing` names those that there is no good value for. */
export function fitParams(
  { params }: Definition,
  given: Readonly<Record<string, string>>,
): { readonly values: Readonly<Record<string, string>>; readonly missing: readonly string[] } {
  const fitted = Object.entries(params).map(([name, rule]) => {
    const value = Object.hasOwn(given, name) && given[name] !== '' ? given[name] : rule.default;
    return [name, value !== undefined && isFit(value, rule) ? value : undefined] as const;
  });
  return {
    values: Object.fromEntries(fitted.map(([name, value]) => [name, value ?? ''])),
    missing: fitted.filter(([, value]) => value === undefined).map(([name]) => name),
  };
}
