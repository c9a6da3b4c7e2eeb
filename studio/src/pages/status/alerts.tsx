import { CircleCheck, TriangleAlert } from 'lucide-react';
import { Link } from 'wouter';
import { words } from '../../words.ts';
import { alertsOf } from './alerts.ts';
import { useConnections, useFigures, useHealth, useWarmups } from './queries.ts';

/** What needs attention and what to do, or that nothing does; before anything was sent, how to begin. */
export function Alerts() {
  const [health, hour, day] = [useHealth(), useFigures('hour'), useFigures('day')];
  const [warmups, connections] = [useWarmups().data?.data, useConnections().data?.data];
  const alerts = alertsOf(
    { health: health.data, figures: hour.data, warmups: warmups ?? [], connections: connections ?? [] },
    Date.now(),
  );
  if (alerts.length > 0)
    return (
      <section className="alerts" aria-label={words.status.alerts}>
        <ul>
          {alerts.map(({ id, text, todo }) => (
            <li key={id} className="note warning">
              <TriangleAlert aria-hidden size={18} />
              <p>
                <strong>{text}</strong> {todo}
              </p>
            </li>
          ))}
        </ul>
      </section>
    );
  if (!health.data || !hour.data || !day.data || !warmups || !connections) return null;
  if (day.data.pictures === 0 && warmups.length === 0 && connections.length === 0) return <FirstSteps />;
  return (
    <p className="note well">
      <CircleCheck aria-hidden size={18} />
      {words.status.well}
    </p>
  );
}

function FirstSteps() {
  const { title, lead, steps, open } = words.status.first;
  return (
    <section className="row first" aria-label={title}>
      <h2>{title}</h2>
      <p className="about">{lead}</p>
      <ol>
        {steps.map((step) => (
          <li key={step}>{step}</li>
        ))}
      </ol>
      <Link href="/" className="primary">
        {open}
      </Link>
    </section>
  );
}
