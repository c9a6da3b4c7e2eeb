import { isLate, within } from '../deadline.ts';
import { askSources, type Bucket, bucketOf, type LiveDrawing, type LiveSources } from './live.ts';
import type { Drawing, Pictures } from './pictures.ts';
import { type Asked, makePlan, type Plan, type PlanSources } from './plan.ts';

/**
 * A plan with the key of its picture, undefined where that cannot be told. A live or hybrid picture also has its bucket,
 * a name that is the same in every bucket, and `late`, when what its sources gave is not what it should be.
 */
export type Prepared = Plan & {
  readonly key?: string;
  readonly name?: string;
  readonly bucket?: Bucket;
  readonly late?: string | undefined;
};

/** What preparing needs; `onFault` hears what went wrong on the way. */
export type PrepareParts = PlanSources & {
  readonly pictures: Pick<Pictures, 'keyOf'>;
  readonly sources: LiveSources;
  readonly onFault: (link: string, error: unknown) => void;
};

// All three together leave time enough for the ladder.
const PLAN_MS = 1000;
const SOURCES_UNTIL_MS = 1000;
const KEY_MS = 250;

/** Finds out what is asked for and under which key it is kept. Never rejects; `startedAt` is on `performance.now()`. */
export async function prepare(parts: PrepareParts, asked: Asked, startedAt: number): Promise<Prepared> {
  const { claims, now } = asked;
  const fault = (error: unknown) => {
    parts.onFault(claims.id, error);
    return undefined;
  };
  const plan = await within(makePlan(parts, asked), PLAN_MS).catch(fault);
  if (!plan || isLate(plan)) return { link: claims.id, tags: [], reason: 'unavailable' };
  if (!plan.drawing) return plan;

  const bucket = bucketOf(plan.drawing.published.template, now);
  const isHybrid = plan.drawing.published.template.freshness.mode === 'hybrid';
  // What a hybrid picture is depends on its sources; a live one asks them only when it is drawn.
  const left = startedAt + SOURCES_UNTIL_MS - performance.now();
  const { drawing, late }: LiveDrawing = isHybrid
    ? await askSources(parts.sources, plan.drawing, left)
    : { drawing: plan.drawing };
  const keys = await within(keysOf(parts.pictures, drawing, bucket), KEY_MS).catch(fault);
  if (!keys || isLate(keys)) return { ...plan, drawing, late };
  return { ...plan, drawing, late, ...keys, ...(bucket && { bucket }) };
}

async function keysOf(
  pictures: Pick<Pictures, 'keyOf'>,
  drawing: Drawing,
  bucket: Bucket | undefined,
): Promise<{ key: string; name?: string }> {
  const [key, name] = await Promise.all([
    pictures.keyOf(drawing),
    bucket && pictures.keyOf({ ...drawing, live: undefined }),
  ]);
  return { key, ...(name !== undefined && { name }) };
}
