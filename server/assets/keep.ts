import { AppError } from '../../core/errors.ts';
import type { Services } from '../services.ts';
import { type AssetRecord, addAsset } from '../stores/records/assets.ts';
import { sniffImage } from './sniff.ts';

/** Keeps the bytes of a picture under a name. Throws `asset_invalid` for bytes that are none. */
export async function keepAsset(
  { records, blobs }: Pick<Services, 'records' | 'blobs'>,
  workspace: string,
  name: string,
  bytes: Buffer,
): Promise<AssetRecord> {
  const mime = sniffImage(bytes);
  if (!mime)
    throw new AppError(
      'asset_invalid',
      'The bytes are no JPEG, PNG, WebP, GIF or AVIF picture: export it as one of these.',
    );
  const digest = await blobs.put(bytes);
  return addAsset(records, { workspace, name, digest, mime, bytes: bytes.length, created_at: Date.now() });
}
