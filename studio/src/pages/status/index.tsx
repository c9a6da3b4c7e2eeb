import { words } from '../../words.ts';
import { Connections } from './connections.tsx';
import { Failures } from './failures.tsx';
import { Warmups } from './warmups.tsx';
import './status.css';

/** How it goes: warm-ups before sends, accounts that are synced, and what recipients saw less of than they should. */
export function Status() {
  return (
    <div className="page">
      <title>{`${words.status.title} · ${words.product}`}</title>
      <div>
        <h1>{words.status.title}</h1>
        <p className="lead">{words.status.lead}</p>
      </div>
      <Warmups />
      <Connections />
      <Failures />
    </div>
  );
}
