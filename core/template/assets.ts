import type { Fields } from './fields/index.ts';
import { ASSET } from './parts.ts';
import type { Template } from './schema.ts';
import { layoutsOf } from './variants.ts';
import { allLayers } from './within.ts';

const MENTIONS = new RegExp(ASSET.source.slice(1, -1), 'g');

/** Every asset a template names, in its layers, its variants and its fields' fallbacks; these are kept with a published version. */
export function assetRefs(template: Template): string[] {
  const mentions = JSON.stringify([template.layers, template.fields, template.variants]).match(MENTIONS) ?? [];
  return [...new Set(mentions)].sort();
}

/** The assets that have to be drawings, for svg layers draw them. */
export const drawingRefs = (template: Template): readonly string[] =>
  layoutsOf(template)
    .flatMap(allLayers)
    .flatMap(({ layer }) => (layer.type === 'svg' && ASSET.test(layer.svg) ? [layer.svg] : []));

/** The pictures named by values: what the image fields hold, other than the template's own assets and initials. */
export function imageRefs(template: Template, values: Readonly<Record<string, unknown>>): string[] {
  const refs: string[] = [];
  const visit = (fields: Template['fields'], data: Readonly<Record<string, unknown>>): void => {
    for (const [name, field] of Object.entries(fields)) {
      const value = data[name];
      if (field.type === 'image' && typeof value === 'string' && value !== '' && !value.startsWith('initials:'))
        refs.push(value);
      if (field.type === 'list' && Array.isArray(value))
        for (const item of value) visit(field.of as Template['fields'], item);
    }
  };
  visit(template.fields, values);
  if (refs.length === 0) return refs;
  const own = new Set(assetRefs(template));
  return [...new Set(refs)].filter((ref) => !own.has(ref));
}

/** The same fields, their pictures allowed to come from more hosts; those of a list's items too. */
export function withHosts(fields: Fields, hosts: readonly string[]): Fields {
  if (hosts.length === 0) return fields;
  const open = (field: Fields[string]): Fields[string] => {
    if (field.type === 'image') return { ...field, hosts: [...field.hosts, ...hosts] };
    return field.type === 'list' ? { ...field, of: withHosts(field.of as Fields, hosts) as typeof field.of } : field;
  };
  return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, open(field)]));
}

/** The hosts that pictures of a template may come from: those of all its image fields, for redirects may go to any. */
export const imageHosts = (fields: Fields): string[] =>
  Object.values(fields).flatMap((field) => {
    if (field.type === 'list') return imageHosts(field.of as Fields);
    return field.type === 'image' ? field.hosts : [];
  });
