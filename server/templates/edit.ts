import { AppError } from '../../core/errors.ts';
import { type Edits, editTemplate } from '../../core/template/edit.ts';
import { parseTemplate } from '../../core/template/parse.ts';
import type { Actor } from '../access/roles.ts';
import type { Services } from '../services.ts';
import type { VersionRecord } from '../stores/records/templates.ts';
import { addDraft } from './drafts.ts';
import { findOpen, putOnChannel, requireReview } from './lifecycle.ts';

/**
 * Makes a draft of a published version in which only `editable` options differ. With `publish` it goes to production at
 * once, without the right to publish: the designer has allowed exactly these changes. Then the version must be what
 * production shows. Throws `edit_refused` with every option that may not change, `template_invalid`, `version_conflict`,
 * `review_required` where nobody publishes alone, and what publishing throws.
 */
export async function editVersion(
  services: Services,
  actor: Actor,
  { name, version }: { name: string; version: number },
  edits: { readonly layers: Edits; readonly publish: boolean; readonly note?: string | undefined },
): Promise<VersionRecord> {
  const { record: base, head } = await findOpen(services, actor, name, version);
  if (base.state !== 'published')
    throw new AppError('version_conflict', `Version ${version} of ${name} is not published: edit one that is.`);
  if (edits.publish) {
    if (head.shown.production !== version)
      throw new AppError(
        'version_conflict',
        `Version ${version} of ${name} is not what production shows: edit that one.`,
      );
    await requireReview(services, actor);
  }
  const { document, faults } = editTemplate(parseTemplate(JSON.parse(base.document)), edits.layers);
  if (faults.length > 0)
    throw new AppError('edit_refused', 'Some of these options are not open to editing: leave out what is listed.', {
      faults,
    });
  const draft = await addDraft(services, actor, document);
  if (!edits.publish) return draft;
  return putOnChannel(services, actor, draft, { channel: 'production', note: edits.note, instead: version });
}
