import { useQuery } from '@tanstack/react-query';
import { api, dataOf } from '../../api/client.ts';
import { Progress } from '../../ui/progress.tsx';
import { Figures, Section, showMoment } from '../../ui/section.tsx';
import { words } from '../../words.ts';
import { type Connection, isMoving, useConnections, useNewestSync } from './queries.ts';

const says = words.status;

/** The accounts of the workspace, each with its newest sync and for how many contacts its fields are filled. */
export function Connections() {
  const found = useConnections();
  return (
    <Section title={says.connections} none={says.noConnections} found={{ ...found, data: found.data?.data }}>
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
  const [newest] = useNewestSync(id).data?.data ?? [];
  return (
    <li className="row">
      <div className="head">
        <h3>{name}</h3>
        <span className={`state ${error ? 'revoked' : 'published'}`}>{platform}</span>
      </div>
      {error && <p className="note warning">{error}</p>}
      {newest && isMoving(newest) && (
        <Progress
          label={newest.state === 'queued' ? says.states.queued : says.syncing[newest.phase]}
          done={newest.read}
          all={newest.total}
        />
      )}
      <Figures
        of={[
          [says.synced, syncedAt ? showMoment(syncedAt) : says.never],
          [says.nextSync, nextSyncAt ? showMoment(nextSyncAt) : says.onOrder],
          ...(newest
            ? ([
                [says.lastSync, says.states[newest.state]],
                [says.read, newest.total === null ? newest.read : says.done(newest.read, newest.total)],
                [says.changed, newest.added + newest.changed],
                [says.written, newest.written],
              ] as const)
            : []),
        ]}
      />
      {newest?.error && <p className="note warning">{newest.error}</p>}
      <Filled id={id} of={`${syncedAt} ${newest?.finishedAt} ${JSON.stringify(connection.mapping)}`} />
    </li>
  );
}

/** For how many contacts the mapped fields are filled; looked at again when `of` is another. */
function Filled({ id, of }: { id: string; of: string }) {
  const { data } = useQuery({
    queryKey: ['coverage', id, of],
    queryFn: () => dataOf(api.GET('/v1/connections/{id}/coverage', { params: { path: { id } } })),
    placeholderData: (before) => before,
    staleTime: Number.POSITIVE_INFINITY,
  });
  if (!data || data.fields.length === 0) return null;
  return (
    <div className="filled">
      <h4>{says.coverage}</h4>
      <p className="about">{data.contacts === 0 ? says.noContacts : says.coverageOf(data.contacts)}</p>
      {data.contacts > 0 && (
        <ul className="shares">
          {data.fields.map(({ field, filled, junk }) => (
            <li key={field}>
              <strong>{field}</strong>
              <span className="bar" aria-hidden>
                <span style={{ width: `${(filled - junk) * 100}%` }} />
                <span className="below" style={{ width: `${junk * 100}%` }} />
              </span>
              <span className="share">{says.filled(filled, junk)}</span>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
