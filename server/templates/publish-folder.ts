import { AppError } from '../../core/errors.ts';
import { checkPublishable } from '../../core/template/parse.ts';
import type { Actor } from '../access/roles.ts';
import { readAssetFolder, readTemplateFolder } from '../assets/folder.ts';
import { keepAsset } from '../assets/keep.ts';
import type { Services } from '../services.ts';
import { addDraft } from './drafts.ts';
import { publishVersion } from './lifecycle.ts';

/**
 * Publishes a template from its file, or the folder it is in, as the next version of its name, and keeps every picture
 * of the `assets` folder beside it. Throws template_not_publishable with every fault before anything is kept.
 */
export async function publishFolder(
  services: Services,
  actor: Actor,
  path: string,
): Promise<{ name: string; version: number }> {
  const { template } = await readTemplateFolder(path);
  const faults = checkPublishable(template);
  if (faults.length > 0) throw new AppError('template_not_publishable', `${path} cannot be published yet.`, { faults });
  for (const [name, bytes] of Object.entries(await readAssetFolder(path)))
    await keepAsset(services, actor.workspace, name, bytes);
  const { name, version } = await addDraft(services, actor, template);
  await publishVersion(services, actor, name, version);
  return { name, version };
}
