import { useQueryClient } from '@tanstack/react-query';
import { useCallback } from 'react';
import { Listening, useTold } from '../../ui/live.tsx';
import { words } from '../../words.ts';
import { Alerts } from './alerts.tsx';
import { Connections } from './connections.tsx';
import { Failures } from './failures.tsx';
import { HealthOf } from './health.tsx';
import { asking } from './queries.ts';
import { Served } from './served.tsx';
import { Warmups } from './warmups.tsx';
import './status.css';

const topics = Object.keys(asking) as (keyof typeof asking)[];

/** How it goes: what needs attention, what recipients see, warm-ups before sends, and accounts that are synced. */
export function Status() {
  const queries = useQueryClient();
  const onTold = useCallback(
    (topic: string, id: string | undefined) => void asking[topic as keyof typeof asking](queries, id),
    [queries],
  );
  return (
    <Listening topics={topics} onTold={onTold}>
      <div className="page status">
        <title>{`${words.status.title} · ${words.product}`}</title>
        <div className="head">
          <div>
            <h1>{words.status.title}</h1>
            <p className="lead">{words.status.lead}</p>
          </div>
          <HowTold />
        </div>
        <Alerts />
        <Served />
        <Failures />
        <Warmups />
        <Connections />
        <HealthOf />
      </div>
    </Listening>
  );
}

function HowTold() {
  const isTold = useTold();
  return (
    <p className="told" data-told={isTold}>
      {isTold ? words.status.told : words.status.asked}
    </p>
  );
}
