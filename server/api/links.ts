import { z } from 'zod';
import { AppError } from '../../core/errors.ts';
import { type DialectId, dialects } from '../../core/links/dialects/index.ts';
import type { FieldSource } from '../../core/links/html.ts';
import { formatName, isPictureFormat } from '../../core/template/output.ts';
import { createLink } from '../links/create.ts';
import { linkPolicy, whichOf } from '../links/link.ts';
import { writeLink } from '../links/write.ts';
import type { Services } from '../services.ts';
import { audit } from '../stores/records/audit.ts';
import { type LinkRecord, listLinks, revokeLink } from '../stores/records/links.ts';
import { type Operation, operation } from './operation.ts';
import {
  byField,
  channel,
  format,
  href,
  moment,
  pageOf,
  paging,
  scale,
  sendMarker,
  templateName,
  toMoment,
  variant,
  versionNumber,
} from './parts.ts';

const tag = z
  .string()
  .min(1)
  .max(100)
  .meta({ description: "The platform's own name of a field, without its brackets.", example: 'FNAME' });

const source = z
  .discriminatedUnion('from', [
    z.strictObject({ from: z.literal('contact'), tag: tag.optional() }),
    z.strictObject({ from: z.literal('open'), tag }),
    z.strictObject({ from: z.literal('fixed'), value: z.string().max(2000) }),
  ])
  .meta({
    description:
      'Where a field comes from: the synced contact, what the platform fills into the address, or a fixed value.',
  });

const order = z
  .strictObject({
    template: templateName,
    version: versionNumber
      .optional()
      .meta({ description: 'A published version the link is pinned to; it follows its channel when absent.' }),
    variant: variant.optional(),
    channel: channel.default('production'),
    platform: z
      .enum(Object.keys(dialects) as [DialectId, ...DialectId[]])
      .optional()
      .meta({ description: 'Who sends the email; left out where a connection is named.' }),
    connection: z
      .string()
      .max(40)
      .optional()
      .meta({ description: 'The connection whose contacts it is for: its mapping and its reference field are used.' }),
    mode: z.enum(['contact', 'merge']).default('contact'),
    fields: byField(source).default({}),
    send: sendMarker.optional(),
    href: href.optional(),
    formats: z
      .array(format)
      .min(1)
      .max(formatName.options.length)
      .refine(([first]) => first === undefined || isPictureFormat(first), {
        message: 'expected a picture first, which an <img> can show: put pdf behind it',
      })
      .optional()
      .meta({
        description:
          'Allowed formats; the first one, a picture, is served for any other extension. With `pdf` behind it the address that ends in .pdf is a page, for a button.',
      }),
    scale: scale.optional(),
    scales: z
      .array(scale)
      .max(5)
      .default([])
      .meta({ description: 'Other scales a web page may ask for, as in `…@3x.jpg`; they make up its `srcset`.' }),
    policy: linkPolicy.prefault({}).meta({ description: 'What open fields let through.' }),
  })
  .refine(({ platform, connection }) => (platform === undefined) !== (connection === undefined), {
    path: ['platform'],
    message: 'expected either a platform or a connection',
  })
  .meta({
    id: 'LinkOrder',
    examples: [
      { template: 'summer-rewards-hero', platform: 'mailchimp' },
      {
        template: 'summer-rewards-hero',
        platform: 'klaviyo',
        mode: 'merge',
        fields: { first_name: { from: 'open', tag: 'first_name' } },
      },
    ],
  });

const placed = z
  .object({
    id: z.string(),
    url: z
      .string()
      .meta({ description: "The address with the platform's tags in it, the same text for every recipient." }),
    html: z.string().meta({ description: 'The `<img>` to paste into an email.' }),
    block: z.string().meta({
      description: 'The `<img>` in a table that Outlook keeps to its width, with marks by which it is replaced later.',
    }),
    web: z.string().meta({ description: 'The `<img>` for a web page, with a `srcset` of the scales it allows.' }),
    alt: z.string().meta({ description: 'The alt text with every default.' }),
    notes: z.array(z.string()).meta({
      description: 'What to know: fields that nothing fills, what the platform cannot do. One sentence each.',
    }),
  })
  .meta({ id: 'Link' });

const entry = z
  .object({
    id: z.string(),
    template: z.string(),
    version: z.number().nullable().meta({ description: 'Null where it follows its channel.' }),
    variant: z.string().nullable().meta({ description: "One of the template's other sizes; null for its own." }),
    channel,
    platform: z.string(),
    connection: z.string().nullable(),
    mode: z.string(),
    createdAt: moment,
    revokedAt: moment.nullable(),
  })
  .meta({ id: 'LinkEntry' });

const list = ({ id, template, version, variant, channel, platform, connection, mode, ...record }: LinkRecord) => ({
  ...{ id, template, version, variant, channel, platform, connection, mode, createdAt: toMoment(record.created_at) },
  revokedAt: record.revoked_at === null ? null : toMoment(record.revoked_at),
});

/** Merge-tag links. */
export const linkOperations = (services: Services): Operation[] => [
  operation({
    id: 'createLink',
    scope: 'links:write',
    method: 'post',
    path: '/v1/links',
    tag: 'Links',
    summary: 'Register a merge-tag link and get what goes into the email',
    body: order,
    answer: placed,
    status: 201,
    refuses: ['template_not_found', 'connection_not_found', 'link_refused'],
    async run({ actor, body: { version = null, send, href, formats, scale, fields, platform, connection, ...rest } }) {
      const link = await createLink(services, actor, {
        ...rest,
        ...(connection === undefined ? { platform: platform as DialectId } : { connection }),
        version,
        scale,
        formats: formats as [NonNullable<typeof formats>[number]] | undefined,
        fields: fields as Record<string, FieldSource>,
      });
      const published = await services.library.get(actor.workspace, link.template, whichOf(link));
      if (!published)
        throw new AppError('template_not_found', 'The template was taken back meanwhile: publish it again.');
      const { notes, ...written } = await writeLink(services, link, published, { send, href });
      return { ...written, notes: [...notes] };
    },
  }),
  operation({
    id: 'listLinks',
    scope: 'links:read',
    method: 'get',
    path: '/v1/links',
    tag: 'Links',
    summary: 'List the links, newest first, revoked ones too',
    query: z.strictObject(paging),
    answer: pageOf(entry),
    refuses: [],
    async run({ actor: { workspace }, query: { after, limit } }) {
      const found = await listLinks(services.records, { workspace, after, limit: limit + 1 });
      const shown = found.slice(0, limit);
      return { data: shown.map(list), next: found.length > limit ? (shown.at(-1)?.id ?? null) : null };
    },
  }),
  operation({
    id: 'revokeLink',
    scope: 'links:revoke',
    method: 'delete',
    path: '/v1/links/{id}',
    tag: 'Links',
    summary: 'Revoke a link: its pictures become a neutral one',
    params: z.strictObject({ id: z.string().max(40) }),
    refuses: ['link_not_found'],
    async run({ actor, params: { id } }) {
      const now = Date.now();
      if (!(await revokeLink(services.records, actor.workspace, id, now))) {
        throw new AppError('link_not_found', 'There is no link with that id in this workspace.');
      }
      await audit(services.records, {
        workspace: actor.workspace,
        actor: actor.id,
        action: 'link.revoked',
        subject: id,
        now,
      });
      await services.changes.tell('link', id);
    },
  }),
];
