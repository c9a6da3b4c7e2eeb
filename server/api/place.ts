import { z } from 'zod';
import { type PlacingOrder, placePicture } from '../connections/place.ts';
import type { Services } from '../services.ts';
import { type Operation, operation } from './operation.ts';
import { href, sendMarker, templateName, variant } from './parts.ts';

const targetId = z
  .string()
  .regex(/^[\w-]{1,64}$/, 'expected an id as the platform shows it')
  .meta({ description: "The platform's own id.", example: 'WkQx3a' });

const into = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.enum(['template', 'universal-content', 'flow-message']), id: targetId }),
    z.strictObject({
      kind: z.literal('campaign'),
      id: targetId,
      section: z
        .string()
        .min(1)
        .max(100)
        .optional()
        .meta({ description: "An editable section of the campaign's template, on Mailchimp." }),
    }),
  ])
  .meta({ description: 'What the picture is put into.' });

const order = z
  .strictObject({
    template: templateName
      .optional()
      .meta({ description: 'A published template: its plain link for this connection is taken, or made.' }),
    variant: variant.optional(),
    link: z.string().max(40).optional().meta({ description: 'A link that was made for this connection.' }),
    into,
    send: sendMarker.optional(),
    href: href.optional(),
    dryRun: z.boolean().default(false).meta({ description: 'Only tells what would change.' }),
  })
  .refine(({ template, link }) => (template === undefined) !== (link === undefined), {
    path: ['template'],
    message: 'expected either a template or a link',
  })
  .refine(({ link, variant }) => link === undefined || variant === undefined, {
    path: ['variant'],
    message: 'is of the link already: leave it out',
  })
  .meta({
    id: 'PlaceOrder',
    examples: [{ template: 'summer-rewards-hero', into: { kind: 'template', id: 'WkQx3a' }, dryRun: true }],
  });

const placed = z
  .object({
    link: z.string().meta({ description: 'Id of the link whose picture it is; a dry run may not have kept it.' }),
    changes: z
      .array(z.object({ part: z.string(), difference: z.string() }))
      .meta({ description: 'What was or would be changed, by line; nothing when the picture stands there already.' }),
    notes: z.array(z.string()).meta({ description: 'What is left to do by hand, and what to know.' }),
    step: z.object({ url: z.string(), header: z.string(), body: z.string() }).nullable().meta({
      description:
        "For the email of a flow: the webhook step to put before it, so that its picture is made by then. The header takes the connection's webhook secret.",
    }),
  })
  .meta({ id: 'PictureInPlace' });

/** Pictures in emails on their platforms. */
export const placeOperations = (services: Services): Operation[] => [
  operation({
    id: 'placePicture',
    scope: 'connections:use',
    method: 'post',
    path: '/v1/connections/{id}/place',
    tag: 'Connections',
    summary: 'Put a picture into an email on its platform, in place of the one that stands there',
    params: z.strictObject({ id: z.string().max(40) }),
    body: order,
    answer: placed,
    refuses: [
      ...(['connection_not_found', 'template_not_found', 'link_not_found', 'link_refused'] as const),
      ...(['place_refused', 'connection_refused', 'platform_unavailable'] as const),
    ],
    async run({ actor, params: { id }, body: { template, variant, link, ...rest } }) {
      const what = link === undefined ? { template: template as string, variant } : { link };
      const order: PlacingOrder = { ...rest, ...what, connection: id };
      const { changes, notes, ...placing } = await placePicture(services, actor, order);
      return { ...placing, changes: [...changes], notes: [...notes] };
    },
  }),
];
