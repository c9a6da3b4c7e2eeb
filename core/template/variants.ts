import { AppError, type Fault, nearest } from '../errors.ts';
import { type Template, templateSchema, type Variant } from './schema.ts';

type Document = Readonly<Record<string, unknown>>;
/** Only what is read of a document before its parts are known to be sound. */
type Varied = Pick<Variant, 'size' | 'output' | 'background'> & { readonly layers: Readonly<Record<string, Document>> };

/** The names of a template's variants, in its own order. */
export const variantNames = ({ variants = {} }: Pick<Template, 'variants'>): string[] => Object.keys(variants);

/**
 * One of a template's variants as a template of its own, checked and with every default filled in; without a name the
 * template itself. Throws template_not_found with the names there are.
 */
export function variantOf(template: Template, name: string | undefined): Template {
  if (name === undefined) return template;
  const { variants = {} } = template;
  if (!Object.hasOwn(variants, name)) {
    const names = Object.keys(variants).join(', ');
    const advice = names ? `choose from ${names}, or leave it out` : 'it has one size, so leave it out';
    throw new AppError('template_not_found', `The template ${template.name} has no such variant: ${advice}.`);
  }
  return templateSchema.parse(vary(template, variants[name] as Variant)) as Template;
}

/** What a template's variant is known by, where the template itself is known by `key`. */
export const variantKey = (key: string, name: string | undefined): string =>
  name === undefined ? key : `${key}/${name}`;

/** A template and all its variants, each as a template of its own. */
export const layoutsOf = (template: Template): Template[] => [
  template,
  ...variantNames(template).map((name) => variantOf(template, name)),
];

/**
 * What a check finds wrong with a document, and what it finds besides with each of its variants, there with the path of the
 * variant: `variants.story.layers.headline.fontSize`. A variant with faults of its own is checked no further.
 */
export function checkLayouts<D extends object>(
  document: D,
  variants: Readonly<Record<string, Varied>>,
  check: (layout: D) => Fault[],
): Fault[] {
  const found = check(document);
  const known = new Set(found.map(sentence));
  const ids = idsOf(document);
  return [
    ...found,
    ...Object.entries(variants).flatMap(([name, variant]) => {
      const own = variantFaults(new Set(ids.values()), variant);
      const faults =
        own.length > 0 ? own : check(vary(document, variant)).filter((fault) => !known.has(sentence(fault)));
      return faults.map(({ path, message }) => ({ path: `variants.${name}.${byId(ids, path)}`, message }));
    }),
  ];
}

const sentence = ({ path, message }: Fault): string => `${path}: ${message}`;

/** A path as variants have it, for their layers go by id: `layers.headline.box` for `layers.3.box`. */
function byId(ids: ReadonlyMap<string, string>, path: string): string {
  for (let at = path; at !== ''; at = at.slice(0, Math.max(0, at.lastIndexOf('.')))) {
    const id = ids.get(at);
    if (id !== undefined) return `layers.${id}${path.slice(at.length)}`;
  }
  return path;
}

/** The id of every layer by its path, the nested ones too; a document that has still to be checked may hold anything. */
function idsOf(holder: object, path = ''): Map<string, string> {
  const ids = new Map<string, string>();
  for (const option of ['layers', 'more']) {
    const layers: unknown = (holder as Document)[option];
    for (const [i, layer] of (Array.isArray(layers) ? layers : []).entries()) {
      if (!isObject(layer)) continue;
      const at = `${path}${option}.${i}`;
      ids.set(at, String(layer.id));
      for (const [nested, id] of idsOf(layer, `${at}.`)) ids.set(nested, id);
    }
  }
  return ids;
}

// What makes a layer the one it is; layers within another have ids of their own.
const FIXED = ['id', 'type', 'layers', 'more', 'editable'];

// Comparing words is slow enough that a document full of unknown ones would stop the service for seconds.
const MAX_GUESSES = 20;

function variantFaults(ids: ReadonlySet<string>, { layers }: Varied): Fault[] {
  const unknown = Object.keys(layers).filter((id) => !ids.has(id));
  const fixed = Object.entries(layers).flatMap(([id, options]) =>
    FIXED.filter((option) => Object.hasOwn(options, option)).map((option) => `layers.${id}.${option}`),
  );
  return [
    ...fixed.map((path) => ({ path, message: 'is the same in every variant: leave it out' })),
    ...unknown.map((id, i) => {
      const near = i < MAX_GUESSES ? nearest(id, ids) : undefined;
      const advice = near ? `did you mean ${near}?` : 'leave it out';
      return { path: `layers.${id}`, message: `is no layer of this template: ${advice}` };
    }),
  ];
}

/** A document as a variant of it has it, without variants of its own. */
function vary<D extends object>(document: D, { size, output, background, layers }: Varied): D {
  const { variants: _, ...whole } = document as Document;
  const change = (layer: unknown): unknown => {
    if (!isObject(layer)) return layer;
    const { id, layers: inner, more } = layer;
    const nested = { ...layer, ...(Array.isArray(inner) && { layers: inner.map(change) }) };
    const held = { ...nested, ...(Array.isArray(more) && { more: more.map(change) }) };
    return Object.hasOwn(layers, String(id)) ? merge(held, layers[String(id)] as Document) : held;
  };
  return {
    ...whole,
    size,
    ...(output && { output: { ...(isObject(whole.output) ? outputBeside(output, whole.output) : {}), ...output } }),
    ...(background !== undefined && { background }),
    ...(Array.isArray(whole.layers) && { layers: whole.layers.map(change) }),
  } as D;
}

/** What stays of a template's output: a scale stands in the place of dots per inch, too. */
function outputBeside({ scale }: { readonly scale?: unknown }, output: Document): Document {
  const { dpi: _, ...scaled } = output;
  return scale === undefined ? output : scaled;
}

/**
 * Options as JSON Merge Patch (RFC 7396) has it: objects are merged, null takes an option out, anything else stands in its
 * place; so does an object with a type of its own, for those of another type have other options.
 */
function merge(options: Document, changes: Document): Document {
  const merged = Object.entries(changes).map(([key, change]) => {
    const before = options[key];
    const isMerged = isObject(before) && isObject(change) && !Object.hasOwn(change, 'type');
    return [key, isMerged ? merge(before, change) : change] as const;
  });
  return Object.fromEntries([...Object.entries(options), ...merged].filter(([key]) => changes[key] !== null));
}

const isObject = (value: unknown): value is Document =>
  value !== null && typeof value === 'object' && !Array.isArray(value);
