import { z } from 'zod';
import { AppError } from '../../core/errors.ts';
import type { Template } from '../../core/template/schema.ts';
import type { Services } from '../services.ts';
import { findVersion, listVersions, type VersionRecord } from '../stores/records/templates.ts';
import { addDraft } from '../templates/drafts.ts';
import { exportVersion } from '../templates/export.ts';
import { zipFiles } from '../templates/zip.ts';
import { type Operation, operation } from './operation.ts';
import { moment, pageOf, paging, templateName, textNumber, toMoment } from './parts.ts';

/** A whole template in a body or an answer. */
export const templateDocument = z
  .record(z.string(), z.unknown())
  .meta({ id: 'TemplateDocument', description: 'A template; its own JSON Schema describes it in full.' });

/** Where a version stands in its life. */
export const versionState = z.enum(['draft', 'in_review', 'published', 'retired']);

/** A version without its document. */
export const templateVersion = z
  .object({
    name: templateName,
    title: z.string().nullable(),
    version: z.number(),
    state: versionState,
    width: z.number().meta({ description: 'In CSS pixels.' }),
    height: z.number(),
    variants: z
      .array(
        z.object({
          name: z.string(),
          title: z.string().nullable(),
          width: z.number(),
          height: z.number(),
        }),
      )
      .meta({ description: 'The other sizes it has.' }),
    fields: z.record(z.string(), z.record(z.string(), z.unknown())),
    digest: z.string().nullable().meta({ description: 'Of the design and its pictures, once submitted or published.' }),
    note: z.string().nullable(),
    waived: z.array(z.string()).meta({ description: 'Sets of data whose cut texts were accepted.' }),
    createdBy: z.string().meta({ description: 'The id of a key.' }),
    createdAt: moment,
    submittedBy: z.string().nullable(),
    submittedAt: moment.nullable(),
    publishedBy: z.string().nullable(),
    publishedAt: moment.nullable(),
    retiredAt: moment.nullable(),
  })
  .meta({ id: 'TemplateVersion' });

/** The path of a version. */
export const versionParams = z.strictObject({ name: templateName, version: textNumber(1, 999_999_999) });

const moments = (at: number | null) => (at === null ? null : toMoment(at));

/** A version as it is answered. */
export const showVersion = (record: VersionRecord): z.output<typeof templateVersion> => {
  const { title, size, fields, variants = {} } = JSON.parse(record.document) as Template;
  const { name, version, state, digest, note } = record;
  return {
    ...{ name, version, state, digest, note, fields, title: title ?? null, ...size },
    variants: Object.entries(variants).map(([name, { title = null, size }]) => ({ name, title, ...size })),
    waived: JSON.parse(record.waived) as string[],
    createdBy: record.created_by,
    createdAt: toMoment(record.created_at),
    submittedBy: record.submitted_by,
    submittedAt: moments(record.submitted_at),
    publishedBy: record.published_by,
    publishedAt: moments(record.published_at),
    retiredAt: moments(record.retired_at),
  };
};

/** What is thrown for a template or version that is not there. */
export const missing = (name: string) =>
  new AppError('template_not_found', `There is no such version of a template ${name}: look at GET /v1/templates.`);

/** The versions of a template. */
export const versionOperations = (services: Services): Operation[] => {
  const { records } = services;
  return [
    operation({
      id: 'listVersions',
      scope: 'templates:read',
      method: 'get',
      path: '/v1/templates/{name}/versions',
      tag: 'Templates',
      summary: 'List the versions of a template, the newest first',
      params: z.strictObject({ name: templateName }),
      query: z.strictObject({ ...paging, after: textNumber(1, 999_999_999).optional() }),
      answer: pageOf(templateVersion),
      refuses: ['template_not_found'],
      async run({ actor: { workspace }, params: { name }, query: { after, limit } }) {
        const found = await listVersions(records, { workspace, name, before: after, limit: limit + 1 });
        if (found.length === 0 && after === undefined) throw missing(name);
        const shown = found.slice(0, limit);
        return { data: shown.map(showVersion), next: found.length > limit ? String(shown.at(-1)?.version) : null };
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
      answer: templateVersion.extend({ document: templateDocument }),
      refuses: ['template_not_found'],
      async run({ actor, params: { name, version } }) {
        const record = await findVersion(records, actor.workspace, name, version);
        if (!record) throw missing(name);
        return { ...showVersion(record), document: JSON.parse(record.document) };
      },
    }),
    operation({
      id: 'exportVersion',
      scope: 'templates:read',
      method: 'get',
      path: '/v1/templates/{name}/versions/{version}/export',
      tag: 'Templates',
      summary: 'Download a version with its sets of data and its pictures, as a zip of the folder that can be imported',
      params: versionParams,
      answer: { mediaTypes: ['application/zip'] },
      refuses: ['template_not_found', 'asset_not_found'],
      async run({ actor, params: { name, version } }) {
        const record = await findVersion(records, actor.workspace, name, version);
        if (!record) throw missing(name);
        return { mime: 'application/zip', bytes: await zipFiles(await exportVersion(services, record)) };
      },
    }),
    operation({
      id: 'createVersion',
      scope: 'templates:write',
      method: 'post',
      path: '/v1/templates/{name}/versions',
      tag: 'Templates',
      summary: 'Add a template, or a new version of one, as a draft',
      params: z.strictObject({ name: templateName }),
      body: templateDocument,
      answer: templateVersion,
      status: 201,
      refuses: ['template_invalid', 'template_revoked'],
      async run({ actor, params: { name }, body }) {
        if (body.name !== name) {
          const faults = [{ path: 'name', message: `differs from ${name}, the name in the path: make them the same` }];
          throw new AppError('request_invalid', 'The name in the document and in the path differ.', { faults });
        }
        return showVersion(await addDraft(services, actor, body));
      },
    }),
  ];
};
