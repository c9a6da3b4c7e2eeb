import { z } from 'zod';
import { sourceName } from '../../core/template/sources.ts';
import type { Services } from '../services.ts';
import { checkDefinition, definition, openSource, secretValues } from '../sources/definition.ts';
import { dropSource, keepSource, readSource } from '../sources/keep.ts';
import { tryOut } from '../sources/try-out.ts';
import { listSources, type SourceRecord } from '../stores/records/sources.ts';
import { type Operation, operation } from './operation.ts';
import { fault, moment, pageOf, paging, toMoment } from './parts.ts';

const name = sourceName.meta({ description: 'What templates call it in `from`.', example: 'open-weather' });
const params = z.strictObject({ name });

const source = z
  .object({
    name,
    version: z.number().meta({ description: 'Counts changes of its definition.' }),
    definition: definition.meta({ id: 'SourceDefinition' }),
    secrets: z.array(z.string()).meta({ description: 'Names of its secrets; their values are never shown.' }),
    changedAt: moment,
  })
  .meta({ id: 'Source' });

const order = definition
  .extend({
    secrets: secretValues
      .optional()
      .describe(
        'Headers, or values for places of `url`, that nobody is shown again; those there are stay when absent.',
      ),
  })
  .superRefine(checkDefinition)
  .meta({ id: 'SourceOrder' });

const tried = z
  .object({
    status: z.number().nullable().meta({ description: 'Of HTTP; null when there was no answer.' }),
    ms: z.number(),
    values: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
    faults: z.array(fault),
  })
  .meta({ id: 'SourceTried' });

/** Live data that templates show. */
export const sourceOperations = (services: Services): Operation[] => {
  const { records, encryption, outgoing, config } = services;

  const show = (record: SourceRecord): z.output<typeof source> => {
    const { name, version, definition, secrets } = openSource(encryption, record);
    return { name, version, definition, secrets: Object.keys(secrets), changedAt: toMoment(record.changed_at) };
  };

  return [
    operation({
      id: 'listSources',
      scope: 'sources:read',
      method: 'get',
      path: '/v1/sources',
      tag: 'Sources',
      summary: 'List the sources of live data',
      query: z.strictObject(paging),
      answer: pageOf(source),
      refuses: [],
      async run({ actor: { workspace }, query: { after, limit } }) {
        const found = await listSources(records, { workspace, after, limit: limit + 1 });
        const shown = found.slice(0, limit);
        return { data: shown.map(show), next: found.length > limit ? (shown.at(-1)?.name ?? null) : null };
      },
    }),
    operation({
      id: 'readSource',
      scope: 'sources:read',
      method: 'get',
      path: '/v1/sources/{name}',
      tag: 'Sources',
      summary: 'Read one source',
      params,
      answer: source,
      refuses: ['source_not_found'],
      run: async ({ actor, params: { name } }) => show(await readSource(services, actor.workspace, name)),
    }),
    operation({
      id: 'putSource',
      scope: 'sources:write',
      method: 'put',
      path: '/v1/sources/{name}',
      tag: 'Sources',
      summary: 'Make or change a source; pictures follow within seconds',
      params,
      body: order,
      answer: source,
      refuses: [],
      run: async ({ actor, params: { name }, body: { secrets, ...definition } }) =>
        show(await keepSource(services, actor, name, definition, secrets)),
    }),
    operation({
      id: 'removeSource',
      scope: 'sources:write',
      method: 'delete',
      path: '/v1/sources/{name}',
      tag: 'Sources',
      summary: 'Remove a source; templates that read it show their fallbacks',
      params,
      refuses: ['source_not_found'],
      run: ({ actor, params: { name } }) => dropSource(services, actor, name),
    }),
    operation({
      id: 'testSource',
      scope: 'sources:write',
      method: 'post',
      path: '/v1/sources/{name}/test',
      tag: 'Sources',
      summary: 'Ask a source once and see what it gives',
      params,
      body: z.strictObject({ params: z.record(z.string().max(40), z.string().max(500)).default({}) }),
      answer: tried,
      refuses: ['source_not_found'],
      async run({ actor, params: { name }, body }) {
        const source = openSource(encryption, await readSource(services, actor.workspace, name));
        return tryOut({ outgoing, httpsOnly: config.production }, source, body.params);
      },
    }),
  ];
};
