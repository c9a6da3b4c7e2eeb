import { words } from '../../words.ts';
import type { Figures } from './queries.ts';

const says = words.status;
const times = new Intl.DateTimeFormat('en', { timeStyle: 'short' });
const showTime = (moment: string): string => times.format(new Date(moment));

const WIDTH = 720;
const HEIGHT = 140;
const GAP = 3;

/** Pictures by step, those that were less than they should be on top of the others; the same as a table below. */
export function Trend({ figures: { steps, pictures, below, since } }: { figures: Figures }) {
  const most = Math.max(1, ...steps.map((step) => step.pictures));
  const width = WIDTH / steps.length;
  const heightOf = (count: number): number => (count === 0 ? 0 : Math.max(2, (count / most) * HEIGHT));
  const last = steps.at(-1)?.at ?? since;
  return (
    <div className="trend">
      <div className="axis" aria-hidden>
        <span>{says.pictures(most)}</span>
        <span>0</span>
      </div>
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={says.trend(pictures, below, showTime(since), showTime(last))}
      >
        {steps.map((step, i) => {
          const [whole, less] = [heightOf(step.pictures - step.below), heightOf(step.below)];
          const bar = { x: i * width + GAP / 2, width: width - GAP };
          return (
            <g key={step.at}>
              <title>{says.step(showTime(step.at), step.pictures, step.below)}</title>
              <rect className="ground" {...bar} y={0} height={HEIGHT} />
              <rect className="whole" {...bar} y={HEIGHT - whole} height={whole} />
              <rect className="below" {...bar} y={Math.max(0, HEIGHT - whole - less)} height={less} />
            </g>
          );
        })}
      </svg>
      <div className="axis across" aria-hidden>
        <span>{showTime(since)}</span>
        <span className="legend">
          <i className="whole" /> {says.legend.whole} <i className="below" /> {says.legend.below}
        </span>
        <span>{showTime(last)}</span>
      </div>
      <details>
        <summary>{says.asTable}</summary>
        <table>
          <thead>
            <tr>
              <th scope="col">{says.from}</th>
              <th scope="col">{says.served}</th>
              <th scope="col">{says.legend.below}</th>
              <th scope="col">{says.slowest}</th>
            </tr>
          </thead>
          <tbody>
            {steps.map((step) => (
              <tr key={step.at}>
                <td>{showTime(step.at)}</td>
                <td>{step.pictures.toLocaleString('en')}</td>
                <td>{step.below.toLocaleString('en')}</td>
                <td>{step.p95 === null ? '–' : says.within(step.p95)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </div>
  );
}
