import type { Services } from '../services.ts';
import { patiently } from '../stores/records/patiently.ts';
import { changeWarmup, findWarmup, type WarmupRecord } from '../stores/records/warmups.ts';
import { failures } from './result.ts';
import type { WarmupTotals } from './totals.ts';
import { type Attention, readWarmup, type Warmup } from './warmup.ts';

/** The limits that are crossed. */
export function crossedLimits({ limits }: Pick<Warmup, 'limits'>, totals: WarmupTotals, pictures: number): Attention[] {
  const { contacts, defaults } = totals;
  const worst = (...codes: readonly string[]): number =>
    Math.max(
      0,
      ...Object.values(totals.fields).flatMap((fields) =>
        Object.values(fields).map((counts) => codes.reduce((sum, code) => sum + (counts[code] ?? 0), 0)),
      ),
    );
  const failed = failures(totals);
  const crossed = {
    blank: isPast(worst('blank'), contacts, limits.blank),
    junk: isPast(worst('junk', 'unreplaced', 'invalid', 'too_long'), contacts, limits.junk),
    defaults: isPast(defaults, contacts, limits.defaults),
    failed: isPast(failed, pictures, limits.failed),
  } satisfies Partial<Record<Attention, boolean>>;
  return (Object.keys(crossed) as (keyof typeof crossed)[]).filter((name) => crossed[name]);
}

const isPast = (count: number, of: number, limit: number): boolean => limit < 1 && count > limit * of;

/** Tells, once for each cause, that somebody has to look: by hook, log and metric. */
export async function callAttention(
  { records, hooks, log, observed }: Pick<Services, 'records' | 'hooks' | 'log' | 'observed'>,
  { id, workspace }: Pick<WarmupRecord, 'id' | 'workspace'>,
  causes: readonly Attention[],
): Promise<void> {
  if (causes.length === 0) return;
  const told = await patiently(() =>
    records.transaction().execute(async (db) => {
      // Nobody else tells it meanwhile.
      const isUnderWay = await changeWarmup(db, id, {});
      const record = isUnderWay ? await findWarmup(db, workspace, id) : undefined;
      if (!record) return [];
      const { attention, send, sendAt, connection } = readWarmup(record);
      const fresh = causes.filter((cause) => !attention.includes(cause));
      if (fresh.length === 0) return [];
      await changeWarmup(db, id, { attention: JSON.stringify([...attention, ...fresh]) });
      const at = sendAt === null ? null : new Date(sendAt).toISOString();
      await hooks.emit(workspace, 'warmup.attention', { id, connection, send, sendAt: at, causes: fresh }, { db });
      return fresh;
    }),
  );
  for (const cause of told) {
    observed.metrics.warmupAttention(cause);
    log.warn('warmup.attention', { workspace, warmup: id, reason: cause });
  }
}
