import { type Fault, nearest } from '../errors.ts';
import type { Layer } from '../paint/layers/index.ts';
import type { Template } from './schema.ts';
import { allLayers } from './within.ts';

/** By layer id, new values for some of its options. */
export type Edits = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/**
 * A template with some options of its layers changed, still to be checked; only what a layer lists as `editable` may
 * change, everything else is a fault that names the layer and the option.
 */
export function editTemplate(template: Template, edits: Edits): { document: unknown; faults: Fault[] } {
  const faults: Fault[] = [];
  const layers = allLayers(template).map(({ layer }) => layer);
  const ids = layers.map(({ id }) => id);
  for (const [id, options] of Object.entries(edits)) {
    const layer = layers.find((each) => each.id === id);
    if (layer) faults.push(...lockedFaults(layer, options));
    else {
      const near = nearest(id.slice(0, 60), ids);
      faults.push({
        path: `layers.${id}`,
        message: `is no layer of this template${near ? `: did you mean ${near}?` : ''}`,
      });
    }
  }
  const change = (layer: Layer): object => ({
    ...layer,
    ...('layers' in layer && { layers: layer.layers.map(change) }),
    ...('more' in layer && { more: layer.more?.map(change) }),
    ...(Object.hasOwn(edits, layer.id) ? edits[layer.id] : undefined),
  });
  return { document: { ...template, layers: template.layers.map(change) }, faults };
}

function lockedFaults({ id, editable }: Layer, options: Readonly<Record<string, unknown>>): Fault[] {
  const open = editable.length > 0 ? `only ${editable.join(', ')} may change` : 'nothing of this layer may change';
  return Object.keys(options)
    .filter((option) => !editable.includes(option))
    .map((option) => ({ path: `layers.${id}.${option}`, message: `is not editable: ${open}` }));
}
