import { z } from 'zod';
import { heldConnection } from '../connections/keep.ts';
import { describeWebhook, type WebhookSetup, watchConnection, writeAddresses } from '../connections/webhook-setup.ts';
import type { Services } from '../services.ts';
import { audit } from '../stores/records/audit.ts';
import { type Operation, operation } from './operation.ts';

const MAX_LINKS = 10;
const params = z.strictObject({ id: z.string().max(40) });

const setup = z
  .object({
    url: z.string().meta({ description: 'Where the platform calls us. It may hold a secret: keep it to yourself.' }),
    header: z
      .object({ name: z.string(), value: z.string() })
      .nullable()
      .meta({ description: 'A header to send along, with the secret.' }),
    body: z.string().nullable().meta({ description: 'What to send; null where the platform decides that.' }),
  })
  .meta({ id: 'WebhookSetup' });

/** How platforms are told where to tell us what changed. */
export const webhookOperations = (services: Services): Operation[] => {
  const { records } = services;
  const show = ({ url, header, body }: WebhookSetup): z.output<typeof setup> => ({ url, header, body });

  return [
    operation({
      id: 'readWebhook',
      scope: 'connections:write',
      method: 'get',
      path: '/v1/connections/{id}/webhook-setup',
      tag: 'Connections',
      summary: 'Read what to enter on the platform so that it tells us of its contacts; with its secret',
      params,
      query: z.strictObject({
        links: z
          .string()
          .regex(/^[\w-]{1,40}(?:,[\w-]{1,40}){0,9}$/, `expected at most ${MAX_LINKS} ids of links, with commas`)
          .optional()
          .meta({
            description: 'Links in the email that follows in the flow: their pictures are made before it is sent.',
          }),
      }),
      answer: setup,
      refuses: ['connection_not_found', 'link_not_found', 'link_refused', 'template_not_found'],
      async run({ actor: { workspace, id: actor }, params: { id }, query }) {
        const record = await heldConnection(services, workspace, id);
        const pictures = await writeAddresses(services, record, query.links?.split(',') ?? []);
        await audit(records, { workspace, actor, action: 'webhook.read', subject: id, now: Date.now() });
        return show(describeWebhook(services, record, pictures));
      },
    }),
    operation({
      id: 'setUpWebhook',
      scope: 'connections:write',
      method: 'post',
      path: '/v1/connections/{id}/webhook-setup',
      tag: 'Connections',
      summary: 'Enter our webhook on the platform, where it lets us, or renew its secret',
      params,
      body: z
        .strictObject({
          renew: z.boolean().default(false).meta({ description: 'Make another secret; the old one works no more.' }),
        })
        .meta({ id: 'WebhookOrder', examples: [{}] }),
      answer: setup,
      showsOnce: true,
      refuses: ['connection_not_found', 'connection_refused', 'platform_unavailable'],
      async run({ actor, params: { id }, body: { renew } }) {
        const record = await heldConnection(services, actor.workspace, id);
        const watched = await watchConnection(services, actor, record, { isRenewed: renew });
        return show(describeWebhook(services, watched, []));
      },
    }),
  ];
};
