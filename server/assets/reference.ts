import { ASSET } from '../../core/template/parts.ts';
import { type AssetRecord, findAsset, findAssetByDigest } from '../stores/records/assets.ts';
import type { Records } from '../stores/records/index.ts';

/**
 * The asset of a workspace that `asset:name` (its newest version), `asset:name@2` or `asset:<sha256>` stands for;
 * undefined when there is none. Bytes of another workspace are never found, even by somebody who knows their digest.
 */
export async function findReferenced(db: Records, workspace: string, ref: string): Promise<AssetRecord | undefined> {
  const [, digest, name = '', version] = ref.match(ASSET) ?? [];
  if (digest !== undefined) return findAssetByDigest(db, workspace, digest);
  return findAsset(db, workspace, name, version === undefined ? undefined : Number(version));
}
