import { createHash } from 'node:crypto';
import { AppError, type Fault } from '../../core/errors.ts';
import { assetRefs } from '../../core/template/assets.ts';
import { checkPublishable, parseTemplate } from '../../core/template/parse.ts';
import type { Template } from '../../core/template/schema.ts';
import type { Actor } from '../access/roles.ts';
import { splitAssetRef } from '../assets/reference.ts';
import type { Services } from '../services.ts';
import { findAsset } from '../stores/records/assets.ts';
import { audit } from '../stores/records/audit.ts';
import { addVersion, findVersion, publishVersion, type VersionRecord } from '../stores/records/templates.ts';
import { describePublished } from './library.ts';

/** Checks a template document and keeps it as the next draft of its name. Throws `template_invalid` with all faults. */
export async function addDraft(
  { records }: Pick<Services, 'records'>,
  { workspace, id: by }: Pick<Actor, 'workspace' | 'id'>,
  json: unknown,
): Promise<VersionRecord> {
  const template = parseTemplate(json);
  // With every default written out: a later release with other defaults must not change this version.
  const document = JSON.stringify(template);
  return addVersion(records, { workspace, name: template.name, document, by, now: Date.now() });
}

/**
 * Publishes a draft: fixes the digests of its assets, draws it with its defaults once and keeps that as the fallback
 * picture. Throws `template_not_publishable` with all faults, `template_not_found` or `version_conflict`.
 */
export async function publishDraft(
  services: Services,
  actor: Actor,
  name: string,
  version: number,
): Promise<VersionRecord> {
  const { records, blobs, pictures } = services;
  const { workspace } = actor;
  const draft = await findVersion(records, workspace, name, version);
  if (!draft)
    throw new AppError(
      'template_not_found',
      `There is no version ${version} of a template ${name}: look at its versions.`,
    );
  const template = parseTemplate(JSON.parse(draft.document));
  const faults = checkPublishable(template);
  const assets = await resolveAssets(services, workspace, template, faults);
  if (faults.length > 0) {
    const message = `Version ${version} of ${name} cannot be published yet: ${faults.length === 1 ? 'one thing is' : `${faults.length} things are`} missing.`;
    throw new AppError('template_not_publishable', message, { faults });
  }
  const digest = createHash('sha256')
    .update(JSON.stringify([draft.document, assets]))
    .digest('hex');
  const candidate = {
    ...describePublished({ template, assets }, blobs, digest),
    workspace,
    name,
    version,
    fallback: undefined,
  };
  const { format, scale } = template.output;
  const drawing = { published: candidate, values: candidate.defaults, format, scale };
  const { bytes } = await pictures.make(drawing, await pictures.keyOf(drawing));
  const fallback = await blobs.put(bytes);
  const now = Date.now();
  await publishVersion(records, { workspace, name, version, digest, assets: JSON.stringify(assets), fallback, now });
  await audit(records, {
    workspace,
    actor: actor.id,
    action: 'template.published',
    subject: `${name}@${version}`,
    now,
  });
  await services.changes.tell('template', `${workspace}/${name}`);
  return { ...draft, state: 'published', digest, assets: JSON.stringify(assets), fallback, published_at: now };
}

/** The digests of everything a template names, in the order of the references; what is not there is a fault. */
async function resolveAssets(
  { records }: Services,
  workspace: string,
  template: Template,
  faults: Fault[],
): Promise<Record<string, string>> {
  const digests: Record<string, string> = {};
  for (const ref of assetRefs(template)) {
    const { name, version } = splitAssetRef(ref);
    const asset = await findAsset(records, workspace, name, version);
    if (asset) digests[ref] = asset.digest;
    else faults.push({ path: ref, message: `is not uploaded: PUT it to /v1/assets/${name}` });
  }
  return digests;
}
