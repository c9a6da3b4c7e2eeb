import {
  AggregatorRegistry,
  Counter,
  collectDefaultMetrics,
  Histogram,
  type MetricObjectWithValues,
  type MetricValue,
  Registry,
} from 'prom-client';
import type { Pictures } from '../image/pictures.ts';
import type { Outcome, Shown } from './shown.ts';

/** Counters and histograms as plain objects. */
export type Counts = MetricObjectWithValues<MetricValue<string>>[];

/** What Prometheus is told about pictures. Labels are names and codes of ours, never an id, an address or a value. */
export type Metrics = {
  /** What this process says of itself. */
  readonly registry: Registry;
  /** Everything, with what processes of this service's own have counted, in Prometheus' text format. */
  print(): Promise<string>;
  /** What was counted in this process. */
  counts(): Promise<Counts>;
  /** What another process has counted so far, in place of what it said before. */
  hear(counts: Counts): void;
  /** It has ended: what it said last is kept, and the next one is heard beside it. */
  part(): Promise<void>;
  /** A picture that went out, `bytes` long, `ms` after the request came. */
  served(shown: Shown, outcome: Outcome, ms: number, bytes: number): void;
  refused(): void;
  jumped(): void;
  /** A sync is over: contacts by what became of them. */
  synced(platform: string, state: string, contacts: Readonly<Record<string, number>>): void;
  /** A warm-up is over: pictures by what became of them. */
  warmed(state: string, pictures: Readonly<Record<string, number>>): void;
  /** Somebody has to look at a warm-up. */
  warmupAttention(cause: string): void;
  /** The same pictures, with the time each takes to make. */
  timed(pictures: Pictures): Pictures;
};

/** Pictures of one template that came about in the same way. */
type Cell = {
  readonly labels: { readonly workspace: string; readonly template: string; readonly outcome: string };
  readonly cause: string | undefined;
  count: number;
  bytes: number;
};

// A template or field past this many is counted as `other`: every series is kept for as long as the process runs.
const MAX_TEMPLATES = 500;
const MAX_FIELDS = 2_000;
const MAX_CAUSES = 500;
const OTHER = 'other';
const SERVE_BUCKETS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 1.5, 2];
const RENDER_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5];

/** Makes the registry, with the figures of the process itself. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const counted = new Registry();
  const registers = [counted];
  let past: Counts = [];
  let present: Counts = [];
  // Counted here and given their labels when somebody looks: that is most of what counting a hit would cost.
  const cells = new Map<string, Cell>();
  new Counter({
    name: 'mergepix_pictures_total',
    help: 'Pictures served',
    labelNames: ['workspace', 'template', 'outcome'],
    registers,
    collect() {
      this.reset();
      for (const { labels, count } of cells.values()) this.inc(labels, count);
    },
  });
  const serving = new Histogram({
    name: 'mergepix_serve_seconds',
    help: 'From the request to the answer, in the process',
    labelNames: ['outcome'],
    buckets: SERVE_BUCKETS,
    registers,
  });
  new Counter({
    name: 'mergepix_served_bytes_total',
    help: 'Bytes of pictures served',
    registers,
    collect() {
      this.reset();
      for (const { bytes } of cells.values()) this.inc(bytes);
    },
  });
  new Counter({
    name: 'mergepix_below_fresh_total',
    help: 'Pictures that were less than what was asked for, by cause',
    labelNames: ['cause'],
    registers,
    collect() {
      this.reset();
      for (const { cause, count } of cells.values()) if (cause !== undefined) this.inc({ cause }, count);
    },
  });
  const mended = new Counter({
    name: 'mergepix_mended_fields_total',
    help: 'Fields shown with something else than the data said, by reason',
    labelNames: ['workspace', 'template', 'field', 'reason'],
    registers,
  });
  const rendering = new Histogram({
    name: 'mergepix_render_seconds',
    help: 'Making one picture, waiting and fetching included',
    labelNames: ['workspace', 'template', 'ok'],
    buckets: RENDER_BUCKETS,
    registers,
  });
  const refused = new Counter({ name: 'mergepix_refused_total', help: 'Addresses that are not ours', registers });
  const jumps = new Counter({
    name: 'mergepix_link_attention_total',
    help: 'Links whose share of pictures below fresh jumped',
    registers,
  });
  const syncs = new Counter({
    name: 'mergepix_syncs_total',
    help: 'Syncs that are over, by how they ended',
    labelNames: ['platform', 'state'],
    registers,
  });
  const synced = new Counter({
    name: 'mergepix_synced_contacts_total',
    help: 'Contacts of syncs, by what became of them',
    labelNames: ['platform', 'what'],
    registers,
  });
  const warmups = new Counter({
    name: 'mergepix_warmups_total',
    help: 'Warm-ups that are over, by how they ended',
    labelNames: ['state'],
    registers,
  });
  const warmed = new Counter({
    name: 'mergepix_warmed_pictures_total',
    help: 'Pictures of warm-ups, by what became of them',
    labelNames: ['what'],
    registers,
  });
  const attended = new Counter({
    name: 'mergepix_warmup_attention_total',
    help: 'Warm-ups that somebody has to look at, by cause',
    labelNames: ['cause'],
    registers,
  });
  const templates = createBound(MAX_TEMPLATES);
  const fields = createBound(MAX_FIELDS);
  const causes = createBound(MAX_CAUSES);

  function labelsOf(workspace: string | undefined, template: string | undefined) {
    if (workspace === undefined || template === undefined) return { workspace: '', template: '' };
    return templates(`${workspace}/${template}`) ? { workspace, template } : { workspace: OTHER, template: OTHER };
  }

  function cellOf({ workspace, template }: Shown, { word, cause }: Outcome): Cell {
    const key = `${workspace}/${template} ${word} ${cause}`;
    let cell = cells.get(key);
    if (!cell) {
      const labels = { ...labelsOf(workspace, template), outcome: word };
      const known = cause === undefined || causes(cause) ? cause : OTHER;
      const place = `${labels.workspace}/${labels.template} ${word} ${known}`;
      cell = cells.get(place) ?? { labels, cause: known, count: 0, bytes: 0 };
      cells.set(place, cell);
    }
    return cell;
  }

  return {
    registry,
    async print() {
      const all = AggregatorRegistry.aggregate([await counted.getMetricsAsJSON(), past, present]);
      return `${await registry.metrics()}\n${await all.metrics()}`;
    },
    counts: () => counted.getMetricsAsJSON(),
    hear(counts) {
      present = counts;
    },
    async part() {
      const both = AggregatorRegistry.aggregate([past, present]);
      present = [];
      past = await both.getMetricsAsJSON();
    },
    served(shown, outcome, ms, bytes) {
      const cell = cellOf(shown, outcome);
      cell.count++;
      cell.bytes += bytes;
      serving.observe({ outcome: outcome.word }, ms / 1000);
      if (!shown.mended?.length) return;
      const labels = labelsOf(shown.workspace, shown.template);
      for (const { field, reason } of shown.mended) {
        const isKnown = fields(`${labels.workspace}/${labels.template}/${field}`);
        mended.inc({ ...labels, field: isKnown ? field : OTHER, reason });
      }
    },
    refused: () => refused.inc(),
    jumped: () => jumps.inc(),
    synced(platform, state, contacts) {
      syncs.inc({ platform, state });
      for (const [what, count] of Object.entries(contacts)) synced.inc({ platform, what }, count);
    },
    warmed(state, pictures) {
      warmups.inc({ state });
      for (const [what, count] of Object.entries(pictures)) warmed.inc({ what }, count);
    },
    warmupAttention: (cause) => attended.inc({ cause }),
    timed: (pictures) => ({
      ...pictures,
      async make(drawing, key, wanted) {
        const { workspace, name } = drawing.published;
        const labels = labelsOf(workspace, name);
        const end = rendering.startTimer();
        try {
          const made = await pictures.make(drawing, key, wanted);
          end({ ...labels, ok: 'true' });
          return made;
        } catch (error) {
          end({ ...labels, ok: 'false' });
          throw error;
        }
      },
    }),
  };
}

/** Says whether a name is one of the first `max`. */
function createBound(max: number): (name: string) => boolean {
  const known = new Set<string>();
  return (name) => known.has(name) || (known.size < max && known.add(name) !== undefined);
}
