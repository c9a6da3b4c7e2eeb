import { applyContract } from './contract.ts';
import type { Field, Fields } from './fields/index.ts';
import { likeness, type Named } from './likeness.ts';

/** Values of a contact by the names others give them. */
export type Sample = Readonly<Record<string, unknown>>;

/** What a contact has in a field; a property may be called as what every object has, such as `constructor`. */
export const valueIn = (sample: Sample, tag: string): unknown => (Object.hasOwn(sample, tag) ? sample[tag] : undefined);

// Values that say so much of themselves that they are known under any name.
const telling: readonly Field['type'][] = ['choice', 'image', 'color'];
// So many are enough to tell.
const MOST_VALUES = 200;
const FEWEST_VALUES = 5;
const MOSTLY = 0.5;
const NEARLY_ALL = 0.9;

type Candidate = { readonly tag: string; readonly like: number; readonly fits: number; readonly known: number };

/**
 * Our name -> others', for every field of a template that a platform's field or a file's column seems to be meant for: by
 * its name or label, held against the values contacts really have; a choice, picture or colour also by its values alone.
 */
export function suggestMapping(
  fields: Fields,
  others: readonly Named[],
  samples: readonly Sample[],
): Record<string, string> {
  const mapping: Record<string, string> = {};
  const taken = new Set<string>();
  const find = (isByName: boolean): void => {
    for (const [name, field] of Object.entries(fields)) {
      if (Object.hasOwn(mapping, name)) continue;
      if (!isByName && !telling.includes(field.type)) continue;
      const best = candidatesFor(name, field, others, samples)
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

function candidatesFor(name: string, field: Field, others: readonly Named[], samples: readonly Sample[]): Candidate[] {
  const isTelling = telling.includes(field.type);
  return others.flatMap(({ tag, title }) => {
    const like = Math.max(...[name, field.label ?? name].map((called) => likeness(called, { tag, title })));
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
