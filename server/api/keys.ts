import { nanoid } from 'nanoid';
import { z } from 'zod';
import { AppError } from '../../core/errors.ts';
import { makeApiKey } from '../access/api-keys.ts';
import { type Role, roles } from '../access/roles.ts';
import type { Services } from '../services.ts';
import { addApiKey, listApiKeys, revokeApiKey } from '../stores/records/api-keys.ts';
import { audit } from '../stores/records/audit.ts';
import { type Operation, operation } from './operation.ts';
import { moment, toMoment } from './parts.ts';

const apiKey = z
  .object({
    id: z.string(),
    name: z.string(),
    role: z.enum(Object.keys(roles) as [Role, ...Role[]]),
    createdAt: moment,
  })
  .meta({ id: 'ApiKey' });

/** API keys of a workspace; the text of one is shown once. */
export const keyOperations = ({ records }: Services): Operation[] => [
  operation({
    id: 'createKey',
    scope: 'access:write',
    method: 'post',
    path: '/v1/keys',
    tag: 'Keys',
    summary: 'Make an API key; its text is shown this once',
    body: z
      .strictObject({
        name: z.string().min(1).max(100),
        role: z
          .enum(Object.keys(roles) as [Role, ...Role[]])
          .default('render')
          .meta({ description: '`render` makes pictures and links, and reads templates.' }),
      })
      .meta({ id: 'ApiKeyOrder', examples: [{ name: 'Zapier', role: 'render' }] }),
    answer: apiKey.extend({ key: z.string() }),
    status: 201,
    refuses: [],
    async run({ actor: { workspace, id: actor }, body: { name, role } }) {
      const { key, hash } = makeApiKey();
      const id = nanoid(16);
      const now = Date.now();
      await addApiKey(records, {
        id,
        workspace,
        name,
        role,
        scopes: null,
        member: null,
        hash,
        created_at: now,
        used_at: null,
        revoked_at: null,
      });
      await audit(records, { workspace, actor, action: 'key.created', subject: id, now });
      return { id, name, role, createdAt: toMoment(now), key };
    },
  }),
  operation({
    id: 'listKeys',
    scope: 'access:read',
    method: 'get',
    path: '/v1/keys',
    tag: 'Keys',
    summary: 'List the API keys in force',
    answer: z.object({ data: z.array(apiKey), next: z.null() }),
    refuses: [],
    async run({ actor }) {
      const keys = await listApiKeys(records, actor.workspace);
      return {
        data: keys.map(({ id, name, role, created_at }) => ({ id, name, role, createdAt: toMoment(created_at) })),
        next: null,
      };
    },
  }),
  operation({
    id: 'revokeKey',
    scope: 'access:write',
    method: 'delete',
    path: '/v1/keys/{id}',
    tag: 'Keys',
    summary: 'Take an API key out of force at once',
    params: z.strictObject({ id: z.string().max(40) }),
    refuses: ['not_found'],
    async run({ actor: { workspace, id: actor }, params: { id } }) {
      const now = Date.now();
      if (!(await revokeApiKey(records, workspace, id, now)))
        throw new AppError('not_found', 'There is no key with that id in force.');
      await audit(records, { workspace, actor, action: 'key.revoked', subject: id, now });
    },
  }),
];
