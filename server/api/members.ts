import { z } from 'zod';
import { join, leave, type Member, missing, openMember, promote, renewKey } from '../access/members.ts';
import type { Actor, Role } from '../access/roles.ts';
import type { Services } from '../services.ts';
import { type AuditEntry, audit } from '../stores/records/audit.ts';
import { findMember, listMembers } from '../stores/records/members.ts';
import { type Operation, operation } from './operation.ts';
import { moment, pageOf, paging, toMoment } from './parts.ts';

const role = z.enum(['viewer', 'editor', 'approver', 'admin']) satisfies z.ZodType<Role>;
const name = z.string().trim().min(1).max(100).meta({ description: 'Encrypted where it is kept.' });
const params = z.strictObject({ id: z.string().max(40) });

const member = z
  .object({ id: z.string(), name, role, createdAt: moment })
  .meta({ id: 'Member', description: 'A person of a workspace.' });
const key = z.string().meta({ description: 'To sign in with; shown this once.' });

const show = ({ createdAt, role: held, ...rest }: Member): z.output<typeof member> => ({
  ...rest,
  role: role.parse(held),
  createdAt: toMoment(createdAt),
});

/** The people of a workspace. */
export const memberOperations = (services: Services): Operation[] => {
  const { records, encryption } = services;
  const find = async (workspace: string, id: string) => {
    const record = await findMember(records, workspace, id);
    if (!record) throw missing();
    return show(openMember(encryption, record));
  };
  const noteDown = ({ workspace, id }: Actor, action: AuditEntry['action'], subject: string) =>
    audit(records, { workspace, actor: id, action, subject, now: Date.now() });

  return [
    operation({
      id: 'addMember',
      showsOnce: true,
      scope: 'access:write',
      method: 'post',
      path: '/v1/members',
      tag: 'Members',
      summary: 'Add a person and get the key they sign in with, shown this once',
      body: z.strictObject({ name, role }).meta({ id: 'MemberOrder', examples: [{ name: 'Robin', role: 'editor' }] }),
      answer: member.extend({ key }),
      status: 201,
      refuses: [],
      async run({ actor, body }) {
        const { member, key } = await join(services, actor, body);
        await noteDown(actor, 'member.added', member.id);
        return { ...show(member), key };
      },
    }),
    operation({
      id: 'listMembers',
      scope: 'access:read',
      method: 'get',
      path: '/v1/members',
      tag: 'Members',
      summary: 'List the people of the workspace',
      query: z.strictObject(paging),
      answer: pageOf(member),
      refuses: [],
      async run({ actor: { workspace }, query: { after, limit } }) {
        const found = await listMembers(records, { workspace, after, limit: limit + 1 });
        const shown = found.slice(0, limit);
        return {
          data: shown.map((record) => show(openMember(encryption, record))),
          next: found.length > limit ? (shown.at(-1)?.id ?? null) : null,
        };
      },
    }),
    operation({
      id: 'changeMember',
      scope: 'access:write',
      method: 'patch',
      path: '/v1/members/{id}',
      tag: 'Members',
      summary: 'Give a person another role; what they are signed in to follows',
      params,
      body: z.strictObject({ role }).meta({ id: 'MemberChange' }),
      answer: member,
      refuses: ['not_found'],
      async run({ actor, params: { id }, body }) {
        await promote(services, actor, id, body.role);
        await noteDown(actor, 'member.changed', id);
        return find(actor.workspace, id);
      },
    }),
    operation({
      id: 'renewMemberKey',
      showsOnce: true,
      scope: 'access:write',
      method: 'post',
      path: '/v1/members/{id}/key',
      tag: 'Members',
      summary: 'Give a person a new key; the old one and what was signed in with it stop',
      params,
      answer: z.object({ key }),
      status: 201,
      refuses: ['not_found'],
      async run({ actor, params: { id } }) {
        const key = await renewKey(services, actor, id);
        await noteDown(actor, 'member.key', id);
        return { key };
      },
    }),
    operation({
      id: 'removeMember',
      scope: 'access:write',
      method: 'delete',
      path: '/v1/members/{id}',
      tag: 'Members',
      summary: 'Remove a person: their keys stop, they are signed out, their name is forgotten',
      params,
      refuses: ['not_found'],
      async run({ actor, params: { id } }) {
        await leave(services, actor, id);
        await noteDown(actor, 'member.removed', id);
      },
    }),
  ];
};
