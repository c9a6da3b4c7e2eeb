import { nanoid } from 'nanoid';
import type { Records } from './index.ts';
import type { Tables } from './tables.ts';

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
    | 'template.tagged'
    | 'dataset.changed'
    | 'brand.changed'
    | 'dictionary.changed'
    | 'dataset.removed'
    | 'asset.kept'
    | 'font.kept'
    | 'font.removed'
    | 'link.created'
    | 'link.revoked'
    | 'link.placed'
    | 'picture.revoked'
    | 'source.changed'
    | 'source.removed'
    | 'connection.added'
    | 'connection.changed'
    | 'connection.removed'
    | 'cache.purged'
    | 'workspace.created'
    | 'workspace.renamed'
    | 'workspace.closed'
    | 'workspace.changed'
    | 'batch.cancelled'
    | 'sync.ordered'
    | 'sync.cancelled'
    | 'warmup.ordered'
    | 'warmup.cancelled'
    | 'hook.created'
    | 'hook.deleted'
    | 'callback-secret.read'
    | 'webhook.read'
    | 'webhook.set_up'
    | 'key.created'
    | 'keys.read'
    | 'key.revoked'
    | 'member.added'
    | 'member.changed'
    | 'member.key'
    | 'member.removed'
    | 'session.begun'
    | 'session.ended'
    | 'contact.erased'
    | 'subject.erased';
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

/** A line of the audit log as stored. */
export type AuditRecord = Readonly<Tables['audit']>;

/** The lines of a workspace, the newest first, after the one of the id `after`; those that match what is given. */
export async function listAudit(
  db: Records,
  wanted: {
    readonly workspace: string;
    readonly action?: string | undefined;
    readonly subject?: string | undefined;
    readonly actor?: string | undefined;
    readonly after?: string | undefined;
    readonly limit: number;
  },
): Promise<AuditRecord[]> {
  const all = db.selectFrom('audit').selectAll().where('workspace', '=', wanted.workspace);
  const last = wanted.after === undefined ? undefined : await all.where('id', '=', wanted.after).executeTakeFirst();
  let found = all.orderBy('at', 'desc').orderBy('id', 'desc').limit(wanted.limit);
  for (const column of ['action', 'subject', 'actor'] as const) {
    const value = wanted[column];
    if (value !== undefined) found = found.where(column, '=', value);
  }
  if (last) {
    found = found.where((row) =>
      row.or([row('at', '<', last.at), row.and([row('at', '=', last.at), row('id', '<', last.id)])]),
    );
  }
  return found.execute();
}
