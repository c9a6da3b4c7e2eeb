import { AppError } from '../../core/errors.ts';
import type { Template } from '../../core/template/schema.ts';
import { variantNames } from '../../core/template/variants.ts';
import type { Actor } from '../access/roles.ts';
import type { Services } from '../services.ts';
import { audit } from '../stores/records/audit.ts';
import { clearChannel, findChannel, findHead, type Head, moveChannel } from '../stores/records/channels.ts';
import type { Channel } from '../stores/records/template-tables.ts';
import {
  changeVersion,
  findVersion,
  UNFROZEN,
  type VersionKey,
  type VersionRecord,
} from '../stores/records/templates.ts';
import { revoked } from './drafts.ts';
import { freeze, holdToRules } from './freeze.ts';

/** What goes with a step; `waive` names sets of data whose cut texts are accepted. */
export type Remarks = { readonly note?: string | undefined; readonly waive?: readonly string[] | undefined };
/** What goes with showing a version. */
export type Publishing = Remarks & { readonly channel?: Channel | undefined };

/**
 * Hands a draft in for review, frozen: what the approver sees is what will be published. Throws
 * `template_not_publishable` with all faults, `template_not_found`, `template_revoked` or `version_conflict`.
 */
export async function submitVersion(
  services: Services,
  actor: Actor,
  name: string,
  version: number,
  { note, waive }: Remarks = {},
): Promise<VersionRecord> {
  const { record } = await findOpen(services, actor, name, version);
  expectState(record, ['draft']);
  const frozen = await freeze(services, record, waive);
  const now = Date.now();
  const submitted = await changeVersion(services.records, record, ['draft'], {
    ...frozen,
    state: 'in_review',
    note: note ?? null,
    submitted_by: actor.id,
    submitted_at: now,
  });
  await finish(services, actor, 'template.submitted', record, now);
  return submitted;
}

/**
 * Makes a channel show a version. Production shows it for good, which takes the right to publish, and where review is
 * required somebody else's approval; staging shows drafts and what is in review, too. A draft is frozen first. Throws what
 * `submitVersion` does, `forbidden`, `review_required`, and `version_conflict` for a retired version or one the channel
 * shows already.
 */
export async function publishVersion(
  services: Services,
  actor: Actor,
  name: string,
  version: number,
  { channel = 'production', ...remarks }: Publishing = {},
): Promise<VersionRecord> {
  mayMove(actor, channel);
  const { record, head } = await findOpen(services, actor, name, version);
  expectState(record, ['draft', 'in_review', 'published']);
  if (head.shown[channel] === version)
    throw new AppError(
      'version_conflict',
      `Version ${version} of ${name} is what ${channel} shows already: add a new version.`,
    );
  if (channel === 'production' && record.state !== 'published') await requireReview(services, actor, record);
  return putOnChannel(services, actor, record, { channel, ...remarks });
}

/**
 * Shows a version whoever asks for it, freezing a draft first; `instead` is the version the channel has to show until
 * then. Throws what freezing throws, and `version_conflict` when somebody else was faster.
 */
export async function putOnChannel(
  services: Services,
  actor: Actor,
  record: VersionRecord,
  { channel, note, waive, instead }: Remarks & { channel: Channel; instead?: number },
): Promise<VersionRecord> {
  const { workspace, name, version } = record;
  const frozen = record.state === 'draft' ? await freeze(services, record, waive) : {};
  const now = Date.now();
  const isApproved = channel === 'production' && record.state !== 'published';
  if (isApproved && record.state === 'in_review') await holdToRules(services, record);
  const { title = null, size } = JSON.parse(record.document) as Template;
  const published = await services.records.transaction().execute(async (db) => {
    if (instead !== undefined && (await findChannel(db, workspace, name, channel))?.version !== instead)
      throw new AppError('version_conflict', `Version ${instead} of ${name} is not what ${channel} shows any more.`);
    const changed = await changeVersion(db, record, [record.state], {
      ...frozen,
      note: note ?? record.note,
      ...(isApproved && { state: 'published', published_by: actor.id, published_at: now }),
    });
    await moveChannel(db, { workspace, name, channel, version, by: actor.id, now });
    if (channel === 'production')
      await services.hooks.emit(workspace, 'template.published', { template: name, version, title, ...size }, { db });
    return changed;
  });
  await finish(services, actor, channel === 'production' ? 'template.published' : 'template.staged', record, now);
  return published;
}

/**
 * Throws `review_required` where the workspace wants two people for what production shows, and the version was not handed
 * in or was made by the very one who publishes it.
 */
export async function requireReview({ settings }: Services, actor: Actor, version?: VersionRecord): Promise<void> {
  const isReviewed = version?.state === 'in_review' && version.created_by !== actor.id;
  if (isReviewed || !(await settings.get(actor.workspace)).requireReview) return;
  throw new AppError(
    'review_required',
    'Nothing goes to production here before somebody else has looked at it: submit it, and let them publish it.',
  );
}

/** Sends a version in review back to its author as a draft, not frozen any more. */
export async function rejectVersion(
  services: Services,
  actor: Actor,
  name: string,
  version: number,
  note: string,
): Promise<VersionRecord> {
  const { record } = await findOpen(services, actor, name, version);
  expectState(record, ['in_review']);
  const rejected = await services.records.transaction().execute(async (db) => {
    await clearChannel(db, { ...record, channel: 'staging' });
    return changeVersion(db, record, ['in_review'], { ...UNFROZEN, state: 'draft', note });
  });
  await finish(services, actor, 'template.rejected', record, Date.now());
  return rejected;
}

/** Takes a published version out of use: nothing new is made with it, and the links that are pinned to it serve on. */
export async function retireVersion(
  services: Services,
  actor: Actor,
  name: string,
  version: number,
): Promise<VersionRecord> {
  const { record, head } = await findOpen(services, actor, name, version);
  expectState(record, ['published']);
  const shownBy = Object.entries(head.shown).find(([, shown]) => shown === version)?.[0];
  if (shownBy) {
    const message = `Version ${version} of ${name} is what ${shownBy} shows: publish another one or roll back first.`;
    throw new AppError('version_conflict', message);
  }
  const now = Date.now();
  const retired = await changeVersion(services.records, record, ['published'], { state: 'retired', retired_at: now });
  await finish(services, actor, 'template.retired', record, now);
  return retired;
}

/**
 * Makes every process see what a template's links show now. A version they are about to show is read first: none of them
 * should wait for it.
 */
export async function announce(
  { library, changes }: Services,
  { workspace, name, version }: VersionKey,
): Promise<void> {
  const shown = await library.get(workspace, name, { version }).catch(() => undefined);
  for (const variant of shown ? variantNames(shown.template) : [])
    await library.get(workspace, name, { version, variant }).catch(() => undefined);
  await changes.tell('template', `${workspace}/${name}`);
}

/** Throws `forbidden` unless the actor may change what a channel shows. */
export function mayMove(actor: Actor, channel: Channel): void {
  if (channel === 'staging' || actor.scopes.has('templates:publish')) return;
  throw new AppError(
    'forbidden',
    `What production shows takes a key that may do templates:publish; this one has the role ${actor.role}: submit it for review instead.`,
  );
}

/** A version whose template is in force, with what its channels show. Throws `template_not_found` or `template_revoked`. */
export async function findOpen(
  { records }: Pick<Services, 'records'>,
  { workspace }: Actor,
  name: string,
  version: number,
): Promise<{ record: VersionRecord; head: Head }> {
  const [head, record] = await Promise.all([
    findHead(records, workspace, name),
    findVersion(records, workspace, name, version),
  ]);
  if (!head || !record)
    throw new AppError(
      'template_not_found',
      `There is no version ${version} of a template ${name}: look at its versions.`,
    );
  if (head.isRevoked) throw revoked(name);
  return { record, head };
}

function expectState({ name, version, state }: VersionRecord, expected: readonly VersionRecord['state'][]): void {
  if (expected.includes(state)) return;
  const [is, needed] = [state, expected.join(' or ')].map((text) => text.replaceAll('_', ' '));
  throw new AppError(
    'version_conflict',
    `Version ${version} of ${name} is ${is}, and this takes one that is ${needed}.`,
  );
}

async function finish(
  services: Services,
  actor: Actor,
  action: Parameters<typeof audit>[1]['action'],
  { workspace, name, version }: VersionRecord,
  now: number,
): Promise<void> {
  await audit(services.records, { workspace, actor: actor.id, action, subject: `${name}@${version}`, now });
  await announce(services, { workspace, name, version });
}
