import { words } from '../../words.ts';
import { type Opened, useDataSets } from './opened.ts';
import { Picture } from './preview.tsx';
import './matrix.css';

/** Every set of data side by side, each with what was noticed: where a design breaks is seen here first. */
export function Matrix({ template }: { template: Opened }) {
  const sets = useDataSets(template.name);
  return (
    <ul className="matrix">
      {sets.map(({ name, data }) => (
        <li key={name}>
          <h2>{words.template.setNames[name as keyof typeof words.template.setNames] ?? name}</h2>
          <Picture template={template} data={data} isCompact />
        </li>
      ))}
    </ul>
  );
}
