import { AppError } from '../../core/errors.ts';
import { MAX_PIXELS } from '../../core/template/output.ts';
import type { Actor } from '../access/roles.ts';
import type { Services } from '../services.ts';
import { type AssetRecord, addAsset } from '../stores/records/assets.ts';
import { audit } from '../stores/records/audit.ts';
import { isReadable } from './readable.ts';
import { readSize } from './size.ts';
import { SVG, sniffAsset } from './sniff.ts';
import { tidySvg } from './svg.ts';

const invalid = (message: string) => new AppError('asset_invalid', message);

/**
 * Keeps the bytes of a picture under a name, as a new version when they are other than the newest's; of a drawing its shapes
 * alone, see `tidySvg`. Throws `asset_invalid` for bytes that are none, are damaged, or have more than 25 megapixels.
 */
export async function keepAsset(
  { records, blobs, pool }: Pick<Services, 'records' | 'blobs' | 'pool'>,
  { workspace, id }: Pick<Actor, 'workspace' | 'id'>,
  name: string,
  given: Buffer,
): Promise<AssetRecord> {
  const mime = sniffAsset(given);
  if (!mime) throw invalid('The bytes are no JPEG, PNG, WebP, GIF, AVIF or SVG picture: export it as one of these.');
  const { bytes, size } = mime === SVG ? tidySvg(given) : { bytes: given, size: readSize(given, mime) };
  if (mime !== SVG && size && size.width * size.height > MAX_PIXELS)
    throw invalid('The picture has more than 25 megapixels: make it smaller.');
  if (!size || !(await isReadable(pool, bytes)))
    throw invalid('The picture is damaged and cannot be read to its end: export it again.');
  const digest = await blobs.put(bytes);
  const now = Date.now();
  const kept = await addAsset(records, {
    workspace,
    name,
    digest,
    mime,
    bytes: bytes.length,
    ...size,
    created_at: now,
  });
  if (kept.created_at === now)
    await audit(records, { workspace, actor: id, action: 'asset.kept', subject: `${name}@${kept.version}`, now });
  return kept;
}
