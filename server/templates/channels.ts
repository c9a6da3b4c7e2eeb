import { AppError } from '../../core/errors.ts';
import type { Actor } from '../access/roles.ts';
import type { Services } from '../services.ts';
import { audit } from '../stores/records/audit.ts';
import { findChannel, findHead, historyOf, moveChannel } from '../stores/records/channels.ts';
import type { Channel } from '../stores/records/template-tables.ts';
import { findVersion, revokeTemplate as markRevoked } from '../stores/records/templates.ts';
import { revoked } from './drafts.ts';
import { announce, mayMove } from './lifecycle.ts';

/** What a channel of a template shows now, and what it showed until then. */
export type Moved = { readonly channel: Channel; readonly version: number; readonly before: number };

/**
 * Makes a channel show a version it showed before: the one named, else the last one that can still be shown. Doing it again
 * goes back further. Throws `forbidden`, `template_not_found`, `template_revoked`, or `version_conflict` when there is
 * nothing to go back to.
 */
export async function rollBack(
  services: Services,
  actor: Actor,
  name: string,
  { channel = 'production', to }: { channel?: Channel | undefined; to?: number | undefined },
): Promise<Moved> {
  mayMove(actor, channel);
  const { records } = services;
  const { workspace, id: by } = actor;
  const now = Date.now();
  const moved = await records.transaction().execute(async (db): Promise<Moved> => {
    const head = await findHead(db, workspace, name);
    if (head?.isRevoked) throw revoked(name);
    const shown = await findChannel(db, workspace, name, channel);
    if (!head || !shown)
      throw new AppError('template_not_found', `There is no version of ${name} on ${channel} yet: publish one first.`);
    const past = historyOf(shown);
    const isShowable = async (version: number): Promise<boolean> => {
      const record = await findVersion(db, workspace, name, version);
      if (!record || version === shown.version) return false;
      return record.state === 'published' || (channel === 'staging' && record.digest !== null);
    };
    for (const version of to === undefined ? [...past].reverse() : [to]) {
      if (!(await isShowable(version))) continue;
      const at = past.lastIndexOf(version);
      const history = at < 0 ? [...past, shown.version] : past.slice(0, at);
      await moveChannel(db, { workspace, name, channel, version, by, now, history });
      return { channel, version, before: shown.version };
    }
    const wanted = to === undefined ? 'an earlier version' : `version ${to}`;
    throw new AppError(
      'version_conflict',
      `There is no going back to ${wanted} of ${name} on ${channel}: publish the one you want.`,
    );
  });
  await audit(records, {
    workspace,
    actor: by,
    action: 'template.rolled_back',
    subject: `${name}@${moved.version} ${channel}`,
    now,
  });
  await announce(services, { workspace, name, version: moved.version });
  return moved;
}

/** Revokes a template for good: every link and every picture of it becomes a neutral one. Throws `template_not_found`. */
export async function revokeTemplate(services: Services, actor: Actor, name: string): Promise<void> {
  const { workspace, id: by } = actor;
  const now = Date.now();
  if (!(await markRevoked(services.records, workspace, name, now)))
    throw new AppError('template_not_found', `There is no template ${name} in force: look at GET /v1/templates.`);
  await audit(services.records, { workspace, actor: by, action: 'template.revoked', subject: name, now });
  await services.changes.tell('template', `${workspace}/${name}`);
}
