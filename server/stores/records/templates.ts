import { AppError } from '../../../core/errors.ts';
import type { PictureFormat } from '../../../core/template/output.ts';
import type { Records } from './index.ts';
import type { Tables } from './tables.ts';
import type { VersionState } from './template-tables.ts';

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
  await db
    .insertInto('templates')
    .values({ workspace, name, tags: '[]', created_at: now, revoked_at: null })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const newest = await findNewest(db, workspace, name);
  const added = await db
    .insertInto('template_versions')
    .values({
      workspace,
      name,
      version: (newest?.version ?? 0) + 1,
      state: 'draft',
      document,
      digest: null,
      assets: '{}',
      fallback: null,
      picture: null,
      variants: '{}',
      note: null,
      waived: '[]',
      created_by: by,
      created_at: now,
      submitted_by: null,
      submitted_at: null,
      published_by: null,
      published_at: null,
      retired_at: null,
    })
    .onConflict((conflict) => conflict.doNothing())
    .returningAll()
    .executeTakeFirst();
  // Somebody else has just taken the number.
  return added ?? addVersion(db, draft);
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

/** The versions of a template with numbers below `before` (all when undefined), newest first, at most `limit`. */
export const listVersions = (
  db: Records,
  page: { workspace: string; name: string; before?: number | undefined; limit: number },
): Promise<VersionRecord[]> => {
  const query = versions(db, page.workspace, page.name).orderBy('version', 'desc').limit(page.limit);
  return (page.before === undefined ? query : query.where('version', '<', page.before)).execute();
};

/** Which templates are wanted: with a part of their name, with a tag, with a newest version in a state. */
export type TemplateFilter = {
  readonly search?: string | undefined;
  readonly tag?: string | undefined;
  readonly state?: VersionState | undefined;
};

/** The names of a workspace's templates after `after` in alphabetical order, at most `limit`. */
export async function listTemplateNames(
  db: Records,
  page: TemplateFilter & { workspace: string; after?: string | undefined; limit: number },
): Promise<string[]> {
  const { workspace, after = '', limit, search, tag, state } = page;
  let query = db
    .selectFrom('templates')
    .select('templates.name')
    .where('templates.workspace', '=', workspace)
    .where('templates.name', '>', after);
  // A name has no character that means something in a pattern, and neither has a tag as JSON, which is never part of another.
  if (search !== undefined) query = query.where('templates.name', 'like', `%${search}%`);
  if (tag !== undefined) query = query.where('templates.tags', 'like', `%${JSON.stringify(tag)}%`);
  if (state !== undefined) {
    query = query.where(({ eb, selectFrom }) =>
      eb(
        selectFrom('template_versions as newest')
          .select('newest.state')
          .whereRef('newest.workspace', '=', 'templates.workspace')
          .whereRef('newest.name', '=', 'templates.name')
          .orderBy('newest.version', 'desc')
          .limit(1),
        '=',
        state,
      ),
    );
  }
  const rows = await query.orderBy('templates.name').limit(limit).execute();
  return rows.map(({ name }) => name);
}

/** Replaces the tags of a template, JSON as stored; false when there is none. */
export async function replaceTags(db: Records, workspace: string, name: string, tags: string): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('templates')
    .set({ tags })
    .where('workspace', '=', workspace)
    .where('name', '=', name)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** What is known of some templates besides their versions. */
export const listTemplates = (
  db: Records,
  workspace: string,
  names: readonly string[],
): Promise<Readonly<Tables['templates']>[]> =>
  names.length === 0
    ? Promise.resolve([])
    : db
        .selectFrom('templates')
        .selectAll()
        .where('workspace', '=', workspace)
        .where('name', 'in', [...names])
        .execute();

/** A version of a template of a workspace. */
export type VersionKey = { readonly workspace: string; readonly name: string; readonly version: number };

/** What is fixed of each size of a version: the blob of its fallback picture, and the format of its pictures. */
export type FrozenVariant = { readonly fallback: string; readonly picture: PictureFormat };

/** What is fixed when a version is submitted or published: digests of the whole, its assets and its fallback pictures, its pictures' formats, what was waived. */
export type Frozen = {
  readonly digest: string;
  readonly assets: string;
  readonly fallback: string;
  readonly picture: PictureFormat;
  /** JSON, by variant what a `FrozenVariant` has. */
  readonly variants: string;
  readonly waived: string;
};

/** What a version is as long as nobody has submitted it. */
export const UNFROZEN = {
  ...{ digest: null, assets: '{}', fallback: null, picture: null },
  ...{ variants: '{}', waived: '[]' },
} as const;

/**
 * Changes what may change of a version that is in one of the states `from`, and gives it as it is then. Throws
 * `version_conflict` when it is in another one: somebody else was faster.
 */
export async function changeVersion(
  db: Records,
  { workspace, name, version }: VersionKey,
  from: readonly VersionState[],
  change: Partial<Omit<VersionRecord, keyof VersionKey | 'document' | 'created_by' | 'created_at'>>,
): Promise<VersionRecord> {
  const changed = await db
    .updateTable('template_versions')
    .set(change)
    .where('workspace', '=', workspace)
    .where('name', '=', name)
    .where('version', '=', version)
    .where('state', 'in', [...from])
    .returningAll()
    .executeTakeFirst();
  if (changed) return changed;
  const states = from.map((state) => state.replace('_', ' ')).join(' or ');
  throw new AppError('version_conflict', `Version ${version} of ${name} is not ${states} any more: look at it again.`);
}

/** Revokes a template for good; false when there is none, or it was revoked before. */
export async function revokeTemplate(db: Records, workspace: string, name: string, now: number): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('templates')
    .set({ revoked_at: now })
    .where('workspace', '=', workspace)
    .where('name', '=', name)
    .where('revoked_at', 'is', null)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}
