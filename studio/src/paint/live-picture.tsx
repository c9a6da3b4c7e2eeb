import { useEffect, useRef, useState } from 'react';
import type { Data } from '../fields/field.ts';
import type { Live, Said } from './open.ts';

type Order = { readonly name: string; readonly version: number; readonly document: unknown };

/**
 * A picture that follows what is typed, painted in the page. `onSaid` is told what was noticed, `onFailed` when it cannot
 * be painted here.
 */
export function LivePicture({
  template,
  data,
  alt,
  onSaid,
  onFailed,
}: {
  template: Order;
  data: Data;
  alt: string;
  onSaid(said: Said): void;
  onFailed(): void;
}) {
  const holder = useRef<HTMLDivElement>(null);
  const [live, setLive] = useState<Live>();

  useEffect(() => {
    let isWanted = true;
    import('./open.ts')
      .then(({ openLive }) => openLive(template))
      .then((opened) => isWanted && setLive(opened))
      .catch(() => isWanted && onFailed());
    return () => {
      isWanted = false;
    };
  }, [template, onFailed]);

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
