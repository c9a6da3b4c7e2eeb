import { z } from 'zod';
import { AppError } from '../../core/errors.ts';
import { readFigures } from '../observe/read-figures.ts';
import type { Services } from '../services.ts';
import { listImpressions, sumByReader } from '../stores/records/impressions.ts';
import { findLink } from '../stores/records/links.ts';
import { type Operation, operation } from './operation.ts';
import { moment, pageOf, paging, textNumber, toMoment } from './parts.ts';

const DAY_MS = 24 * 3_600_000;
const HOUR_MS = 3_600_000;

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

const share = z.number().meta({ description: 'From 0 to 1.' });
const ms = z.number().meta({ description: 'In milliseconds, in the service.' });

const figures = z
  .object({
    since: moment,
    stepMinutes: z.number(),
    pictures: z.number().meta({ description: 'Live traffic: those of links, and generated ones at their addresses.' }),
    below: z.number().meta({ description: 'Of which recipients saw less than they should, and nobody meant that.' }),
    within: z
      .object({ p50: ms, p95: ms, p99: ms })
      .nullable()
      .meta({ description: 'Half of them took at most so long, 95 of 100, and 99 of 100; null without pictures.' }),
    outcomes: z.array(z.object({ outcome: z.string(), pictures: z.number(), share })),
    steps: z
      .array(z.object({ at: moment, pictures: z.number(), below: z.number(), p95: ms.nullable() }))
      .meta({ description: 'From the oldest, also those without pictures.' }),
    fields: z
      .array(
        z.object({
          template: z.string(),
          field: z.string(),
          reason: z.string().meta({ description: '`blank`, `junk`, `unreplaced`, `invalid`, `too_long`.' }),
          count: z.number(),
          share: share.meta({ description: "Of the pictures of the template's links for somebody known." }),
        }),
      )
      .meta({
        description: 'Fields that showed something else than the data said, at most 50, the most frequent first.',
      }),
  })
  .meta({ id: 'Figures' });

const when = z.iso.datetime().optional();

/** What recipients were shown. */
export const figureOperations = ({ records, observed }: Services): Operation[] => [
  operation({
    id: 'readFigures',
    scope: 'figures:read',
    method: 'get',
    path: '/v1/figures',
    tag: 'Figures',
    summary: 'How pictures were served of late, how fast, and which fields fell back, by all processes together',
    query: z.strictObject({ window: z.enum(['quarter', 'hour', 'day']).default('hour') }),
    answer: figures,
    refuses: [],
    async run({ actor: { workspace }, query: { window } }) {
      await observed.flush();
      return readFigures(records, workspace, window, Date.now());
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
