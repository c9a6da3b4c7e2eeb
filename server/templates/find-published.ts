import { AppError } from '../../core/errors.ts';
import type { Fields } from '../../core/template/fields/index.ts';
import { variantOf } from '../../core/template/variants.ts';
import type { Services } from '../services.ts';
import { findVersion } from '../stores/records/templates.ts';
import { openFields } from '../workspaces/open-fields.ts';
import type { Published, Which } from './library.ts';

/** A version by its number, what production shows when there is none; in its own size unless a variant is named. */
export const whichVersion = (version: number | undefined, variant?: string): Which =>
  version === undefined ? { channel: 'production', variant } : { version, variant };

/**
 * The version of a template that something new may be made with. Throws `template_not_found`, also for a retired one, since
 * only what was made with it before is served on, and for a variant it does not have.
 */
export async function findPublished(
  { library, records }: Pick<Services, 'library' | 'records'>,
  workspace: string,
  template: string,
  which: Which,
): Promise<Published> {
  const published = await library.get(workspace, template, which);
  if (!published) {
    const wanted = 'version' in which ? `published version ${which.version}` : 'published version';
    throw new AppError('template_not_found', `The template ${template} has no ${wanted}: publish one first.`);
  }
  // What was made before is shown in the template's own size then; nothing new is.
  if (published.variant !== which.variant) variantOf(published.template, which.variant);
  // The copy may be older than the retirement.
  if ('version' in which && (await findVersion(records, workspace, template, which.version))?.state === 'retired')
    throw new AppError('template_not_found', `Version ${which.version} of ${template} is retired: use a newer one.`);
  return published;
}

/** The fields of what production shows, with the hosts of the workspace. Throws `template_not_found`. */
export async function fieldsOf(
  services: Pick<Services, 'library' | 'records' | 'settings'>,
  workspace: string,
  name: string,
): Promise<Fields> {
  const { template } = await findPublished(services, workspace, name, { channel: 'production' });
  return openFields(services.settings, workspace, template.fields);
}
