import { api, dataOf } from '../../api/client.ts';
import { useLive } from '../../ui/live.ts';
import { Section, showMoment } from '../../ui/section.tsx';
import { words } from '../../words.ts';

const listFailures = () => dataOf(api.GET('/v1/failures', { params: { query: {} } }));

/** What recipients of the last day saw less of than they should, by cause. */
export function Failures() {
  const found = useLive(['failures'], listFailures, () => false);
  const failures = found.data?.data;
  return (
    <Section title={words.status.failures} none={words.status.noFailures} found={{ ...found, data: failures }}>
      {failures !== undefined && failures.length > 0 && (
        <table>
          <caption className="skip">{words.status.failures}</caption>
          <thead>
            <tr>
              <th scope="col">{words.status.cause}</th>
              <th scope="col">{words.status.shown}</th>
              <th scope="col">{words.status.template}</th>
              <th scope="col">{words.status.count}</th>
              <th scope="col">{words.status.last}</th>
            </tr>
          </thead>
          <tbody>
            {failures.map(({ cause, outcome, template, version, count, lastAt }) => (
              <tr key={`${cause} ${outcome} ${template} ${version}`}>
                <td>{cause}</td>
                <td>{outcome}</td>
                <td>{template}</td>
                <td>{count.toLocaleString('en')}</td>
                <td>{showMoment(lastAt)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Section>
  );
}
