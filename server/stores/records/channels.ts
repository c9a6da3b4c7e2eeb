import { AppError } from '../../../core/errors.ts';
import type { Records } from './index.ts';
import type { Tables } from './tables.ts';
import type { Channel } from './template-tables.ts';

/** What a channel of a template shows; `history` is JSON. */
export type ChannelRecord = Readonly<Tables['channels']>;

/** What serving has to know of a template before it looks at a version: whether it is revoked, what its channels show. */
export type Head = { readonly isRevoked: boolean; readonly shown: Readonly<Partial<Record<Channel, number>>> };

const MAX_HISTORY = 50;

/** The head of a template; undefined when there is none. */
export async function findHead(db: Records, workspace: string, name: string): Promise<Head | undefined> {
  const rows = await db
    .selectFrom('templates')
    .leftJoin('channels', (join) =>
      join.onRef('channels.workspace', '=', 'templates.workspace').onRef('channels.name', '=', 'templates.name'),
    )
    .select(['templates.revoked_at', 'channels.channel', 'channels.version'])
    .where('templates.workspace', '=', workspace)
    .where('templates.name', '=', name)
    .execute();
  const [first] = rows;
  if (!first) return undefined;
  const shown: Partial<Record<Channel, number>> = {};
  for (const { channel, version } of rows) if (channel !== null && version !== null) shown[channel] = version;
  return { isRevoked: first.revoked_at !== null, shown };
}

const channelsOf = (db: Records, workspace: string, names: readonly string[]) =>
  db
    .selectFrom('channels')
    .selectAll()
    .where('workspace', '=', workspace)
    .where('name', 'in', [...names]);

/** What the channels of some templates show. */
export const listChannels = (db: Records, workspace: string, names: readonly string[]): Promise<ChannelRecord[]> =>
  names.length === 0 ? Promise.resolve([]) : channelsOf(db, workspace, names).execute();

/** What one channel shows. */
export const findChannel = (
  db: Records,
  workspace: string,
  name: string,
  channel: Channel,
): Promise<ChannelRecord | undefined> =>
  channelsOf(db, workspace, [name]).where('channel', '=', channel).executeTakeFirst();

/** The versions a channel showed before what it shows, the last one last. */
export const historyOf = ({ history }: ChannelRecord): readonly number[] => JSON.parse(history) as number[];

/**
 * Makes a channel show a version. Without a history of its own the version it shows becomes the last of what it showed
 * before, the oldest of fifty forgotten. Throws `version_conflict` when somebody else moves it at the same moment.
 */
export async function moveChannel(
  db: Records,
  move: {
    readonly workspace: string;
    readonly name: string;
    readonly channel: Channel;
    readonly version: number;
    readonly by: string;
    readonly now: number;
    readonly history?: readonly number[];
  },
): Promise<void> {
  const { workspace, name, channel, version, by, now } = move;
  const before = await findChannel(db, workspace, name, channel);
  const past = before ? [...historyOf(before), before.version] : [];
  const history = JSON.stringify(move.history ?? past.slice(-MAX_HISTORY));
  const shown = { version, history, changed_by: by, changed_at: now };
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('channels')
    .values({ workspace, name, channel, ...shown })
    .onConflict((conflict) =>
      conflict
        .columns(['workspace', 'name', 'channel'])
        .doUpdateSet(shown)
        .where('channels.version', '=', before?.version ?? -1),
    )
    .executeTakeFirst();
  if (numInsertedOrUpdatedRows === 0n)
    throw new AppError('version_conflict', `Somebody else has just moved ${channel} of ${name}: look at it again.`);
}

/** Makes a channel show nothing of its own if it shows that version. */
export const clearChannel = async (
  db: Records,
  { workspace, name, channel, version }: Pick<ChannelRecord, 'workspace' | 'name' | 'channel' | 'version'>,
): Promise<void> => {
  await db
    .deleteFrom('channels')
    .where('workspace', '=', workspace)
    .where('name', '=', name)
    .where('channel', '=', channel)
    .where('version', '=', version)
    .execute();
};
