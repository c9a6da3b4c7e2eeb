import { AppError } from '../../core/errors.ts';
import type { Comparer } from '../../core/node/compare.ts';
import { codesOfFile, type Warning } from '../../core/template/value.ts';
import { isLate, within } from '../deadline.ts';
import type { Services } from '../services.ts';
import { findChannel, historyOf } from '../stores/records/channels.ts';
import { findVersion, type VersionRecord } from '../stores/records/templates.ts';
import { type FoundSet, findDataSets } from './datasets.ts';
import { prepare } from './freeze.ts';
import { openFrozen, type Published } from './library.ts';
import { type Tried, tryDataSet } from './try-data-set.ts';
import { weigh } from './weigh.ts';

/** What a set of data shows of a change; without a base there is nothing before, with a `fault` nothing was drawn. */
export type Reviewed = {
  readonly set: FoundSet;
  readonly before: Tried | undefined;
  readonly after: Tried | undefined;
  readonly change: { readonly changed: number; readonly mean: number; readonly picture: Uint8Array } | undefined;
  readonly fault: string | undefined;
};

const DEADLINE_MS = 25_000;

/**
 * A version beside what production shows (beside what it showed before, for that one itself), drawn with every set of
 * data, or with `only` one of them. Throws `template_not_publishable` when the version cannot be drawn at all, or `render_timeout`.
 */
export async function reviewVersion(
  services: Services,
  comparer: Comparer,
  record: VersionRecord,
  { only, isCompared = true }: { readonly only?: string; readonly isCompared?: boolean } = {},
): Promise<{ base: number | undefined; sets: Reviewed[] }> {
  const after = openFrozen(record, services.blobs) ?? (await prepare(services, record)).candidate;
  const before = await findBase(services, record);
  const sets = await findDataSets(services, record.workspace, after.template);
  const wanted = sets.filter(({ name }) => only === undefined || name === only);
  const work = reviewSets(services, isCompared ? comparer : undefined, wanted, before, after);
  const reviewed = await within(work, DEADLINE_MS);
  if (isLate(reviewed))
    throw new AppError('render_timeout', 'The version was not drawn in time: try again in a moment.');
  return { base: before?.version, sets: reviewed };
}

async function reviewSets(
  services: Services,
  comparer: Comparer | undefined,
  sets: readonly FoundSet[],
  before: Published | undefined,
  after: Published,
): Promise<Reviewed[]> {
  const drawn = await Promise.all(
    sets.map(async (set) => {
      try {
        const [old, fresh] = await Promise.all([
          // What a base cannot draw any more is no fault of the version.
          before && proofOf(services, before, set).catch(() => undefined),
          proofOf(services, after, set),
        ]);
        return { set, before: old, after: fresh, fault: undefined };
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        return { set, before: undefined, after: undefined, fault: error.message };
      }
    }),
  );
  const pairs = drawn.flatMap(({ before, after }) =>
    before && after ? [{ before: before.bytes, after: after.bytes }] : [],
  );
  const changes = (await comparer?.compare(pairs)) ?? [];
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

async function findBase({ records, blobs }: Services, record: VersionRecord): Promise<Published | undefined> {
  const { workspace, name, version } = record;
  const shown = await findChannel(records, workspace, name, 'production');
  const base = shown?.version === version ? historyOf(shown).at(-1) : shown?.version;
  const found = base === undefined ? undefined : await findVersion(records, workspace, name, base);
  return found && openFrozen(found, blobs);
}
