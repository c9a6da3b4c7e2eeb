import type { Records } from './index.ts';
import { STEP_MS } from './served.ts';

/** How something looked: `topic` and `id` say what it is, and with another `mark` it has changed. */
export type Mark = {
  readonly workspace: string;
  readonly topic: 'warmup' | 'connection' | 'figures';
  readonly id: string;
  readonly mark: string;
};

// What was over before somebody looked is not going to change.
const OVER_MS = 60_000;

const markOf = (...parts: readonly unknown[]): string => parts.join(' ');

/** Warm-ups that move, or have just come to their end. */
export async function markWarmups(db: Records, workspaces: readonly string[], now: number): Promise<Mark[]> {
  const chunks = db
    .selectFrom('warmup_chunks')
    .groupBy('warmup')
    .select((row) => [
      'warmup',
      row.fn.countAll<number>().as('chunks'),
      row.fn.sum<number>('done').as('done'),
      // Those that are under way come before those that nobody has begun.
      row.fn.min(row.case().when('done', '=', 0).then(row.ref('at')).end()).as('at'),
    ]);
  const found = await db
    .selectFrom('warmups')
    .leftJoin(chunks.as('chunks'), 'chunks.warmup', 'warmups.id')
    .where('workspace', 'in', [...workspaces])
    .where((row) => row.or([row('finished_at', 'is', null), row('finished_at', '>', now - OVER_MS)]))
    .select(['id', 'workspace', 'state', 'phase', 'listed', 'left', 'pictures', 'attention'])
    .select(['chunks.chunks', 'chunks.done', 'chunks.at'])
    .execute();
  return found.map(({ id, workspace, ...rest }) => ({
    ...{ workspace, topic: 'warmup', id },
    mark: markOf(...Object.values(rest)),
  }));
}

/** Connections, each with its sync under way. */
export async function markConnections(db: Records, workspaces: readonly string[]): Promise<Mark[]> {
  const found = await db
    .selectFrom('connections')
    .leftJoin('syncs', (join) =>
      join.onRef('syncs.connection', '=', 'connections.id').on('syncs.state', 'in', ['queued', 'running']),
    )
    .where('connections.workspace', 'in', [...workspaces])
    .select(['connections.id', 'connections.workspace', 'connections.name', 'connections.error', 'mapping'])
    .select(['synced_from', 'next_sync_at', 'syncs.state', 'syncs.phase', 'syncs.total', 'read', 'written'])
    .select(['syncs.error as trouble'])
    .execute();
  return found.map(({ id, workspace, ...rest }) => ({
    ...{ workspace, topic: 'connection', id },
    mark: markOf(...Object.values(rest)),
  }));
}

/** What was served in the last minutes. */
export async function markFigures(db: Records, workspaces: readonly string[], now: number): Promise<Mark[]> {
  const found = await db
    .selectFrom('served')
    .where('workspace', 'in', [...workspaces])
    .where('at', '>', now - 2 * STEP_MS)
    .groupBy('workspace')
    .select((row) => ['workspace', row.fn.max('at').as('at'), row.fn.sum<number>('count').as('count')])
    .execute();
  return found.map(({ workspace, at, count }) => ({
    ...{ workspace, topic: 'figures', id: '' },
    mark: markOf(at, count),
  }));
}
