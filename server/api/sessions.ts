import { z } from 'zod';
import { AppError } from '../../core/errors.ts';
import { type Actor, type Role, roles, scopes } from '../access/roles.ts';
import { beginSession, sessionCookie } from '../access/sessions.ts';
import { isSecure } from '../config.ts';
import type { Services } from '../services.ts';
import { type AuditEntry, audit } from '../stores/records/audit.ts';
import { addSession, endSession } from '../stores/records/sessions.ts';
import { type Operation, operation } from './operation.ts';
import { moment, toMoment } from './parts.ts';

const session = z
  .object({
    actor: z.string().meta({ description: 'The id the audit log knows you by.' }),
    workspace: z.string(),
    role: z.enum(Object.keys(roles) as [Role, ...Role[]]),
    scopes: z.array(z.enum(scopes)),
    isOperator: z.boolean(),
    csrf: z.string().meta({ description: 'Send it as X-CSRF-Token with everything that changes something.' }),
    expiresAt: moment.meta({ description: '12 hours after the last use, 7 days after signing in at the latest.' }),
  })
  .meta({ id: 'Session' });

const show = (
  { id, workspace, role, scopes, isOperator }: Actor,
  { csrf, expiresAt }: { csrf: string; expiresAt: number },
): z.output<typeof session> => ({
  actor: id,
  workspace,
  role,
  scopes: [...scopes],
  isOperator,
  csrf,
  expiresAt: toMoment(expiresAt),
});

const sessionOf = ({ session }: Actor): NonNullable<Actor['session']> => {
  if (session) return session;
  throw new AppError('not_found', 'You are not signed in: POST to /v1/sessions with your key first.');
};

/** Signing in and out, for pages in a browser. */
export const sessionOperations = (services: Services): Operation[] => {
  const { records, config } = services;
  const noteDown = ({ workspace, id: actor }: Actor, action: AuditEntry['action']) =>
    audit(records, { workspace, actor, action, subject: actor, now: Date.now() });

  return [
    operation({
      id: 'signIn',
      showsOnce: true,
      method: 'post',
      path: '/v1/sessions',
      tag: 'Sessions',
      summary: 'Sign in with the key in Authorization; the answer sets a cookie that stands for it',
      answer: session,
      status: 201,
      refuses: [],
      async run({ actor, setHeader }) {
        if (actor.keyHash === undefined || actor.session || actor.role === 'render') {
          throw new AppError('forbidden', 'Sign in with the key of a person, as Authorization: Bearer <key>.');
        }
        const { token, csrf, record } = beginSession(actor.workspace, actor.keyHash, Date.now());
        await addSession(records, record);
        await noteDown(actor, 'session.begun');
        setHeader('Set-Cookie', sessionCookie(token, isSecure(config)));
        return show(actor, { csrf, expiresAt: record.expires_at });
      },
    }),
    operation({
      id: 'readSession',
      method: 'get',
      path: '/v1/sessions/current',
      tag: 'Sessions',
      summary: 'Who is signed in, and what they may do',
      answer: session,
      refuses: ['not_found'],
      run: async ({ actor }) => show(actor, sessionOf(actor)),
    }),
    operation({
      id: 'signOut',
      method: 'delete',
      path: '/v1/sessions/current',
      tag: 'Sessions',
      summary: 'Sign out',
      refuses: ['not_found'],
      async run({ actor, setHeader }) {
        const { id } = sessionOf(actor);
        await endSession(records, id);
        services.access.expireSession(id);
        await services.events.check();
        await noteDown(actor, 'session.ended');
        setHeader('Set-Cookie', sessionCookie(undefined, isSecure(config)));
      },
    }),
  ];
};
