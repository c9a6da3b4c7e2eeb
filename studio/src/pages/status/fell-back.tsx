import { words } from '../../words.ts';
import type { Figures } from './queries.ts';

const says = words.status;

/** Which field of which template fell back how often, and why. */
export function FellBack({ fields }: Pick<Figures, 'fields'>) {
  return (
    <section className="part" aria-label={says.fields}>
      <h2>{says.fields}</h2>
      {fields.length === 0 ? (
        <p className="nothing">{says.noFields}</p>
      ) : (
        <>
          <p className="about">{says.fieldsAbout}</p>
          <table>
            <thead>
              <tr>
                <th scope="col">{says.field}</th>
                <th scope="col">{says.template}</th>
                <th scope="col">{says.why}</th>
                <th scope="col">{says.count}</th>
                <th scope="col">{says.share}</th>
              </tr>
            </thead>
            <tbody>
              {fields.map(({ template, field, reason, count, share }) => (
                <tr key={`${template} ${field} ${reason}`}>
                  <td>{field}</td>
                  <td>{template}</td>
                  <td>{says.reasons[reason] ?? reason}</td>
                  <td>{count.toLocaleString('en')}</td>
                  <td>
                    <span className="in-cell">
                      <span className="bar" aria-hidden>
                        <span style={{ width: `${share * 100}%` }} />
                      </span>
                      {says.percent(share)}
                    </span>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </>
      )}
    </section>
  );
}
