import { z } from 'zod';
import { AppError } from '../../core/errors.ts';
import { rungs } from '../../core/paint/fit-report.ts';
import { bucketStart } from '../../core/template/live.ts';
import { type Fitted, fitRows } from '../batches/fit.ts';
import { checkColumns } from '../batches/order.ts';
import { type Row, readCsvBytes, readObjectRows } from '../batches/rows.ts';
import { isLate, within } from '../deadline.ts';
import type { Services } from '../services.ts';
import { findPublished, whichVersion } from '../templates/find-published.ts';
import { openFields } from '../workspaces/open-fields.ts';
import { type Operation, operation } from './operation.ts';
import { besideCsv, dataRows, fault, templateName, textNumber, variant, versionNumber, warning } from './parts.ts';

const MAX_ROWS = 20_000;
const MAX_BYTES = 10 * 1024 * 1024;
const MAX_LIMIT = 500;
const SHOWN = 20;
const DEADLINE_MS = 25_000;

const limit = { description: `How many rows are told, the worst first; ${SHOWN} when absent.` };

const trial = z
  .strictObject({
    template: templateName,
    version: versionNumber.optional(),
    variant: variant.optional(),
    rows: dataRows(MAX_ROWS),
    limit: z.number().int().min(1).max(MAX_LIMIT).default(SHOWN).meta(limit),
  })
  .meta({ id: 'Trial', examples: [{ template: 'summer-rewards-hero', rows: [{ first_name: 'Amira' }, {}] }] });

/** What comes beside a CSV table. */
const csvQuery = z.strictObject({
  ...besideCsv,
  limit: textNumber(1, MAX_LIMIT).default(SHOWN).meta(limit),
});

const rung = z.enum(rungs);
const counts = z.record(z.string(), z.number());

const text = z.object({
  layer: z.string(),
  rung: rung.meta({ description: 'How far down the fit ladder the text had to go.' }),
  size: z.number().meta({ description: 'In CSS pixels.' }),
  lines: z.number(),
  wording: z.number().meta({ description: '0 for the text itself, else which of its shorter ones.' }),
});

const verdicts = z
  .object({
    total: z.number(),
    fits: z.number().meta({
      description:
        'Rows of which nothing is refused, no text is cut with an ellipsis, no layer leaves out what has no room or cannot be shown in it, and every code can be scanned.',
    }),
    counts: counts.meta({ description: 'Rows by kind of warning; `refused` are those that generating would refuse.' }),
    fields: z.record(z.string(), counts).meta({ description: 'How often which field was mended, by kind of warning.' }),
    texts: z
      .record(
        z.string(),
        z.object({ ...Object.fromEntries(rungs.map((each) => [each, z.number()])), smallest: z.number() }),
      )
      .meta({ description: 'By layer: how many texts came to each rung, and the smallest size in CSS pixels.' }),
    rows: z
      .array(
        z.object({
          row: z.number().meta({ description: 'Counted from 1, a header not counted.' }),
          fits: z.boolean(),
          score: z.number().meta({ description: 'How bad it is; 0 for a row with nothing to say of.' }),
          faults: z.array(fault).readonly(),
          warnings: z.array(warning).readonly(),
          texts: z.array(text).readonly().meta({ description: 'Those that are not as designed.' }),
        }),
      )
      .readonly()
      .meta({ description: 'The worst first.' }),
    ignoredColumns: z.array(z.string()).readonly().meta({ description: 'Columns that are no field of the template.' }),
  })
  .meta({ id: 'Verdicts' });

/** The rows of a table; refused before any is tried when there are too many. */
async function readTable(bytes: Buffer): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const row of readCsvBytes(bytes)) {
    if (rows.length === MAX_ROWS)
      throw new AppError('data_invalid', `Send at most ${MAX_ROWS} rows at once: split them.`);
    rows.push(row);
  }
  if (rows.length === 0) throw new AppError('data_invalid', 'There is no row: send at least one.');
  return rows;
}

/** Rows of data tried before anything is made with them. */
export const validateOperations = (services: Services): Operation[] => [
  operation({
    id: 'validateRows',
    scope: 'pictures:write',
    method: 'post',
    path: '/v1/validate',
    tag: 'Pictures',
    summary: 'See which rows of a CSV table or a list do not fit, are blank or are junk; nothing is drawn or kept',
    query: csvQuery,
    body: { maxBytes: MAX_BYTES, mediaTypes: ['text/csv'], json: trial },
    answer: verdicts,
    refuses: ['template_not_found', 'data_invalid', 'body_too_large', 'render_timeout', 'overloaded'],
    async run({ actor: { workspace }, query, body }) {
      const asked = Buffer.isBuffer(body) ? query : body;
      if (asked.template === undefined)
        throw new AppError('request_invalid', 'Name the template in the query, or send the order as JSON.');
      const which = whichVersion(asked.version, asked.variant);
      const published = await findPublished(services, workspace, asked.template, which);
      const { template, job } = published;
      const fields = await openFields(services.settings, workspace, template.fields);
      const now = bucketStart(template.freshness, Date.now());
      const until = performance.now() + DEADLINE_MS;
      const fitting = {
        ...{ template: job, fields, limit: asked.limit, ...(now !== undefined && { live: { now } }) },
        wish: { priority: 'background', until } as const,
      };
      const rows = Buffer.isBuffer(body) ? await readTable(body) : readObjectRows(body.rows);
      const fitted = await within<Fitted>(fitRows(services.pool, fitting, rows), DEADLINE_MS);
      if (isLate(fitted))
        throw new AppError('render_timeout', 'The rows were not tried in time: send fewer of them at once.');
      return { ...fitted.report, ignoredColumns: checkColumns(template, fitted.columns) };
    },
  }),
];
