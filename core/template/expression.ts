import { Context, type FilterImplOptions, Liquid, filters as liquidOwn, type Template } from 'liquidjs';
import { AppError } from '../errors.ts';
import { RTL } from './clean-text.ts';
import { asText, filters, liquidFilters } from './filters.ts';
import { checkOperands } from './operands.ts';
import { isExpression } from './parts.ts';

/** What an expression can see: fields by name, and live data. */
export type Scope = Readonly<Record<string, unknown>>;

/** The template's language and clock-face; nothing of the machine's is ever read. */
export type ExpressionOptions = {
  readonly locale: string;
  readonly timeZone: string;
  /**
   * Keeps printed values that run from right to left from pulling the words around them along, and in a text that does so
   * itself all of them (a phone number would be turned round), with Unicode's isolates (U+2068, U+2069). For text that is
   * drawn.
   */
  readonly isolates?: boolean;
};

/**
 * A text with expressions, ready to be filled in. `variables` is what it reads: fields by name, `now`, and live data by
 * its whole path, such as `source.weather.temp`; static means none.
 */
export type CompiledText = {
  readonly variables: readonly string[];
  readonly isStatic: boolean;
  render(scope: Scope): string;
};

/** A condition, ready to be asked. */
export type CompiledCondition = {
  readonly variables: readonly string[];
  readonly isStatic: boolean;
  test(scope: Scope): boolean;
};

/** Limits in things counted, so that the same render passes or fails on every machine. */
const limits = { source: 10_000, steps: 10_000, memory: 200_000, output: 20_000 };

const tags = ['#', 'assign', 'break', 'capture', 'case', 'comment', 'continue', 'echo', 'for', 'if', 'raw', 'unless'];

/**
 * Compiles a text with Liquid expressions. A blank text, 0 and a missing value count as false, unlike in other
 * Liquids. Throws template_invalid for a syntax error, an unknown filter or tag, or a wrong filter argument;
 * `render` throws expression_failed past a limit of steps, memory or length.
 */
export function compileText(source: string, options: ExpressionOptions): CompiledText {
  if (!isExpression(source)) return { variables: [], isStatic: true, render: () => source };
  const settings = { ...options, source };
  const { parsed, variables, whole } = compile(source, settings);
  if (variables.length === 0) return { variables, isStatic: true, render: () => whole };
  return { variables, isStatic: false, render: (scope) => render(parsed, scope, settings) };
}

/** Compiles a bare Liquid condition (`tier == 'gold' and points > 100`). Throws as compileText does. */
export function compileCondition(source: string, options: ExpressionOptions): CompiledCondition {
  if (/\{\{|\}\}|\{%|%\}/.test(source))
    throw new AppError('template_invalid', "a condition is written without braces, such as tier == 'gold'");
  const { variables, isStatic, render } = compileText(`{% if ${source} %}1{% endif %}`, options);
  return { variables, isStatic, test: (scope) => render(scope) === '1' };
}

function compile(source: string, settings: Settings): { parsed: Template[]; variables: string[]; whole: string } {
  try {
    const parsed = engine.parse(source);
    checkOperands(parsed);
    const variables = [...new Set(engine.globalVariableSegmentsSync(parsed).map(nameOf))].sort();
    // Without data most of a text still runs, and shows arguments that no data could make right.
    return { parsed, variables, whole: run(parsed, {}, { ...settings, isTrial: true }) };
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    throw new AppError('template_invalid', `expression cannot be used: ${said.split('\n')[0]}`, { cause: error });
  }
}

/** Of live data the whole path matters; a piece of it that only data could tell stands as `?`. */
function nameOf([root, ...path]: readonly unknown[]): string {
  if (root !== 'source' && root !== 'countdown') return String(root);
  return [root, ...path.map((piece) => (typeof piece === 'string' ? piece : '?'))].join('.');
}

function render(parsed: Template[], scope: Scope, settings: Settings): string {
  try {
    return run(parsed, scope, settings);
  } catch (error) {
    // The cause may quote data, so it stays out of the sentence.
    throw new AppError(
      'expression_failed',
      'An expression of the template failed or crossed a limit: make it simpler.',
      {
        cause: error,
      },
    );
  }
}

type Settings = ExpressionOptions & { readonly source: string; readonly isTrial?: boolean };

function run(parsed: Template[], scope: Scope, settings: Settings): string {
  const context = new Context(scope, engine.options, { sync: true }, { liquid: engine, renderLimit: countSteps() });
  context.setRegister('settings', settings);
  const output: unknown = engine.renderSync(parsed, context);
  const text = asText(output);
  if (text.length > limits.output) throw new RangeError(`more than ${limits.output} characters come out`);
  return text;
}

/** Liquid asks its limit before each step, meaning to compare times; this one counts. */
function countSteps(): Context['renderLimit'] {
  let steps = 0;
  const check = () => {
    steps += 1;
    if (steps > limits.steps) throw new RangeError(`more than ${limits.steps} steps are needed`);
  };
  return { check, use: check } as unknown as Context['renderLimit'];
}

// One engine serves all templates: it holds no data, and the locale and time zone travel with each render.
const engine = createEngine();

function createEngine(): Liquid {
  const liquid = new Liquid({
    strictFilters: true,
    strictVariables: false,
    ownPropertyOnly: true,
    jsTruthy: true,
    // In-memory partials that do not exist, so that no code path leads to the disk.
    templates: {},
    parseLimit: limits.source,
    memoryLimit: limits.memory,
    outputEscape: charge(print),
  });
  for (const name of Object.keys(liquid.tags)) if (!tags.includes(name)) delete liquid.tags[name];
  for (const name of Object.keys(liquid.filters)) liquid.unregisterFilter(name);
  for (const [kind, names] of Object.entries(liquidFilters))
    for (const name of names) liquid.registerFilter(name, adopt(name, kind === 'text'));
  for (const [name, { apply }] of Object.entries(filters)) liquid.registerFilter(name, adapt(apply));
  return liquid;
}

type Handler = Extract<FilterImplOptions, (...args: never[]) => unknown>;

const sizeOf = (value: unknown): number => (typeof value === 'string' || Array.isArray(value) ? value.length : 1);

/** Counts a value as memory before work on it, so that loops cannot multiply long values without end. */
function charge(work: (value: unknown, settings: Settings) => unknown): Handler {
  return function (value: unknown) {
    this.context.memoryLimit.use(sizeOf(value));
    return work(value, this.context.getRegister<Settings>('settings'));
  };
}

function print(value: unknown, { isolates, source }: Settings): string {
  const text = asText(value);
  return isolates && text && RTL.test(source + text) ? `\u2068${text}\u2069` : text;
}

const printable = (value: unknown): unknown => (typeof value === 'object' ? asText(value) : value);

/** One of Liquid's own filters: counted, and never handed a record to print. */
function adopt(name: string, printsValue: boolean): Handler {
  const own = liquidOwn[name as keyof typeof liquidOwn] as unknown as Handler;
  return function (value: unknown, ...args: unknown[]) {
    this.context.memoryLimit.use(sizeOf(value));
    return printsValue ? own.call(this, printable(value), ...args.map(printable)) : own.call(this, value, ...args);
  };
}

/** One of our filters. Once there is data a wrong argument may come from it, and then the value is printed plain. */
function adapt(apply: (typeof filters)[keyof typeof filters]['apply']): Handler {
  return function (value: unknown, ...args: unknown[]) {
    this.context.memoryLimit.use(sizeOf(value));
    const settings = this.context.getRegister<Settings>('settings');
    const named = Object.fromEntries(args.filter(isNamed));
    const call = {
      args: args.filter((arg) => !isNamed(arg)),
      locale: asText(named.locale) || settings.locale,
      timeZone: asText(named.time_zone) || settings.timeZone,
    };
    try {
      return apply(value, call);
    } catch (error) {
      if (settings.isTrial || !(error instanceof RangeError)) throw error;
      return asText(value);
    }
  };
}

// Liquid hands over `locale: 'de'` as a pair; a list of data never begins with one of these words.
const isNamed = (arg: unknown): arg is [string, unknown] =>
  Array.isArray(arg) && arg.length === 2 && (arg[0] === 'locale' || arg[0] === 'time_zone');
