import type { Schema } from './spec-schema.ts';

/** A parameter, as OpenAPI 3.0 has it: `schema` says what it may be. */
export type Parameter = Schema & { readonly name: string; readonly in: string; readonly schema: Schema };

/** By field of a Klaviyo filter: what it may be asked with, for one value and for a list. */
export type Filters = Readonly<Record<string, { readonly operators: { readonly [kind in Kind]?: string[] } }>>;
type Kind = 'list' | 'single';

/** One method of one path. */
export type Operation = {
  readonly name: string;
  readonly parameters: readonly Parameter[];
  readonly body:
    | { readonly schema: Schema; readonly types: readonly string[]; readonly isRequired: boolean }
    | undefined;
  readonly filters: Filters | undefined;
  /** Of what is answered: null when that is nothing, undefined when the description does not know the status. */
  answer(status: number): Schema | null | undefined;
};

type Content = Readonly<Record<string, { readonly schema: Schema }>>;

/** The operations of an OpenAPI 3.0 or a Swagger 2.0 document, to be found by method and path. */
export function readOperations(document: Schema) {
  const paths = Object.entries(document.paths as Record<string, Schema>)
    // What is written out goes before what is a parameter.
    .sort(([a], [b]) => a.split('{').length - b.split('{').length)
    .map(([path, item]) => ({ path, item, pattern: patternOf(path) }));
  const read = new Map<string, Operation>();

  const lookUp = (reference: string): Schema =>
    reference
      .slice(2)
      .split('/')
      .reduce<Schema>((node, key) => node[key] as Schema, document);
  const follow = (node: Schema): Schema => (typeof node.$ref === 'string' ? lookUp(node.$ref) : node);

  const build = (name: string, item: Schema, given: Schema): Operation => {
    const all = [...((item.parameters ?? []) as Schema[]), ...((given.parameters ?? []) as Schema[])].map(follow);
    const swagger = all.find((parameter) => parameter.in === 'body');
    const request = given.requestBody as (Schema & { content: Content }) | undefined;
    const [openApi] = Object.values(request?.content ?? {});
    const schema = (openApi ?? swagger)?.schema as Schema | undefined;
    const responses = given.responses as Record<string, Schema>;
    return {
      name,
      // In Swagger 2.0 a parameter is its own schema, but for `required`.
      parameters: all.map((one) => ({ ...one, schema: one.schema ?? { ...one, required: undefined } })) as Parameter[],
      body: schema && {
        schema,
        types: request ? Object.keys(request.content) : ['application/json'],
        isRequired: (request ?? swagger)?.required === true,
      },
      filters: given['x-klaviyo-filters'] as Filters | undefined,
      answer(status) {
        const found = responses[status] ?? responses[`${String(status)[0]}XX`];
        if (!found) return undefined;
        const response = follow(found) as Schema & { content?: Content };
        return (Object.values(response.content ?? {})[0]?.schema ?? response.schema ?? null) as Schema | null;
      },
    };
  };

  return {
    lookUp,
    find(method: string, path: string): Operation | undefined {
      const found = paths.find(({ item, pattern }) => item[method] !== undefined && pattern.test(path));
      if (!found) return undefined;
      const name = `${method.toUpperCase()} ${found.path}`;
      const operation = read.get(name) ?? build(name, found.item, found.item[method] as Schema);
      read.set(name, operation);
      return operation;
    },
  };
}

const patternOf = (path: string): RegExp =>
  new RegExp(`^${path.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replace(/\{[^}]*\}/g, '[^/]+')}$`);
