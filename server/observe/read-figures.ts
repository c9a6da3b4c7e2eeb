import type { Records } from '../stores/records/index.ts';
import { STEP_MS, sumFieldFallbacks, sumServed } from '../stores/records/served.ts';
import { withinOf } from './latency.ts';

/** How far is looked back, in which steps, both in ms. */
const windows = {
  quarter: { ms: 3 * STEP_MS, stepMs: STEP_MS },
  hour: { ms: 12 * STEP_MS, stepMs: STEP_MS },
  day: { ms: 288 * STEP_MS, stepMs: 6 * STEP_MS },
} as const;

const MOST_FIELDS = 50;

type Row = Awaited<ReturnType<typeof sumServed>>[number];

const countOf = (rows: readonly Row[]): number => rows.reduce((sum, { count }) => sum + count, 0);
const belowOf = (rows: readonly Row[]): number => countOf(rows.filter(({ below }) => below === 1));

function groupBy<Key>(rows: readonly Row[], keyOf: (row: Row) => Key): Map<Key, Row[]> {
  const groups = new Map<Key, Row[]>();
  for (const row of rows) groups.set(keyOf(row), [...(groups.get(keyOf(row)) ?? []), row]);
  return groups;
}

/** What was served in a workspace up to `now` (ms since 1970), the step under way included, as the API shows it. */
export async function readFigures(records: Records, workspace: string, window: keyof typeof windows, now: number) {
  const { ms, stepMs } = windows[window];
  const since = now - (now % stepMs) - ms + stepMs;
  const [rows, fallbacks] = await Promise.all([
    sumServed(records, { workspace, since, stepMs }),
    sumFieldFallbacks(records, { workspace, since, limit: MOST_FIELDS }),
  ]);
  const pictures = countOf(rows);
  const byStep = groupBy(rows, ({ at }) => at);
  const [p50, p95, p99] = [0.5, 0.95, 0.99].map((share) => withinOf(rows, share));
  return {
    since: new Date(since).toISOString(),
    stepMinutes: stepMs / 60_000,
    pictures,
    below: belowOf(rows),
    within: p50 == null || p95 == null || p99 == null ? null : { p50, p95, p99 },
    outcomes: [...groupBy(rows, ({ outcome }) => outcome)]
      .map(([outcome, of]) => ({ outcome, pictures: countOf(of), share: countOf(of) / pictures }))
      .sort((a, b) => b.pictures - a.pictures),
    steps: Array.from({ length: ms / stepMs }, (_, i) => {
      const at = since + i * stepMs;
      const of = byStep.get(at) ?? [];
      return { at: new Date(at).toISOString(), pictures: countOf(of), below: belowOf(of), p95: withinOf(of, 0.95) };
    }),
    fields: fallbacks.map(({ count, pictures: all, ...rest }) => ({ ...rest, count, share: Math.min(1, count / all) })),
  };
}
