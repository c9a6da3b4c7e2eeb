import { withoutMissing } from '../template/missing-images.ts';
import type { Template } from '../template/schema.ts';
import type { Values, Warning } from '../template/value.ts';
import type { FontSet } from './text/coverage.ts';
import { withoutUndrawable } from './text/undrawable.ts';

/**
 * How one picture comes about: drafted for values, what the draft needs loaded, drawn. `load` gives the references of
 * pictures that could not be had; `make` is called in the same turn as `load` has ended.
 */
export type Making<Draft, Made> = {
  draft(values: Values): Draft;
  load(draft: Draft): Promise<readonly string[]>;
  make(draft: Draft): Made;
};

/** What is drawn: `refs` are the pictures the values name, `missing` those of them known to be out of reach. */
export type Wanted = {
  readonly template: Template;
  readonly values: Values;
  readonly refs: readonly string[];
  readonly missing: readonly string[];
  readonly fonts: FontSet;
};

/** Makes a picture, the fallbacks of fields in place of what cannot be had, and says what was mended on the way. */
export async function settle<Draft extends { readonly warnings: readonly Warning[] }, Made>(
  { draft, load, make }: Making<Draft, Made>,
  { template, values, refs, missing, fonts }: Wanted,
): Promise<{ readonly made: Made; readonly warnings: readonly Warning[] }> {
  const drawable = withoutUndrawable(template.fields, values, fonts);
  let mended = withoutMissing(template, drawable.values, refs, missing);
  const warnings = [...drawable.warnings, ...mended.warnings];
  for (;;) {
    const drafted = draft(mended.values);
    const unread = await load(drafted);
    const again = withoutMissing(template, mended.values, refs, unread);
    if (again.warnings.length === 0) return { made: make(drafted), warnings: [...warnings, ...drafted.warnings] };
    warnings.push(...again.warnings);
    mended = again;
  }
}
