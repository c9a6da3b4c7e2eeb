import { z } from 'zod';
import type { Services } from '../services.ts';
import { editVersion } from '../templates/edit.ts';
import { publishVersion, rejectVersion, retireVersion, submitVersion } from '../templates/lifecycle.ts';
import { findLostVariants } from '../templates/lost-variants.ts';
import { type Operation, operation } from './operation.ts';
import { channel, lostVariants, note } from './parts.ts';
import { showVersion, templateVersion, versionParams } from './versions.ts';

const unfit = ['template_not_found', 'template_revoked', 'version_conflict'] as const;
const undrawable = ['template_not_publishable', 'asset_invalid', 'render_failed', 'render_timeout'] as const;
const remarks = {
  note: note.optional(),
  waive: z
    .array(z.enum(['longest']))
    .max(1)
    .optional()
    .meta({ description: 'Sets of data whose cut texts are accepted; kept with the version.' }),
};

/** The steps of a version's life: edited, handed in, published or sent back, retired. */
export const stepOperations = (services: Services): Operation[] => [
  operation({
    id: 'submitVersion',
    scope: 'templates:write',
    method: 'post',
    path: '/v1/templates/{name}/versions/{version}/submit',
    tag: 'Templates',
    summary: 'Hand a draft in for review, with its pictures as they are now',
    params: versionParams,
    body: z.strictObject(remarks).prefault({}),
    answer: templateVersion,
    refuses: [...unfit, ...undrawable],
    run: async ({ actor, params: { name, version }, body }) =>
      showVersion(await submitVersion(services, actor, name, version, body)),
  }),
  operation({
    id: 'publishVersion',
    scope: 'templates:write',
    method: 'post',
    path: '/v1/templates/{name}/versions/{version}/publish',
    tag: 'Templates',
    summary:
      'Make production or staging show a version; its links follow within seconds. Production takes templates:publish',
    params: versionParams,
    body: z.strictObject({ channel: channel.default('production'), ...remarks }).prefault({}),
    answer: templateVersion.extend({ warnings: lostVariants }).meta({ id: 'PublishedVersion' }),
    refuses: [...unfit, ...undrawable, 'review_required'],
    async run({ actor, params: { name, version }, body }) {
      const published = await publishVersion(services, actor, name, version, body);
      return { ...showVersion(published), warnings: await findLostVariants(services.records, published, body.channel) };
    },
  }),
  operation({
    id: 'rejectVersion',
    scope: 'templates:publish',
    method: 'post',
    path: '/v1/templates/{name}/versions/{version}/reject',
    tag: 'Templates',
    summary: 'Send a version in review back to its author, as a draft',
    params: versionParams,
    body: z.strictObject({ note }),
    answer: templateVersion,
    refuses: unfit,
    run: async ({ actor, params: { name, version }, body }) =>
      showVersion(await rejectVersion(services, actor, name, version, body.note)),
  }),
  operation({
    id: 'retireVersion',
    scope: 'templates:publish',
    method: 'post',
    path: '/v1/templates/{name}/versions/{version}/retire',
    tag: 'Templates',
    summary: 'Take a published version out of use; links that are pinned to it serve on',
    params: versionParams,
    answer: templateVersion,
    refuses: unfit,
    run: async ({ actor, params: { name, version } }) =>
      showVersion(await retireVersion(services, actor, name, version)),
  }),
  operation({
    id: 'editVersion',
    scope: 'templates:write',
    method: 'post',
    path: '/v1/templates/{name}/versions/{version}/edit',
    tag: 'Templates',
    summary: 'Make a new version in which only `editable` options differ, and publish it without an approver if wanted',
    params: versionParams,
    body: z
      .strictObject({
        layers: z
          .record(z.string(), z.record(z.string(), z.unknown()))
          .meta({ description: 'By layer id, new values of some of its options.' }),
        publish: z
          .boolean()
          .default(false)
          .meta({ description: 'Show it in production at once, in place of the version that is edited.' }),
        note: note.optional(),
      })
      .meta({ id: 'TemplateEdit', examples: [{ layers: { headline: { text: 'Spring is here' } }, publish: true }] }),
    answer: templateVersion,
    status: 201,
    refuses: [...unfit, ...undrawable, 'edit_refused', 'template_invalid', 'review_required'],
    run: async ({ actor, params, body }) => showVersion(await editVersion(services, actor, params, body)),
  }),
];
