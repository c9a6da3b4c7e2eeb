import { z } from 'zod';
import { AppError } from '../../core/errors.ts';
import type { Actor } from '../access/roles.ts';
import { purge } from '../purge.ts';
import type { Services } from '../services.ts';
import { audit } from '../stores/records/audit.ts';
import { findLink } from '../stores/records/links.ts';
import { type Operation, operation } from './operation.ts';
import { templateName } from './parts.ts';

const order = z
  .strictObject({
    template: templateName.optional(),
    link: z.string().max(40).optional(),
    contact: z.string().max(40).optional(),
    send: z.string().min(1).max(60).optional().meta({ description: 'The marker of one send.' }),
    all: z
      .literal(true)
      .optional()
      .meta({ description: 'Everything of the workspace; with the admin key everything there is.' }),
  })
  .refine((given) => Object.values(given).filter((value) => value !== undefined).length === 1, {
    message: 'expected exactly one of template, link, contact, send and all',
  })
  .meta({ id: 'CachePurge', examples: [{ template: 'summer-rewards-hero' }, { all: true }] });

const held = z
  .object({
    store: z.string().meta({ description: 'Where the pictures are.', example: 'lmdb' }),
    entries: z.number(),
    bytes: z.number(),
    pinnedBytes: z.number().meta({ description: 'Kept until their send is over, whatever else comes.' }),
    maxBytes: z.number(),
    hits: z.object({ process: z.number(), store: z.number() }),
    misses: z.number(),
    evicted: z.number().meta({ description: 'Entries that had to make room.' }),
  })
  .meta({ id: 'Cache', description: 'Hits, misses and evictions are those of one process since it started.' });

/** Finished pictures that are kept for the next who ask. */
export const cacheOperations = (services: Services): Operation[] => [
  operation({
    id: 'readCache',
    scope: 'figures:read',
    method: 'get',
    path: '/v1/cache',
    tag: 'Cache',
    summary: 'Tell what the cache of finished pictures holds',
    answer: held,
    refuses: ['overloaded'],
    run: () => services.cache.stats(),
  }),
  operation({
    id: 'purgeCache',
    scope: 'cache:write',
    method: 'post',
    path: '/v1/cache/purge',
    tag: 'Cache',
    summary: 'Forget finished pictures: they are made again when they are asked for',
    body: order,
    answer: z.object({ dropped: z.number().meta({ description: 'Entries that were in the store.' }) }),
    refuses: ['link_not_found', 'overloaded'],
    async run({ actor, body }) {
      const tag = await tagOf(services, actor, body);
      const dropped = await purge(services, tag);
      await audit(services.records, {
        workspace: actor.workspace,
        actor: actor.id,
        action: 'cache.purged',
        subject: tag,
        now: Date.now(),
      });
      return { dropped };
    },
  }),
];

/** What pictures in the cache are tagged with, within the workspace of whoever asks. */
async function tagOf(
  { records }: Services,
  { workspace, isOperator }: Actor,
  { template, link, contact, send }: z.output<typeof order>,
): Promise<string> {
  if (template !== undefined) return `template:${workspace}/${template}`;
  if (contact !== undefined) return `contact:${workspace}:${contact}`;
  if (send !== undefined) return `send:${workspace}:${send}`;
  if (link === undefined) return isOperator ? 'all' : `workspace:${workspace}`;
  if ((await findLink(records, link))?.workspace === workspace) return `link:${link}`;
  throw new AppError('link_not_found', 'There is no link with that id in this workspace.');
}
