import { words } from '../../words.ts';
import type { Connection, Figures, Health, Warmup } from './queries.ts';
import { titleOf } from './warmup-title.ts';

/** Something that somebody should look at: what it is, and what to do about it. */
export type Alert = { readonly id: string; readonly text: string; readonly todo: string };

const MIN_BELOW = 20;
const MIN_SHARE = 0.05;
const MIN_FIELD_SHARE = 0.2;
const SLOW_MS = 1000;
const MIN_PICTURES = 100;
const WAITING_SECONDS = 120;
const DAY_MS = 86_400_000;
const SHOWN_FIELDS = 3;

const alert = (id: string, [text = '', todo = '']: readonly string[]): Alert => ({ id, text, todo });

/** What needs attention, as far as it is known: the last hour's figures, health, warm-ups and connections. */
export function alertsOf(
  known: {
    readonly health: Health | undefined;
    readonly figures: Figures | undefined;
    readonly warmups: readonly Warmup[];
    readonly connections: readonly Connection[];
  },
  now: number,
): Alert[] {
  const { health, figures, warmups, connections } = known;
  return [
    ...(health ? ofHealth(health) : []),
    ...connections
      .filter(({ error }) => error !== null)
      .map(({ id, name }) => alert(id, words.status.alert.connection(name))),
    ...warmups
      .filter((warmup) => isOpen(warmup, now) && (warmup.attention.length > 0 || warmup.error !== null))
      .map((warmup) => alert(warmup.id, words.status.alert.warmup(titleOf(warmup)))),
    ...(figures ? ofFigures(figures) : []),
  ];
}

function ofHealth({ records, cache, queue, renderers, jobs }: Health): Alert[] {
  const says = words.status.alert;
  return [
    ...(records ? [] : [alert('records', says.records)]),
    ...(cache ? [] : [alert('cache', says.cache)]),
    ...(queue ? [] : [alert('queue', says.queue)]),
    ...(renderers > 0 ? [] : [alert('renderers', says.renderers)]),
    ...(jobs && jobs.oldestSeconds >= WAITING_SECONDS
      ? [alert('jobs', says.jobs(Math.floor(jobs.oldestSeconds / 60)))]
      : []),
  ];
}

function ofFigures({ pictures, below, within, fields }: Figures): Alert[] {
  const says = words.status.alert;
  return [
    ...(below > MIN_BELOW && below > pictures * MIN_SHARE ? [alert('below', says.below(below / pictures))] : []),
    ...(within && pictures >= MIN_PICTURES && within.p95 >= SLOW_MS ? [alert('slow', says.slow(within.p95))] : []),
    ...fields
      .filter(({ count, share }) => count > MIN_BELOW && share >= MIN_FIELD_SHARE)
      .slice(0, SHOWN_FIELDS)
      .map(({ template, field, reason, share }) =>
        alert(`${template} ${field} ${reason}`, says.field(field, template, share)),
      ),
  ];
}

/** A warm-up about which something can still be done, or that was over just now. */
const isOpen = ({ sendAt, createdAt }: Warmup, now: number): boolean =>
  sendAt === null ? now - Date.parse(createdAt) < DAY_MS : Date.parse(sendAt) > now;
