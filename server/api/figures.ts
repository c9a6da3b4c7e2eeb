import { z } from 'zod';
import { AppError } from '../../core/errors.ts';
import type { Services } from '../services.ts';
import { groupFailures } from '../stores/records/failures.ts';
import { listImpressions, sumByReader } from '../stores/records/impressions.ts';
import { findLink } from '../stores/records/links.ts';
import { type Operation, operation } from './operation.ts';
import { moment, pageOf, paging, templateName, textNumber, toMoment } from './parts.ts';

const DAY_MS = 24 * 3_600_000;
const HOUR_MS = 3_600_000;
const SHOWN_GROUPS = 100;

const failure = z
  .object({
    cause: z.string().meta({ example: 'contact-unknown' }),
    outcome: z.string().meta({ description: 'What was shown instead.', example: 'defaults' }),
    template: z.string().nullable(),
    version: z.number().nullable(),
    count: z.number(),
    firstAt: moment,
    lastAt: moment,
    link: z.string().nullable().meta({ description: 'A link it happened on.' }),
    contact: z.string().nullable().meta({ description: 'The id of a contact it happened to.' }),
  })
  .meta({ id: 'Failure', description: 'Pictures that were less than what was asked for, for one cause.' });

const impression = z
  .object({
    hour: moment.meta({ description: 'When the hour began.' }),
    send: z.string().meta({ description: 'The marker of the send; empty without one.' }),
    reader: z.string().meta({
      description:
        'Who asked: `apple-proxy`, `gmail-proxy`, `yahoo-proxy`, `outlook`, `bot`, `browser`, `other`. A proxy fetches for its people, looked at or not.',
    }),
    outcome: z.string(),
    count: z.number(),
  })
  .meta({ id: 'Impression' });

const when = z.iso.datetime().optional();

/** What recipients were shown. */
export const figureOperations = ({ records, observed }: Services): Operation[] => [
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
        })),
        next: null,
      };
    },
  }),
  operation({
    id: 'listImpressions',
    scope: 'figures:read',
    method: 'get',
    path: '/v1/links/{id}/impressions',
    tag: 'Figures',
    summary: 'How often the pictures of a link were asked for, by hour, send, kind of reader and outcome',
    params: z.strictObject({ id: z.string().max(40) }),
    query: z.strictObject({
      since: when.meta({ description: '30 days ago when absent.' }),
      until: when,
      limit: paging.limit,
      after: textNumber(0, 999_999_999).optional(),
    }),
    answer: pageOf(impression).extend({
      readers: z.record(z.string(), z.number()).meta({ description: 'All of them, by kind of reader.' }),
    }),
    refuses: ['link_not_found'],
    async run({ actor: { workspace }, params: { id }, query: { since, until, limit, after = 0 } }) {
      const link = await findLink(records, id);
      if (link?.workspace !== workspace) {
        throw new AppError('link_not_found', 'There is no link with that id in this workspace.');
      }
      await observed.flush();
      const range = {
        workspace,
        link: id,
        since: since === undefined ? Date.now() - 30 * DAY_MS : Date.parse(since) - HOUR_MS + 1,
        until: until === undefined ? Number.MAX_SAFE_INTEGER : Date.parse(until),
      };
      const found = await listImpressions(records, { ...range, skip: after, limit: limit + 1 });
      const readers = await sumByReader(records, range);
      return {
        data: found.slice(0, limit).map(({ hour, send, reader, outcome, count }) => ({
          hour: toMoment(hour),
          ...{ send, reader, outcome, count },
        })),
        next: found.length > limit ? String(after + limit) : null,
        readers: Object.fromEntries(readers.map(({ reader, count }) => [reader, Number(count)])),
      };
    },
  }),
];
