import { useState } from 'react';
import { Section, showMoment } from '../../ui/section.tsx';
import { words } from '../../words.ts';
import { type Failure, useFailures } from './queries.ts';

const SHOWN = 20;
const says = words.status;

/** What recipients of the last day saw less of than they should, by cause, each with a picture. */
export function Failures() {
  const found = useFailures();
  const failures = found.data?.data;
  return (
    <Section title={says.failures} none={says.noFailures} found={{ ...found, data: failures }}>
      {failures !== undefined && failures.length > 0 && (
        <>
          <p className="about">{says.failuresAbout}</p>
          <table className="failures">
            <thead>
              <tr>
                <th scope="col">{says.picture}</th>
                <th scope="col">{says.cause}</th>
                <th scope="col">{says.shown}</th>
                <th scope="col">{says.template}</th>
                <th scope="col">{says.count}</th>
                <th scope="col">{says.last}</th>
              </tr>
            </thead>
            <tbody>
              {failures.slice(0, SHOWN).map((failure) => {
                const { cause, outcome, template, version } = failure;
                return <Row key={`${cause} ${outcome} ${template} ${version}`} failure={failure} />;
              })}
            </tbody>
          </table>
        </>
      )}
    </Section>
  );
}

function Row({ failure }: { failure: Failure }) {
  // The first one is as good as the latest, and is not loaded anew with every other.
  const [{ id, picture }] = useState(failure);
  const { cause, outcome, template, version, count, lastAt } = failure;
  const [why, todo] = says.causes[cause] ?? [cause, ''];
  const [shown, about] = says.outcomes[outcome] ?? [outcome, ''];
  return (
    <tr>
      <td>
        {picture === null ? (
          <span className="about">{says.noPicture}</span>
        ) : (
          <figure>
            <img
              className={outcome === 'neutral' ? 'blank' : undefined}
              src={`/v1/failures/${id}/picture`}
              alt={`${shown}: ${about}`}
              loading="lazy"
            />
            <figcaption>{says.pictureOf[picture]}</figcaption>
          </figure>
        )}
      </td>
      <td>
        <strong>{why}</strong>
        <p className="about">{todo}</p>
      </td>
      <td>
        {shown}
        <p className="about">{about}</p>
      </td>
      <td>{template === null ? '–' : says.version(template, version)}</td>
      <td>{count.toLocaleString('en')}</td>
      <td>{showMoment(lastAt)}</td>
    </tr>
  );
}
