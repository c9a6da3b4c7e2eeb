import { AppError } from '../../core/errors.ts';
import { outputs } from '../../core/template/output.ts';
import { isLate, within } from '../deadline.ts';
import type { Budget } from '../links/budget.ts';
import { BELOW_FRESH_SECONDS, maxAgeOf, type Served } from './answer.ts';
import { neutralPicture } from './neutral.ts';
import type { Pictures } from './pictures.ts';
import type { Plan } from './plan.ts';

/** What the ladder needs; `onFault` hears what made a step fail. */
export type LadderParts = {
  readonly pictures: Pictures;
  readonly budget: Budget;
  readonly onFault: (plan: Plan, error: unknown) => void;
};

/** One step's turn: why the steps above it failed, and until when it may take, on the clock of `performance.now()`. */
type Turn = { readonly reason: string; readonly until: number };
type Step = (parts: LadderParts, plan: Plan, key: string | undefined, turn: Turn) => Promise<Served | undefined>;

/**
 * From the picture that was asked for down to less and less, each step with the moment, in ms after the request came,
 * when its turn is over. The neutral picture below them takes no time, so that everything is answered in two seconds.
 */
const steps: readonly { readonly until: number; readonly take: Step }[] = [
  { until: 1500, take: asked },
  { until: 1750, take: defaults },
  { until: 1800, take: fallback },
];

/** Comes up with a picture for a plan, always. `startedAt` is on the clock of `performance.now()`. */
export async function descend(
  parts: LadderParts,
  plan: Plan,
  key: string | undefined,
  startedAt: number,
): Promise<Served> {
  // What made a step fail tells more than why the picture could not be personal in the first place.
  let failure: string | undefined;
  if (plan.drawing) {
    for (const { until: after, take } of steps) {
      const until = startedAt + after;
      try {
        const turn = { reason: failure ?? plan.reason ?? 'unavailable', until };
        const served = await within(take(parts, plan, key, turn), until - performance.now());
        if (served && !isLate(served)) return served;
        if (isLate(served)) failure ??= 'late';
      } catch (error) {
        failure ??= error instanceof AppError ? error.code.replaceAll('_', '-') : 'error';
        parts.onFault(plan, error);
      }
    }
  }
  return {
    ...neutralPicture,
    outcome: `neutral; ${failure ?? plan.reason ?? 'unavailable'}`,
    maxAge: BELOW_FRESH_SECONDS,
  };
}

async function asked(
  { pictures, budget }: LadderParts,
  plan: Plan,
  key: string | undefined,
  { until }: Turn,
): Promise<Served | undefined> {
  const { drawing, open, reason } = plan;
  if (!drawing || key === undefined) return undefined;
  const { mime } = outputs[drawing.format];
  const maxAge = maxAgeOf(plan);
  const outcome = (fresh: string) => (reason ? `defaults; ${reason}` : fresh);
  const found = await pictures.find(key);
  if (found) return { mime, bytes: found, key, maxAge, outcome: outcome('hit') };
  if (open && !budget.take(open.link, open.perMinute)) {
    throw new AppError('overloaded', 'The open fields of this link have used up its pictures of this minute.');
  }
  const { bytes, isWhole } = await pictures.make(drawing, key, { until });
  if (isWhole) return { mime, bytes, key, maxAge, outcome: outcome('rendered') };
  return { mime, bytes, maxAge: BELOW_FRESH_SECONDS, outcome: outcome('rendered; image-missing') };
}

async function defaults(
  { pictures }: LadderParts,
  plan: Plan,
  _key: unknown,
  { reason, until }: Turn,
): Promise<Served | undefined> {
  if (!plan.drawing) return undefined;
  const drawing = { ...plan.drawing, values: plan.drawing.published.defaults };
  const key = await pictures.keyOf(drawing);
  const bytes = (await pictures.find(key)) ?? (await pictures.make(drawing, key, { until })).bytes;
  return { mime: outputs[drawing.format].mime, bytes, maxAge: BELOW_FRESH_SECONDS, outcome: `defaults; ${reason}` };
}

async function fallback(
  _parts: LadderParts,
  { drawing }: Plan,
  _key: unknown,
  { reason }: Turn,
): Promise<Served | undefined> {
  const bytes = drawing?.published.fallback;
  if (!drawing || !bytes) return undefined;
  const { mime } = outputs[drawing.published.template.output.format];
  return { mime, bytes, maxAge: BELOW_FRESH_SECONDS, outcome: `fallback; ${reason}` };
}
