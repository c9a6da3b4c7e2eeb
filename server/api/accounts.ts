import { z } from 'zod';
import { askPlatform } from '../connections/ask.ts';
import { heldConnection } from '../connections/keep.ts';
import type { Services } from '../services.ts';
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
      const data = sends.map(({ sendAt, firstAt, included, excluded, notes, ...rest }) => ({
        ...rest,
        ...{ sendAt: toMoment(sendAt), firstAt: toMoment(firstAt) },
        ...{ included: [...included], excluded: [...excluded], notes: [...notes] },
      }));
      return { data, next: null };
    },
  }),
];

async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}
