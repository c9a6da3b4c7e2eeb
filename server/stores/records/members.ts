import type { Role } from '../../access/roles.ts';
import type { Records } from './index.ts';
import type { Tables } from './tables.ts';

/** A person of a workspace as stored; `name` is sealed. */
export type MemberRecord = Readonly<Tables['members']>;

/** Keeps a new member. */
export const addMember = async (db: Records, member: MemberRecord): Promise<void> => {
  await db.insertInto('members').values(member).execute();
};

const present = (db: Records, workspace: string) =>
  db.selectFrom('members').selectAll().where('workspace', '=', workspace).where('removed_at', 'is', null);

/** The member of that id who was not removed. */
export const findMember = (db: Records, workspace: string, id: string): Promise<MemberRecord | undefined> =>
  present(db, workspace).where('id', '=', id).executeTakeFirst();

/** The members in the order of their ids. */
export const listMembers = (
  db: Records,
  { workspace, after = '', limit }: { workspace: string; after?: string | undefined; limit: number },
): Promise<MemberRecord[]> => present(db, workspace).where('id', '>', after).orderBy('id').limit(limit).execute();

/** Gives a member another role; false when there is no such member. */
export async function changeRole(db: Records, workspace: string, id: string, role: Role): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('members')
    .set({ role })
    .where('workspace', '=', workspace)
    .where('id', '=', id)
    .where('removed_at', 'is', null)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Removes a member, name and all but the id; false when there is no such member. */
export async function removeMember(db: Records, workspace: string, id: string, now: number): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('members')
    .set({ name: '', removed_at: now })
    .where('workspace', '=', workspace)
    .where('id', '=', id)
    .where('removed_at', 'is', null)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}
