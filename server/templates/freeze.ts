import { createHash } from 'node:crypto';
import { AppError, type Fault } from '../../core/errors.ts';
import { assetRefs } from '../../core/template/assets.ts';
import { checkPublishable, parseTemplate } from '../../core/template/parse.ts';
import type { Template } from '../../core/template/schema.ts';
import { splitAssetRef } from '../assets/reference.ts';
import type { Services } from '../services.ts';
import { findAsset } from '../stores/records/assets.ts';
import type { Frozen, VersionRecord } from '../stores/records/templates.ts';
import { describePublished } from './library.ts';

/**
 * Fixes what a version is, so that what is approved is exactly what was seen: the digests of its assets, and the picture
 * of its defaults, drawn once and kept as the fallback. Keeps nothing of the version itself. Throws
 * `template_not_publishable` with all faults, or why it could not be drawn.
 */
export async function freeze(services: Services, draft: VersionRecord): Promise<Frozen> {
  const { blobs, pictures } = services;
  const { workspace, name, version } = draft;
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
    state: draft.state,
    fallback: undefined,
  };
  const { format, scale } = template.output;
  const drawing = { published: candidate, values: candidate.defaults, format, scale };
  const { bytes } = await pictures.make(drawing, await pictures.keyOf(drawing));
  return { digest, assets: JSON.stringify(assets), fallback: await blobs.put(bytes) };
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
