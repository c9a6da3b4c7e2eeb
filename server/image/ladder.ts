import { AppError } from '../../core/errors.ts';
import { outputs } from '../../core/template/output.ts';
import { isLate, within } from '../deadline.ts';
import type { Budget } from '../links/budget.ts';
import { keptAsGood, keptBelowFresh, type Served } from './answer.ts';
import { askSources, type LiveSources } from './live.ts';
import { neutralPicture } from './neutral.ts';
import type { Pictures, Recalled } from './pictures.ts';
import type { Prepared } from './prepare.ts';

/** What the ladder needs; `now` is in ms since 1970, `onFault` hears what made a step fail. */
export type LadderParts = {
  readonly pictures: Pictures;
  readonly sources: LiveSources;
  readonly budget: Budget;
  readonly onFault: (link: string, error: unknown) => void;
  now(): number;
};

/** Comes up with a picture for what is asked, always; `startedAt` is on the clock of `performance.now()`. */
export type Ladder = (prepared: Prepared, startedAt: number) => Promise<Served>;

/** One step's turn: why the steps above it failed, and until when it may take, on the clock of `performance.now()`. */
type Turn = { readonly reason: string; readonly until: number };
type Step = (prepared: Prepared, turn: Turn) => Promise<Served | undefined>;

const REFRESH_MS = 30_000;
// What is left of a turn for drawing once the sources are asked.
const DRAWING_MS = 200;

/** Makes the ladder from its parts. */
export function createLadder({ pictures, sources, budget, onFault, now }: LadderParts): Ladder {
  /** The picture that was asked for, whole and as it should be: whoever asks for the same later may have it in need. */
  function good({ key, name, bucket, reason, late, whose, tags, drawing }: Prepared, mime: string): void {
    if (!drawing || key === undefined || late !== undefined) return;
    const picture = { key, mime, at: bucket?.start ?? 0 };
    if (name !== undefined) pictures.remember(nameOf.current(name), picture, tags);
    if (whose !== undefined && reason === undefined) pictures.remember(nameOf.lastGood(whose), picture, tags);
  }

  /** A picture under the key that was asked for, just found or just drawn. */
  function asServed(prepared: Prepared, bytes: Buffer, fresh: string): Served {
    const { drawing, key, reason, late } = prepared;
    const { mime } = outputs[drawing?.format ?? 'png'];
    const outcome = reason ? `defaults; ${reason}` : fresh;
    if (late !== undefined || key === undefined)
      return { mime, bytes, keeping: keptBelowFresh(prepared), outcome: `${outcome}; ${late ?? 'unavailable'}` };
    good(prepared, mime);
    return { mime, bytes, key, keeping: keptAsGood(prepared, now()), outcome };
  }

  async function draw(
    prepared: Prepared,
    until: number,
    priority: 'recipient' | 'background',
  ): Promise<Served | undefined> {
    const { drawing: planned, key, open, tags } = prepared;
    if (!planned || key === undefined) return undefined;
    if (open && !budget.take(open.link, open.perMinute)) {
      throw new AppError('overloaded', 'The open fields of this link have used up its pictures of this minute.');
    }
    const isLive = planned.published.template.freshness.mode === 'live';
    const left = until - performance.now() - DRAWING_MS;
    const { drawing, late } = isLive
      ? await askSources(sources, planned, left)
      : { drawing: planned, late: prepared.late };
    const isProvisional = isLive && late !== undefined;
    const made = await pictures.make(drawing, key, { until, priority, tags, isProvisional });
    const { bytes, isWhole } = made;
    return asServed(
      { ...prepared, key: made.key, late: late ?? (isWhole ? undefined : 'image-missing') },
      bytes,
      'rendered',
    );
  }

  const below = (prepared: Prepared, { mime, bytes }: Omit<Recalled, 'at'>, outcome: string): Served => ({
    mime,
    bytes,
    outcome,
    keeping: keptBelowFresh(prepared),
  });

  const kept: Step = async (prepared) => {
    const found = prepared.key === undefined ? undefined : await pictures.find(prepared.key);
    return found && asServed(prepared, found, 'hit');
  };

  const old = async ({ name }: Prepared): Promise<Recalled | undefined> =>
    name === undefined ? undefined : pictures.recall(nameOf.current(name));

  /** An old picture that may still be shown while the new one is drawn. */
  const staleAtOnce: Step = async (prepared) => {
    const { bucket, reason, link } = prepared;
    if (!bucket || bucket.staleMs === 0) return undefined;
    const found = await old(prepared);
    const isOfAge = found && now() > found.at + (bucket.end - bucket.start) + bucket.staleMs;
    if (!found || isOfAge) return undefined;
    draw(prepared, performance.now() + REFRESH_MS, 'background').catch((error) => onFault(link, error));
    return below(prepared, found, reason ? `defaults; ${reason}` : 'stale');
  };

  const made: Step = (prepared, { until }) => draw(prepared, until, 'recipient');

  const stale: Step = async (prepared, { reason }) => {
    const found = await old(prepared);
    return found && below(prepared, found, `stale; ${reason}`);
  };

  const lastGood: Step = async (prepared, { reason }) => {
    const { whose } = prepared;
    const found = whose === undefined ? undefined : await pictures.recall(nameOf.lastGood(whose));
    return found && below(prepared, found, `last-good; ${reason}`);
  };

  const defaults: Step = async (prepared, { reason, until }) => {
    const { drawing: planned, tags } = prepared;
    if (!planned) return undefined;
    const { published, live } = planned;
    const drawing = { ...planned, values: published.defaults };
    const key = await pictures.keyOf(drawing);
    const isProvisional = published.compiled.drawnSources.length > 0 && live?.source === undefined;
    const bytes =
      (await pictures.find(key)) ?? (await pictures.make(drawing, key, { until, tags, isProvisional })).bytes;
    return below(prepared, { mime: outputs[drawing.format].mime, bytes }, `defaults; ${reason}`);
  };

  const fallback: Step = async (prepared, { reason }) => {
    const { published } = prepared.drawing ?? {};
    if (!published?.fallback) return undefined;
    const { mime } = outputs[published.picture];
    return below(prepared, { mime, bytes: published.fallback }, `fallback; ${reason}`);
  };

  /**
   * From the picture that was asked for down to less and less, each step with the moment, in ms after the request came,
   * when its turn is over. The neutral picture below them takes no time, so that everything is answered in two seconds.
   */
  const steps: readonly { readonly until: number; readonly take: Step }[] = [
    { until: 1300, take: kept },
    { until: 1400, take: staleAtOnce },
    { until: 1500, take: made },
    { until: 1600, take: stale },
    { until: 1750, take: lastGood },
    { until: 1850, take: defaults },
    { until: 1900, take: fallback },
  ];
  // A known contact whose values cannot be read is shown its own picture rather than nobody's.
  const stepsOfUnreadable = [{ until: 1000, take: lastGood }, ...steps];

  return async (prepared, startedAt) => {
    // What made a step fail tells more than why the picture could not be personal in the first place.
    let failure: string | undefined;
    for (const { until: after, take } of prepared.reason === 'contact-unreadable' ? stepsOfUnreadable : steps) {
      const until = startedAt + after;
      const reason = failure ?? prepared.reason ?? 'unavailable';
      try {
        const served = await within(take(prepared, { reason, until }), until - performance.now());
        if (served && !isLate(served)) return served;
        if (isLate(served)) failure ??= 'late';
      } catch (error) {
        failure ??= error instanceof AppError ? error.code.replaceAll('_', '-') : 'error';
        onFault(prepared.link, error);
      }
    }
    const outcome = `neutral; ${failure ?? prepared.reason ?? 'unavailable'}`;
    return below(prepared, neutralPicture, outcome);
  };
}

/** Under which names pictures are remembered. */
const nameOf = {
  /** A live or hybrid picture, whatever it shows at present. */
  current: (name: string) => `current:${name}`,
  lastGood: (whose: string) => `good:${whose}`,
};
