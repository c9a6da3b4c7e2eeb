import { useEffect, useRef } from 'react';
import type { Data } from '../fields/field.ts';
import type { Live, Said } from './open.ts';

/**
 * A picture that follows what is typed, painted in the page. `onSaid` is told what was noticed, `onFailed` when it cannot
 * be painted here.
 */
export function LivePicture({
  live,
  data,
  alt,
  onSaid,
  onFailed,
}: {
  live: Live | undefined;
  data: Data;
  alt: string;
  onSaid(said: Said): void;
  onFailed(): void;
}) {
  const holder = useRef<HTMLDivElement>(null);

  useEffect(() => {
    if (live) holder.current?.replaceChildren(live.canvas);
  }, [live]);

  useEffect(() => {
    live
      ?.paint(data)
      .then((said) => said && onSaid(said))
      .catch(onFailed);
  }, [live, data, onSaid, onFailed]);

  return <div className="live" ref={holder} role="img" aria-label={alt} />;
}
