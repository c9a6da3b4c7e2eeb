import type { Records } from './index.ts';
import type { LinkMode, Tables } from './tables.ts';
import type { Channel } from './template-tables.ts';

/** A link as stored; `formats`, `fields` and `policy` are JSON. */
export type LinkRecord = Readonly<Tables['links']>;

type Of = { readonly workspace: string; readonly connection: string };

/** Keeps a new link. */
export const addLink = async (db: Records, link: LinkRecord): Promise<void> => {
  await db.insertInto('links').values(link).execute();
};

// A link of a closed workspace is as good as revoked.
const servedLinks = (db: Records) =>
  db
    .selectFrom('links')
    .innerJoin('workspaces', 'workspaces.id', 'links.workspace')
    .selectAll('links')
    .select((row) => row.fn.coalesce('links.revoked_at', 'workspaces.closed_at').as('revoked_at'));

/** The link of that id in whatever workspace: its token was signed, so the id is not a guess. */
export const findLink = (db: Records, id: string): Promise<LinkRecord | undefined> =>
  servedLinks(db).where('links.id', '=', id).executeTakeFirst();

/** The links of a workspace before the link `after`, newest first, at most `limit`; revoked ones too. */
export const listLinks = (
  db: Records,
  { workspace, after, limit }: Pick<Of, 'workspace'> & { readonly after?: string | undefined; readonly limit: number },
): Promise<LinkRecord[]> =>
  db
    .selectFrom('links')
    .selectAll()
    .where('workspace', '=', workspace)
    .$if(after !== undefined, (query) =>
      query.where(({ eb, refTuple, selectFrom }) =>
        eb(
          refTuple('created_at', 'id'),
          '<',
          selectFrom('links as last')
            .select(['last.created_at', 'last.id'])
            .where('last.workspace', '=', workspace)
            .where('last.id', '=', after as string)
            .$asTuple('created_at', 'id'),
        ),
      ),
    )
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();

/** The newest links of every workspace, at most `limit`, for keeping copies from the start. */
export const listNewestLinks = (db: Records, limit: number): Promise<LinkRecord[]> =>
  servedLinks(db).orderBy('links.created_at', 'desc').limit(limit).execute();

/**
 * The newest links in force that were made for a connection, at most `limit`: those made or shown since `since`, in ms since
 * 1970.
 */
export const listUsedLinks = (
  db: Records,
  { workspace, connection, since, limit }: Of & { readonly since: number; readonly limit: number },
): Promise<LinkRecord[]> =>
  servedLinks(db)
    .where('links.workspace', '=', workspace)
    .where('links.connection', '=', connection)
    .where('links.revoked_at', 'is', null)
    .where(({ eb, exists, or, selectFrom }) =>
      or([
        eb('links.created_at', '>=', since),
        exists(
          selectFrom('impressions')
            .select('impressions.link')
            .whereRef('impressions.workspace', '=', 'links.workspace')
            .whereRef('impressions.link', '=', 'links.id')
            .where('impressions.hour', '>=', since),
        ),
      ]),
    )
    .orderBy('links.created_at', 'desc')
    .limit(limit)
    .execute();

/** Marks a link as revoked; false when the workspace has no such link. Revoking again changes nothing. */
export async function revokeLink(db: Records, workspace: string, id: string, now: number): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('links')
    .set((row) => ({ revoked_at: row.fn.coalesce('revoked_at', row.val(now)) }))
    .where('workspace', '=', workspace)
    .where('id', '=', id)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** How many links in force follow one of the channels in each of a template's variants, by name. */
export async function countVariantLinks(
  db: Records,
  {
    workspace,
    template,
    channels,
    now,
  }: Pick<Of, 'workspace'> & { readonly template: string; readonly channels: readonly Channel[]; readonly now: number },
): Promise<{ readonly variant: string; readonly count: number }[]> {
  const found = await db
    .selectFrom('links')
    .select((row) => ['variant', row.fn.countAll<number>().as('count')])
    .where('workspace', '=', workspace)
    .where('template', '=', template)
    .where('version', 'is', null)
    .where('channel', 'in', channels)
    .where('variant', 'is not', null)
    .where('revoked_at', 'is', null)
    .where(({ eb, or }) => or([eb('expires_at', 'is', null), eb('expires_at', '>', now)]))
    .groupBy('variant')
    .orderBy('variant')
    .$narrowType<{ variant: string }>()
    .execute();
  return found.map(({ variant, count }) => ({ variant, count: Number(count) }));
}

/** The oldest link in force of a template in its own size that follows its newest version, in contact mode, for a platform. */
export const findFirstLink = (
  db: Records,
  workspace: string,
  template: string,
  platform: string,
): Promise<LinkRecord | undefined> =>
  db
    .selectFrom('links')
    .selectAll()
    .where('workspace', '=', workspace)
    .where('template', '=', template)
    .where('platform', '=', platform)
    .where('mode', '=', 'contact')
    .where('version', 'is', null)
    .where('variant', 'is', null)
    .where('revoked_at', 'is', null)
    .orderBy('created_at')
    .limit(1)
    .executeTakeFirst();

/** The oldest link in force that was made just like another one of a connection, which follows its channel. */
export const findSameLink = (
  db: Records,
  of: {
    readonly workspace: string;
    readonly template: string;
    readonly variant: string | null;
    readonly channel: Channel;
    readonly connection: string | null;
    readonly mode: LinkMode;
    readonly scale: number;
    readonly formats: readonly string[];
    readonly scales: readonly number[];
    readonly fields: object;
  },
): Promise<LinkRecord | undefined> =>
  db
    .selectFrom('links')
    .selectAll()
    .where('workspace', '=', of.workspace)
    .where('template', '=', of.template)
    .where('version', 'is', null)
    .where('variant', 'is not distinct from', of.variant)
    .where('channel', '=', of.channel)
    .where('connection', '=', of.connection)
    .where('mode', '=', of.mode)
    .where('scale', '=', of.scale)
    .where('formats', '=', JSON.stringify(of.formats))
    .where('scales', '=', JSON.stringify(of.scales))
    .where('fields', '=', JSON.stringify(of.fields))
    .where('revoked_at', 'is', null)
    .where('expires_at', 'is', null)
    .orderBy('created_at')
    .limit(1)
    .executeTakeFirst();
