import { nanoid } from 'nanoid';
import type { Records } from './index.ts';

/** What is written down for good: who did it, to what. Ids and names only, never values. */
export type AuditEntry = {
  readonly workspace: string;
  readonly actor: string;
  readonly action:
    | 'template.drafted'
    | 'template.submitted'
    | 'template.staged'
    | 'template.published'
    | 'template.rejected'
    | 'template.retired'
    | 'template.rolled_back'
    | 'template.revoked'
    | 'link.created'
    | 'link.revoked'
    | 'picture.revoked'
    | 'workspace.created'
    | 'workspace.renamed'
    | 'workspace.closed'
    | 'workspace.changed'
    | 'key.created'
    | 'key.revoked';
  readonly subject: string;
  readonly now: number;
};

/** Appends to the audit log; nothing in it is ever changed. */
export const audit = async (db: Records, { now, ...entry }: AuditEntry): Promise<void> => {
  await db
    .insertInto('audit')
    .values({ id: nanoid(), at: now, ...entry })
    .execute();
};
