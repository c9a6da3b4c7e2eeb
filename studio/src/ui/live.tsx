import { useQuery } from '@tanstack/react-query';
import { createContext, type ReactNode, useContext, useEffect, useState } from 'react';

const MOVING_MS = 1500;
const STILL_MS = 15_000;
// Nothing should be missed; but nobody is perfect.
const TOLD_MS = 120_000;
const AGAIN_MS = 15_000;

const Told = createContext(false);

/** Whether the service tells by itself what has changed. */
export const useTold = (): boolean => useContext(Told);

/** Asks again and again: often while something moves, else now and then, and hardly ever while the service tells by itself. */
export const useLive = <Data,>(
  key: readonly unknown[],
  ask: () => Promise<Data>,
  isMoving: (data: Data) => boolean = () => false,
) => {
  const isTold = useTold();
  return useQuery({
    queryKey: key,
    queryFn: ask,
    refetchInterval: ({ state }) => {
      if (isTold) return TOLD_MS;
      return state.data !== undefined && isMoving(state.data as Data) ? MOVING_MS : STILL_MS;
    },
  });
};

/**
 * Listens to the service while the page is looked at, and hands on what it tells: a topic, and the id of what has
 * changed. Without its stream, what is inside asks by itself.
 */
export function Listening({
  topics,
  onTold,
  children,
}: {
  topics: readonly string[];
  onTold(topic: string, id: string | undefined): void;
  children: ReactNode;
}) {
  const [isTold, setTold] = useState(false);
  useEffect(() => {
    let stream: EventSource | undefined;
    let again: ReturnType<typeof setTimeout> | undefined;
    function close(): void {
      clearTimeout(again);
      stream?.close();
      stream = undefined;
      setTold(false);
    }
    function open(): void {
      close();
      stream = new EventSource('/v1/events');
      stream.addEventListener('ready', () => setTold(true));
      stream.addEventListener('ended', close);
      stream.onerror = () => {
        setTold(false);
        // It comes back by itself, unless it was refused.
        if (stream?.readyState === EventSource.CLOSED) again = setTimeout(open, AGAIN_MS);
      };
      for (const topic of topics)
        stream.addEventListener(topic, ({ data }) => onTold(topic, (JSON.parse(data) as { id?: string }).id));
    }
    const look = (): void => (document.visibilityState === 'visible' ? open() : close());
    look();
    document.addEventListener('visibilitychange', look);
    return () => {
      document.removeEventListener('visibilitychange', look);
      close();
    };
  }, [topics, onTold]);
  return <Told value={isTold}>{children}</Told>;
}
