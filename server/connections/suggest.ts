import { applyContract } from '../../core/template/contract.ts';
import type { Field, Fields } from '../../core/template/fields/index.ts';
import type { PlatformField } from '../../integrations/connector.ts';
import { type Sample, valueIn } from './coverage.ts';
import { likeness } from './names.ts';

// Values that say so much of themselves that they are known under any name.
const telling: readonly Field['type'][] = ['choice', 'image', 'color'];
// So many are enough to tell.
const MOST_VALUES = 200;
const FEWEST_VALUES = 5;
const MOSTLY = 0.5;
const NEARLY_ALL = 0.9;

type Candidate = { readonly tag: string; readonly like: number; readonly fits: number; readonly known: number };

/**
 * Our name -> the platform's, for every field of a template that a platform's field seems to be meant for: by its name,
 * held against the values contacts really have; a choice, picture or colour also by its values alone.
 */
export function suggestMapping(
  fields: Fields,
  platformFields: readonly PlatformField[],
  samples: readonly Sample[],
): Record<string, string> {
  const mapping: Record<string, string> = {};
  const taken = new Set<string>();
  const find = (isByName: boolean): void => {
    for (const [name, field] of Object.entries(fields)) {
      if (Object.hasOwn(mapping, name)) continue;
      if (!isByName && !telling.includes(field.type)) continue;
      const best = candidatesFor(name, field, platformFields, samples)
        .filter(({ tag, like, fits, known }) =>
          isByName
            ? like > 0 && (known === 0 || fits >= MOSTLY)
            : !taken.has(tag) && known >= FEWEST_VALUES && fits >= NEARLY_ALL,
        )
        .sort((a, b) => b.like - a.like || b.fits * b.known - a.fits * a.known)[0];
      if (!best) continue;
      mapping[name] = best.tag;
      taken.add(best.tag);
    }
  };
  find(true);
  find(false);
  return mapping;
}

function candidatesFor(
  name: string,
  field: Field,
  platformFields: readonly PlatformField[],
  samples: readonly Sample[],
): Candidate[] {
  const isTelling = telling.includes(field.type);
  return platformFields.flatMap(({ tag, title }) => {
    const like = likeness(name, { tag, title });
    if (like === 0 && !isTelling) return [];
    const values = samples
      .map((sample) => valueIn(sample, tag))
      .filter(isValue)
      .slice(0, MOST_VALUES);
    const fitting = values.filter((value) => applyContract({ [name]: field }, { [name]: value }).warnings.length === 0);
    return [{ tag, like, known: values.length, fits: values.length === 0 ? 0 : fitting.length / values.length }];
  });
}

/** Whether a contact has something there. */
export const isValue = (value: unknown): boolean => value !== undefined && value !== null && value !== '';
