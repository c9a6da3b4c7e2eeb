import { z } from 'zod';
import { AppError } from '../../core/errors.ts';
import { createComparer } from '../../core/node/compare.ts';
import type { Services } from '../services.ts';
import { findVersion, type VersionRecord } from '../stores/records/templates.ts';
import { findLostVariants } from '../templates/lost-variants.ts';
import { type Reviewed, reviewVersion } from '../templates/review.ts';
import { setName } from './datasets.ts';
import { type Operation, operation } from './operation.ts';
import { lostVariants, variant, warning } from './parts.ts';
import { missing, versionParams } from './versions.ts';

const share = z.number().nullable().meta({ description: 'From 0 to 1; null without a picture before.' });
const side = z
  .object({ url: z.string().meta({ description: 'A PNG, for the same key.' }), warnings: z.array(warning).readonly() })
  .nullable();

const review = z
  .object({
    version: z.number(),
    base: z.number().nullable().meta({ description: 'What production shows, or showed before this one.' }),
    warnings: lostVariants,
    sets: z.array(
      z.object({
        set: z.string(),
        variant: z.string().nullable().meta({ description: "The size it is drawn in; null for the template's own." }),
        origin: z.enum(['kept', 'document', 'standard']),
        changed: share.meta({ description: 'The share of pixels that look different, 0 to 1.' }),
        mean: share.meta({ description: 'The mean difference of all pixels, 0 to 1.' }),
        before: side,
        after: side,
        difference: z.string().nullable().meta({ description: 'A PNG with what changed in red.' }),
        fault: z.string().nullable().meta({ description: 'Why it cannot be drawn.' }),
      }),
    ),
  })
  .meta({ id: 'Review' });

const pictures = {
  before: ({ before }: Reviewed) => before?.bytes,
  after: ({ after }: Reviewed) => after?.bytes,
  difference: ({ change }: Reviewed) => change && Buffer.from(change.picture),
} satisfies Record<string, (reviewed: Reviewed) => Buffer | undefined>;

/** What a version changes, for those who approve it. */
export const reviewOperations = (services: Services): Operation[] => {
  const comparer = createComparer();
  const find = async (workspace: string, name: string, version: number): Promise<VersionRecord> => {
    const record = await findVersion(services.records, workspace, name, version);
    if (!record) throw missing(name);
    return record;
  };

  return [
    operation({
      id: 'reviewVersion',
      scope: 'templates:read',
      method: 'get',
      path: '/v1/templates/{name}/versions/{version}/review',
      tag: 'Templates',
      summary: 'See what a version changes of what production shows, with every set of data',
      params: versionParams,
      answer: review,
      refuses: ['template_not_found', 'template_not_publishable', 'render_failed', 'render_timeout'],
      async run({ actor, params: { name, version } }) {
        const record = await find(actor.workspace, name, version);
        const { base, sets } = await reviewVersion(services, comparer, record);
        const at = `/v1/templates/${name}/versions/${version}/review`;
        return {
          version,
          base: base ?? null,
          warnings: await findLostVariants(services.records, record, 'production'),
          sets: sets.map(({ set, variant = null, before, after, change, fault }) => {
            const query = variant === null ? '' : `?variant=${variant}`;
            const url = (picture: keyof typeof pictures) =>
              `${at}/${encodeURIComponent(set.name)}/${picture}.png${query}`;
            return {
              set: set.name,
              variant,
              origin: set.origin,
              changed: change?.changed ?? null,
              mean: change?.mean ?? null,
              before: before ? { url: url('before'), warnings: before.warnings } : null,
              after: after ? { url: url('after'), warnings: after.warnings } : null,
              difference: change ? url('difference') : null,
              fault: fault ?? null,
            };
          }),
        };
      },
    }),
    operation({
      id: 'readReviewPicture',
      scope: 'templates:read',
      method: 'get',
      path: '/v1/templates/{name}/versions/{version}/review/{set}/{picture}.png',
      tag: 'Templates',
      summary: 'One picture of a review',
      params: versionParams.extend({
        set: setName,
        picture: z.enum(Object.keys(pictures) as [keyof typeof pictures, ...(keyof typeof pictures)[]]),
      }),
      query: z.strictObject({ variant: variant.optional() }),
      answer: { mediaTypes: ['image/png'] },
      refuses: [
        'template_not_found',
        'dataset_not_found',
        'template_not_publishable',
        'render_failed',
        'render_timeout',
      ],
      async run({ actor, params: { name, version, set, picture }, query: { variant } }) {
        const record = await find(actor.workspace, name, version);
        const isCompared = picture === 'difference';
        const [reviewed] = (await reviewVersion(services, comparer, record, { only: { set, variant }, isCompared }))
          .sets;
        const bytes = reviewed && pictures[picture](reviewed);
        if (!bytes) throw new AppError('dataset_not_found', `There is no such picture of ${set}: look at the review.`);
        return { mime: 'image/png', bytes };
      },
    }),
  ];
};
