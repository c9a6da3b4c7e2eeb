import { useEffect, useState } from 'react';
import type { Live, Order } from './open.ts';

/** A template opened to be painted in this page: undefined until it is, null when it cannot be. */
export function usePainter(template: Order): Live | null | undefined {
  const [live, setLive] = useState<Live | null>();
  useEffect(() => {
    let isWanted = true;
    import('./open.ts')
      .then(({ openLive }) => openLive(template))
      .then(
        (opened) => isWanted && setLive(opened),
        () => isWanted && setLive(null),
      );
    return () => {
      isWanted = false;
    };
  }, [template]);
  return live;
}
