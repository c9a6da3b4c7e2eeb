import { z } from 'zod';
import type { Services } from '../services.ts';
import { publishVersion, rejectVersion, retireVersion, submitVersion } from '../templates/lifecycle.ts';
import { type Operation, operation } from './operation.ts';
import { channel, note } from './parts.ts';
import { showVersion, templateVersion, versionParams } from './versions.ts';

const unfit = ['template_not_found', 'template_revoked', 'version_conflict'] as const;
const undrawable = ['template_not_publishable', 'asset_invalid', 'render_failed'] as const;

/** The steps of a version's life: handed in, published or sent back, retired. */
export const reviewOperations = (services: Services): Operation[] => [
  operation({
    id: 'submitVersion',
    scope: 'templates:write',
    method: 'post',
    path: '/v1/templates/{name}/versions/{version}/submit',
    tag: 'Templates',
    summary: 'Hand a draft in for review, with its pictures as they are now',
    params: versionParams,
    body: z.strictObject({ note: note.optional() }).prefault({}),
    answer: templateVersion,
    refuses: [...unfit, ...undrawable],
    run: async ({ actor, params: { name, version }, body }) =>
      showVersion(await submitVersion(services, actor, name, version, body.note)),
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
    body: z.strictObject({ channel: channel.default('production'), note: note.optional() }).prefault({}),
    answer: templateVersion,
    refuses: [...unfit, ...undrawable],
    run: async ({ actor, params: { name, version }, body }) =>
      showVersion(await publishVersion(services, actor, name, version, body)),
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
];
