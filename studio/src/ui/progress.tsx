import { Label, ProgressBar } from 'react-aria-components';
import { words } from '../words.ts';

/** How far something is, of all there is to do; without `all` it only says that it moves. */
export const Progress = ({ label, done, all }: { label: string; done: number; all: number | null }) => (
  <ProgressBar className="progress" value={done} maxValue={all ?? 1} isIndeterminate={all === null}>
    {({ percentage }) => (
      <>
        <div className="head">
          <Label>{label}</Label>
          {all !== null && <span className="about">{words.status.done(done, all)}</span>}
        </div>
        <span className="bar" aria-hidden>
          <span style={{ width: `${all === null ? 0 : percentage}%` }} />
        </span>
      </>
    )}
  </ProgressBar>
);
