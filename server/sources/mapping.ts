import { JSONPathEnvironment, type JSONPathQuery, type JSONValue, jsonpath } from 'json-p3';
import { type LiveValue, liveValue } from '../../core/template/live.ts';

// Functions are left out: two of them run patterns of the definition over strangers' text, for as long as that takes.
const environment = new JSONPathEnvironment();
environment.functionRegister.clear();

/** What is wrong with a JSONPath, as a fault's message; undefined for one that can be used. */
export function pathFault(path: string): string | undefined {
  try {
    const query = environment.compile(path);
    return isBounded(query)
      ? undefined
      : 'would take too long over a large answer: use one selector in each bracket, ".." once, and no path with * in a filter';
  } catch {
    return 'expected a JSONPath (RFC 9535) without functions, such as $.main.temp';
  }
}

/** Whether a query visits each node of an answer only so often: several of these in one path multiply. */
const isBounded = ({ segments }: JSONPathQuery): boolean =>
  segments.filter((segment) => segment.toString().startsWith('..')).length <= 1 &&
  segments.every(({ selectors }) => selectors.length === 1 && selectors.every(isSimple));

function isSimple(selector: jsonpath.JSONPathSelector): boolean {
  return !(selector instanceof jsonpath.selectors.FilterSelector) || queriesIn(selector.expression).every(isSingular);
}

const isSingular = (query: JSONPathQuery): boolean => query.singularQuery();

function queriesIn(expression: jsonpath.expressions.FilterExpression): JSONPathQuery[] {
  const { FilterQuery, InfixExpression, LogicalExpression, PrefixExpression } = jsonpath.expressions;
  if (expression instanceof FilterQuery) return [expression.path];
  if (expression instanceof InfixExpression) return [...queriesIn(expression.left), ...queriesIn(expression.right)];
  if (expression instanceof PrefixExpression) return queriesIn(expression.right);
  return expression instanceof LogicalExpression ? queriesIn(expression.expression) : [];
}

const compiled = new WeakMap<object, readonly (readonly [string, JSONPathQuery])[]>();

/** The fields of a map found in an answer: those that are not there, or no live value, are left out. */
export function readMap(map: Readonly<Record<string, string>>, answer: unknown): Record<string, LiveValue> {
  const paths =
    compiled.get(map) ?? Object.entries(map).map(([name, path]) => [name, environment.compile(path)] as const);
  compiled.set(map, paths);
  const found = paths.map(([name, query]) => [name, liveValue(firstOf(query, answer))] as const);
  return Object.fromEntries(found.filter((entry): entry is [string, LiveValue] => entry[1] !== undefined));
}

function firstOf(query: JSONPathQuery, answer: unknown): unknown {
  try {
    return query.match(answer as JSONValue)?.value;
  } catch {
    // Nested deeper than anybody would look.
    return undefined;
  }
}
