import { applyContract } from '../../core/template/contract.ts';
import type { Fields } from '../../core/template/fields/index.ts';
import { type Sample, valueIn } from '../../core/template/suggest.ts';
import type { WarningCode } from '../../core/template/value.ts';

/** For how many contacts a template's field would show something of their own, in shares of 1. */
export type Coverage = {
  /** Have a value at all. */
  readonly filled: number;
  /** Have one that gives the fallback: junk, a tag nobody replaced, wrong or too long. */
  readonly junk: number;
  /** Such as `first_name filled for 83%, 2% look like junk`. */
  readonly sentence: string;
};

const blank: readonly WarningCode[] = ['blank'];
const spoiled: readonly WarningCode[] = ['junk', 'unreplaced', 'invalid', 'too_long'];

/** Holds contacts against a template's own contract, by the mapping (our name -> the platform's); fields it leaves out are missing. */
export function measureCoverage(
  fields: Fields,
  mapping: Readonly<Record<string, string>>,
  samples: readonly Sample[],
): ReadonlyMap<string, Coverage> {
  const mapped = Object.keys(fields).filter((name) => Object.hasOwn(mapping, name));
  const counts = new Map(mapped.map((name) => [name, { blank: 0, junk: 0 }]));
  for (const sample of samples) {
    const data = Object.fromEntries(mapped.map((name) => [name, valueIn(sample, mapping[name] as string)]));
    const seen = new Set<string>();
    for (const { field = '', code } of applyContract(fields, data).warnings) {
      const [name = ''] = field.split('.');
      const count = counts.get(name);
      if (!count || seen.has(name)) continue;
      seen.add(name);
      if (blank.includes(code)) count.blank++;
      else if (spoiled.includes(code)) count.junk++;
    }
  }
  return new Map(mapped.map((name) => [name, describe(name, counts.get(name), samples.length)]));
}

function describe(name: string, { blank, junk } = { blank: 0, junk: 0 }, total: number): Coverage {
  if (total === 0) return { filled: 0, junk: 0, sentence: `${name} cannot be told: there is no contact to look at.` };
  const [filled, spoiled] = [(total - blank) / total, junk / total];
  const about = `${name} filled for ${percent(filled)}`;
  const sentence = junk > 0 ? `${about}, ${percent(spoiled)} look like junk` : about;
  return { filled: round(filled), junk: round(spoiled), sentence };
}

const round = (share: number): number => Math.round(share * 1000) / 1000;

/** A few are never said to be none, nor nearly all to be all. */
function percent(share: number): string {
  const whole = Math.round(share * 100);
  if (share > 0 && whole === 0) return 'less than 1%';
  return share < 1 && whole === 100 ? 'more than 99%' : `${whole}%`;
}
