import { Section } from '../../ui/section.tsx';
import { words } from '../../words.ts';
import { useHealth } from './queries.ts';

/** Whether everything the service is made of answers. */
export function HealthOf() {
  const found = useHealth();
  const { data } = found;
  const { parts, up, down } = words.status;
  return (
    <Section title={words.status.health} none="" found={{ ...found, data: data && [data] }}>
      {data && (
        <ul className="health">
          {(['records', 'cache', 'queue', 'renderers'] as const).map((part) => {
            const isUp = Boolean(data[part]);
            const [name, about] = parts[part];
            return (
              <li key={part} className="row">
                <div className="head">
                  <h3>{name}</h3>
                  <span className={`state ${isUp ? 'published' : 'revoked'}`}>{isUp ? up : down}</span>
                </div>
                <p className="about">{about}</p>
                {part === 'renderers' && <p>{words.status.renderers(data.renderers)}</p>}
                {part === 'queue' && data.jobs && <p>{words.status.jobs(data.jobs.waiting)}</p>}
              </li>
            );
          })}
        </ul>
      )}
    </Section>
  );
}
