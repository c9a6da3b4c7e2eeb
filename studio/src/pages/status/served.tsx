import { useState } from 'react';
import { ToggleButton, ToggleButtonGroup } from 'react-aria-components';
import { Figures as FigureList, Section } from '../../ui/section.tsx';
import { words } from '../../words.ts';
import { FellBack } from './fell-back.tsx';
import { type Figures, useFigures, type Window } from './queries.ts';
import { Trend } from './trend.tsx';

const says = words.status;
const windows = Object.keys(says.windows) as Window[];

/** What recipients were shown of late, how fast, how it came about, and which fields fell back. */
export function Served() {
  const [window, setWindow] = useState<Window>('hour');
  const found = useFigures(window);
  const figures = found.data;
  const isEmpty = figures?.pictures === 0;
  const choice = (
    <ToggleButtonGroup
      className="segments named"
      aria-label={says.window}
      disallowEmptySelection
      selectedKeys={[window]}
      onSelectionChange={([chosen]) => setWindow(chosen as Window)}
    >
      {windows.map((each) => (
        <ToggleButton key={each} id={each}>
          {says.windows[each]}
        </ToggleButton>
      ))}
    </ToggleButtonGroup>
  );
  return (
    <>
      <Section
        title={says.served}
        none={says.noServed}
        beside={choice}
        found={{ ...found, data: figures && (isEmpty ? [] : [figures]) }}
      >
        {figures && !isEmpty && <Shown figures={figures} />}
      </Section>
      {figures && !isEmpty && <FellBack fields={figures.fields} />}
    </>
  );
}

function Shown({ figures }: { figures: Figures }) {
  const { pictures, below, within, outcomes } = figures;
  return (
    <div className="row">
      <FigureList
        of={[
          [says.served, pictures],
          [says.asMeant, says.percent((pictures - below) / pictures)],
          ...(within
            ? ([
                [says.half, says.within(within.p50)],
                [says.most, says.within(within.p95)],
                [says.nearlyAll, says.within(within.p99)],
              ] as const)
            : []),
        ]}
      />
      <Trend figures={figures} />
      <h3>{says.how}</h3>
      <ul className="shares">
        {outcomes.map(({ outcome, pictures: count, share }) => {
          const [name, about] = says.outcomes[outcome] ?? [outcome, ''];
          return (
            <li key={outcome}>
              <span>
                <strong>{name}</strong> <span className="about">{about}</span>
              </span>
              <span className="bar" aria-hidden>
                <span style={{ width: `${share * 100}%` }} />
              </span>
              <span className="share">
                {says.percent(share)} <span className="about">{says.pictures(count)}</span>
              </span>
            </li>
          );
        })}
      </ul>
    </div>
  );
}
