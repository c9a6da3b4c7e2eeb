import { api, dataOf } from '../../api/client.ts';
import { useLive } from '../../ui/live.ts';
import { Figures, Section, showMoment } from '../../ui/section.tsx';
import { words } from '../../words.ts';

const listConnections = () => dataOf(api.GET('/v1/connections'));
type Connection = Awaited<ReturnType<typeof listConnections>>['data'][number];

/** The accounts of the workspace, each with its newest sync. */
export function Connections() {
  const found = useLive(['connections'], listConnections, () => false);
  return (
    <Section
      title={words.status.connections}
      none={words.status.noConnections}
      found={{ ...found, data: found.data?.data }}
    >
      <ul className="cards">
        {found.data?.data.map((connection) => (
          <Card key={connection.id} connection={connection} />
        ))}
      </ul>
    </Section>
  );
}

function Card({ connection }: { connection: Connection }) {
  const { id, name, platform, syncedAt, nextSyncAt, error } = connection;
  const syncs = useLive(
    ['syncs', id],
    () => dataOf(api.GET('/v1/connections/{id}/sync', { params: { path: { id }, query: { limit: 1 } } })),
    ({ data }) => data.some(({ state }) => state === 'queued' || state === 'running'),
  );
  const [newest] = syncs.data?.data ?? [];
  return (
    <li className="row">
      <div className="head">
        <h3>{name}</h3>
        <span className={`state ${error ? 'revoked' : 'published'}`}>{platform}</span>
      </div>
      {error && <p className="note warning">{error}</p>}
      <Figures
        of={[
          [words.status.synced, syncedAt ? showMoment(syncedAt) : words.status.never],
          [words.status.nextSync, nextSyncAt ? showMoment(nextSyncAt) : words.status.onOrder],
          ...(newest
            ? ([
                [words.status.lastSync, words.status.states[newest.state]],
                [words.status.read, newest.total === null ? newest.read : `${newest.read} / ${newest.total}`],
                [words.status.changed, newest.added + newest.changed],
                [words.status.written, newest.written],
              ] as const)
            : []),
        ]}
      />
      {newest?.error && <p className="note warning">{newest.error}</p>}
    </li>
  );
}
