/** A schema of an API description: OpenAPI 3.0's or Swagger 2.0's, both of which are nearly JSON Schema. */
export type Schema = Readonly<Record<string, unknown>>;

/** Whose body it describes. `sparse`: an answer to somebody who asked for some attributes only. */
export type Side = 'request' | 'answer' | 'sparse';

const COPIED = ['type', 'format', 'minimum', 'maximum', 'minLength', 'maxLength', 'minItems', 'maxItems', 'pattern'];
// Descriptions forget that the last page has no next one.
const PAGES = ['next', 'prev'];

/**
 * The schema as JSON Schema 2019-09, complete with every schema it refers to. Looser than the description where that is
 * sloppy (`oneOf` whose choices overlap), stricter where it is silent: a request may hold only properties it names.
 * `laterValues` may stand wherever the values they are named by may.
 */
export function toJsonSchema(
  schema: Schema,
  side: Side,
  lookUp: (reference: string) => Schema,
  laterValues: Readonly<Record<string, string>>,
): Schema {
  const definitions: Record<string, Schema> = {};

  const refer = (reference: string, isPart: boolean): Schema => {
    const name = reference.replace(/\W+/g, '.') + (isPart ? '.part' : '');
    if (!(name in definitions)) {
      definitions[name] = {};
      definitions[name] = convert(lookUp(reference), isPart);
    }
    return { $ref: `#/$defs/${name}` };
  };

  // A part is a branch of something composed: only the whole knows every property.
  const convert = (given: Schema, isPart: boolean, isSparse = false): Schema => {
    if (given.nullable === true)
      return { anyOf: [{ type: 'null' }, convert({ ...given, nullable: false }, isPart, isSparse)] };
    if (typeof given.$ref === 'string') return refer(given.$ref, isPart);
    const made: Record<string, unknown> = {};
    for (const key of COPIED) if (given[key] !== undefined) made[key] = given[key];
    if (Array.isArray(given.enum))
      made.enum = given.enum.flatMap((one: string) => [one, laterValues[one] ?? []].flat());
    const properties = Object.entries((given.properties ?? {}) as Record<string, Schema>);
    const named = properties.filter(([, of]) => !(side === 'request' ? isReadOnly(of) : of.writeOnly));
    if (given.properties)
      made.properties = Object.fromEntries(
        named.map(([name, of]) => [
          name,
          convert(
            PAGES.includes(name) ? { ...of, nullable: true } : of,
            false,
            side === 'sparse' && name === 'attributes',
          ),
        ]),
      );
    if (Array.isArray(given.required) && !isSparse)
      made.required = given.required.filter(
        (name) => named.some(([other]) => other === name) || properties.every(([other]) => other !== name),
      );
    if (given.items) made.items = convert(given.items as Schema, false);
    if (given.additionalProperties && typeof given.additionalProperties === 'object')
      made.additionalProperties = convert(given.additionalProperties as Schema, false);
    const choices = (given.oneOf ?? given.anyOf) as Schema[] | undefined;
    const composed = given.allOf !== undefined || (choices !== undefined && given.properties !== undefined);
    if (given.allOf) made.allOf = (given.allOf as Schema[]).map((part) => convert(part, true));
    if (choices) made.anyOf = choices.map((choice) => convert(choice, isPart || composed));
    if (side === 'request' && !isPart && !given.additionalProperties && (given.properties || composed))
      made.unevaluatedProperties = false;
    return made;
  };

  const root = convert(schema, false);
  return { ...root, $defs: definitions };
}

const isReadOnly = (schema: Schema): boolean => schema.readOnly === true || schema.readonly === true;
