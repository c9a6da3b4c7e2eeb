import { z } from 'zod';
import { AppError, type Fault } from '../../core/errors.ts';
import { parseTemplate } from '../../core/template/parse.ts';
import type { Services } from '../services.ts';
import { audit } from '../stores/records/audit.ts';
import { listChannels } from '../stores/records/channels.ts';
import {
  findNewest,
  findVersion,
  listTemplateNames,
  listTemplates,
  replaceTags,
  type VersionRecord,
} from '../stores/records/templates.ts';
import { revokeTemplate, rollBack } from '../templates/channels.ts';
import { checkTemplate } from '../templates/freeze.ts';
import { findLostVariants } from '../templates/lost-variants.ts';
import { type Operation, operation } from './operation.ts';
import { channel, fault, lostVariants, moment, pageOf, paging, templateName, toMoment } from './parts.ts';
import { missing, showVersion, templateDocument, templateVersion, versionState } from './versions.ts';

const template = templateVersion
  .extend({
    channels: z
      .object({ staging: z.number().nullable(), production: z.number().nullable() })
      .meta({ description: 'The version each channel shows.' }),
    tags: z.array(z.string()),
    revokedAt: moment.nullable(),
  })
  .meta({ id: 'Template', description: 'A template with its newest version.' });

const params = z.strictObject({ name: templateName });

const tag = z
  .string()
  .regex(
    /^[\p{L}\p{N}][\p{L}\p{N} -]{0,39}$/u,
    'expected a tag of letters, digits, spaces and dashes, such as summer 2026',
  )
  .meta({ description: 'A tag.', example: 'summer 2026' });

/** What is wrong with a document, of itself or in its workspace. */
async function faultsOf(services: Services, workspace: string, document: unknown): Promise<readonly Fault[]> {
  try {
    return (await checkTemplate(services, workspace, parseTemplate(document))).faults;
  } catch (error) {
    if (error instanceof AppError && error.code === 'template_invalid') return error.faults;
    throw error;
  }
}

/** Templates. */
export const templateOperations = (services: Services): Operation[] => {
  const { records } = services;

  async function show(workspace: string, newest: readonly VersionRecord[]): Promise<z.output<typeof template>[]> {
    const names = newest.map(({ name }) => name);
    const channels = await listChannels(records, workspace, names);
    const templates = new Map((await listTemplates(records, workspace, names)).map((each) => [each.name, each]));
    return newest.map((record) => {
      const shown = (wanted: string) =>
        channels.find((each) => each.name === record.name && each.channel === wanted)?.version ?? null;
      const { tags = '[]', revoked_at: revokedAt = null } = templates.get(record.name) ?? {};
      return {
        ...showVersion(record),
        channels: { staging: shown('staging'), production: shown('production') },
        tags: JSON.parse(tags) as string[],
        revokedAt: revokedAt === null ? null : toMoment(revokedAt),
      };
    });
  }

  return [
    operation({
      id: 'listTemplates',
      scope: 'templates:read',
      method: 'get',
      path: '/v1/templates',
      tag: 'Templates',
      summary: 'List the templates, each with its newest version',
      query: z.strictObject({
        ...paging,
        search: z
          .string()
          .regex(/^[a-z0-9-]{1,63}$/, 'expected a part of a name, such as hero')
          .optional()
          .meta({ description: 'A part of the name.' }),
        tag: tag.optional(),
        state: versionState.optional().meta({ description: 'Of the newest version.' }),
      }),
      answer: pageOf(template),
      refuses: [],
      async run({ actor: { workspace }, query: { limit, ...filter } }) {
        const names = await listTemplateNames(records, { workspace, ...filter, limit: limit + 1 });
        const newest = await Promise.all(names.slice(0, limit).map((name) => findNewest(records, workspace, name)));
        return {
          data: await show(
            workspace,
            newest.filter((record) => record !== undefined),
          ),
          next: names.length > limit ? (names[limit - 1] ?? null) : null,
        };
      },
    }),
    operation({
      id: 'readTemplate',
      scope: 'templates:read',
      method: 'get',
      path: '/v1/templates/{name}',
      tag: 'Templates',
      summary: 'Read the newest version of a template',
      params,
      answer: template.extend({ document: templateDocument }),
      refuses: ['template_not_found'],
      async run({ actor: { workspace }, params: { name } }) {
        const record = await findNewest(records, workspace, name);
        const [shown] = record ? await show(workspace, [record]) : [];
        if (!record || !shown) throw missing(name);
        return { ...shown, document: JSON.parse(record.document) };
      },
    }),
    operation({
      id: 'tagTemplate',
      scope: 'templates:write',
      method: 'put',
      path: '/v1/templates/{name}',
      tag: 'Templates',
      summary: 'Replace the tags of a template',
      params,
      body: z.strictObject({ tags: z.array(tag).max(20) }).meta({ id: 'TemplateTags' }),
      answer: template,
      refuses: ['template_not_found'],
      async run({ actor: { workspace, id: actor }, params: { name }, body }) {
        const tags = JSON.stringify([...new Set(body.tags)].sort());
        if (!(await replaceTags(records, workspace, name, tags))) throw missing(name);
        await audit(records, { workspace, actor, action: 'template.tagged', subject: name, now: Date.now() });
        const newest = await findNewest(records, workspace, name);
        const [shown] = newest ? await show(workspace, [newest]) : [];
        if (!shown) throw missing(name);
        return shown;
      },
    }),
    operation({
      id: 'validateTemplate',
      scope: 'templates:read',
      method: 'post',
      path: '/v1/templates/validate',
      tag: 'Templates',
      summary: 'Find everything that keeps a template from being published; nothing is kept',
      body: z.strictObject({ document: templateDocument }).meta({ id: 'TemplateTrial' }),
      answer: z.object({ faults: z.array(fault).readonly() }).meta({ id: 'TemplateFaults' }),
      refuses: [],
      run: async ({ actor, body: { document } }) => ({ faults: await faultsOf(services, actor.workspace, document) }),
    }),
    operation({
      id: 'rollBackTemplate',
      scope: 'templates:write',
      method: 'post',
      path: '/v1/templates/{name}/rollback',
      tag: 'Templates',
      summary: 'Show the version before again, or the one that is named. Production takes templates:publish',
      params,
      body: z
        .strictObject({
          channel: channel.default('production'),
          to: z.number().int().min(1).optional().meta({ description: 'A version; the one shown before when absent.' }),
        })
        .prefault({}),
      answer: z
        .object({ channel, version: z.number(), before: z.number(), warnings: lostVariants })
        .meta({ id: 'RolledBack' }),
      refuses: ['template_not_found', 'template_revoked', 'version_conflict'],
      async run({ actor, params: { name }, body }) {
        const moved = await rollBack(services, actor, name, body);
        const shown = await findVersion(records, actor.workspace, name, moved.version);
        return { ...moved, warnings: shown ? await findLostVariants(records, shown, moved.channel) : [] };
      },
    }),
    operation({
      id: 'revokeTemplate',
      scope: 'templates:publish',
      method: 'delete',
      path: '/v1/templates/{name}',
      tag: 'Templates',
      summary: 'Revoke a template for good: all its links and pictures become a neutral one',
      params,
      refuses: ['template_not_found'],
      run: ({ actor, params: { name } }) => revokeTemplate(services, actor, name),
    }),
  ];
};
