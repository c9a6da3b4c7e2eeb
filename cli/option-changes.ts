import type { Template } from '../core/template/schema.ts';

/** Something of a template that is not as it was, such as `layers.headline.box.x`; undefined where it is not there. */
export type OptionChange = {
  readonly path: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
};

type Named = Readonly<Record<string, { readonly type: string }>>;

/**
 * What differs between two documents. A layer or a field that only one of them has is one change, its type; the order of the
 * layers is one where those that both have are in another.
 */
export function optionChanges(before: Template, after: Template): OptionChange[] {
  const [old, fresh] = [partsOf(before), partsOf(after)];
  return [
    ...differing(old.rest, fresh.rest, ''),
    ...namedChanges(old.fields, fresh.fields, 'fields'),
    ...orderChange(Object.keys(old.layers), Object.keys(fresh.layers)),
    ...namedChanges(old.layers, fresh.layers, 'layers'),
  ];
}

/** Sets of data are no part of the design. */
function partsOf({ layers, fields, datasets: _, $schema, ...rest }: Template) {
  return { rest, fields: fields as Named, layers: Object.fromEntries(layers.map(({ id, ...layer }) => [id, layer])) };
}

function namedChanges(before: Named, after: Named, root: string): OptionChange[] {
  return [...new Set([...Object.keys(after), ...Object.keys(before)])].flatMap((name) => {
    const [old, fresh] = [before[name], after[name]];
    const path = `${root}.${name}`;
    return old && fresh ? differing(old, fresh, path) : [{ path, before: old?.type, after: fresh?.type }];
  });
}

function orderChange(before: readonly string[], after: readonly string[]): OptionChange[] {
  const [old, fresh] = [
    before.filter((id) => after.includes(id)).join(', '),
    after.filter((id) => before.includes(id)).join(', '),
  ];
  return old === fresh ? [] : [{ path: 'layers', before: old, after: fresh }];
}

function differing(before: object, after: object, path: string): OptionChange[] {
  const [old, fresh] = [new Map(leavesOf(before, path)), new Map(leavesOf(after, path))];
  return [...new Set([...fresh.keys(), ...old.keys()])]
    .filter((leaf) => old.get(leaf) !== fresh.get(leaf))
    .map((leaf) => ({ path: leaf, before: old.get(leaf), after: fresh.get(leaf) }));
}

/** Every value within a value, by its path. */
function leavesOf(value: unknown, path: string): [string, string][] {
  if (value === undefined) return [];
  if (value === null || typeof value !== 'object' || Object.keys(value).length === 0)
    return [[path, typeof value === 'string' ? value : JSON.stringify(value)]];
  return Object.entries(value).flatMap(([key, part]) => leavesOf(part, path === '' ? key : `${path}.${key}`));
}
