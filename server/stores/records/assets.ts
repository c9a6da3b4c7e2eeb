import type { Records } from './index.ts';
import type { Tables } from './tables.ts';

/** One version of a named asset; its bytes are the blob `digest`. */
export type AssetRecord = Readonly<Tables['assets']>;

/** Names bytes that are in the blobs already. The same bytes as the newest version give that one, not another. */
export async function addAsset(db: Records, asset: Omit<AssetRecord, 'version'>): Promise<AssetRecord> {
  const newest = await findAsset(db, asset.workspace, asset.name);
  if (newest?.digest === asset.digest) return newest;
  const added = await db
    .insertInto('assets')
    .values({ ...asset, version: (newest?.version ?? 0) + 1 })
    .onConflict((conflict) => conflict.doNothing())
    .returningAll()
    .executeTakeFirst();
  // Somebody else has just taken the number.
  return added ?? addAsset(db, asset);
}

/** The given version of a named asset, the newest when undefined. */
export const findAsset = (
  db: Records,
  workspace: string,
  name: string,
  version?: number,
): Promise<AssetRecord | undefined> => {
  const query = db.selectFrom('assets').selectAll().where('workspace', '=', workspace).where('name', '=', name);
  return (
    version === undefined ? query.orderBy('version', 'desc').limit(1) : query.where('version', '=', version)
  ).executeTakeFirst();
};
