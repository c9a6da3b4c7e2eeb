import { describe, expect, it } from 'vitest';
import { AppError } from '../../core/errors.ts';
import { createCall, type Trouble } from '../../integrations/calls.ts';
import { createPace } from '../../integrations/pace.ts';

const never = new AbortController().signal;

/** Calls whose failures mean what they say, on a clock that sleeping moves on. */
function setUp() {
  const slept: number[] = [];
  const clock = {
    time: 0,
    now: () => clock.time,
    async sleep(ms: number, signal: AbortSignal) {
      signal.throwIfAborted();
      slept.push(ms);
      clock.time += ms;
    },
  };
  const pace = createPace({ any: { perSecond: 1000, perMinute: 60_000, atOnce: 10 } }, clock);
  const call = createCall('Klaviyo', pace, (error) => error as Trouble);
  return { call, slept, clock };
}

/** Fails with each of the troubles in turn, then succeeds. */
function failing(...troubles: Trouble[]) {
  let tries = 0;
  return {
    tries: () => tries,
    async work() {
      const trouble = troubles[tries++];
      if (trouble) throw trouble;
      return 'done';
    },
  };
}

const unwell: Trouble = { kind: 'unavailable' };
const many = (count: number, trouble: Trouble): Trouble[] => Array.from({ length: count }, () => trouble);

describe('a call to a platform', () => {
  it('is repeated while the platform is not well, with growing pauses', async () => {
    const { call, slept } = setUp();
    const { work, tries } = failing(...many(4, unwell));
    expect(await call('any', never, work)).toBe('done');
    expect(tries()).toBe(5);
    for (const [i, ms] of slept.slice(1).entries()) expect(ms).toBeGreaterThan((slept[i] as number) * 1.1);
  });

  it('is given up after several times, with a sentence about what is kept', async () => {
    const { call } = setUp();
    const { work, tries } = failing(...many(50, unwell));
    await expect(call('any', never, work)).rejects.toMatchObject({
      code: 'platform_unavailable',
      message: expect.stringContaining('what is done is kept'),
    });
    expect(tries()).toBeLessThan(10);
  });

  it('waits as long as the platform asks, also for everybody else', async () => {
    const { call, clock } = setUp();
    const { work } = failing({ kind: 'throttled', waitMs: 17_000 });
    await call('any', never, work);
    expect(clock.time).toBeGreaterThanOrEqual(17_000);
  });

  it('goes on through many requests to wait, and through some without a time', async () => {
    const { call } = setUp();
    const { work } = failing(...many(20, { kind: 'throttled', waitMs: null }));
    expect(await call('any', never, work)).toBe('done');
  });

  it('is not repeated when the platform will not have it', async () => {
    const { call } = setUp();
    const error = new AppError('platform_unavailable', 'This key may not do that.');
    const { work, tries } = failing({ kind: 'refused', error });
    await expect(call('any', never, work)).rejects.toBe(error);
    expect(tries()).toBe(1);
  });

  it('ends at once when it is stopped, even if its library does not listen', async () => {
    const { call } = setUp();
    const stop = new AbortController();
    const hanging = call('any', stop.signal, () => new Promise(() => {}));
    await new Promise((resolve) => setTimeout(resolve, 5));
    stop.abort(new Error('the process is stopping'));
    await expect(hanging).rejects.toThrow('the process is stopping');
  });
});
