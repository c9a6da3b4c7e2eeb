import { z } from 'zod';
import type { Actor } from '../access/roles.ts';
import { beginWish, type Wish } from '../connections/authorize.ts';
import { type Connection, readConnection } from '../connections/connection.ts';
import {
  checkConnection,
  connectAccount,
  dropConnection,
  editConnection,
  heldConnection,
} from '../connections/keep.ts';
import { measureKept } from '../connections/kept-coverage.ts';
import { checkKey, settingsSchema } from '../connections/order.ts';
import { type PlatformId, platforms } from '../connections/platforms.ts';
import type { Services } from '../services.ts';
import { listConnections } from '../stores/records/connections.ts';
import { type Operation, operation } from './operation.ts';
import { moment, pageOf, paging, toMoment } from './parts.ts';

const params = z.strictObject({ id: z.string().max(40) });

const platform = z.enum(Object.keys(platforms) as [PlatformId, ...PlatformId[]]);
const apiKey = z
  .string()
  .trim()
  .min(1)
  .max(500)
  .meta({ description: 'A private API key of the account. Encrypted where it is kept, and never shown again.' });

const connection = z
  .object({
    id: z.string(),
    platform,
    name: z.string(),
    account: z.string().meta({ description: "The platform's own id of the account." }),
    referenceField: z.string(),
    audiences: z.array(z.string()),
    mapping: z
      .record(z.string(), z.string())
      .meta({ description: "A template's name of a field -> the platform's; empty: left out on purpose." }),
    syncMinutes: z.number().nullable(),
    syncedAt: moment.nullable().meta({ description: 'When the last complete sync began; null: a full one is due.' }),
    nextSyncAt: moment.nullable(),
    warmSends: z.boolean().meta({ description: 'Whether pictures of planned campaigns are made before they go out.' }),
    error: z.string().nullable().meta({ description: 'Why the platform refuses it, if so, and what to do.' }),
    createdAt: moment,
  })
  .meta({ id: 'Connection' });

const missing = z.array(z.string()).meta({ description: 'What the key may not do there, one sentence each.' });

const filled = z
  .object({
    contacts: z.number().meta({ description: 'How many were looked at, at most 1,000.' }),
    fields: z.array(
      z.object({
        field: z.string(),
        filled: z.number().meta({ description: 'The share of contacts with a value, from 0 to 1.' }),
        junk: z.number().meta({ description: 'The share whose value looks like junk.' }),
        sentence: z.string().meta({ example: 'first_name filled for 83%, 2% look like junk' }),
      }),
    ),
  })
  .meta({ id: 'Coverage', description: 'For how many contacts the mapped fields are filled; values are never told.' });

const at = (ms: number | null): string | null => (ms === null ? null : toMoment(ms));

const show = ({ syncedFrom, nextSyncAt, createdAt, ...rest }: Connection): z.output<typeof connection> => ({
  ...{ id: rest.id, platform: rest.platform, name: rest.name, account: rest.account },
  ...{ referenceField: rest.referenceField, audiences: [...rest.audiences], mapping: { ...rest.mapping } },
  ...{ syncMinutes: rest.syncMinutes, warmSends: rest.warmSends, error: rest.error },
  ...{ syncedAt: at(syncedFrom), nextSyncAt: at(nextSyncAt), createdAt: toMoment(createdAt) },
});

const wished = z
  .object({ url: z.string().meta({ description: 'For the browser of whoever owns the account.' }), expiresAt: moment })
  .meta({ id: 'ConnectionWished' });

/** Accounts on platforms, whose contacts are synced. */
export const connectionOperations = (services: Services): Operation[] => {
  const { records } = services;
  const wish = ({ workspace, id }: Actor, wanted: Omit<Wish, 'workspace' | 'actor'>) => {
    const { url, expiresAt } = beginWish(services, { workspace, actor: id, ...wanted });
    return { url, expiresAt: toMoment(expiresAt) };
  };
  return [
    operation({
      id: 'createConnection',
      scope: 'connections:write',
      method: 'post',
      path: '/v1/connections',
      tag: 'Connections',
      summary: 'Connect an account with its API key, which is tried first',
      body: z.strictObject({ platform, apiKey, ...settingsSchema.shape }).meta({
        id: 'ConnectionOrder',
        examples: [{ platform: 'klaviyo', apiKey: 'pk_…', mapping: { first_name: 'first_name' } }],
      }),
      answer: connection.extend({ missing }),
      status: 201,
      refuses: ['connection_refused', 'connection_conflict', 'platform_unavailable'],
      async run({ actor, body: { apiKey, ...order } }) {
        checkKey(order.platform, apiKey);
        const credentials = { kind: 'key', apiKey } as const;
        const { record, account } = await connectAccount(services, actor, { ...order, credentials });
        return { ...show(readConnection(record)), missing: [...account.missing] };
      },
    }),
    operation({
      id: 'authorizeConnection',
      scope: 'connections:write',
      method: 'post',
      path: '/v1/connections/authorize',
      tag: 'Connections',
      summary: "Connect an account without a key: its owner opens `url` and allows this installation's app",
      body: z
        .strictObject({ platform, ...settingsSchema.pick({ name: true, referenceField: true }).shape })
        .meta({ id: 'ConnectionWish', examples: [{ platform: 'mailchimp', name: 'Shop' }] }),
      answer: wished,
      refuses: [],
      run: async ({ actor, body }) => wish(actor, body),
    }),
    operation({
      id: 'listConnections',
      scope: 'connections:read',
      method: 'get',
      path: '/v1/connections',
      tag: 'Connections',
      summary: 'List the connected accounts',
      query: z.strictObject(paging),
      answer: pageOf(connection),
      refuses: [],
      async run({ actor: { workspace }, query: { after, limit } }) {
        const found = await listConnections(records, { workspace, after, limit: limit + 1 });
        const shown = found.slice(0, limit);
        return {
          data: shown.map((record) => show(readConnection(record))),
          next: found.length > limit ? (shown.at(-1)?.id ?? null) : null,
        };
      },
    }),
    operation({
      id: 'readConnection',
      scope: 'connections:read',
      method: 'get',
      path: '/v1/connections/{id}',
      tag: 'Connections',
      summary: 'Read one connection',
      params,
      answer: connection,
      refuses: ['connection_not_found'],
      run: async ({ actor, params: { id } }) =>
        show(readConnection(await heldConnection(services, actor.workspace, id))),
    }),
    operation({
      id: 'changeConnection',
      scope: 'connections:write',
      method: 'patch',
      path: '/v1/connections/{id}',
      tag: 'Connections',
      summary: 'Change what is sent, or renew the API key; other fields or audiences ask for a full sync',
      params,
      body: z
        .strictObject({ apiKey: apiKey.optional(), ...settingsSchema.shape })
        .meta({ id: 'ConnectionChange', examples: [{ mapping: { first_name: 'FNAME' }, audiences: ['a1b2c3d4e5'] }] }),
      answer: connection,
      refuses: ['connection_not_found', 'connection_refused', 'connection_conflict', 'platform_unavailable'],
      async run({ actor, params: { id }, body: { apiKey, ...edit } }) {
        const { platform } = readConnection(await heldConnection(services, actor.workspace, id));
        if (apiKey !== undefined) checkKey(platform, apiKey);
        const credentials = apiKey === undefined ? undefined : ({ kind: 'key', apiKey } as const);
        return show(readConnection(await editConnection(services, actor, id, { ...edit, credentials })));
      },
    }),
    operation({
      id: 'removeConnection',
      scope: 'connections:write',
      method: 'delete',
      path: '/v1/connections/{id}',
      tag: 'Connections',
      summary: 'Take a connection out; its contacts stay, and what was sent goes on showing their pictures',
      params,
      refuses: ['connection_not_found'],
      run: async ({ actor, params: { id } }) => {
        await dropConnection(services, actor, id);
        return undefined;
      },
    }),
    operation({
      id: 'checkConnection',
      scope: 'connections:use',
      method: 'post',
      path: '/v1/connections/{id}/check',
      tag: 'Connections',
      summary: 'Ask the platform whether the connection works, and what its key may not do',
      params,
      answer: z.object({ account: z.string(), name: z.string(), missing }).meta({ id: 'ConnectionChecked' }),
      refuses: ['connection_not_found', 'connection_refused', 'platform_unavailable'],
      async run({ actor, params: { id } }) {
        const { missing, ...account } = await checkConnection(
          services,
          await heldConnection(services, actor.workspace, id),
        );
        return { account: account.id, name: account.name, missing: [...missing] };
      },
    }),
    operation({
      id: 'readCoverage',
      scope: 'connections:read',
      method: 'get',
      path: '/v1/connections/{id}/coverage',
      tag: 'Connections',
      summary: 'For how many of its contacts, as they are kept here, the mapped fields are filled',
      params,
      answer: filled,
      refuses: ['connection_not_found'],
      async run({ actor, params: { id } }) {
        const { contacts, fields } = await measureKept(services, await heldConnection(services, actor.workspace, id));
        return { contacts, fields: [...fields] };
      },
    }),
    operation({
      id: 'reauthorizeConnection',
      scope: 'connections:write',
      method: 'post',
      path: '/v1/connections/{id}/authorize',
      tag: 'Connections',
      summary: 'Renew what a connection may do: the owner of the same account opens `url`',
      params,
      answer: wished,
      refuses: ['connection_not_found'],
      async run({ actor, params: { id } }) {
        const { platform } = readConnection(await heldConnection(services, actor.workspace, id));
        return wish(actor, { platform, connection: id });
      },
    }),
  ];
};
