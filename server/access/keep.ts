import { nanoid } from 'nanoid';
import { AppError } from '../../core/errors.ts';
import type { Services } from '../services.ts';
import { type ApiKeyRecord, addApiKey } from '../stores/records/api-keys.ts';
import { makeApiKey } from './api-keys.ts';
import { type Actor, beyond, type Role, type Scope } from './roles.ts';

/** A key to make: what it may do, the member it is for if for one, and the moment (ms) it ends, null for never. */
export type KeyOrder = {
  readonly name: string;
  readonly role: Role;
  readonly scopes?: readonly Scope[] | undefined;
  readonly member?: string;
  readonly expiresAt?: number | undefined;
};

/** Makes a key in the actor's workspace; its text is told only here. Throws `forbidden` for more than the actor may do. */
export async function makeKey(
  { records }: Pick<Services, 'records'>,
  actor: Actor,
  { name, role, scopes, member, expiresAt }: KeyOrder,
): Promise<{ record: ApiKeyRecord; key: string }> {
  refuseBeyond(actor, role, scopes);
  const { key, hash } = makeApiKey();
  const record: ApiKeyRecord = {
    id: nanoid(16),
    workspace: actor.workspace,
    name,
    role,
    scopes: scopes ? JSON.stringify(scopes) : null,
    member: member ?? null,
    hash,
    created_at: Date.now(),
    used_at: null,
    expires_at: expiresAt ?? null,
    revoked_at: null,
  };
  await addApiKey(records, record);
  return { record, key };
}

/** Lets nobody hand out what they may not do themselves. Throws `forbidden`. */
export function refuseBeyond(actor: Actor, role: Role, scopes?: readonly Scope[]): void {
  const missing = beyond(actor, role, scopes);
  if (missing.length > 0) {
    throw new AppError('forbidden', `You may not do ${missing.join(', ')} yourself: ask somebody who may.`);
  }
}
