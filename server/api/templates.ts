import { z } from 'zod';
import { AppError } from '../../core/errors.ts';
import type { Template } from '../../core/template/schema.ts';
import type { Services } from '../services.ts';
import {
  findNewest,
  findVersion,
  listTemplateNames,
  listVersions,
  type VersionRecord,
} from '../stores/records/templates.ts';
import { addDraft, publishDraft } from '../templates/publish.ts';
import { type Operation, operation } from './operation.ts';
import { moment, pageOf, paging, templateName, textNumber, toMoment } from './parts.ts';

const document = z
  .record(z.string(), z.unknown())
  .meta({ id: 'TemplateDocument', description: 'A template; its own JSON Schema describes it in full.' });

const version = z
  .object({
    name: templateName,
    title: z.string().nullable(),
    version: z.number(),
    state: z.enum(['draft', 'in_review', 'published', 'retired']),
    width: z.number().meta({ description: 'In CSS pixels.' }),
    height: z.number(),
    fields: z.record(z.string(), z.record(z.string(), z.unknown())),
    createdAt: moment,
    publishedAt: moment.nullable(),
  })
  .meta({ id: 'TemplateVersion' });

const params = z.strictObject({ name: templateName });
const versionParams = z.strictObject({ name: templateName, version: textNumber(1, 999_999_999) });

const show = (record: VersionRecord): z.output<typeof version> => {
  const { title, size, fields } = JSON.parse(record.document) as Template;
  return {
    name: record.name,
    title: title ?? null,
    version: record.version,
    state: record.state,
    ...size,
    fields,
    createdAt: toMoment(record.created_at),
    publishedAt: record.published_at === null ? null : toMoment(record.published_at),
  };
};

const missing = (name: string) =>
  new AppError('template_not_found', `There is no such version of a template ${name}: look at GET /v1/templates.`);

/** Templates and their versions. */
export const templateOperations = (services: Services): Operation[] => {
  const { records } = services;
  return [
    operation({
      id: 'listTemplates',
      scope: 'templates:read',
      method: 'get',
      path: '/v1/templates',
      tag: 'Templates',
      summary: 'List the templates, each with its newest version',
      query: z.strictObject(paging),
      answer: pageOf(version),
      refuses: [],
      async run({ actor: { workspace }, query: { after, limit } }) {
        const names = await listTemplateNames(records, { workspace, after, limit: limit + 1 });
        const newest = await Promise.all(names.slice(0, limit).map((name) => findNewest(records, workspace, name)));
        return {
          data: newest.filter((record) => record !== undefined).map(show),
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
      answer: version.extend({ document }),
      refuses: ['template_not_found'],
      async run({ actor, params: { name } }) {
        const record = await findNewest(records, actor.workspace, name);
        if (!record) throw missing(name);
        return { ...show(record), document: JSON.parse(record.document) };
      },
    }),
    operation({
      id: 'listVersions',
      scope: 'templates:read',
      method: 'get',
      path: '/v1/templates/{name}/versions',
      tag: 'Templates',
      summary: 'List the versions of a template, the newest first',
      params,
      query: z.strictObject({ ...paging, after: textNumber(1, 999_999_999).optional() }),
      answer: pageOf(version),
      refuses: ['template_not_found'],
      async run({ actor: { workspace }, params: { name }, query: { after, limit } }) {
        const found = await listVersions(records, { workspace, name, before: after, limit: limit + 1 });
        if (found.length === 0 && after === undefined) throw missing(name);
        const shown = found.slice(0, limit);
        return { data: shown.map(show), next: found.length > limit ? String(shown.at(-1)?.version) : null };
      },
    }),
    operation({
      id: 'readVersion',
      scope: 'templates:read',
      method: 'get',
      path: '/v1/templates/{name}/versions/{version}',
      tag: 'Templates',
      summary: 'Read one version of a template',
      params: versionParams,
      answer: version.extend({ document }),
      refuses: ['template_not_found'],
      async run({ actor, params: { name, version } }) {
        const record = await findVersion(records, actor.workspace, name, version);
        if (!record) throw missing(name);
        return { ...show(record), document: JSON.parse(record.document) };
      },
    }),
    operation({
      id: 'createVersion',
      scope: 'templates:write',
      method: 'post',
      path: '/v1/templates/{name}/versions',
      tag: 'Templates',
      summary: 'Add a template, or a new version of one, as a draft',
      params,
      body: document,
      answer: version,
      status: 201,
      refuses: ['template_invalid'],
      async run({ actor, params: { name }, body }) {
        if (body.name !== name) {
          const faults = [{ path: 'name', message: `differs from ${name}, the name in the path: make them the same` }];
          throw new AppError('request_invalid', 'The name in the document and in the path differ.', { faults });
        }
        return show(await addDraft(services, actor, body));
      },
    }),
    operation({
      id: 'publishVersion',
      scope: 'templates:publish',
      method: 'post',
      path: '/v1/templates/{name}/versions/{version}/publish',
      tag: 'Templates',
      summary: 'Publish a draft; live links show it within seconds',
      params: versionParams,
      answer: version,
      refuses: ['template_not_found', 'template_not_publishable', 'version_conflict', 'asset_invalid', 'render_failed'],
      run: async ({ actor, params: { name, version } }) => show(await publishDraft(services, actor, name, version)),
    }),
  ];
};
