import { z } from 'zod';
import { AppError } from '../../core/errors.ts';
import { applyContract } from '../../core/template/contract.ts';
import type { Warning } from '../../core/template/value.ts';
import { isLate, within } from '../deadline.ts';
import type { Services } from '../services.ts';
import { audit } from '../stores/records/audit.ts';
import { revokeSealed } from '../stores/records/sealed.ts';
import { findPublished, whichVersion } from '../templates/find-published.ts';
import { openFields } from '../workspaces/open-fields.ts';
import { type Operation, operation } from './operation.ts';
import { fault, templateName, versionNumber, warning } from './parts.ts';

const MAX_ROWS = 200;
const DEADLINE_MS = 20_000;

const trial = z
  .strictObject({
    template: templateName,
    version: versionNumber.optional(),
    rows: z
      .array(z.record(z.string(), z.unknown()))
      .min(1)
      .max(MAX_ROWS)
      .meta({ description: 'The data of each picture, as for generating it.' }),
  })
  .meta({ id: 'Trial', examples: [{ template: 'summer-rewards-hero', rows: [{ first_name: 'Amira' }, {}] }] });

const verdicts = z
  .object({
    rows: z.array(
      z.object({
        row: z.number().meta({ description: 'Counted from 1.' }),
        fits: z.boolean().meta({ description: 'Nothing is refused and no text is cut with an ellipsis.' }),
        faults: z.array(fault).readonly(),
        warnings: z.array(warning).readonly(),
      }),
    ),
    counts: z.record(z.string(), z.number()).meta({ description: 'Rows by kind of warning.' }),
  })
  .meta({ id: 'Verdicts' });

/** Pictures that were made already, or that are only tried. */
export const pictureOperations = (services: Services): Operation[] => [
  operation({
    id: 'validateRows',
    scope: 'pictures:write',
    method: 'post',
    path: '/v1/validate',
    tag: 'Pictures',
    summary: 'See which rows of data do not fit, are blank or are junk; nothing is kept',
    body: trial,
    answer: verdicts,
    refuses: ['template_not_found', 'render_timeout', 'overloaded'],
    async run({ actor, body: { template, version, rows } }) {
      const published = await findPublished(services, actor.workspace, template, whichVersion(version));
      const { output } = published.template;
      const fields = await openFields(services.settings, actor.workspace, published.template.fields);
      const judge = async (data: Record<string, unknown>, i: number) => {
        const { values, faults, warnings } = applyContract(fields, data);
        const drawing = { published, values, format: output.format, scale: 1 };
        const drawn = await services.pictures.make(drawing, await services.pictures.keyOf(drawing));
        const all: readonly Warning[] = [...warnings, ...drawn.warnings];
        return {
          row: i + 1,
          fits: faults.length === 0 && !all.some(({ code }) => code === 'ellipsis'),
          faults,
          warnings: all,
        };
      };
      const judged = await within(Promise.all(rows.map(judge)), DEADLINE_MS);
      if (isLate(judged))
        throw new AppError('render_timeout', 'The rows were not tried in time: send fewer of them at once.');
      const counts: Record<string, number> = {};
      for (const { warnings } of judged)
        for (const code of new Set(warnings.map((each) => each.code))) counts[code] = (counts[code] ?? 0) + 1;
      return { rows: judged, counts };
    },
  }),
  operation({
    id: 'revokePicture',
    scope: 'links:revoke',
    method: 'delete',
    path: '/v1/pictures/{id}',
    tag: 'Pictures',
    summary: 'Take a generated picture back: its address shows a neutral one',
    params: z.strictObject({ id: z.string().max(40) }),
    refuses: ['picture_not_found'],
    async run({ actor: { workspace, id: actor }, params: { id } }) {
      const now = Date.now();
      if (!(await revokeSealed(services.records, workspace, id, now)))
        throw new AppError('picture_not_found', 'There is no picture with that id in this workspace.');
      await audit(services.records, { workspace, actor, action: 'picture.revoked', subject: id, now });
      await services.changes.tell('sealed', id);
    },
  }),
];
