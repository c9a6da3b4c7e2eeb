import { useQuery } from '@tanstack/react-query';

const MOVING_MS = 1500;
const STILL_MS = 15_000;

/** Asks again and again: often while something moves, else now and then. Rests while the page is not looked at. */
export const useLive = <Data>(key: readonly unknown[], ask: () => Promise<Data>, isMoving: (data: Data) => boolean) =>
  useQuery({
    queryKey: key,
    queryFn: ask,
    refetchInterval: ({ state }) => (state.data !== undefined && isMoving(state.data as Data) ? MOVING_MS : STILL_MS),
  });
