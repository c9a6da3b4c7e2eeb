import { createHash } from 'node:crypto';
import { AppError, type ErrorCode, type Fault } from '../../core/errors.ts';
import { pictureFormatFor } from '../../core/node/auto-format.ts';
import { scaleOf } from '../../core/paint/paper.ts';
import { assetRefs, drawingRefs } from '../../core/template/assets.ts';
import type { PictureFormat } from '../../core/template/output.ts';
import { checkPublishable, parseTemplate } from '../../core/template/parse.ts';
import type { Template } from '../../core/template/schema.ts';
import { variantNames } from '../../core/template/variants.ts';
import { findReferenced } from '../assets/reference.ts';
import { NO_DRAWING, SVG } from '../assets/sniff.ts';
import { isLate, within } from '../deadline.ts';
import { findNamedFonts } from '../fonts/named.ts';
import { templateTags } from '../image/plan.ts';
import { findOrDraw } from '../renders/draw.ts';
import type { Services } from '../services.ts';
import { sourceFaults } from '../sources/keep.ts';
import type { Frozen, FrozenVariant, VersionRecord } from '../stores/records/templates.ts';
import { checkRules } from '../workspaces/rules.ts';
import { type FoundSet, findDataSets } from './datasets.ts';
import { describePublished, type Published } from './library.ts';
import { tryDataSet } from './try-data-set.ts';

const DEADLINE_MS = 25_000;

/**
 * Fixes what a version is, so that what is approved is exactly what was seen: the digests of its assets, and the picture
 * of its defaults, drawn once and kept as the fallback, in each of its sizes. Every set of data must draw, and the texts of the template's own
 * `longest` must fit unless that is waived. Keeps nothing of the version itself. Throws `template_not_publishable` with
 * all faults, or why it could not be drawn.
 */
export async function freeze(services: Services, draft: VersionRecord, waive: readonly string[] = []): Promise<Frozen> {
  const { blobs, pictures } = services;
  const { open, variants, assets, digest } = await prepare(services, draft);
  const layouts = await Promise.all([undefined, ...variants].map(open));
  const frozen: FrozenVariant[] = [];
  for (const published of layouts) {
    const { template, picture, defaults: values } = published;
    const drawing = { published, values, format: picture, scale: scaleOf(template) };
    const { bytes } = await pictures.make(drawing, await pictures.keyOf(drawing));
    frozen.push({ fallback: await blobs.put(bytes), picture });
  }
  refuse(draft, await trySets(services, layouts, waive));
  const [whole, ...others] = frozen as [FrozenVariant, ...FrozenVariant[]];
  return {
    digest,
    assets: JSON.stringify(assets),
    ...whole,
    variants: JSON.stringify(Object.fromEntries(variants.map((name, i) => [name, others[i]]))),
    waived: JSON.stringify(waive),
  };
}

/** A draft as it would be published now: `open` gives it in its own size, or in that of a variant. */
export type Prepared = {
  readonly open: (variant?: string) => Promise<Published>;
  readonly variants: readonly string[];
  /** Their digests, by reference. */
  readonly assets: Readonly<Record<string, string>>;
  readonly digest: string;
};

/** Looks at a draft as it would be published now. Throws `template_not_publishable`. */
export async function prepare(services: Services, draft: VersionRecord): Promise<Prepared> {
  const { workspace, name, version, state } = draft;
  const template = parseTemplate(JSON.parse(draft.document));
  const { faults, assets } = await checkTemplate(services, workspace, template);
  refuse(draft, faults);
  const digest = createHash('sha256')
    .update(JSON.stringify([draft.document, assets]))
    .digest('hex');
  const open = async (variant?: string): Promise<Published> => {
    const describe = (picture: PictureFormat): Published => ({
      ...describePublished({ template, assets, picture, variant }, services.blobs, digest),
      ...{ workspace, name, version, state, fallback: undefined },
    });
    const asPng = describe('png');
    const scale = scaleOf(asPng.template);
    const picture = await pictureFormatFor(asPng.template, (values) =>
      findOrDraw(services, { published: asPng, values, format: 'png', scale }, templateTags(workspace, name)),
    );
    return describe(picture);
  };
  return { open, variants: variantNames(template), assets, digest };
}

/** Everything that keeps a template from being published, short of drawing it, and the digests of the assets it names. */
export async function checkTemplate(
  services: Services,
  workspace: string,
  template: Template,
): Promise<{ faults: Fault[]; assets: Readonly<Record<string, string>> }> {
  const fonts = await findNamedFonts(services, workspace, template);
  const faults = [
    ...checkPublishable(template, fonts.families),
    ...(await checkRules(services.records, workspace, template)),
  ];
  const pictures = await resolveAssets(services, workspace, template, faults);
  return {
    assets: { ...pictures, ...fonts.digests },
    faults: [...faults, ...(await sourceFaults(services, workspace, template))],
  };
}

/** Throws `template_not_publishable` for a version that was handed in before the rules of its workspace became what they are. */
export async function holdToRules({ records }: Services, record: VersionRecord): Promise<void> {
  refuse(record, await checkRules(records, record.workspace, parseTemplate(JSON.parse(record.document))));
}

function refuse({ name, version }: VersionRecord, faults: readonly Fault[]): void {
  if (faults.length === 0) return;
  const message = `Version ${version} of ${name} cannot be published yet: ${faults.length === 1 ? 'one thing is' : `${faults.length} things are`} missing.`;
  throw new AppError('template_not_publishable', message, { faults });
}

/** What the sets of data show to be wrong with a version, in each of its sizes. */
async function trySets(services: Services, layouts: readonly Published[], waive: readonly string[]): Promise<Fault[]> {
  const [whole] = layouts as readonly [Published];
  const sets = (await findDataSets(services, whole.workspace, whole.template)).filter(
    ({ name }) => !waive.includes(name),
  );
  const pairs = layouts.flatMap((layout) => sets.map((set) => trySet(services, layout, set)));
  const tried = await within(Promise.all(pairs), DEADLINE_MS);
  if (isLate(tried))
    throw new AppError('render_timeout', 'The sets of data were not drawn in time: try again in a moment.');
  return tried.flat();
}

const passing: readonly ErrorCode[] = ['overloaded', 'render_timeout', 'start_failed'];

/** Whether an error tells what is wrong with the moment and not with the template. */
export const isPassing = (error: unknown): boolean => error instanceof AppError && passing.includes(error.code);

async function trySet(services: Services, candidate: Published, set: FoundSet): Promise<Fault[]> {
  const path = `${candidate.variant === undefined ? '' : `variants.${candidate.variant}.`}datasets.${set.name}`;
  try {
    const { warnings } = await tryDataSet(services, candidate, set, { format: candidate.format });
    // Longest as made from the fields is a good deal longer than people are: reviewers see it, and decide.
    if (set.name !== 'longest' || set.origin === 'standard') return [];
    const cut = [...new Set(warnings.filter(({ code }) => code === 'ellipsis').map(({ layer }) => layer))];
    if (cut.length === 0) return [];
    const message = `the text of ${cut.join(', ')} is cut off: make room, add a shorter wording, or waive longest`;
    return [{ path, message }];
  } catch (error) {
    if (!(error instanceof AppError) || isPassing(error)) throw error;
    return [{ path, message: `cannot be drawn: ${error.message}` }];
  }
}

/** The digests of everything a template names, in the order of the references; what is not there is a fault. */
async function resolveAssets(
  { records }: Services,
  workspace: string,
  template: Template,
  faults: Fault[],
): Promise<Record<string, string>> {
  const digests: Record<string, string> = {};
  const drawings = drawingRefs(template);
  for (const ref of assetRefs(template)) {
    const asset = await findReferenced(records, workspace, ref);
    if (asset) digests[ref] = asset.digest;
    if (asset && asset.mime !== SVG && drawings.includes(ref)) faults.push({ path: ref, message: NO_DRAWING });
    if (!asset) faults.push({ path: ref, message: 'is not uploaded: PUT it to /v1/assets/<name>' });
  }
  return digests;
}
