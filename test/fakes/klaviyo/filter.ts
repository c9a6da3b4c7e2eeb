import { invalid } from './answers.ts';

/** One condition of a filter; dates come as they stand. */
export type Condition = { readonly operator: string; readonly field: string; readonly values: readonly string[] };

const CONDITION = /^([a-z-]+)\(([\w.]+)(?:,\s*(\[[^\]]*\]|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[^()'"[\]]+))?\)/;
const VALUE = /"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|[^,[\]\s]+/g;

/** Reads `a,b` and `and(a,b)`, and refuses every field and operator that the route does not allow. */
export function parseFilter(text: string, allowed: Readonly<Record<string, readonly string[]>>): Condition[] {
  let rest = text.trim();
  if (rest.startsWith('and(') && rest.endsWith(')')) rest = rest.slice(4, -1);
  const conditions: Condition[] = [];
  while (rest !== '') {
    const [whole, operator = '', field = '', written = ''] = CONDITION.exec(rest) ?? [];
    if (!whole) throw invalid(`Invalid filter provided: ${rest}`, 'filter');
    if (!allowed[field]) throw invalid(`'${field}' is not a filterable field for this resource.`, 'filter');
    if (!allowed[field].includes(operator)) throw invalid(`'${operator}' is not allowed for '${field}'.`, 'filter');
    const values = [...written.matchAll(VALUE)].map(([bare, double, single]) => double ?? single ?? bare);
    conditions.push({ operator, field, values: values.map((value) => value.replace(/\\(.)/g, '$1')) });
    rest = rest.slice(whole.length).replace(/^,\s*/, '');
  }
  return conditions;
}

const comparisons: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  'greater-than': (a, b) => a > b,
  'greater-or-equal': (a, b) => a >= b,
  'less-than': (a, b) => a < b,
  'less-or-equal': (a, b) => a <= b,
};

/** Whether one value, a text or a time in ms, fulfils a condition. */
export function fulfils({ operator, values }: Condition, value: string | number): boolean {
  const compare = comparisons[operator];
  if (compare) return compare(Number(value), Date.parse(values[0] ?? ''));
  if (operator === 'contains')
    return String(value)
      .toLowerCase()
      .includes((values[0] ?? '').toLowerCase());
  return values.includes(String(value));
}
