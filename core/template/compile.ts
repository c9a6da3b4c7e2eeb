import { AppError, type Fault } from '../errors.ts';
import { type Layer, layerTypes } from '../paint/layers/index.ts';
import type { Cells, LinkedLayer } from '../paint/nested.ts';
import { type CompiledCountdown, compileCountdown } from './countdown.ts';
import { type CompiledText, compileCondition, compileText, type Scope } from './expression.ts';
import { liveScope } from './live.ts';
import { type Looks, parseMarkup, type SpanStyle, splitSpans } from './markup.ts';
import { isExpression, type LayerBase } from './parts.ts';
import {
  countdownPart,
  isCountdownName,
  isLiveName,
  isTimeName,
  type Readable,
  readFaults,
  splitSourcePath,
} from './reads.ts';
import { shownOf } from './repeat.ts';
import type { Template } from './schema.ts';
import { type CompiledSource, compileSource } from './sources.ts';
import { type TextTransform, transformSpans } from './text-transform.ts';
import { layersFrom } from './within.ts';

/**
 * A layer ready for values. `resolve` gives the layer with its expressions replaced, or undefined when it is hidden or its
 * `when` does not hold; a static layer gives the same for all values. `target` is where it leads, which no picture shows: it counts
 * neither for `isStatic` nor among the variables, but `linkedBy` has those by which it and all within it lead somewhere.
 */
export type CompiledLayer = {
  readonly layer: Layer;
  readonly isStatic: boolean;
  readonly variables: readonly string[];
  resolve(scope: Scope): unknown;
  readonly target: { get(scope: Scope): string } | undefined;
  readonly linkedBy: readonly string[];
};

/**
 * A template ready for values: layers first to last, and what decides their picture. `drawnFields` are the fields any
 * layer draws and those that choose what a drawn source answers, `linkedFields` those that links on a page lead by besides;
 * the alt text has the sources' fallbacks, for it is written once.
 */
export type Compiled = {
  readonly template: Template;
  readonly layers: readonly CompiledLayer[];
  readonly sources: readonly CompiledSource[];
  readonly drawnFields: readonly string[];
  readonly linkedFields: readonly string[];
  /** Names of the sources a layer reads, in the template's order. */
  readonly drawnSources: readonly string[];
  /** Whether a layer shows the time, by `now` or by `countdown`. */
  readonly usesNow: boolean;
  readonly countdown: CompiledCountdown | undefined;
  /** The moment a picture is of: the end of its countdown once that is past, unless it shows the time otherwise. */
  momentOf(values: Scope, now: number): number;
  alt(values: Scope): string;
};

type Options = { readonly locale: string; readonly timeZone: string };
/** Part of a layer: a value as it stands, or one that waits for the scope. */
type Part = { readonly variables: readonly string[]; readonly isStatic: boolean; get(scope: Scope): unknown };

/** Compiles every expression of a checked template; throws template_invalid with all faults, paths as in the document. */
export function compileTemplate(template: Template): Compiled {
  const faults: Fault[] = [];
  const layers = template.layers.map((layer, i) => compileLayer(layer, template, `layers.${i}`, faults));
  const sources = Object.entries(template.sources).map(([name, source]) =>
    compileSource(name, source, template, faults),
  );
  const drawn = new Set(layers.flatMap((layer) => layer.variables));
  const parts = [...drawn].map(countdownPart).filter((part) => part !== undefined);
  const countdown = template.countdown && compileCountdown(template.countdown, template, parts, faults);
  const alt = compileAlt(template.alt, template, faults);
  if (faults.length > 0) throw new AppError('template_invalid', faultSentence(faults), { faults });
  const read = new Set([...drawn].map((name) => splitSourcePath(name)?.source));
  const drawnSources = sources.filter(({ name }) => read.has(name));
  const usesNow = [...drawn].some(isTimeName);
  const clocks = [...drawn].some(isCountdownName) ? (countdown?.fields ?? []) : [];
  const choosing = [...drawnSources.flatMap((source) => source.fields), ...clocks];
  const fields = [...drawn, ...choosing].filter((name) => !isLiveName(name));
  const drawnFields = [...new Set(fields)].sort();
  const linked = new Set(layers.flatMap(({ linkedBy }) => linkedBy));
  return {
    template,
    layers,
    sources,
    drawnFields,
    linkedFields: [...linked].filter((name) => !drawnFields.includes(name)).sort(),
    drawnSources: drawnSources.map(({ name }) => name),
    usesNow,
    countdown,
    momentOf: (values, now) => (drawn.has('now') || !countdown ? now : Math.min(now, countdown.end(values) ?? 0)),
    alt: (values) =>
      alt
        .render(liveScope({ sources, usesNow, countdown }, values, undefined))
        .replace(/\s+/g, ' ')
        .trim(),
  };
}

/** One sentence for all the faults of a template: the first, and how many more there are. */
export const faultSentence = ([first, ...rest]: readonly Fault[]): string => {
  const more = rest.length ? ` (and ${rest.length} more)` : '';
  const told = `${first?.path ? `${first.path}: ` : ''}${first?.message}${more}`;
  return `The template has faults. ${told}${told.endsWith('?') ? '' : '.'}`;
};

/** Compiles one layer, adding what is wrong with it to `faults` under `path`. */
export function compileLayer(layer: Layer, context: Options & Readable, path: string, faults: Fault[]): CompiledLayer {
  const rich = new Set<string>(layerTypes[layer.type].rich);
  const transform = 'textTransform' in layer ? layer.textTransform : 'none';
  const attempt = <T>(at: string, compile: () => T & { variables: readonly string[] }): T | undefined => {
    try {
      const compiled = compile();
      faults.push(...readFaults(compiled.variables, context, at));
      return compiled;
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      faults.push({ path: at, message: error.message });
      return undefined;
    }
  };
  const walk = (value: unknown, at: string, isRich: boolean): Part => {
    if (typeof value === 'string') {
      if (isRich) return attempt(at, () => richPart(value, context, transform)) ?? fixed([]);
      if (!isExpression(value)) return fixed(value);
      return attempt(at, () => textPart(value, context)) ?? fixed('');
    }
    if (Array.isArray(value)) {
      const parts = value.map((item, i) => walk(item, `${at}.${i}`, isRich));
      return combine(parts, (get) => parts.map(get));
    }
    if (value === null || typeof value !== 'object') return fixed(value);
    const parts = Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .map(([key, item]) => [key, walk(item, `${at}.${key}`, isRich)] as const);
    return combine(
      parts.map(([, part]) => part),
      (get) => Object.fromEntries(parts.map(([key, part]) => [key, get(part)])),
    );
  };
  const linked = new Set<string>();
  const within = (layers: readonly Layer[], at: string, known: Options & Readable, own: readonly string[] = []) =>
    layers.map((inner, i) => {
      const compiled = compileLayer(inner, known, `${at}.${i}`, faults);
      for (const name of compiled.linkedBy) linked.add(own.includes(name) ? '' : name);
      return compiled;
    });
  const nest = (layers: readonly Layer[], at: string): Part => {
    const inner = within(layers, at, context);
    return {
      variables: inner.flatMap(({ variables }) => variables),
      isStatic: inner.every(({ isStatic }) => isStatic),
      get: (scope) => shownAmong(inner, scope),
    };
  };
  const repeat = (layer: Extract<Layer, { type: 'repeat' }>): Part => {
    const { over, as, more } = layer;
    const field = Object.hasOwn(context.fields, over) ? (context.fields as Record<string, unknown>)[over] : undefined;
    if ((field as { type?: unknown } | undefined)?.type !== 'list')
      faults.push({ path: `${path}.over`, message: `${over} is no list field of this template: name one that is` });
    if (
      [...layer.layers, ...(more ?? [])].some((each) =>
        layersFrom(each, '').some(({ layer }) => layer.type === 'repeat'),
      )
    )
      faults.push({ path: `${path}.layers`, message: 'holds another repeat, but the items of a list hold no lists' });
    const reading = (...names: string[]) => ({
      ...context,
      fields: { ...context.fields, ...Object.fromEntries(names.map((name) => [name, true])) },
    });
    const own = [as, 'index', 'rest'];
    const items = within(layer.layers, `${path}.layers`, reading(as, 'index'), own);
    const last = more && within(more, `${path}.more`, reading('rest'), own);
    return {
      variables: [over, ...[...items, ...(last ?? [])].flatMap(({ variables }) => variables)].filter(
        (name) => name === over || !own.includes(name),
      ),
      isStatic: false,
      get(scope): Cells {
        const list = Array.isArray(scope[over]) ? (scope[over] as unknown[]) : [];
        const { shown, rest } = shownOf(layer, list.length);
        const cells = list.slice(0, shown).map((item, i) => shownAmong(items, { ...scope, [as]: item, index: i + 1 }));
        const isTold = rest > 0 && last !== undefined;
        return { cells: isTold ? [...cells, shownAmong(last, { ...scope, rest })] : cells, rest, isTold };
      },
    };
  };
  const { when, hidden, editable: _, href, ...drawn } = layer;
  const condition = when === undefined ? undefined : attempt(`${path}.when`, () => compileCondition(when, context));
  const options = Object.entries(drawn)
    .filter(([key]) => key !== 'more')
    .map(([key, value]) => {
      if (key !== 'layers') return [key, walk(value, `${path}.${key}`, rich.has(key))] as const;
      return [key, layer.type === 'repeat' ? repeat(layer) : nest(value as Layer[], `${path}.layers`)] as const;
    });
  const all = combine(
    options.map(([, part]) => part),
    (get) => Object.fromEntries(options.map(([key, part]) => [key, get(part)])),
  );
  const target = href === undefined ? undefined : walk(href, `${path}.href`, false);
  if (hidden)
    return { layer, target: undefined, linkedBy: [], isStatic: true, variables: [], resolve: () => undefined };
  return {
    layer,
    target: target && { get: (scope) => String(target.get(scope)).trim() },
    linkedBy: [...linked, ...(target?.variables ?? [])],
    isStatic: all.isStatic && (condition?.isStatic ?? true),
    variables: [...new Set([...all.variables, ...(condition?.variables ?? [])])],
    resolve: (scope) => (condition && !condition.test(scope) ? undefined : all.get(scope)),
  };
}

/** The layers whose `when` holds: what is not shown takes no place. Where they lead, static ones too, a page asks them. */
const shownAmong = (layers: readonly CompiledLayer[], scope: Scope): LinkedLayer[] =>
  layers.flatMap(({ resolve, target }) => {
    const shown = resolve(scope) as LayerBase | undefined;
    if (!shown || !target) return shown ?? [];
    return { ...shown, leadsTo: (outer: Scope) => target.get({ ...outer, ...scope }) };
  });

const fixed = (value: unknown): Part => ({ variables: [], isStatic: true, get: () => value });

/** Puts parts together; a whole made of static parts is made once. */
function combine(parts: readonly Part[], make: (get: (part: Part) => unknown) => unknown): Part {
  const variables = parts.flatMap((part) => part.variables);
  if (!parts.every((part) => part.isStatic)) {
    return { variables, isStatic: false, get: (scope) => make((part) => part.get(scope)) };
  }
  const whole = make((part) => part.get({}));
  return { variables, isStatic: true, get: () => whole };
}

function textPart(source: string, options: Options): Part {
  const { variables, isStatic, render } = compileText(source, options);
  return { variables, isStatic, get: render };
}

/** Markup is read before data goes in, so that no value can add a span. */
function richPart(source: string, options: Options, transform: TextTransform): Part {
  const markup = parseMarkup(source);
  const text = compileText(markup.source, { ...options, isolates: true });
  const colors = new Map(
    markup.styles
      .flatMap(({ color, marks = [] }) => [color, ...marks.map((mark) => mark.color)])
      .filter((color) => color !== undefined && isExpression(color))
      .map((color = '') => [color, compileText(color, options)]),
  );
  const inks = [...colors.values()];
  return {
    variables: [text, ...inks].flatMap((part) => part.variables),
    isStatic: text.isStatic && inks.every((ink) => ink.isStatic),
    get(scope) {
      const inked = <Style extends Looks>(style: Style): Style => {
        const ink = style.color === undefined ? undefined : colors.get(style.color);
        return ink ? { ...style, color: ink.render(scope).trim() } : style;
      };
      const styles = markup.styles.map((style): SpanStyle => {
        const { marks } = style;
        return inks.length === 0 ? style : { ...inked(style), ...(marks && { marks: marks.map(inked) }) };
      });
      return transformSpans(splitSpans(text.render(scope), styles), transform, options.locale);
    },
  };
}

/** Compiles an alt text, adding what is wrong with it to `faults`. */
export function compileAlt(
  source: string,
  context: Options & Readable,
  faults: Fault[],
): Pick<CompiledText, 'variables' | 'render'> {
  try {
    const alt = compileText(source, context);
    const time = alt.variables.find(isTimeName);
    if (time !== undefined)
      faults.push({ path: 'alt', message: `reads ${time}, but an alt text is written once: leave it out` });
    else faults.push(...readFaults(alt.variables, context, 'alt'));
    return alt;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    faults.push({ path: 'alt', message: error.message });
    return { variables: [], render: () => '' };
  }
}
