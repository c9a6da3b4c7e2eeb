import { AppError } from '../../core/errors.ts';
import { checkPublishable } from '../../core/template/parse.ts';
import type { Template } from '../../core/template/schema.ts';
import type { Actor } from '../access/roles.ts';
import { readAssetFolder, readTemplateFolder, templateFile } from '../assets/folder.ts';
import { keepAsset } from '../assets/keep.ts';
import { readFontFolder } from '../fonts/folder.ts';
import { keepFont } from '../fonts/keep.ts';
import type { Services } from '../services.ts';
import { isDigest } from '../stores/blobs/blobs.ts';
import type { VersionRecord } from '../stores/records/templates.ts';
import { addDraft } from './drafts.ts';
import { publishVersion } from './lifecycle.ts';

/**
 * Keeps a template from its file, or the folder it is in, as the next draft of its name, and every picture of the
 * `assets` and font of the `fonts` folder beside it. Throws before anything is kept.
 */
export async function importFolder(services: Services, actor: Actor, path: string): Promise<VersionRecord> {
  const { template } = await readTemplateFolder(path);
  return keepFolder(services, actor, path, template);
}

/** Imports a template and shows it in production. Throws `template_not_publishable` with every fault before anything is kept. */
export async function publishFolder(services: Services, actor: Actor, path: string): Promise<VersionRecord> {
  const { template } = await readTemplateFolder(path);
  const fonts = await readFontFolder(await templateFile(path));
  const faults = checkPublishable(
    template,
    fonts.map(({ family }) => family),
  );
  if (faults.length > 0) throw new AppError('template_not_publishable', `${path} cannot be published yet.`, { faults });
  const { name, version } = await keepFolder(services, actor, path, template);
  return publishVersion(services, actor, name, version);
}

async function keepFolder(services: Services, actor: Actor, path: string, template: Template): Promise<VersionRecord> {
  // One that a template names by its digest has no name of its own.
  for (const [name, bytes] of Object.entries(await readAssetFolder(path)))
    await keepAsset(services, actor, isDigest(name) ? name.slice(0, 12) : name, bytes);
  for (const { family, bytes } of await readFontFolder(await templateFile(path)))
    await keepFont(services, actor, family, bytes);
  return addDraft(services, actor, template);
}
