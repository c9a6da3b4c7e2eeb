import { z } from 'zod';
import { AppError } from '../../core/errors.ts';
import { heldConnection } from '../connections/keep.ts';
import { surveyFields } from '../connections/survey.ts';
import type { Services } from '../services.ts';
import { findSync, listSyncs, type SyncRecord } from '../stores/records/syncs.ts';
import { cancelSync, orderSync } from '../syncs/order.ts';
import { fieldsOf } from '../templates/find-published.ts';
import { type Operation, operation } from './operation.ts';
import { moment, pageOf, paging, templateName, toMoment } from './parts.ts';

const params = z.strictObject({ id: z.string().max(40) });
const ofSync = params.extend({ sync: z.string().max(40) });
const mode = z.enum(['full', 'incremental']);
const contacts = z.number().int();

const sync = z
  .object({
    id: z.string(),
    mode,
    state: z.enum(['queued', 'running', 'complete', 'failed', 'cancelled']),
    phase: z.enum(['reading', 'checking', 'writing']).meta({
      description: 'What it does: reads contacts, looks who is gone, writes the last contact references.',
    }),
    total: contacts.nullable().meta({ description: 'How many contacts there are to read, where the platform says.' }),
    read: contacts,
    added: contacts,
    changed: contacts,
    unsubscribed: contacts,
    left: contacts.meta({ description: 'No longer in the audiences; mail they have goes on showing their pictures.' }),
    erased: contacts.meta({ description: 'Deleted on the platform, and therefore here.' }),
    written: contacts.meta({ description: 'Contact references the platform has taken.' }),
    refused: contacts.meta({ description: 'Contact references it has not.' }),
    notes: z.array(z.string()),
    error: z.string().nullable().meta({ description: 'Why it failed, or what it waits for.' }),
    createdAt: moment,
    startedAt: moment.nullable(),
    finishedAt: moment.nullable(),
  })
  .meta({ id: 'Sync', description: 'A sync and how many contacts became what.' });

const share = z.number().meta({ description: 'A share of the contacts that were looked at, from 0 to 1.' });

const survey = z
  .object({
    fields: z
      .array(
        z.object({
          tag: z.string().meta({ description: "What the platform's own tags call it." }),
          title: z.string(),
          type: z.enum(['text', 'number', 'boolean', 'date', 'url', 'other']),
        }),
      )
      .readonly(),
    contacts: contacts.meta({ description: 'How many contacts were looked at, at most 1,000.' }),
    template: z
      .array(
        z.object({
          field: z.string(),
          tag: z.string().nullable().meta({
            description:
              "The platform's field; empty when it is left out on purpose, null when none seems to be meant.",
          }),
          isMapped: z.boolean().meta({ description: 'False for a suggestion: put it into the mapping to use it.' }),
          coverage: z
            .object({
              filled: share,
              junk: share,
              sentence: z.string().meta({ example: 'first_name filled for 83%, 2% look like junk' }),
            })
            .nullable(),
        }),
      )
      .readonly(),
  })
  .meta({ id: 'FieldSurvey', description: 'What a platform has and a template asks; values are never told.' });

const at = (ms: number | null): string | null => (ms === null ? null : toMoment(ms));

const show = (record: SyncRecord): z.output<typeof sync> => {
  const { id, mode, state, phase, total, read, added, changed, unsubscribed, left, erased, written, refused } = record;
  return {
    ...{ id, mode, state, phase, total, read, added, changed, unsubscribed, left, erased, written, refused },
    ...{ notes: JSON.parse(record.notes) as string[], error: record.error },
    createdAt: toMoment(record.created_at),
    startedAt: at(record.started_at),
    finishedAt: at(record.finished_at),
  };
};

/** Bringing the contacts of a connection up to date. */
export const syncOperations = (services: Services): Operation[] => {
  const { records } = services;
  const find = async (workspace: string, connection: string, id: string): Promise<SyncRecord> => {
    await heldConnection(services, workspace, connection);
    const record = await findSync(records, { workspace, connection }, id);
    if (!record) throw new AppError('not_found', 'There is no sync with that id: look at the syncs of the connection.');
    return record;
  };
  return [
    operation({
      id: 'startSync',
      scope: 'connections:use',
      method: 'post',
      path: '/v1/connections/{id}/sync',
      tag: 'Connections',
      summary: 'Bring the contacts of a connection up to date, and write their references back',
      params,
      body: z
        .strictObject({
          mode: mode.default('incremental').meta({
            description:
              '`incremental` reads what has changed, and everything when the last full sync is a day old or of other fields.',
          }),
        })
        .default({ mode: 'incremental' }),
      answer: sync,
      status: 202,
      refuses: ['connection_not_found', 'connection_refused', 'sync_pending'],
      run: async ({ actor, params: { id }, body: { mode } }) => show(await orderSync(services, actor, id, mode)),
    }),
    operation({
      id: 'listSyncs',
      scope: 'connections:read',
      method: 'get',
      path: '/v1/connections/{id}/sync',
      tag: 'Connections',
      summary: 'List the syncs of a connection, newest first',
      params,
      query: z.strictObject(paging),
      answer: pageOf(sync),
      refuses: ['connection_not_found'],
      async run({ actor: { workspace }, params: { id }, query: { after, limit } }) {
        await heldConnection(services, workspace, id);
        const found = await listSyncs(records, { workspace, connection: id, after, limit: limit + 1 });
        const shown = found.slice(0, limit);
        return { data: shown.map(show), next: found.length > limit ? (shown.at(-1)?.id ?? null) : null };
      },
    }),
    operation({
      id: 'readSync',
      scope: 'connections:read',
      method: 'get',
      path: '/v1/connections/{id}/sync/{sync}',
      tag: 'Connections',
      summary: 'See how far a sync is',
      params: ofSync,
      answer: sync,
      refuses: ['connection_not_found', 'not_found'],
      run: async ({ actor: { workspace }, params: { id, sync } }) => show(await find(workspace, id, sync)),
    }),
    operation({
      id: 'cancelSync',
      scope: 'connections:use',
      method: 'delete',
      path: '/v1/connections/{id}/sync/{sync}',
      tag: 'Connections',
      summary: 'Stop a sync: what it has kept stays, and the next one reads everything it did not',
      params: ofSync,
      refuses: ['connection_not_found', 'not_found'],
      async run({ actor, params: { id, sync } }) {
        await cancelSync(services, actor, await find(actor.workspace, id, sync));
      },
    }),
    operation({
      id: 'readConnectionFields',
      scope: 'connections:use',
      method: 'get',
      path: '/v1/connections/{id}/fields',
      tag: 'Connections',
      summary: "List the fields of the platform's contacts, and how well they fill those of a template",
      params,
      query: z.strictObject({ template: templateName.optional() }),
      answer: survey,
      refuses: ['connection_not_found', 'connection_refused', 'platform_unavailable', 'template_not_found'],
      async run({ actor: { workspace }, params: { id }, query: { template } }) {
        const record = await heldConnection(services, workspace, id);
        return surveyFields(
          services,
          record,
          template === undefined ? template : await fieldsOf(services, workspace, template),
        );
      },
    }),
  ];
};
