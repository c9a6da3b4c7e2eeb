import { AppError } from '../../core/errors.ts';
import { ASSET } from '../../core/template/parts.ts';

/** Takes `asset:name@2` apart; without a version the newest is meant. */
export function splitAssetRef(ref: string): { name: string; version: number | undefined } {
  if (!ASSET.test(ref)) throw new AppError('asset_not_found', 'Name an asset as asset:name or asset:name@2.');
  const [name = '', version] = ref.slice('asset:'.length).split('@');
  return { name, version: version === undefined ? undefined : Number(version) };
}
