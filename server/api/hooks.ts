import { nanoid } from 'nanoid';
import { z } from 'zod';
import { AppError } from '../../core/errors.ts';
import { eventsAbout, hookEvents } from '../hooks/events.ts';
import { callbackSecrets, type Hook, openHook, sealHook } from '../hooks/hook.ts';
import { makeHookSecret } from '../hooks/sign.ts';
import { checkAddress } from '../outgoing/order.ts';
import type { Services } from '../services.ts';
import { audit } from '../stores/records/audit.ts';
import { addHook, deleteHook, findHook, listDeliveries, listHooks } from '../stores/records/hooks.ts';
import { type Operation, operation } from './operation.ts';
import { moment, pageOf, paging, templateName, toMoment } from './parts.ts';

// Each Zap that waits for something is one.
const MAX_HOOKS = 200;

const only = z
  .strictObject({
    template: templateName.optional(),
    connection: z.string().max(40).optional().meta({ description: 'The id of a connection.' }),
  })
  .meta({ id: 'EventChoice', description: 'What an event has to be about; anything when empty.' });

const order = z
  .strictObject({
    url: z.string().min(1).max(2000).meta({ description: 'Where events are posted to; https in production.' }),
    events: z.array(z.enum(hookEvents)).min(1).max(hookEvents.length),
    only: only.default({}),
  })
  .superRefine(({ events, only }, context) => {
    for (const [kind, about] of Object.entries(eventsAbout)) {
      const others = events.filter((event) => !(about as readonly string[]).includes(event));
      if (Object.hasOwn(only, kind) && others.length > 0)
        context.addIssue({ code: 'custom', path: ['only', kind], message: `is nothing that ${others[0]} tells` });
    }
  })
  .meta({ id: 'HookOrder', examples: [{ url: 'https://example.com/mergepix', events: ['batch.finished'] }] });

const hook = z
  .object({
    id: z.string(),
    url: z.string(),
    events: z.array(z.string()).readonly(),
    only,
    createdAt: moment,
    disabledAt: moment.nullable().meta({ description: 'Set once its address has answered 410 Gone.' }),
  })
  .meta({ id: 'Hook' });

const delivery = z
  .object({
    id: z.string(),
    event: z.string().meta({ description: 'The id of the event, the same in every delivery of it.' }),
    type: z.string(),
    state: z.enum(['queued', 'delivered', 'failed']),
    attempts: z.number(),
    status: z.number().nullable().meta({ description: 'What the address last answered.' }),
    error: z.string().nullable(),
    createdAt: moment,
    finishedAt: moment.nullable(),
  })
  .meta({ id: 'HookDelivery' });

const orNull = (ms: number | null) => (ms === null ? null : toMoment(ms));

const show = ({ id, url, events, only, createdAt, disabledAt }: Hook): z.input<typeof hook> => ({
  ...{ id, url, events, only },
  createdAt: toMoment(createdAt),
  disabledAt: orNull(disabledAt),
});

const params = z.strictObject({ id: z.string().max(40) });
const noHook = () => new AppError('not_found', 'There is no hook with that id in this workspace.');

/** Addresses that are told when something happened, and how that went. */
export const hookOperations = (services: Services): Operation[] => {
  const { records, encryption, hooks, config } = services;
  return [
    operation({
      id: 'createHook',
      showsOnce: true,
      scope: 'hooks:write',
      method: 'post',
      path: '/v1/hooks',
      tag: 'Hooks',
      summary: 'Have an address told what happens; its secret is shown this once',
      body: order,
      answer: hook.extend({ secret: z.string() }),
      status: 201,
      refuses: ['address_refused'],
      async run({ actor: { workspace, id: actor }, body: { url, events, only } }) {
        checkAddress({ url, httpsOnly: config.production, maxBytes: 0, timeoutMs: 0 }, url);
        const working = (await listHooks(records, workspace)).filter(({ disabled_at }) => disabled_at === null);
        if (working.length >= MAX_HOOKS)
          throw new AppError('request_invalid', `A workspace has at most ${MAX_HOOKS} hooks: delete one first.`);
        const now = Date.now();
        const made: Hook = {
          ...{ id: nanoid(16), url, events: [...new Set(events)], only, secret: makeHookSecret() },
          ...{ createdAt: now, disabledAt: null },
        };
        await addHook(records, sealHook(encryption, workspace, made));
        await audit(records, { workspace, actor, action: 'hook.created', subject: made.id, now });
        return { ...show(made), secret: made.secret };
      },
    }),
    operation({
      id: 'listHooks',
      scope: 'hooks:read',
      method: 'get',
      path: '/v1/hooks',
      tag: 'Hooks',
      summary: 'List the hooks, disabled ones too',
      answer: pageOf(hook),
      refuses: [],
      run: async ({ actor: { workspace } }) => ({
        data: (await listHooks(records, workspace)).map((record) => show(openHook(encryption, record))),
        next: null,
      }),
    }),
    operation({
      id: 'readCallbackSecret',
      scope: 'hooks:write',
      method: 'get',
      path: '/v1/hooks/callback-secret',
      tag: 'Hooks',
      summary: 'Read the secret that posts to a `callback_url` are signed with',
      answer: z.object({ secret: z.string() }),
      refuses: [],
      async run({ actor: { workspace, id: actor } }) {
        await audit(records, { workspace, actor, action: 'callback-secret.read', subject: workspace, now: Date.now() });
        return { secret: callbackSecrets(encryption, workspace)[0] ?? '' };
      },
    }),
    operation({
      id: 'deleteHook',
      scope: 'hooks:write',
      method: 'delete',
      path: '/v1/hooks/{id}',
      tag: 'Hooks',
      summary: 'Tell an address nothing more, not even what is on its way',
      params,
      refuses: ['not_found'],
      async run({ actor: { workspace, id: actor }, params: { id } }) {
        if (!(await deleteHook(records, workspace, id))) throw noHook();
        await audit(records, { workspace, actor, action: 'hook.deleted', subject: id, now: Date.now() });
      },
    }),
    operation({
      id: 'tryHook',
      scope: 'hooks:write',
      method: 'post',
      path: '/v1/hooks/{id}/test',
      tag: 'Hooks',
      summary: 'Send an event of type `hook.test` to a hook',
      params,
      status: 202,
      refuses: ['not_found'],
      async run({ actor: { workspace }, params: { id } }) {
        if (!(await findHook(records, workspace, id))) throw noHook();
        await hooks.emit(workspace, 'hook.test', { hook: id }, { only: id });
      },
    }),
    operation({
      id: 'listDeliveries',
      scope: 'hooks:read',
      method: 'get',
      path: '/v1/hooks/{id}/deliveries',
      tag: 'Hooks',
      summary:
        'See what was sent to a hook and how it went, newest first; `callbacks` as the id for callback addresses',
      params,
      query: z.strictObject({ ...paging, state: z.enum(['queued', 'delivered', 'failed']).optional() }),
      answer: pageOf(delivery),
      refuses: ['not_found'],
      async run({ actor: { workspace }, params: { id }, query: { after, limit, state } }) {
        const to = id === 'callbacks' ? null : id;
        if (to !== null && !(await findHook(records, workspace, to))) throw noHook();
        const found = await listDeliveries(records, { workspace, hook: to, state, after, limit: limit + 1 });
        const shown = found.slice(0, limit);
        return {
          data: shown.map(({ id, event, type, state, attempts, status, error, created_at, finished_at }) => ({
            ...{ id, event, type, state, attempts, status, error },
            createdAt: toMoment(created_at),
            finishedAt: orNull(finished_at),
          })),
          next: found.length > limit ? (shown.at(-1)?.id ?? null) : null,
        };
      },
    }),
    operation({
      id: 'resendDelivery',
      scope: 'hooks:write',
      method: 'post',
      path: '/v1/hooks/deliveries/{id}/resend',
      tag: 'Hooks',
      summary: 'Send an event once more, with retries from the start',
      params,
      status: 202,
      refuses: ['not_found'],
      async run({ actor: { workspace }, params: { id } }) {
        if (!(await hooks.resend(workspace, id)))
          throw new AppError('not_found', 'There is no delivery with that id in this workspace.');
      },
    }),
  ];
};
