import { nanoid } from 'nanoid';
import { AppError } from '../../core/errors.ts';
import type { Services } from '../services.ts';
import { changeRoleOfKeys, revokeKeysOf } from '../stores/records/api-keys.ts';
import { addMember, changeRole, findMember, type MemberRecord, removeMember } from '../stores/records/members.ts';
import type { Encryption } from './encryption.ts';
import { makeKey, refuseBeyond } from './keep.ts';
import type { Actor, Role } from './roles.ts';

/** A person of a workspace. */
export type Member = { readonly id: string; readonly name: string; readonly role: Role; readonly createdAt: number };

type Keeping = Pick<Services, 'records' | 'encryption' | 'changes'>;

const contextOf = (workspace: string, id: string) => `member:${workspace}:${id}`;

/** A member with the name opened. */
export const openMember = (
  encryption: Encryption,
  { id, workspace, name, role, created_at }: MemberRecord,
): Member => ({
  id,
  name: encryption.open(name, contextOf(workspace, id)),
  role,
  createdAt: created_at,
});

/** Adds a person with a key to sign in, whose text is told only here. Throws `forbidden` for a role above the actor. */
export async function join(
  services: Keeping,
  actor: Actor,
  { name, role }: { name: string; role: Role },
): Promise<{ member: Member; key: string }> {
  refuseBeyond(actor, role);
  const id = nanoid(16);
  const { workspace } = actor;
  const createdAt = Date.now();
  const sealed = services.encryption.seal(name, contextOf(workspace, id));
  await addMember(services.records, { id, workspace, name: sealed, role, created_at: createdAt, removed_at: null });
  const { key } = await makeKey(services, actor, { name: SIGN_IN, role, member: id });
  return { member: { id, name, role, createdAt }, key };
}

const SIGN_IN = 'Sign-in';

/** Gives a member another role, and so all their keys. Throws `not_found`, or `forbidden` for a role above the actor. */
export async function promote(services: Keeping, actor: Actor, id: string, role: Role): Promise<void> {
  refuseBeyond(actor, role);
  const hashes = await services.records.transaction().execute(async (db) => {
    if (!(await changeRole(db, actor.workspace, id, role))) throw missing();
    return changeRoleOfKeys(db, actor.workspace, id, role);
  });
  for (const hash of hashes) await services.changes.tell('key', hash);
}

/** Removes a member: their name is forgotten, their keys and sessions stop. Throws `not_found`. */
export async function leave(services: Keeping, actor: Actor, id: string): Promise<void> {
  const now = Date.now();
  const hashes = await services.records.transaction().execute(async (db) => {
    if (!(await removeMember(db, actor.workspace, id, now))) throw missing();
    return revokeKeysOf(db, actor.workspace, id, now);
  });
  for (const hash of hashes) await services.changes.tell('key', hash);
}

/** Gives a member a new key to sign in; the keys before it stop, and sessions begun with them. Throws `not_found`. */
export async function renewKey(services: Keeping, actor: Actor, id: string): Promise<string> {
  const member = await findMember(services.records, actor.workspace, id);
  if (!member) throw missing();
  refuseBeyond(actor, member.role);
  const hashes = await revokeKeysOf(services.records, actor.workspace, id, Date.now());
  for (const hash of hashes) await services.changes.tell('key', hash);
  return (await makeKey(services, actor, { name: SIGN_IN, role: member.role, member: id })).key;
}

/** What is thrown for a member who is not there. */
export const missing = (): AppError => new AppError('not_found', 'There is no member with that id in this workspace.');
