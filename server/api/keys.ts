import { z } from 'zod';
import { AppError } from '../../core/errors.ts';
import { makeKey } from '../access/keep.ts';
import { type Role, roles, type Scope, scopes } from '../access/roles.ts';
import type { Services } from '../services.ts';
import { type ApiKeyRecord, listApiKeys, revokeApiKey } from '../stores/records/api-keys.ts';
import { audit } from '../stores/records/audit.ts';
import { type Operation, operation } from './operation.ts';
import { moment, pageOf, paging, toMoment } from './parts.ts';

const role = z.enum(Object.keys(roles) as [Role, ...Role[]]);
const scope = z.enum(scopes);

const apiKey = z
  .object({
    id: z.string(),
    name: z.string(),
    role,
    scopes: z.array(scope).readonly().meta({ description: 'All it may do.' }),
    member: z.string().nullable().meta({ description: 'The id of the person it belongs to.' }),
    createdAt: moment,
    lastUsedAt: moment.nullable().meta({ description: 'To the minute.' }),
    expiresAt: moment.nullable(),
  })
  .meta({ id: 'ApiKey' });

const show = (record: ApiKeyRecord): z.output<typeof apiKey> => {
  const granted: readonly Scope[] = roles[record.role];
  const narrowed = record.scopes === null ? granted : (JSON.parse(record.scopes) as Scope[]);
  return {
    id: record.id,
    name: record.name,
    role: record.role,
    scopes: granted.filter((scope) => narrowed.includes(scope)),
    member: record.member,
    createdAt: toMoment(record.created_at),
    lastUsedAt: record.used_at === null ? null : toMoment(record.used_at),
    expiresAt: record.expires_at === null ? null : toMoment(record.expires_at),
  };
};

const order = z
  .strictObject({
    name: z.string().min(1).max(100),
    role: role.default('render').meta({ description: '`render` makes pictures and links, and reads templates.' }),
    scopes: z.array(scope).min(1).optional().meta({ description: 'Some of what the role may do; all when absent.' }),
    expiresAt: z.iso.datetime().optional().meta({ description: 'When it stops by itself; never when absent.' }),
  })
  .superRefine(({ role, scopes = [] }, context) => {
    const granted: readonly Scope[] = roles[role];
    for (const [i, scope] of scopes.entries()) {
      if (granted.includes(scope)) continue;
      context.addIssue({ code: 'custom', path: ['scopes', i], message: `the role ${role} may not do ${scope}` });
    }
  })
  .meta({
    id: 'ApiKeyOrder',
    examples: [
      { name: 'Web shop', role: 'render' },
      { name: 'Upload of pictures', role: 'editor', scopes: ['assets:write'] },
    ],
  });

/** API keys of a workspace; the text of one is shown once. */
export const keyOperations = (services: Services): Operation[] => {
  const { records } = services;
  return [
    operation({
      id: 'createKey',
      showsOnce: true,
      scope: 'access:write',
      method: 'post',
      path: '/v1/keys',
      tag: 'Keys',
      summary: 'Make an API key; its text is shown this once',
      body: order,
      answer: apiKey.extend({ key: z.string() }),
      status: 201,
      refuses: [],
      async run({ actor, body: { expiresAt, ...rest } }) {
        const until = expiresAt === undefined ? undefined : Date.parse(expiresAt);
        if (until !== undefined && until <= Date.now()) {
          throw new AppError('request_invalid', 'Give a moment in the future as expiresAt.');
        }
        const { record, key } = await makeKey(services, actor, { ...rest, expiresAt: until });
        await audit(records, {
          workspace: actor.workspace,
          actor: actor.id,
          action: 'key.created',
          subject: record.id,
          now: record.created_at,
        });
        return { ...show(record), key };
      },
    }),
    operation({
      id: 'listKeys',
      scope: 'access:read',
      method: 'get',
      path: '/v1/keys',
      tag: 'Keys',
      summary: 'List the API keys in force, the oldest first',
      query: z.strictObject(paging),
      answer: pageOf(apiKey),
      refuses: [],
      async run({ actor: { workspace, id: actor }, query: { after, limit } }) {
        const found = await listApiKeys(records, { workspace, after, limit: limit + 1 });
        await audit(records, { workspace, actor, action: 'keys.read', subject: workspace, now: Date.now() });
        const shown = found.slice(0, limit);
        return { data: shown.map(show), next: found.length > limit ? (shown.at(-1)?.id ?? null) : null };
      },
    }),
    operation({
      id: 'revokeKey',
      scope: 'access:write',
      method: 'delete',
      path: '/v1/keys/{id}',
      tag: 'Keys',
      summary: 'Take an API key out of force: here at once, elsewhere within two seconds',
      params: z.strictObject({ id: z.string().max(40) }),
      refuses: ['not_found'],
      async run({ actor: { workspace, id: actor }, params: { id } }) {
        const now = Date.now();
        const hash = await revokeApiKey(records, workspace, id, now);
        if (hash === undefined) throw new AppError('not_found', 'There is no key with that id in force.');
        await services.changes.tell('key', hash);
        await audit(records, { workspace, actor, action: 'key.revoked', subject: id, now });
      },
    }),
  ];
};
