import type { QueryClient } from '@tanstack/react-query';
import { api, dataOf } from '../../api/client.ts';
import { useLive } from '../../ui/live.tsx';

const SHOWN = 10;

const listWarmups = () => dataOf(api.GET('/v1/warmups', { params: { query: { limit: SHOWN } } }));
type Warmups = Awaited<ReturnType<typeof listWarmups>>;
/** A warm-up as the service tells it. */
export type Warmup = Warmups['data'][number];
/** Whether a warm-up or a sync is not over. */
export const isMoving = ({ state }: { state: string }): boolean => state === 'queued' || state === 'running';

const listConnections = () => dataOf(api.GET('/v1/connections'));
/** A connection as the service tells it. */
export type Connection = Awaited<ReturnType<typeof listConnections>>['data'][number];

const listFailures = () => dataOf(api.GET('/v1/failures', { params: { query: {} } }));
/** Pictures that were less than they should be, for one cause. */
export type Failure = Awaited<ReturnType<typeof listFailures>>['data'][number];

/** How far is looked back. */
export type Window = 'quarter' | 'hour' | 'day';
const readFigures = (window: Window) => dataOf(api.GET('/v1/figures', { params: { query: { window } } }));
/** How pictures were served of late. */
export type Figures = Awaited<ReturnType<typeof readFigures>>;

const readHealth = () => dataOf(api.GET('/v1/health'));
/** Whether everything answers. */
export type Health = Awaited<ReturnType<typeof readHealth>>;

export const useWarmups = () => useLive(['warmups'], listWarmups, ({ data }) => data.some(isMoving));
export const useConnections = () => useLive(['connections'], listConnections);
export const useFailures = () => useLive(['failures'], listFailures);
export const useFigures = (window: Window) => useLive(['figures', window], () => readFigures(window));
export const useHealth = () => useLive(['health'], readHealth);
export const useNewestSync = (id: string) =>
  useLive(
    ['syncs', id],
    () => dataOf(api.GET('/v1/connections/{id}/sync', { params: { path: { id }, query: { limit: 1 } } })),
    ({ data }) => data.some(isMoving),
  );

/** Asks again for what has changed; `ready` is for everything once. */
export const asking = {
  ready: (queries) => queries.invalidateQueries(),
  warmup: askWarmup,
  connection: (queries, id) =>
    Promise.all([
      queries.invalidateQueries({ queryKey: ['connections'] }),
      queries.invalidateQueries({ queryKey: ['syncs', id] }),
    ]),
  figures: (queries) =>
    Promise.all([
      queries.invalidateQueries({ queryKey: ['figures'] }),
      queries.invalidateQueries({ queryKey: ['failures'] }),
    ]),
  health: (queries) => queries.invalidateQueries({ queryKey: ['health'] }),
} satisfies Record<string, (queries: QueryClient, id: string | undefined) => Promise<unknown>>;

/** One that moves is asked for alone: the others stay as they are. */
async function askWarmup(queries: QueryClient, id = ''): Promise<void> {
  const known = queries.getQueryData<Warmups>(['warmups']);
  if (!known?.data.some((each) => each.id === id)) return queries.invalidateQueries({ queryKey: ['warmups'] });
  const warmup = await dataOf(api.GET('/v1/warmups/{id}', { params: { path: { id } } })).catch(() => undefined);
  if (!warmup) return queries.invalidateQueries({ queryKey: ['warmups'] });
  queries.setQueryData<Warmups>(
    ['warmups'],
    (all) => all && { ...all, data: all.data.map((each) => (each.id === id ? warmup : each)) },
  );
  await queries.invalidateQueries({ queryKey: ['report', id] });
}
