import { z } from 'zod';
import type { WarmupRecord } from '../stores/records/warmups.ts';

/** A share from 0 to 1 past which somebody has to look. */
const share = (initial: number, description: string) =>
  z
    .number()
    .min(0)
    .max(1)
    .default(initial)
    .meta({ description: `${description} From 0 to 1; 1 is never reached.` });

/** From which shares on a warm-up asks for attention; each has a default. */
export const limitsSchema = z
  .strictObject({
    blank: share(0.3, 'Contacts for whom the worst field is blank, of those that the connection maps.'),
    junk: share(0.05, 'Contacts for whom the worst field holds something that cannot be shown.'),
    defaults: share(0.05, 'Contacts whom the platform has no reference of, so that they see the defaults.'),
    failed: share(0.01, 'Pictures that could not be made.'),
  })
  .meta({ id: 'WarmupLimits' });

/** See `limitsSchema`. */
export type WarmupLimits = z.output<typeof limitsSchema>;

/** Those that are to be other than usual. */
export type GivenLimits = z.input<typeof limitsSchema>;

/** Where a warm-up stands; those but the first two are over. */
export const warmupStates = ['queued', 'running', 'complete', 'refused', 'failed', 'cancelled'] as const;

/** Why somebody has to look at a warm-up. */
export const attentions = ['unmapped', 'blank', 'junk', 'defaults', 'failed', 'late', 'refused', 'stopped'] as const;

/** One of `attentions`: a field that nobody has mapped or left out, a limit that was crossed, not ready in time, too large for the cache, given up. */
export type Attention = (typeof attentions)[number];

/** A warm-up, its JSON read. Times are in ms since 1970. */
export type Warmup = Pick<WarmupRecord, 'id' | 'workspace' | 'connection' | 'send' | 'state' | 'phase' | 'total'> & {
  readonly links: readonly string[];
  readonly included: readonly string[];
  readonly excluded: readonly string[];
  readonly sendAt: number | null;
  readonly limits: WarmupLimits;
  readonly attention: readonly Attention[];
};

/** Reads a warm-up's record; its JSON was checked when it was written. */
export const readWarmup = (record: WarmupRecord): Warmup => ({
  id: record.id,
  workspace: record.workspace,
  connection: record.connection,
  send: record.send,
  state: record.state,
  phase: record.phase,
  total: record.total,
  links: JSON.parse(record.links) as string[],
  included: JSON.parse(record.included) as string[],
  excluded: JSON.parse(record.excluded) as string[],
  sendAt: record.send_at,
  limits: JSON.parse(record.limits) as WarmupLimits,
  attention: JSON.parse(record.attention) as Attention[],
});

const KEPT_MS = 72 * 3_600_000;

/** Until when its pictures are kept, whatever else comes: 72 hours after the send, or from now on where there is none. */
export const keptUntil = ({ sendAt }: Pick<Warmup, 'sendAt'>, now: number): number =>
  Math.max(now, sendAt ?? now) + KEPT_MS;
