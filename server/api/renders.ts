import { z } from 'zod';
import { AppError } from '../../core/errors.ts';
import type { FormatName } from '../../core/template/output.ts';
import { orderRender } from '../renders/render.ts';
import { sealedUrl } from '../sealed/seal.ts';
import type { Services } from '../services.ts';
import { findShownRender, listRenders, type ShownRender } from '../stores/records/renders.ts';
import { type Operation, operation } from './operation.ts';
import {
  callbackUrl,
  dpi,
  format,
  moment,
  pageOf,
  paging,
  subject,
  templateName,
  toMoment,
  variant,
  versionNumber,
} from './parts.ts';

const order = z
  .strictObject({
    template_id: templateName,
    template_version: versionNumber.optional(),
    variant: variant.optional(),
    data: z.record(z.string(), z.unknown()).meta({ description: 'A value for each field of the template.' }),
    assets: z
      .record(z.string(), z.string().max(2000))
      .optional()
      .meta({ description: 'By image field: `asset:<name>@<version>` or an address, in place of what `data` says.' }),
    format: format.optional(),
    dpi: dpi.optional(),
    subject: subject.optional(),
    callback_url: callbackUrl.optional(),
  })
  .meta({
    id: 'RenderOrder',
    examples: [{ template_id: 'event-badge', data: { name: 'Amira Haddad' }, format: 'png', dpi: 144 }],
  });

const status = z.enum(['queued', 'complete', 'failed']);

const render = z
  .object({
    job_id: z.string(),
    status,
    template: z.string().optional().meta({ description: 'What the finished picture is of.' }),
    version: z.number().optional(),
    format: z.string().optional(),
    output_url: z.string().optional().meta({ description: 'Where the finished picture is served from.' }),
    error: z.string().optional().meta({ description: 'Why there is none, in one sentence.' }),
    createdAt: moment,
    finishedAt: moment.nullable(),
  })
  .meta({ id: 'Render' });

function show(services: Services, record: ShownRender): z.input<typeof render> {
  const { id, state, sealed, template, version, format, error } = record;
  return {
    job_id: id,
    status: state,
    ...(sealed !== null &&
      template !== null &&
      version !== null &&
      format !== null && { template, version, format, output_url: sealedUrl(services, sealed, format as FormatName) }),
    ...(error !== null && { error }),
    createdAt: toMoment(record.created_at),
    finishedAt: record.finished_at === null ? null : toMoment(record.finished_at),
  };
}

/** Making one picture soon. */
export const renderOperations = (services: Services): Operation[] => [
  operation({
    id: 'orderRender',
    scope: 'pictures:write',
    method: 'post',
    path: '/v1/renders',
    tag: 'Pictures',
    summary: 'Have one picture made soon; faults of its data are told at once',
    body: order,
    answer: z.object({ job_id: z.string() }),
    status: 202,
    refuses: ['template_not_found', 'data_invalid', 'address_refused'],
    run: async ({ actor, body: { template_id, template_version, callback_url, ...rest } }) => ({
      job_id: await orderRender(services, actor.workspace, {
        ...rest,
        template: template_id,
        version: template_version,
        callback: callback_url,
      }),
    }),
  }),
  operation({
    id: 'readRender',
    scope: 'pictures:read',
    method: 'get',
    path: '/v1/renders/{id}',
    tag: 'Pictures',
    summary: 'See whether a picture is ready',
    params: z.strictObject({ id: z.string().max(40) }),
    answer: render,
    refuses: ['not_found'],
    async run({ actor, params: { id } }) {
      const record = await findShownRender(services.records, actor.workspace, id);
      if (!record) throw new AppError('not_found', 'There is no render with that id in this workspace.');
      return show(services, record);
    },
  }),
  operation({
    id: 'listRenders',
    scope: 'pictures:read',
    method: 'get',
    path: '/v1/renders',
    tag: 'Pictures',
    summary: 'List the pictures that were ordered, newest first',
    query: z.strictObject({
      ...paging,
      status: status.optional(),
      template: templateName.optional().meta({ description: 'Only finished pictures of this template.' }),
    }),
    answer: pageOf(render),
    refuses: [],
    async run({ actor: { workspace }, query: { status: state, limit, ...of } }) {
      const found = await listRenders(services.records, { workspace, state, ...of, limit: limit + 1 });
      const shown = found.slice(0, limit);
      return {
        data: shown.map((record) => show(services, record)),
        next: found.length > limit ? (shown.at(-1)?.id ?? null) : null,
      };
    },
  }),
];
