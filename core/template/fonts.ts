import type { Layer } from '../paint/layers/index.ts';
import { layerTypes } from '../paint/layers/index.ts';
import { parseMarkup } from './markup.ts';
import type { Template } from './schema.ts';
import { layoutsOf } from './variants.ts';
import { allLayers } from './within.ts';

/** Every font family that a layer itself names, those of its spans too, and where, from `path` on. */
export function namedFamilies(layer: Layer, path: string): { readonly path: string; readonly family: string }[] {
  const named: { path: string; family: string }[] = [];
  const visit = (value: unknown, path: string, isRich: boolean): void => {
    if (typeof value === 'string' && isRich)
      for (const { fontFamily } of parseMarkup(value).styles) if (fontFamily) named.push({ path, family: fontFamily });
    if (value === null || typeof value !== 'object') return;
    const { type } = value as { type?: unknown };
    const rich: readonly string[] =
      typeof type === 'string' && Object.hasOwn(layerTypes, type) ? layerTypes[type as Layer['type']].rich : [];
    for (const [key, item] of Object.entries(value)) {
      // The layers within another are asked by themselves.
      if (key === 'layers' || key === 'more') continue;
      if (key === 'fontFamily' && typeof item === 'string') named.push({ path: `${path}.${key}`, family: item });
      else visit(item, `${path}.${key}`, Array.isArray(value) ? isRich : rich.includes(key));
    }
  };
  visit(layer, path, false);
  return named;
}

/** Every font family that a template names. */
export const familiesOf = (template: Template): ReadonlySet<string> =>
  new Set(
    layoutsOf(template)
      .flatMap(allLayers)
      .flatMap(({ layer, path }) => namedFamilies(layer, path))
      .map(({ family }) => family),
  );
