import { useState } from 'react';
import { Button } from 'react-aria-components';
import { Progress } from '../../ui/progress.tsx';
import { Figures, Section, showMoment } from '../../ui/section.tsx';
import { words } from '../../words.ts';
import { isMoving, useWarmups, type Warmup } from './queries.ts';
import { Report } from './report.tsx';
import { titleOf } from './warmup-title.ts';

const says = words.status;

/** The newest warm-ups, each with its progress and its report. */
export function Warmups() {
  const found = useWarmups();
  return (
    <Section title={says.warmups} none={says.noWarmups} found={{ ...found, data: found.data?.data }}>
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
  const { state, phase, pictures, ready, failed, contacts, attention, error, served, expectedAt } = warmup;
  const label = state === 'queued' ? says.states.queued : says.phases[phase];
  const until = expectedAt === null ? '' : `, ${says.expected(showMoment(expectedAt))}`;
  return (
    <li className="row">
      <div className="head">
        <h3>{titleOf(warmup)}</h3>
        <span
          className={`state ${attention.length > 0 || error ? 'revoked' : state === 'complete' ? 'published' : ''}`}
        >
          {says.states[state]}
        </span>
      </div>
      {isMoving(warmup) && <Progress label={label + until} done={ready + failed} all={pictures} />}
      {error && <p className="note warning">{error}</p>}
      {attention.map((cause) => (
        <p key={cause} className="note warning">
          {says.attention[cause]}
        </p>
      ))}
      <Figures
        of={[
          [says.contacts, contacts],
          [says.picturesOf, pictures ?? says.unknown],
          [says.ready, ready],
          [says.failed, failed],
          ...(served ? [[says.fromCache, says.percent(served.share)] as const] : []),
        ]}
      />
      <Button className="secondary" aria-expanded={isOpen} onPress={() => setOpen(!isOpen)}>
        {isOpen ? says.closeReport : says.openReport}
      </Button>
      {isOpen && <Report id={warmup.id} isMoving={isMoving(warmup)} />}
    </li>
  );
}
