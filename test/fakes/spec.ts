import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv2019, type ErrorObject, type ValidateFunction } from 'ajv/dist/2019.js';
import { type Operation, type Parameter, readOperations } from './spec-operations.ts';
import { type Schema, type Side, toJsonSchema } from './spec-schema.ts';

type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** Says what of a request or an answer is not as the platform's own description has it, one sentence each. */
export type Spec = {
  /** `target` is path and query as in the request line; `body` the text as it came, empty when there is none. */
  checkRequest(method: string, target: string, headers: Headers, body: string): string[];
  /** Not looked at is what a proxy on the way may answer in place of the platform: 429 and 5xx. */
  checkAnswer(method: string, target: string, status: number, body: string): string[];
};

/** What is odd about a description, and what the platform's reference has that it is too old for. */
type Oddities = {
  readonly file: string;
  /** In front of every path, and not in the description. */
  readonly prefix: string;
  /** Query parameters that came later. */
  readonly laterQuery: readonly string[];
  /** Values that came later, by one that was always there beside them. */
  readonly laterValues: Readonly<Record<string, string>>;
  /** Where the description's own errors are valid. */
  readonly checksErrors: boolean;
};

const platforms = {
  klaviyo: { file: 'klaviyo-openapi.json', prefix: '', laterQuery: [], laterValues: {}, checksErrors: true },
  mailchimp: {
    file: 'mailchimp-openapi-2018.json',
    prefix: '/3.0',
    laterQuery: ['skip_merge_validation', 'skip_duplicate_check', 'sort_field', 'sort_dir', 'since_last_campaign'],
    laterValues: { cleaned: 'archived' },
    checksErrors: false,
  },
} satisfies Record<string, Oddities>;

/** Platforms that have described their API. */
export type SpecId = keyof typeof platforms;

/** A platform's description; undefined when it is not there: nothing but tests reads it. */
export function openSpec(id: SpecId): Spec | undefined {
  const oddities: Oddities = platforms[id];
  const file = findFile(oddities.file);
  return file === undefined ? undefined : createSpec(JSON.parse(readFileSync(file, 'utf8')) as Schema, oddities);
}

/** In the folder PLATFORM_SPECS names, else in `shared/specs` beside the checkout or above. */
function findFile(name: string): string | undefined {
  const folders = process.env.PLATFORM_SPECS === undefined ? [] : [process.env.PLATFORM_SPECS];
  if (folders.length === 0)
    for (let at = dirname(fileURLToPath(import.meta.url)); at !== dirname(at); at = dirname(at))
      folders.push(join(at, 'shared', 'specs'));
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}

// With a time zone, as both platforms write it; Mailchimp gives '' for a time that has not come.
const TIME = /^$|^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)$/;
const FORMATS = { 'date-time': TIME, date: /^\d{4}-\d\d-\d\d$/, uri: /^$|^[a-z][a-z0-9+.-]*:\S*$/i };

function createSpec(document: Schema, { prefix, laterQuery, laterValues, checksErrors }: Oddities): Spec {
  const operations = readOperations(document);
  const ajv = new Ajv2019({ strict: false, allErrors: true, logger: false, formats: FORMATS, verbose: true });
  const compiled = new Map<Schema, Map<Side, ValidateFunction>>();

  const faultsOf = (where: string, value: unknown, schema: Schema, side: Side): string[] => {
    const bySide = compiled.get(schema) ?? new Map<Side, ValidateFunction>();
    compiled.set(schema, bySide);
    const validate = bySide.get(side) ?? ajv.compile(toJsonSchema(schema, side, operations.lookUp, laterValues));
    bySide.set(side, validate);
    return validate(value) ? [] : (validate.errors ?? []).slice(0, 8).map((error) => `${where}${sentence(error)}`);
  };

  const find = (method: string, target: string) => {
    const url = new URL(target, 'http://platform');
    const path = url.pathname.startsWith(`${prefix}/`) ? url.pathname.slice(prefix.length) : undefined;
    const operation = path === undefined ? undefined : operations.find(method.toLowerCase(), path);
    return { operation, query: url.searchParams, fault: `${method} ${url.pathname} is not in the description.` };
  };

  const faultsOfParameter = (parameter: Parameter, given: string[]): string[] => {
    const name = `The parameter ${parameter.name}`;
    if (given.length > 1) return [`${name} comes ${given.length} times.`];
    const [text] = given;
    if (text === undefined) return parameter.required === true ? [`${name} is missing.`] : [];
    return faultsOf(name, readParameter(text, parameter.schema.type), parameter.schema, 'request');
  };

  const faultsOfQuery = (operation: Operation, query: URLSearchParams): string[] => {
    const known = operation.parameters.filter((parameter) => parameter.in === 'query');
    const unknown = [...new Set(query.keys())].filter(
      (name) => !laterQuery.includes(name) && !known.some((parameter) => parameter.name === name),
    );
    return [
      ...unknown.map((name) => `The parameter ${name} is not in the description.`),
      ...known.flatMap((parameter) => faultsOfParameter(parameter, query.getAll(parameter.name))),
      ...faultsOfFilter(operation.filters, query.get('filter')),
    ];
  };

  const faultsOfBody = ({ body }: Operation, headers: Headers, text: string): string[] => {
    if (!body) return text === '' ? [] : ['The body is not in the description.'];
    if (text === '') return body.isRequired ? ['The body is missing.'] : [];
    const type = String(headers['content-type'] ?? '').split(';')[0];
    const wrongType = body.types.includes(type ?? '') ? [] : [`The content type of the body is ${type}.`];
    return [...wrongType, ...faultsOfJson('The body', text, body.schema, 'request')];
  };

  const faultsOfJson = (where: string, text: string, schema: Schema, side: Side): string[] => {
    try {
      return faultsOf(where, JSON.parse(text), schema, side);
    } catch (error) {
      if (error instanceof SyntaxError) return [`${where} is not JSON.`];
      throw error;
    }
  };

  return {
    checkRequest(method, target, headers, body) {
      const { operation, query, fault } = find(method, target);
      if (!operation) return [fault];
      const asked = operation.parameters.filter((parameter) => parameter.in === 'header');
      const faults = [
        ...asked.flatMap((parameter) => faultsOfParameter(parameter, [headers[parameter.name] ?? []].flat())),
        ...faultsOfQuery(operation, query),
        ...faultsOfBody(operation, headers, body),
      ];
      return faults.map((sentence) => `${operation.name}: ${sentence}`);
    },
    checkAnswer(method, target, status, body) {
      if (status === 429 || status >= 500 || (status >= 400 && !checksErrors)) return [];
      const { operation, query, fault } = find(method, target);
      if (!operation) return status === 404 ? [] : [fault];
      const schema = operation.answer(status);
      const side = [...query.keys()].some((name) => name.startsWith('fields')) ? 'sparse' : 'answer';
      const faults =
        schema === undefined
          ? [`The status ${status} is not in the description.`]
          : schema === null
            ? [body].filter((text) => text !== '').map(() => `The answer ${status} has a body.`)
            : faultsOfJson(`The answer ${status}`, body, schema, side);
      return faults.map((sentence) => `${operation.name}: ${sentence}`);
    },
  };
}

/** As the schema sees it: lists are joined by commas, and numbers are digits. */
function readParameter(text: string, type: unknown): unknown {
  if (type === 'array') return text.split(',');
  if ((type === 'integer' || type === 'number') && /^-?\d+(\.\d+)?$/.test(text)) return Number(text);
  return type === 'boolean' && /^(true|false)$/.test(text) ? text === 'true' : text;
}

/** A filter such as `equals(status,"Scheduled")`, several joined by commas: fields and operators are in the description. */
function faultsOfFilter(filters: Operation['filters'], text: string | null): string[] {
  if (text === null || !filters) return [];
  const asked = [...text.matchAll(/([a-z-]+)\(([\w.]+),(\[?)/g)];
  if (asked.length === 0) return ['The filter cannot be read.'];
  return asked.flatMap(([, operator = '', field = '', bracket]) => {
    const operators = filters[field]?.operators[bracket === '[' ? 'list' : 'single'];
    if (!operators) return [`The filter cannot use ${field}${bracket ? ' with a list' : ''}.`];
    return operators.includes(operator) ? [] : [`The filter cannot use ${operator} of ${field}.`];
  });
}

function sentence({ instancePath, keyword, message, params }: ErrorObject): string {
  const given = params as Record<string, unknown>;
  const detail = given.unevaluatedProperty ?? (keyword === 'enum' ? (given.allowedValues as string[]).join(', ') : '');
  return `${instancePath} ${message}${detail === '' ? '' : `: ${detail}`}.`;
}
