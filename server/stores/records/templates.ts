import { AppError } from '../../../core/errors.ts';
import type { Records } from './index.ts';
import type { Tables } from './tables.ts';

/** One version of a template as stored. */
export type VersionRecord = Readonly<Tables['template_versions']>;

/** Keeps a new draft under the next number (1 for a new name) and gives its record. */
export async function addVersion(
  db: Records,
  draft: {
    readonly workspace: string;
    readonly name: string;
    readonly document: string;
    readonly by: string;
    readonly now: number;
  },
): Promise<VersionRecord> {
  const { workspace, name, document, by, now } = draft;
  return db.transaction().execute(async (db) => {
    await db
      .insertInto('templates')
      .values({ workspace, name, tags: '[]', created_at: now, revoked_at: null })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    const newest = await findNewest(db, workspace, name);
    const version = (newest?.version ?? 0) + 1;
    return db
      .insertInto('template_versions')
      .values({
        workspace,
        name,
        version,
        state: 'draft',
        document,
        digest: null,
        assets: '{}',
        fallback: null,
        note: null,
        created_by: by,
        created_at: now,
        submitted_by: null,
        submitted_at: null,
        published_by: null,
        published_at: null,
        retired_at: null,
      })
      .returningAll()
      .executeTakeFirstOrThrow();
  });
}

const versions = (db: Records, workspace: string, name: string) =>
  db.selectFrom('template_versions').selectAll().where('workspace', '=', workspace).where('name', '=', name);

/** The version of that number, whatever its state. */
export const findVersion = (
  db: Records,
  workspace: string,
  name: string,
  version: number,
): Promise<VersionRecord | undefined> =>
  versions(db, workspace, name).where('version', '=', version).executeTakeFirst();

/** The version with the highest number, whatever its state. */
export const findNewest = (db: Records, workspace: string, name: string): Promise<VersionRecord | undefined> =>
  versions(db, workspace, name).orderBy('version', 'desc').limit(1).executeTakeFirst();

/** The highest number of a published version: what a live link shows. */
export async function findLiveVersion(db: Records, workspace: string, name: string): Promise<number | undefined> {
  const row = await db
    .selectFrom('template_versions')
    .select('version')
    .where('workspace', '=', workspace)
    .where('name', '=', name)
    .where('state', '=', 'published')
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row?.version;
}

/** The versions of a template with numbers below `before` (all when undefined), newest first, at most `limit`. */
export const listVersions = (
  db: Records,
  page: { workspace: string; name: string; before?: number | undefined; limit: number },
): Promise<VersionRecord[]> => {
  const query = versions(db, page.workspace, page.name).orderBy('version', 'desc').limit(page.limit);
  return (page.before === undefined ? query : query.where('version', '<', page.before)).execute();
};

/** The names of a workspace's templates after `after` in alphabetical order, at most `limit`. */
export async function listTemplateNames(
  db: Records,
  page: { workspace: string; after?: string | undefined; limit: number },
): Promise<string[]> {
  const rows = await db
    .selectFrom('templates')
    .select('name')
    .where('workspace', '=', page.workspace)
    .where('name', '>', page.after ?? '')
    .orderBy('name')
    .limit(page.limit)
    .execute();
  return rows.map(({ name }) => name);
}

/**
 * Marks a draft as published with what it was approved with: the digest of the whole, its assets' digests and the blob
 * of its fallback picture. Throws `version_conflict` when it is no draft any more.
 */
export async function publishVersion(
  db: Records,
  approved: {
    workspace: string;
    name: string;
    version: number;
    digest: string;
    assets: string;
    fallback: string;
    now: number;
  },
): Promise<void> {
  const { workspace, name, version, now, ...rest } = approved;
  const { numUpdatedRows } = await db
    .updateTable('template_versions')
    .set({ ...rest, state: 'published', published_at: now })
    .where('workspace', '=', workspace)
    .where('name', '=', name)
    .where('version', '=', version)
    .where('state', 'in', ['draft', 'in_review'])
    .executeTakeFirst();
  if (numUpdatedRows === 0n) {
    throw new AppError(
      'version_conflict',
      `Version ${version} of ${name} is published already: add a new version instead.`,
    );
  }
}
