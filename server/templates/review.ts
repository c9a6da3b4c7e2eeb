import { AppError } from '../../core/errors.ts';
import type { Comparer } from '../../core/node/compare.ts';
import { codesOfFile, type Warning } from '../../core/template/value.ts';
import { variantNames } from '../../core/template/variants.ts';
import { isLate, within } from '../deadline.ts';
import type { Services } from '../services.ts';
import { findChannel, historyOf } from '../stores/records/channels.ts';
import { findVersion, type VersionRecord } from '../stores/records/templates.ts';
import { type FoundSet, findDataSets } from './datasets.ts';
import { prepare } from './freeze.ts';
import { openFrozen, type Published } from './library.ts';
import { type Tried, tryDataSet } from './try-data-set.ts';
import { weigh } from './weigh.ts';

/** What a set of data shows of a change in one size; without a base there is nothing before, with a `fault` nothing was drawn. */
export type Reviewed = {
  readonly set: FoundSet;
  /** Undefined in the template's own size. */
  readonly variant: string | undefined;
  readonly before: Tried | undefined;
  readonly after: Tried | undefined;
  readonly change: { readonly changed: number; readonly mean: number; readonly picture: Uint8Array } | undefined;
  readonly fault: string | undefined;
};

const DEADLINE_MS = 25_000;

/** One picture of a review: a set of data, in the template's own size unless a variant is named. */
export type ReviewedSet = { readonly set: string; readonly variant: string | undefined };

/**
 * A version beside what production shows (beside what it showed before, for that one itself), drawn with every set of
 * data in each of its sizes, or with `only` one of them. Throws `template_not_publishable` when the version cannot be drawn
 * at all, `template_not_found` for a variant it does not have, or `render_timeout`.
 */
export async function reviewVersion(
  services: Services,
  comparer: Comparer,
  record: VersionRecord,
  { only, isCompared = true }: { readonly only?: ReviewedSet; readonly isCompared?: boolean } = {},
): Promise<{ base: number | undefined; sets: Reviewed[] }> {
  const prepared = record.digest === null ? await prepare(services, record) : undefined;
  const open = async (variant?: string): Promise<Published> =>
    (await prepared?.open(variant)) ?? (openFrozen(record, services.blobs, variant) as Published);
  const whole = await open();
  const base = await findBase(services, record);
  const before = base && openFrozen(base, services.blobs);
  const sets = await findDataSets(services, record.workspace, whole.template);
  const wanted = sets.filter(({ name }) => only === undefined || name === only.set);
  const variants = only ? [only.variant] : [undefined, ...variantNames(whole.template)];
  const pairs = await Promise.all(
    variants.map(async (variant): Promise<Pair> => {
      const after = variant === undefined ? whole : await open(variant);
      const isOld = before && (variant === undefined || variantNames(before.template).includes(variant));
      return { before: isOld ? openFrozen(base as VersionRecord, services.blobs, variant) : undefined, after };
    }),
  );
  const work = reviewSets(services, isCompared ? comparer : undefined, wanted, pairs);
  const reviewed = await within(work, DEADLINE_MS);
  if (isLate(reviewed))
    throw new AppError('render_timeout', 'The version was not drawn in time: try again in a moment.');
  return { base: before?.version, sets: reviewed };
}

/** A version in one size, and what it is held against. */
type Pair = { readonly before: Published | undefined; readonly after: Published };

async function reviewSets(
  services: Services,
  comparer: Comparer | undefined,
  sets: readonly FoundSet[],
  pairs: readonly Pair[],
): Promise<Reviewed[]> {
  const wanted = pairs.flatMap((pair) => sets.map((set) => ({ ...pair, set })));
  const drawn = await Promise.all(
    wanted.map(async ({ before, after, set }) => {
      const { variant } = after;
      try {
        const [old, fresh] = await Promise.all([
          // What a base cannot draw any more is no fault of the version.
          before && proofOf(services, before, set).catch(() => undefined),
          proofOf(services, after, set),
        ]);
        return { set, variant, before: old, after: fresh, fault: undefined };
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        return { set, variant, before: undefined, after: undefined, fault: error.message };
      }
    }),
  );
  const pictures = drawn.flatMap(({ before, after }) =>
    before && after ? [{ before: before.bytes, after: after.bytes }] : [],
  );
  const changes = (await comparer?.compare(pictures)) ?? [];
  return drawn.map((each) => ({ ...each, change: each.before && each.after ? changes.shift() : undefined }));
}

/** A picture to compare, and all that is to be said of the one that is served in its place. */
async function proofOf(services: Services, published: Published, set: FoundSet): Promise<Tried> {
  const { template, picture: format } = published;
  const [shown, served] = await Promise.all([
    tryDataSet(services, published, set, { format: 'png', isProof: true }),
    tryDataSet(services, published, set, { format }),
  ]);
  const isOfFile = ({ code }: Warning) => codesOfFile.includes(code);
  const warnings = shown.warnings.filter((warning) => !isOfFile(warning));
  return {
    ...shown,
    warnings: [...warnings, ...served.warnings.filter(isOfFile), ...weigh(served.bytes, template, format)],
  };
}

async function findBase({ records }: Services, record: VersionRecord): Promise<VersionRecord | undefined> {
  const { workspace, name, version } = record;
  const shown = await findChannel(records, workspace, name, 'production');
  const base = shown?.version === version ? historyOf(shown).at(-1) : shown?.version;
  return base === undefined ? undefined : findVersion(records, workspace, name, base);
}
