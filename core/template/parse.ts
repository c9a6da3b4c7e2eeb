import type { z } from 'zod';
import { AppError, type Fault, nearest, pathOf } from '../errors.ts';
import { type Layer, layerSchema, layerTypes } from '../paint/layers/index.ts';
import { scaleAt } from '../paint/paper.ts';
import { FAMILIES, isFamily } from '../paint/text/families.ts';
import { compileAlt, compileLayer, compileTemplate, faultSentence } from './compile.ts';
import { compileCountdown, countdownSchema } from './countdown.ts';
import { type Field, fieldSchema } from './fields/index.ts';
import { namedFamilies } from './fonts.ts';
import { MAX_PIXELS } from './output.ts';
import { splitSourcePath } from './reads.ts';
import {
  MAX_VARIANTS,
  type Template,
  templateJsonSchema,
  templateSchema,
  type Variant,
  variantSchema,
} from './schema.ts';
import { compileSource, sourceSchema } from './sources.ts';
import { checkLayouts, layoutsOf } from './variants.ts';
import { allLayers, isTooDeep, layersFrom, MAX_DEPTH } from './within.ts';

/**
 * Checks a template document, from a file or a request. Throws template_invalid with every fault at once: unknown
 * options, wrong values, expressions that do not compile or name unknown fields, layers with the same id.
 */
export function parseTemplate(json: unknown): Template {
  if (isTooDeep(json)) {
    const faults = [{ path: 'layers', message: `lie more than ${MAX_DEPTH} deep in each other: take some out` }];
    throw new AppError('template_invalid', faultSentence(faults), { faults });
  }
  const result = templateSchema.safeParse(json);
  const document = record(json);
  const faults = checkLayouts(document, soundVariants(document), (layout) => {
    const { error } = layout === document ? result : templateSchema.safeParse(layout);
    return [...(error ? faultsOf(error) : []), ...meaningFaults(layout)];
  });
  if (faults.length > 0) throw new AppError('template_invalid', faultSentence(faults), { faults });
  return result.data as Template;
}

/**
 * What keeps a checked template from being published: a field without a fallback, a text layer without a limit, live
 * data nobody reads, a font family that is neither bundled nor among `ownFamilies`.
 */
export function checkPublishable(template: Template, ownFamilies: readonly string[] = []): Fault[] {
  const faults: Fault[] = [];
  const checkFields = (fields: Readonly<Record<string, Field>>, path: string) => {
    for (const [name, field] of Object.entries(fields)) {
      if (field.fallback === undefined)
        faults.push({
          path: `${path}.${name}`,
          message: 'has no fallback: say what a recipient sees when it is blank',
        });
      if (field.type === 'list') checkFields(field.of as Record<string, Field>, `${path}.${name}.of`);
    }
  };
  checkFields(template.fields, 'fields');
  const layouts = layoutsOf(template);
  const isCounted = layouts.some((layout) => compileTemplate(layout).usesNow);
  if (template.countdown && !isCounted)
    faults.push({
      path: 'countdown',
      message: 'is read by nothing: show countdown.hours or another part of it, or remove it',
    });
  return [
    ...faults,
    ...checkLayouts(template, template.variants ?? {}, (layout) => layerFaults(layout, ownFamilies)),
    ...unreadFaults(layouts),
  ];
}

const layerFaults = (layout: Template, ownFamilies: readonly string[]): Fault[] =>
  allLayers(layout).flatMap(({ layer, path }) => [
    ...familyFaults(layer, path, ownFamilies),
    ...(layer.type === 'text' && layer.fit.maxLines === undefined
      ? [{ path: `${path}.fit.maxLines`, message: `is missing: say how many lines ${layer.id} may take` }]
      : []),
  ]);

/** What a source gives and nobody reads would still be fetched, and make new pictures that look the same. */
function unreadFaults(layouts: readonly Template[]): Fault[] {
  const [template] = layouts as [Template];
  const readers = [
    compileAlt(template.alt, template, []),
    ...layouts.flatMap((layout) => layout.layers.map((layer) => compileLayer(layer, layout, '', []))),
  ];
  const paths = readers.flatMap(({ variables }) => variables).map(splitSourcePath);
  return Object.entries(template.sources).flatMap(([name, { fallback }]): Fault[] => {
    const read = paths.filter((path) => path?.source === name).map((path) => path?.field);
    if (read.length === 0) return [{ path: `sources.${name}`, message: 'is read by nothing: remove it' }];
    return Object.keys(fallback)
      .filter((field) => !read.includes(field))
      .map((field) => ({ path: `sources.${name}.fallback.${field}`, message: 'is read by nothing: remove it' }));
  });
}

/** A family that is not there would be drawn in another, with other widths. */
const familyFaults = (layer: Layer, path: string, own: readonly string[]): Fault[] =>
  namedFamilies(layer, path)
    .filter(({ family }) => !isFamily(family) && !own.includes(family))
    .map(({ path, family }) => ({
      path,
      message: `there is no font family ${family}: upload it, or choose from ${[...FAMILIES, ...own].join(', ')}`,
    }));

// Comparing words is slow enough that a document full of unknown ones would stop the service for seconds.
const MAX_GUESSES = 20;
const MAX_GUESSED = 60;

/** One sentence per zod issue, an unknown option with the nearest known name. */
export function faultsOf(error: z.ZodError, known: () => Iterable<string> = optionNames): Fault[] {
  let guesses = 0;
  return error.issues.flatMap((issue): Fault[] => {
    const path = pathOf(issue.path);
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => {
        const near = key.length <= MAX_GUESSED && ++guesses <= MAX_GUESSES ? nearest(key, known()) : undefined;
        return {
          path: pathOf([...issue.path, key]),
          message: `is not an option here${near && near !== key ? `: did you mean ${near}?` : ': remove it'}`,
        };
      });
    }
    if (issue.code === 'invalid_key')
      return [{ path, message: issue.issues.map((each) => plain(each.message)).join(', and ') }];
    // An issue does not keep its input; only zod's own message says that there was none.
    if (issue.code === 'invalid_type' && issue.message.endsWith('received undefined'))
      return [{ path, message: `is missing: expected ${issue.expected}` }];
    if (issue.code === 'invalid_union' && 'discriminator' in issue && issue.discriminator !== undefined)
      return [{ path, message: unknownChoice(issue.discriminator, 'options' in issue ? issue.options : undefined) }];
    if (issue.code === 'invalid_union') {
      const nested = issue.errors.flatMap((issues) => issues.map((each) => each.message));
      return [{ path, message: [...new Set(nested)].join(', or ') || issue.message }];
    }
    return [{ path, message: plain(issue.message) }];
  });
}

const unknownChoice = (option: string, known: unknown): string =>
  Array.isArray(known)
    ? `is not a ${option} there is: choose from ${known.join(', ')}`
    : `has an unknown ${option}: see the template reference for those there are`;

const plain = (message: string): string =>
  message.replace(/^Invalid input: /, '').replace(/^./, (letter) => letter.toLowerCase());

let names: Set<string> | undefined;
function optionNames(): Set<string> {
  if (names) return names;
  names = new Set();
  const collect = (node: unknown): void => {
    if (node === null || typeof node !== 'object') return;
    for (const [key, value] of Object.entries(node)) {
      if (key === 'properties') for (const name of Object.keys(value as object)) names?.add(name);
      collect(value);
    }
  };
  collect(templateJsonSchema());
  return names;
}

/**
 * Faults the schema alone cannot see. Works on whatever parts of the document are sound, so that a wrong option in one
 * place does not hide an unknown field in another.
 */
function meaningFaults(json: unknown): Fault[] {
  const faults: Fault[] = [];
  const document = record(json);
  const fields = record(document.fields);
  const sources = record(document.sources);
  const options = {
    fields,
    sources: Object.fromEntries(
      Object.entries(sources).map(([name, source]) => [name, { fallback: record(record(source).fallback) }]),
    ),
    freshness: record(document.freshness),
    countdown: document.countdown,
    locale: safeLocale(document.locale),
    timeZone: safeZone(document.timeZone),
  };
  const seen = new Set<string>();
  for (const [i, candidate] of (Array.isArray(document.layers) ? document.layers : []).entries()) {
    const parsed = layerSchema.safeParse(candidate);
    if (!parsed.success) continue;
    for (const { layer, path, isNested } of layersFrom(parsed.data, `layers.${i}`)) {
      if (seen.has(layer.id))
        faults.push({ path: `${path}.id`, message: `another layer is called ${layer.id}: give each its own id` });
      seen.add(layer.id);
      faults.push(...editableFaults(layer, path));
      if (isNested && layer.page !== undefined)
        faults.push({ path: `${path}.page`, message: 'belongs to the layer that holds this one: say it there' });
      if (layer.type === 'shape' && layer.shape === 'polygon' && (layer.points?.length ?? 0) < 3)
        faults.push({ path: `${path}.points`, message: 'a polygon needs at least three points' });
    }
    compileLayer(parsed.data, options, `layers.${i}`, faults);
  }
  if (typeof document.alt === 'string') compileAlt(document.alt, options, faults);
  const counted = countdownSchema.safeParse(document.countdown);
  if (counted.success) compileCountdown(counted.data, options, [], faults);
  for (const [name, candidate] of Object.entries(sources)) {
    const parsed = sourceSchema.safeParse(candidate);
    if (parsed.success) compileSource(name, parsed.data, options, faults);
  }
  for (const [name, candidate] of Object.entries(fields)) {
    const parsed = fieldSchema.safeParse(candidate);
    if (!parsed.success || parsed.data.type !== 'image') continue;
    const { fallback } = parsed.data;
    if (typeof fallback !== 'object') continue;
    if (record(fields[fallback.initials]).type !== 'text')
      faults.push({
        path: `fields.${name}.fallback.initials`,
        message: `${fallback.initials} is not a text field of this template`,
      });
  }
  for (const [set, data] of Object.entries(record(document.datasets)))
    for (const name of Object.keys(record(data)))
      if (!Object.hasOwn(fields, name))
        faults.push({ path: `datasets.${set}.${name}`, message: 'is not a field of this template' });
  const size = { width: Number(record(document.size).width), height: Number(record(document.size).height) };
  const { scale = 2, dpi } = record(document.output);
  const factor = dpi === undefined ? Number(scale) : scaleAt(Number(dpi), size);
  if (size.width * size.height * factor * factor > MAX_PIXELS)
    faults.push({ path: 'size', message: 'is over 25 megapixels at its output scale: make it smaller' });
  return faults;
}

function editableFaults(layer: Layer, path: string): Fault[] {
  const options = Object.keys(layerTypes[layer.type].schema.shape).filter(
    (name) => !['id', 'type', 'editable'].includes(name),
  );
  return layer.editable
    .filter((name) => !options.includes(name))
    .map((name) => ({
      path: `${path}.editable`,
      message: `${name} is not an option of a ${layer.type} layer: choose from ${options.join(', ')}`,
    }));
}

/** The first ones: more are a fault of their own. */
const soundVariants = ({ variants }: Record<string, unknown>): Record<string, Variant> =>
  Object.fromEntries(
    Object.entries(record(variants))
      .slice(0, MAX_VARIANTS)
      .map(([name, variant]) => [name, variantSchema.safeParse(variant).data] as const)
      .filter((entry): entry is readonly [string, Variant] => entry[1] !== undefined),
  );

const record = (value: unknown): Record<string, unknown> =>
  value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Record<string, unknown>) : {};

// A wrong locale or zone is the schema's fault to tell; the expressions are still checked, with the defaults.
const safeLocale = (value: unknown): string =>
  templateSchema.shape.locale.safeParse(value).success ? String(value ?? 'en-US') : 'en-US';
const safeZone = (value: unknown): string =>
  templateSchema.shape.timeZone.safeParse(value).success ? String(value ?? 'UTC') : 'UTC';
