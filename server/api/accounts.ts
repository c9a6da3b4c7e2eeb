import { z } from 'zod';
import { askPlatform } from '../connections/ask.ts';
import { heldConnection } from '../connections/keep.ts';
import type { Services } from '../services.ts';
import type { ConnectionRecord } from '../stores/records/connections.ts';
import { listSends } from '../stores/records/sends.ts';
import { findWarmup } from '../stores/records/warmups.ts';
import { warmupStates } from '../warmups/warmup.ts';
import { type Operation, operation } from './operation.ts';
import { moment, pageOf, textNumber, toMoment } from './parts.ts';

const HOUR_MS = 3_600_000;
const params = z.strictObject({ id: z.string().max(40) });

const audience = z
  .object({
    id: z.string(),
    kind: z.enum(['list', 'segment']),
    name: z.string(),
    contacts: z.number().nullable().meta({ description: 'How many there are, where the platform says.' }),
  })
  .meta({ id: 'Audience' });

const plannedSend = z
  .object({
    id: z.string(),
    name: z.string(),
    sendAt: moment,
    firstAt: moment.meta({ description: 'When the first recipient gets it, who may be in an earlier time zone.' }),
    included: z.array(z.string()).meta({ description: 'Ids of lists and segments.' }),
    excluded: z.array(z.string()),
    notes: z.array(z.string()),
    links: z.array(z.string()).nullable().meta({
      description:
        'Links of this workspace that its emails show, `<id>@1x.png` in another format or scale than their own; null until they were looked at.',
    }),
    warmup: z
      .object({
        id: z.string(),
        state: z.enum(warmupStates),
        startAt: moment.nullable().meta({ description: 'When it begins, or has begun.' }),
        againAt: moment.nullable().meta({ description: 'When it is begun once more, for what has changed since.' }),
      })
      .nullable()
      .meta({ description: 'The run that makes its pictures before it goes out.' }),
  })
  .meta({ id: 'PlannedSend' });

/** What is in a connected account, as its platform tells it now. */
export const accountOperations = (services: Services): Operation[] => [
  operation({
    id: 'listAudiences',
    scope: 'connections:read',
    method: 'get',
    path: '/v1/connections/{id}/audiences',
    tag: 'Connections',
    summary: 'List the lists and segments of the account, as its platform tells them now',
    params,
    answer: pageOf(audience),
    refuses: ['connection_not_found', 'connection_refused', 'platform_unavailable'],
    async run({ actor, params: { id } }) {
      const record = await heldConnection(services, actor.workspace, id);
      const data = await askPlatform(services, record, (connector, signal) => collect(connector.audiences(signal)));
      return { data, next: null };
    },
  }),
  operation({
    id: 'listSends',
    scope: 'connections:read',
    method: 'get',
    path: '/v1/connections/{id}/sends',
    tag: 'Connections',
    summary: 'List the campaigns that go out within some hours, as the platform tells them now',
    params,
    query: z.strictObject({
      hours: textNumber(1, 168).default(24).meta({ description: 'From now on.' }),
    }),
    answer: pageOf(plannedSend),
    refuses: ['connection_not_found', 'connection_refused', 'platform_unavailable'],
    async run({ actor, params: { id }, query: { hours } }) {
      const record = await heldConnection(services, actor.workspace, id);
      const from = Date.now();
      const window = { from, to: from + hours * HOUR_MS };
      const sends = await askPlatform(services, record, (connector, signal) =>
        collect(connector.sends(window, signal)),
      );
      const known = await listPlans(services, record);
      const data = sends.map(({ sendAt, firstAt, included, excluded, notes, ...rest }) => {
        const plan = known.get(rest.id);
        return {
          ...rest,
          ...{ sendAt: toMoment(sendAt), firstAt: toMoment(firstAt) },
          ...{ included: [...included], excluded: [...excluded], notes: [...notes, ...(plan?.notes ?? [])] },
          ...{ links: plan?.links ?? null, warmup: plan?.warmup ?? null },
        };
      });
      return { data, next: null };
    },
  }),
];

type Plan = Pick<z.output<typeof plannedSend>, 'notes' | 'links' | 'warmup'>;

/** What is planned for the sends of a connection, by their ids. */
async function listPlans(
  { records }: Pick<Services, 'records'>,
  { workspace, id }: ConnectionRecord,
): Promise<Map<string, Plan>> {
  const sends = await listSends(records, id);
  const plans = sends.map(async (send): Promise<[string, Plan]> => {
    const warmup = send.warmup === null ? undefined : await findWarmup(records, workspace, send.warmup);
    const times = { startAt: at(send.start_at), againAt: at(send.again_at) };
    return [
      send.send,
      {
        ...{ notes: JSON.parse(send.notes) as string[], links: JSON.parse(send.links) as string[] },
        warmup: warmup ? { id: warmup.id, state: warmup.state, ...times } : null,
      },
    ];
  });
  return new Map(await Promise.all(plans));
}

const at = (ms: number | null): string | null => (ms === null ? null : toMoment(ms));

async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}
