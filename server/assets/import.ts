import type { Actor } from '../access/roles.ts';
import type { Services } from '../services.ts';
import type { AssetRecord } from '../stores/records/assets.ts';
import { fetchImage } from './fetch.ts';
import { keepAsset } from './keep.ts';

/**
 * Keeps the picture at an address under a name; see `keepAsset`. Somebody who is trusted names it, so any public host will
 * do, but of the buckets only those of the workspace. Throws what `fetchImage` and `keepAsset` throw.
 */
export async function importAsset(
  services: Services,
  actor: Pick<Actor, 'workspace' | 'id'>,
  name: string,
  url: string,
): Promise<AssetRecord> {
  const { s3Buckets } = await services.settings.get(actor.workspace);
  const { bytes } = await fetchImage(services, url, { buckets: s3Buckets });
  return keepAsset(services, actor, name, bytes);
}
