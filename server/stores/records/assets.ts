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

/** The newest of the assets of a workspace that have these bytes. */
export const findAssetByDigest = (db: Records, workspace: string, digest: string): Promise<AssetRecord | undefined> =>
  db
    .selectFrom('assets')
    .selectAll()
    .where('workspace', '=', workspace)
    .where('digest', '=', digest)
    .orderBy('created_at', 'desc')
    .limit(1)
    .executeTakeFirst();

/** The newest version of every asset, by name, those after a name. */
export const listAssets = (
  db: Records,
  { workspace, after = '', limit }: { workspace: string; after?: string | undefined; limit: number },
): Promise<AssetRecord[]> =>
  db
    .selectFrom('assets as asset')
    .selectAll()
    .where('workspace', '=', workspace)
    .where('name', '>', after)
    .where('version', '=', ({ selectFrom }) =>
      selectFrom('assets as other')
        .select(({ fn }) => fn.max('other.version').as('version'))
        .whereRef('other.workspace', '=', 'asset.workspace')
        .whereRef('other.name', '=', 'asset.name'),
    )
    .orderBy('name')
    .limit(limit)
    .execute();

/** The versions of an asset, the newest first, those before a version. */
export const listAssetVersions = (
  db: Records,
  { workspace, name, before, limit }: { workspace: string; name: string; before?: number | undefined; limit: number },
): Promise<AssetRecord[]> => {
  const query = db.selectFrom('assets').selectAll().where('workspace', '=', workspace).where('name', '=', name);
  return (before === undefined ? query : query.where('version', '<', before))
    .orderBy('version', 'desc')
    .limit(limit)
    .execute();
};

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
