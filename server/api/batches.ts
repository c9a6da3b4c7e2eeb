import { z } from 'zod';
import { AppError } from '../../core/errors.ts';
import { type FormatName, formatName, outputDpi, outputScale } from '../../core/template/output.ts';
import type { WarningCounts } from '../batches/batch.ts';
import { MAX_ROWS, orderBatch } from '../batches/order.ts';
import { readCsvBytes, readObjectRows } from '../batches/rows.ts';
import { callBack, cancelBatch } from '../batches/run.ts';
import { zipBatch } from '../batches/zip.ts';
import { checkAddress } from '../outgoing/order.ts';
import { sealedUrl, shareUrl } from '../sealed/seal.ts';
import type { Services } from '../services.ts';
import { audit } from '../stores/records/audit.ts';
import { type BatchRecord, findBatch, listBatches, listBatchRows } from '../stores/records/batches.ts';
import { type Operation, operation } from './operation.ts';
import {
  besideCsv,
  callbackUrl,
  dataRows,
  dpi,
  format,
  isOneOfBoth,
  moment,
  ONE_OF_BOTH,
  pageOf,
  paging,
  scale,
  templateName,
  textNumber,
  toMoment,
  variant,
  versionNumber,
  warning,
} from './parts.ts';

const MAX_BYTES = 20 * 1024 * 1024;
const CSV = 'text/csv';

const column = z.string().min(1).max(200);
const naming = column.optional().meta({ description: 'The column whose cells name the files of the zip.' });
const subjectField = column.optional().meta({ description: 'The column that says whom each picture is about.' });

const output = z.string().max(400).optional().meta({
  description: 'Where every finished picture is put, too: `s3://bucket/folder` in a bucket the workspace allows.',
});

const order = z
  .strictObject({
    template: templateName,
    version: versionNumber.optional(),
    variant: variant.optional(),
    rows: dataRows(MAX_ROWS),
    format: format.optional(),
    scale: scale.optional(),
    dpi: dpi.optional(),
    naming,
    subjectField,
    output,
    callback_url: callbackUrl.optional(),
  })
  .refine(isOneOfBoth, ONE_OF_BOTH)
  .meta({
    id: 'BatchOrder',
    examples: [{ template: 'event-badge', naming: 'name', rows: [{ name: 'Amira Haddad' }, { name: 'Bo Lindqvist' }] }],
  });

/** What comes beside a CSV table. */
const csvQuery = z.strictObject({
  ...besideCsv,
  format: formatName.optional(),
  scale: z
    .string()
    .transform(Number)
    .pipe(outputScale)
    .optional()
    .meta({ override: { type: 'number' } }),
  dpi: z
    .string()
    .transform(Number)
    .pipe(outputDpi)
    .optional()
    .meta({ override: { type: 'integer' } }),
  naming,
  subjectField,
  output,
  callback_url: callbackUrl.optional(),
});

const batch = z
  .object({
    id: z.string(),
    template: z.string(),
    version: z.number(),
    variant: z.string().nullable().meta({ description: "One of the template's other sizes; null for its own." }),
    format: z.string(),
    scale: z.number(),
    state: z.enum(['queued', 'running', 'complete', 'failed', 'cancelled']),
    total: z.number(),
    done: z.number().meta({ description: 'Rows that have had their turn, those that failed too.' }),
    failed: z.number(),
    warnings: z
      .record(z.string(), z.record(z.string(), z.number()))
      .meta({ description: 'How often something was mended: by field or layer, then by kind.' }),
    ignoredColumns: z.array(z.string()).meta({
      description:
        'Columns that are no field of the template and were asked for nothing else, at most 100: look for misspelt ones.',
    }),
    createdAt: moment,
    finishedAt: moment.nullable(),
  })
  .meta({ id: 'Batch' });

const batchRow = z
  .object({
    row: z.number().meta({ description: 'Counted from 1, without the header.' }),
    state: z.enum(['queued', 'complete', 'failed']),
    url: z.string().nullable().meta({ description: 'Where the finished picture is served from.' }),
    shareUrl: z.string().nullable().meta({ description: 'A page with the picture, for passing on.' }),
    warnings: z.array(warning).readonly(),
    error: z.string().nullable(),
  })
  .meta({ id: 'BatchRow' });

const show = (record: BatchRecord): z.input<typeof batch> => {
  const { id, template, version, variant, format, scale, state, total, done, failed, warnings } = record;
  return {
    ...{ id, template, version, variant, format, scale, state, total, done, failed },
    warnings: JSON.parse(warnings) as WarningCounts,
    ignoredColumns: JSON.parse(record.ignored_columns) as string[],
    createdAt: toMoment(record.created_at),
    finishedAt: record.finished_at === null ? null : toMoment(record.finished_at),
  };
};

const params = z.strictObject({ id: z.string().max(40) });

/** A picture for each of many rows. */
export const batchOperations = (services: Services): Operation[] => {
  const { records } = services;
  const find = async (workspace: string, id: string): Promise<BatchRecord> => {
    const record = await findBatch(records, workspace, id);
    if (!record) throw new AppError('not_found', 'There is no batch with that id in this workspace.');
    return record;
  };
  return [
    operation({
      id: 'orderBatch',
      scope: 'pictures:write',
      method: 'post',
      path: '/v1/batches',
      tag: 'Batches',
      summary: 'Have a picture made for every row of a CSV table or a list; bad rows stop nothing',
      query: csvQuery,
      body: { maxBytes: MAX_BYTES, mediaTypes: [CSV], json: order },
      answer: batch,
      status: 202,
      refuses: ['template_not_found', 'data_invalid', 'address_refused', 'body_too_large'],
      async run({ actor, query: { template, callback_url, ...query }, body }) {
        if (!Buffer.isBuffer(body)) {
          const { rows, callback_url, ...rest } = body;
          return show(await orderBatch(services, actor, { ...rest, callback: callback_url }, readObjectRows(rows)));
        }
        if (template === undefined)
          throw new AppError('request_invalid', 'Name the template in the query, or send the order as JSON.');
        const rows = readCsvBytes(body);
        return show(await orderBatch(services, actor, { ...query, template, callback: callback_url }, rows));
      },
    }),
    operation({
      id: 'listBatches',
      scope: 'pictures:read',
      method: 'get',
      path: '/v1/batches',
      tag: 'Batches',
      summary: 'List the batches, newest first',
      query: z.strictObject(paging),
      answer: pageOf(batch),
      refuses: [],
      async run({ actor: { workspace }, query: { after, limit } }) {
        const found = await listBatches(records, { workspace, after, limit: limit + 1 });
        const shown = found.slice(0, limit);
        return { data: shown.map(show), next: found.length > limit ? (shown.at(-1)?.id ?? null) : null };
      },
    }),
    operation({
      id: 'readBatch',
      scope: 'pictures:read',
      method: 'get',
      path: '/v1/batches/{id}',
      tag: 'Batches',
      summary: 'See how far a batch is',
      params,
      answer: batch,
      refuses: ['not_found'],
      run: async ({ actor: { workspace }, params: { id } }) => show(await find(workspace, id)),
    }),
    operation({
      id: 'listBatchRows',
      scope: 'pictures:read',
      method: 'get',
      path: '/v1/batches/{id}/rows',
      tag: 'Batches',
      summary: 'See what became of the rows of a batch, in their order',
      params,
      query: z.strictObject({
        after: textNumber(1, MAX_ROWS).optional().meta({ description: 'The `next` of the page before.' }),
        limit: textNumber(1, 1000).default(100),
        state: z.enum(['queued', 'complete', 'failed']).optional(),
      }),
      answer: pageOf(batchRow),
      refuses: ['not_found'],
      async run({ actor: { workspace }, params: { id }, query: { after, limit, state } }) {
        const { format } = await find(workspace, id);
        const found = await listBatchRows(records, { batch: id, state, after, limit: limit + 1 });
        const shown = found.slice(0, limit);
        return {
          data: shown.map(({ row, state, sealed, warnings, error }) => ({
            ...{ row, state, error },
            url: sealed === null ? null : sealedUrl(services, sealed, format as FormatName),
            shareUrl: sealed === null ? null : shareUrl(services, sealed),
            warnings: JSON.parse(warnings) as z.output<typeof warning>[],
          })),
          next: found.length > limit ? String(shown.at(-1)?.row) : null,
        };
      },
    }),
    operation({
      id: 'downloadBatch',
      scope: 'pictures:read',
      method: 'get',
      path: '/v1/batches/{id}/zip',
      tag: 'Batches',
      summary: 'Download the finished pictures of a batch in one file',
      params,
      answer: { mediaTypes: ['application/zip'] },
      refuses: ['not_found'],
      async run({ actor: { workspace }, params: { id }, setHeader }) {
        const record = await find(workspace, id);
        setHeader('Content-Disposition', `attachment; filename="${record.template}-${id}.zip"`);
        return { mime: 'application/zip', bytes: zipBatch(services, record) };
      },
    }),
    operation({
      id: 'callBackBatch',
      scope: 'pictures:write',
      method: 'post',
      path: '/v1/batches/{id}/callback',
      tag: 'Batches',
      summary: 'Have an address told when a batch is finished, in place of the one before; at once when it is',
      params,
      body: z
        .strictObject({ callback_url: callbackUrl })
        .meta({ id: 'BatchCallback', examples: [{ callback_url: 'https://example.com/done' }] }),
      answer: batch,
      status: 202,
      refuses: ['not_found', 'address_refused'],
      async run({ actor: { workspace }, params: { id }, body: { callback_url: url } }) {
        checkAddress({ url, httpsOnly: services.config.production, maxBytes: 0, timeoutMs: 0 }, url);
        await find(workspace, id);
        await callBack(services, { id, workspace }, url);
        return show(await find(workspace, id));
      },
    }),
    operation({
      id: 'cancelBatch',
      scope: 'pictures:write',
      method: 'delete',
      path: '/v1/batches/{id}',
      tag: 'Batches',
      summary: 'Stop a batch: pictures that are finished stay, the rest is forgotten',
      params,
      refuses: ['not_found'],
      async run({ actor: { workspace, id: actor }, params: { id } }) {
        await find(workspace, id);
        if (await cancelBatch(services, { id, workspace }))
          await audit(records, { workspace, actor, action: 'batch.cancelled', subject: id, now: Date.now() });
      },
    }),
  ];
};
