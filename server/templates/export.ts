import { AppError } from '../../core/errors.ts';
import { sniffFont } from '../../core/node/sfnt.ts';
import { referencedFace } from '../../core/paint/text/own-fonts.ts';
import { assetRefs } from '../../core/template/assets.ts';
import { parseTemplate } from '../../core/template/parse.ts';
import { ASSET } from '../../core/template/parts.ts';
import type { Template } from '../../core/template/schema.ts';
import { findReferenced } from '../assets/reference.ts';
import { sniffAsset } from '../assets/sniff.ts';
import type { Services } from '../services.ts';
import { listDataSets } from '../stores/records/datasets.ts';
import type { VersionRecord } from '../stores/records/templates.ts';

/**
 * A version as files for a folder of its own: `template.json`, with the sets of data kept beside it, and its pictures in
 * `assets/`, of a frozen version those it was approved with, and the fonts of its own in `fonts/`. Imported again, it has the same digest as long as no set of
 * data came in. Throws `asset_not_found` for bytes that are gone, or two versions of one asset, for which a folder has no room.
 */
export async function exportVersion(
  { records, blobs }: Pick<Services, 'records' | 'blobs'>,
  record: VersionRecord,
): Promise<ReadonlyMap<string, Buffer>> {
  const { workspace, name, document, assets } = record;
  const template = parseTemplate(JSON.parse(document));
  const kept = (await listDataSets(records, workspace, name)).map(({ dataset, data }) => [dataset, JSON.parse(data)]);
  const whole: Template = { ...template, datasets: { ...template.datasets, ...Object.fromEntries(kept) } };
  const files = new Map<string, Buffer>([['template.json', Buffer.from(`${JSON.stringify(whole, null, 2)}\n`)]]);

  const frozen = JSON.parse(assets) as Record<string, string>;
  const digests = new Map<string, string>();
  for (const ref of new Set([...assetRefs(template), ...dataRefs(whole)])) {
    const digest = frozen[ref] ?? (await findReferenced(records, workspace, ref))?.digest;
    // Data may name what is not there: then the field's fallback is drawn.
    if (digest === undefined) continue;
    const file = ref.replace(/^asset:/, '').replace(/@\d+$/, '');
    if ((digests.get(file) ?? digest) !== digest)
      throw new AppError('asset_not_found', `A folder holds one version of ${file}: name only one in the template.`);
    digests.set(file, digest);
  }
  for (const [file, digest] of digests) {
    const bytes = await blobs.get(digest);
    if (!bytes) throw new AppError('asset_not_found', `The bytes of ${file} are gone: upload it again.`);
    const [, extension] = sniffAsset(bytes)?.split(/[/+]/) ?? [];
    files.set(`assets/${file}.${extension}`, bytes);
  }
  for (const [ref, digest] of Object.entries(frozen)) {
    const face = referencedFace(ref);
    const bytes = face && (await blobs.get(digest));
    const extension = bytes && sniffFont(bytes) === 'font/otf' ? 'otf' : 'ttf';
    if (bytes) files.set(`fonts/${face.family}/${face.weight}${face.italic ? 'i' : ''}.${extension}`, bytes);
  }
  return files;
}

/** Whatever some data holds, in its lists too. */
const valuesIn = (data: unknown): unknown[] =>
  data !== null && typeof data === 'object' ? Object.values(data).flatMap(valuesIn) : [data];

/** The assets that sets of data name as whole values. */
const dataRefs = ({ datasets }: Template): string[] =>
  Object.values(datasets).flatMap((data) =>
    valuesIn(data).filter((value): value is string => typeof value === 'string' && ASSET.test(value)),
  );
