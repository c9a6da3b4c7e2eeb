import { z } from 'zod';
import { checkAddress } from '../outgoing/order.ts';
import type { Services } from '../services.ts';
import { listWarmups, type WarmupRecord } from '../stores/records/warmups.ts';
import { cancelWarmup, heldWarmup } from '../warmups/order.ts';
import { failures } from '../warmups/result.ts';
import { expectedEnd, servedSince, showWorst, unmappedFields } from '../warmups/show.ts';
import { startWarmup } from '../warmups/start.ts';
import { totalsOf } from '../warmups/totals.ts';
import { attentions, limitsSchema, readWarmup, warmupStates } from '../warmups/warmup.ts';
import { type Operation, operation } from './operation.ts';
import { callbackUrl, moment, pageOf, paging, sendMarker, toMoment } from './parts.ts';

const params = z.strictObject({ id: z.string().max(40) });
const id = z.string().min(1).max(64);
const count = z.number().int();

const order = z
  .strictObject({
    links: z.array(id).min(1).max(20).optional().meta({
      description:
        'Ids of the links in the email, or `<id>@1x.png` for a picture in another format or scale that its link allows; absent for a planned campaign, of which `connection` and `send` are all there is to tell.',
    }),
    connection: id.optional().meta({
      description: 'Whose audience it is; without one, all contacts of the workspace as they are kept here.',
    }),
    audiences: z
      .array(id)
      .max(100)
      .optional()
      .meta({ description: "The platform's lists and segments that get the send; the connection's own when absent." }),
    excluded: z.array(id).max(100).optional().meta({ description: 'Those whose members do not.' }),
    send: sendMarker.optional().meta({
      description:
        'The marker of the send, of which there is one warm-up at a time; or the id of a planned campaign, as the sends of the connection tell it.',
    }),
    sendAt: z.iso
      .datetime({ offset: true })
      .optional()
      .meta({ description: 'When the first recipient gets it: pictures are kept for 72 hours from then on.' }),
    limits: limitsSchema.optional(),
    callback_url: callbackUrl.optional(),
  })
  .meta({
    id: 'WarmupOrder',
    examples: [
      { links: ['V1StGXR8_Z5jdHi6'], connection: 'B-myT3Zq4N7xw0aK' },
      { connection: 'B-myT3Zq4N7xw0aK', send: '01J9VQ5S6M8N2T4X7ZBD3CWE1K' },
    ],
  });

const warmup = z
  .object({
    id: z.string(),
    connection: z.string().nullable(),
    links: z.array(z.string()).meta({ description: 'By id, or `<id>@1x.png` in another format or scale.' }),
    audiences: z.array(z.string()),
    excluded: z.array(z.string()),
    send: z.string().nullable(),
    sendAt: moment.nullable(),
    limits: limitsSchema,
    state: z
      .enum(warmupStates)
      .meta({ description: '`refused`: the cache has no room for the pictures; `error` says what to do.' }),
    phase: z.enum(['excluding', 'listing', 'resolving', 'checking', 'making', 'reporting']),
    contacts: count.meta({ description: 'Contacts that were looked at so far.' }),
    total: count.nullable().meta({ description: 'How many there are, where the platform says.' }),
    pictures: count.nullable().meta({ description: 'Distinct pictures, once they are known.' }),
    ready: count.meta({ description: 'Pictures that are there: made, or warm before.' }),
    made: count,
    warm: count,
    failed: count,
    attention: z.array(z.enum(attentions)).meta({
      description:
        'Why somebody has to look. `unmapped`: the connection neither maps a field nor leaves it out on purpose; the report names it.',
    }),
    error: z.string().nullable(),
    expectedAt: moment.nullable().meta({ description: 'When it is going to be finished, or was expected to be.' }),
    served: z
      .object({ requests: count, hits: count, share: z.number() })
      .nullable()
      .meta({ description: "Requests for the send's pictures so far, and those answered from the cache." }),
    createdAt: moment,
    startedAt: moment.nullable(),
    finishedAt: moment.nullable(),
  })
  .meta({ id: 'Warmup', description: 'A run that makes pictures before anybody asks for them.' });

const report = warmup
  .extend({
    erased: count.meta({ description: 'Contacts that are erased.' }),
    defaults: count.meta({ description: 'Contacts whom the platform has no reference of: they see the defaults.' }),
    neutral: count.meta({ description: 'Pictures that show nobody, such as those of a revoked link.' }),
    live: count.meta({ description: 'Live pictures, which are only made when they are asked for.' }),
    fields: z.array(z.object({ link: z.string(), field: z.string(), counts: z.record(z.string(), count) })).meta({
      description:
        'Contacts by what was mended in a field: `blank`, unless the connection does not map it, `junk`, `unreplaced`, `invalid`, `too_long`.',
    }),
    unmapped: z.array(z.object({ link: z.string(), field: z.string() })).meta({
      description: 'Fields that no contact has, since the connection neither maps them nor leaves them out on purpose.',
    }),
    shorterTexts: count,
    overflows: count.meta({ description: 'Pictures in which a text did not fit.' }),
    deadAssets: count.meta({ description: 'Addresses of pictures that cannot be had, at most 500.' }),
    deadContacts: count.meta({ description: 'Contacts who name one of them.' }),
    failures: z.record(z.string(), count).meta({ description: 'Pictures that were not made, by cause.' }),
    bytes: count,
    worst: z
      .array(z.object({ link: z.string(), url: z.string(), why: z.array(z.string()).readonly() }))
      .meta({ description: 'The worst 20, each at its own address.' }),
  })
  .meta({ id: 'WarmupReport', description: 'What to know before the send. It holds no value of anybody.' });

const at = (ms: number | null): string | null => (ms === null ? null : toMoment(ms));

/** Making pictures before a send goes out. */
export const warmupOperations = (services: Services): Operation[] => {
  const { records, jobs, config } = services;
  const show = async (record: WarmupRecord): Promise<z.input<typeof warmup>> => {
    const { id, connection, send, state, phase, total, links, included, excluded, ...rest } = readWarmup(record);
    const totals = await totalsOf(records, record);
    return {
      ...{ id, connection, links: [...links], audiences: [...included], excluded: [...excluded], send, state, phase },
      ...{ sendAt: at(rest.sendAt), limits: rest.limits, attention: [...rest.attention], error: record.error },
      ...{ contacts: totals.contacts, total, pictures: record.pictures },
      ...{ ready: totals.made + totals.warm, made: totals.made, warm: totals.warm, failed: failures(totals) },
      expectedAt: at(expectedEnd(record, totals, Date.now())),
      served: (await servedSince(services, record)) ?? null,
      createdAt: toMoment(record.created_at),
      startedAt: at(record.started_at),
      finishedAt: at(record.finished_at),
    };
  };
  return [
    operation({
      id: 'startWarmup',
      scope: 'connections:use',
      method: 'post',
      path: '/v1/warmups',
      tag: 'Warm-ups',
      summary: 'Make the pictures of an audience, or of a planned campaign, before anybody asks for them',
      body: order,
      answer: warmup,
      status: 202,
      refuses: [
        ...(['link_not_found', 'link_refused', 'not_found', 'address_refused'] as const),
        ...(['connection_not_found', 'connection_refused', 'platform_unavailable'] as const),
      ],
      async run({ actor, body: { audiences, sendAt, callback_url: callback, ...body } }) {
        if (callback !== undefined)
          checkAddress({ url: callback, httpsOnly: config.production, maxBytes: 0, timeoutMs: 0 }, callback);
        const moment = sendAt === undefined ? undefined : Date.parse(sendAt);
        const started = await startWarmup(services, actor, { ...body, included: audiences, sendAt: moment });
        const { workspace, id: warmup } = started;
        if (callback !== undefined) await jobs.add('warmup.tell', { workspace, payload: { warmup, callback } });
        return show(started);
      },
    }),
    operation({
      id: 'listWarmups',
      scope: 'connections:read',
      method: 'get',
      path: '/v1/warmups',
      tag: 'Warm-ups',
      summary: 'List the warm-ups, newest first',
      query: z.strictObject(paging),
      answer: pageOf(warmup),
      refuses: [],
      async run({ actor: { workspace }, query: { after, limit } }) {
        const found = await listWarmups(records, { workspace, after, limit: limit + 1 });
        const shown = found.slice(0, limit);
        return {
          data: await Promise.all(shown.map(show)),
          next: found.length > limit ? (shown.at(-1)?.id ?? null) : null,
        };
      },
    }),
    operation({
      id: 'readWarmup',
      scope: 'connections:read',
      method: 'get',
      path: '/v1/warmups/{id}',
      tag: 'Warm-ups',
      summary: 'See how far a warm-up is, and after its send how many pictures came from the cache',
      params,
      answer: warmup,
      refuses: ['not_found'],
      run: async ({ actor: { workspace }, params: { id } }) => show(await heldWarmup(services, workspace, id)),
    }),
    operation({
      id: 'readWarmupReport',
      scope: 'connections:read',
      method: 'get',
      path: '/v1/warmups/{id}/report',
      tag: 'Warm-ups',
      summary: 'Read what to know before the send',
      params,
      answer: report,
      refuses: ['not_found'],
      async run({ actor: { workspace }, params: { id } }) {
        const record = await heldWarmup(services, workspace, id);
        const { erased, defaults, neutral, live, fields, shorter, overflow, dead, deadContacts, failed, bytes, worst } =
          await totalsOf(records, record);
        return {
          ...(await show(record)),
          ...{ erased, defaults, neutral, live, shorterTexts: shorter, overflows: overflow, failures: failed, bytes },
          fields: Object.entries(fields).flatMap(([link, byField]) =>
            Object.entries(byField).map(([field, counts]) => ({ link, field, counts })),
          ),
          unmapped: await unmappedFields(services, record),
          ...{ deadAssets: dead.length, deadContacts },
          worst: await showWorst(services, record, { worst }),
        };
      },
    }),
    operation({
      id: 'cancelWarmup',
      scope: 'connections:use',
      method: 'delete',
      path: '/v1/warmups/{id}',
      tag: 'Warm-ups',
      summary: 'Stop a warm-up: what it has made stays',
      params,
      refuses: ['not_found'],
      async run({ actor, params: { id } }) {
        await heldWarmup(services, actor.workspace, id);
        await cancelWarmup(services, actor, id);
      },
    }),
  ];
};
