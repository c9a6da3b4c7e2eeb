import { api, dataOf } from '../../api/client.ts';
import { useLive } from '../../ui/live.tsx';
import { Figures } from '../../ui/section.tsx';
import { Trouble } from '../../ui/trouble.tsx';
import { words } from '../../words.ts';

/** What to know before the send: what was blank or junk, what did not fit, and the worst pictures. */
export function Report({ id, isMoving }: { id: string; isMoving: boolean }) {
  const { data: report, error } = useLive(
    ['report', id],
    () => dataOf(api.GET('/v1/warmups/{id}/report', { params: { path: { id } } })),
    () => isMoving,
  );
  if (error) return <Trouble error={error} />;
  if (!report) return <p className="about">{words.status.looking}</p>;
  const mended = report.fields.flatMap(({ field, counts }) =>
    Object.entries(counts).map(([how, count]) => ({ field, how, count })),
  );
  return (
    <div className="report">
      <Figures
        of={[
          [words.status.shorter, report.shorterTexts],
          [words.status.overflows, report.overflows],
          [words.status.dead, report.deadAssets],
          [words.status.defaults, report.defaults],
          [words.status.weight, words.weight(report.bytes)],
        ]}
      />
      {report.unmapped.map(({ link, field }) => (
        <p key={`${link} ${field}`} className="note warning">
          {words.status.unmapped(field)}
        </p>
      ))}
      {mended.length > 0 && (
        <table>
          <caption>{words.status.mended}</caption>
          <thead>
            <tr>
              <th scope="col">{words.status.field}</th>
              <th scope="col">{words.status.mendedHow}</th>
              <th scope="col">{words.status.contacts}</th>
            </tr>
          </thead>
          <tbody>
            {mended.map(({ field, how, count }) => (
              <tr key={`${field} ${how}`}>
                <td>{field}</td>
                <td>{words.status.reasons[how] ?? how}</td>
                <td>{count.toLocaleString('en')}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {report.worst.length > 0 && (
        <>
          <h4>{words.status.worst}</h4>
          <ul className="worst">
            {report.worst.map(({ url, why }) => (
              <li key={url}>
                <a href={url} target="_blank" rel="noreferrer">
                  <img src={new URL(url).pathname + new URL(url).search} alt="" loading="lazy" />
                  <span>{why.join(', ')}</span>
                </a>
              </li>
            ))}
          </ul>
        </>
      )}
    </div>
  );
}
