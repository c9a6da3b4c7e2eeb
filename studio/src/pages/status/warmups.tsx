import { useState } from 'react';
import { Button, Label, ProgressBar } from 'react-aria-components';
import { api, dataOf } from '../../api/client.ts';
import { useLive } from '../../ui/live.ts';
import { Figures, Section, showMoment } from '../../ui/section.tsx';
import { words } from '../../words.ts';
import { Report } from './report.tsx';

const SHOWN = 10;
const listWarmups = () => dataOf(api.GET('/v1/warmups', { params: { query: { limit: SHOWN } } }));
type Warmup = Awaited<ReturnType<typeof listWarmups>>['data'][number];
const isRunning = ({ state }: Warmup): boolean => state === 'queued' || state === 'running';

/** The newest warm-ups, each with its progress and its report. */
export function Warmups() {
  const found = useLive(['warmups'], listWarmups, ({ data }) => data.some(isRunning));
  return (
    <Section title={words.status.warmups} none={words.status.noWarmups} found={{ ...found, data: found.data?.data }}>
      <ul className="cards">
        {found.data?.data.map((warmup) => (
          <Card key={warmup.id} warmup={warmup} />
        ))}
      </ul>
    </Section>
  );
}

function Card({ warmup }: { warmup: Warmup }) {
  const [isOpen, setOpen] = useState(false);
  const { state, phase, pictures, ready, failed, contacts, sendAt, createdAt, attention, error, served } = warmup;
  return (
    <li className="row">
      <div className="head">
        <h3>{sendAt ? words.status.sendAt(showMoment(sendAt)) : words.status.warmedAt(showMoment(createdAt))}</h3>
        <span
          className={`state ${attention.length > 0 || error ? 'revoked' : state === 'complete' ? 'published' : ''}`}
        >
          {words.status.states[state]}
        </span>
      </div>
      {isRunning(warmup) && (
        <ProgressBar
          className="progress"
          value={ready + failed}
          maxValue={pictures ?? 1}
          isIndeterminate={pictures === null}
        >
          {({ percentage }) => (
            <>
              <Label>{words.status.phases[phase]}</Label>
              <span className="bar" aria-hidden>
                <span style={{ width: `${pictures === null ? 0 : percentage}%` }} />
              </span>
            </>
          )}
        </ProgressBar>
      )}
      {error && <p className="note warning">{error}</p>}
      {attention.map((cause) => (
        <p key={cause} className="note warning">
          {words.status.attention[cause]}
        </p>
      ))}
      <Figures
        of={[
          [words.status.contacts, contacts],
          [words.status.pictures, pictures ?? words.status.unknown],
          [words.status.ready, ready],
          [words.status.failed, failed],
          ...(served ? [[words.status.served, `${Math.round(served.share * 1000) / 10} %`] as const] : []),
        ]}
      />
      <Button className="secondary" aria-expanded={isOpen} onPress={() => setOpen(!isOpen)}>
        {isOpen ? words.status.closeReport : words.status.openReport}
      </Button>
      {isOpen && <Report id={warmup.id} isMoving={isRunning(warmup)} />}
    </li>
  );
}
