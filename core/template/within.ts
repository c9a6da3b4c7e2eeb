import type { Layer } from '../paint/layers/index.ts';

/** How many layers may lie in each other. */
export const MAX_DEPTH = 5;

/** A layer and its path in the document; a nested one lies in another. */
export type Located = { readonly layer: Layer; readonly path: string; readonly isNested: boolean };

/** A layer and all within it, depth first. */
export const layersFrom = (layer: Layer, path: string, isNested = false): Located[] => [
  { layer, path, isNested },
  ...('layers' in layer ? layer.layers.flatMap((inner, i) => layersFrom(inner, `${path}.layers.${i}`, true)) : []),
  ...('more' in layer ? (layer.more ?? []).flatMap((inner, i) => layersFrom(inner, `${path}.more.${i}`, true)) : []),
];

/** Every layer of a template, in drawing order, the nested ones after the one that holds them. */
export const allLayers = ({ layers }: { readonly layers: readonly Layer[] }): Located[] =>
  layers.flatMap((layer, i) => layersFrom(layer, `layers.${i}`));

/** Whether a document has layers deeper in each other than may be; asked before anything else is done with it. */
export const isTooDeep = (document: unknown, depth = 0): boolean => {
  if (document === null || typeof document !== 'object') return false;
  const inner = ['layers', 'more'].flatMap((option) => (document as Record<string, unknown>)[option] ?? []);
  return inner.length > 0 && (depth > MAX_DEPTH || inner.some((layer) => isTooDeep(layer, depth + 1)));
};
