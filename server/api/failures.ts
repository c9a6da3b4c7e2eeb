import { z } from 'zod';
import { AppError } from '../../core/errors.ts';
import { outputs } from '../../core/template/output.ts';
import { showable, showFailed } from '../image/failed.ts';
import type { Services } from '../services.ts';
import { findFailure, groupFailures } from '../stores/records/failures.ts';
import { type Operation, operation } from './operation.ts';
import { moment, templateName, toMoment } from './parts.ts';

const DAY_MS = 24 * 3_600_000;
const SHOWN_GROUPS = 100;

const failure = z
  .object({
    id: z.string().meta({ description: 'Of the latest of them.' }),
    cause: z.string().meta({ example: 'contact-unknown' }),
    outcome: z.string().meta({ description: 'What was shown instead.', example: 'defaults' }),
    template: z.string().nullable(),
    version: z.number().nullable(),
    count: z.number(),
    firstAt: moment,
    lastAt: moment,
    link: z.string().nullable().meta({ description: 'A link it happened on.' }),
    contact: z.string().nullable().meta({ description: 'The id of a contact it happened to.' }),
    picture: z.enum(['shown', 'now']).nullable().meta({
      description: 'What its picture is: the one that was shown, or what the same address shows now; null without one.',
    }),
  })
  .meta({ id: 'Failure', description: 'Pictures that were less than what was asked for, for one cause.' });

const when = z.iso.datetime().optional();

/** What recipients saw less of than they should. */
export const failureOperations = (services: Services): Operation[] => {
  const { records, observed } = services;
  return [
    operation({
      id: 'listFailures',
      scope: 'figures:read',
      method: 'get',
      path: '/v1/failures',
      tag: 'Figures',
      summary: 'What recipients saw less of than they should, by cause, the most frequent first',
      query: z.strictObject({
        since: when.meta({ description: 'A day ago when absent.' }),
        template: templateName.optional(),
        link: z.string().max(40).optional(),
      }),
      answer: z.object({ data: z.array(failure), next: z.null() }),
      refuses: [],
      async run({ actor: { workspace }, query: { since, template, link } }) {
        await observed.flush();
        const from = since === undefined ? Date.now() - DAY_MS : Date.parse(since);
        const groups = await groupFailures(records, { workspace, since: from, template, link, limit: SHOWN_GROUPS });
        return {
          data: groups.map(({ first_at, last_at, count, ...rest }) => ({
            ...rest,
            count: Number(count),
            firstAt: toMoment(first_at),
            lastAt: toMoment(last_at),
            picture: showable(rest),
          })),
          next: null,
        };
      },
    }),
    operation({
      id: 'readFailurePicture',
      scope: 'figures:read',
      method: 'get',
      path: '/v1/failures/{id}/picture',
      tag: 'Figures',
      summary: 'What a recipient saw less of than they should, as a picture; looking at it counts nowhere',
      params: z.strictObject({ id: z.string().max(40) }),
      answer: { mediaTypes: Object.values(outputs).map(({ mime }) => mime) },
      refuses: ['not_found', 'render_failed', 'render_timeout', 'overloaded'],
      async run({ actor: { workspace }, params: { id } }) {
        const found = await findFailure(records, workspace, id);
        const picture = found && (await showFailed(services, found));
        if (!picture)
          throw new AppError(
            'not_found',
            'There is no picture of a failure with that id: look at the list of failures.',
          );
        return picture;
      },
    }),
  ];
};
