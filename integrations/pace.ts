import { setMaxListeners } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';

/** How often something may be asked: at most so many in any second and in any minute, and how many at a time. */
export type Limit = { readonly perSecond: number; readonly perMinute: number; readonly atOnce: number };

/** Keeps calls to an account under the limits of its platform. */
export type Pace = {
  /** Does the work once a call of its kind may be made. Throws the signal's reason when it fires while waiting. */
  run<Result>(kind: string, signal: AbortSignal, work: () => Promise<Result>): Promise<Result>;
  /** Lets nobody call for so many ms: the platform asked for it, whatever was thought here. */
  hold(ms: number): void;
  /** Sleeps. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
};

/** The time, for a pace: `now` in ms from any start. */
export type Clock = { now(): number; sleep(ms: number, signal: AbortSignal): Promise<void> };

/** What flows into a bucket: it holds `size` calls, and another one comes every `everyMs`. */
export type Flow = { readonly size: number; readonly everyMs: number };

/** What several processes that work for one account know together: the ms until a call may be made, 0 once it is taken. */
export type SharedPace = { take(kind: string, flows: readonly Flow[]): Promise<number> };

// A timer of more than 24 days would end at once; and meanwhile it may have become less.
const LONGEST_MS = 60_000;

const systemClock: Clock = {
  now: () => performance.now(),
  sleep: async (ms, signal) => {
    await pause(ms, undefined, { signal }).catch(() => signal.throwIfAborted());
  },
};

/**
 * A pace for one account. Each kind of call has two buckets, for the second and for the minute. A full bucket and what
 * flows into it while it is emptied come to the limit together, so that no window of that length ever sees more, wherever
 * the platform lets its own begin. With `shared`, other processes count as well.
 */
export function createPace(
  limits: Readonly<Record<string, Limit>>,
  clock: Clock = systemClock,
  shared?: SharedPace,
): Pace {
  const lanes = new Map(
    Object.entries(limits).map(([kind, limit]) => [
      kind,
      createLane(limit, clock, (flows) => shared?.take(kind, flows) ?? Promise.resolve(0)),
    ]),
  );
  let heldUntil = 0;

  return {
    async run(kind, signal, work) {
      const lane = lanes.get(kind);
      if (!lane) throw new Error(`The platform has no limit for ${kind}.`);
      const leave = await lane.enter(signal);
      try {
        for (let ms = heldUntil - clock.now(); ms > 0; ms = heldUntil - clock.now()) await clock.sleep(ms, signal);
        await lane.take(signal);
        return await work();
      } finally {
        leave();
      }
    },
    hold(ms) {
      heldUntil = Math.max(heldUntil, clock.now() + ms);
    },
    wait: (ms, signal) => clock.sleep(ms, signal),
  };
}

function createLane(
  { perSecond, perMinute, atOnce }: Limit,
  clock: Clock,
  takeShared: (flows: readonly Flow[]) => Promise<number>,
) {
  const flows = [flowOf(perSecond, 1000, 0.5), flowOf(perMinute, 60_000, 0.1)];
  const buckets = flows.map((flow) => createBucket(flow, clock));
  const waiting: (() => void)[] = [];
  let inside = 0;
  let taking: Promise<void> = Promise.resolve();

  const leave = () => {
    inside--;
    waiting.shift()?.();
  };

  return {
    async enter(signal: AbortSignal): Promise<() => void> {
      signal.throwIfAborted();
      if (inside >= atOnce) {
        // However many wait on one signal, none of them is a leak.
        setMaxListeners(0, signal);
        await new Promise<void>((resolve, reject) => {
          const go = () => {
            signal.removeEventListener('abort', stop);
            resolve();
          };
          const stop = () => {
            waiting.splice(waiting.indexOf(go), 1);
            reject(signal.reason as Error);
          };
          waiting.push(go);
          signal.addEventListener('abort', stop, { once: true });
        });
      }
      inside++;
      return leave;
    },
    /** One after the other, in the order they came. */
    take(signal: AbortSignal): Promise<void> {
      const turn = taking.then(async () => {
        for (;;) {
          signal.throwIfAborted();
          const ms = Math.max(...buckets.map((bucket) => bucket.missing()));
          if (ms <= 0) break;
          await clock.sleep(Math.ceil(ms), signal);
        }
        for (const bucket of buckets) bucket.take();
        for (let ms = await takeShared(flows); ms > 0; ms = await takeShared(flows))
          await clock.sleep(Math.min(ms, LONGEST_MS), signal);
      });
      taking = turn.catch(() => undefined);
      return turn;
    },
  };
}

/** `burst` is the share of the limit that may be used at once; never less than one call. */
function flowOf(limit: number, windowMs: number, burst: number): Flow {
  const size = Math.max(1, Math.floor(limit * burst));
  // A limit of one call in a window leaves nothing to flow in while it is emptied: then it flows a window later.
  return { size, everyMs: windowMs / Math.max(limit - size, 1) };
}

function createBucket({ size, everyMs }: Flow, clock: Clock) {
  let level = size;
  let at = clock.now();
  const fill = () => {
    const now = clock.now();
    level = Math.min(size, level + (now - at) / everyMs);
    at = now;
  };
  return {
    /** Milliseconds until there is one. */
    missing(): number {
      fill();
      // What is missing by less than anybody could measure is there.
      return level >= 1 - 1e-9 ? 0 : (1 - level) * everyMs;
    },
    take(): void {
      level -= 1;
    },
  };
}
