import { describe, expect, it } from 'vitest';
import { type Clock, createPace } from '../../integrations/pace.ts';

/** A clock that is as quick as it is told: sleeping moves it on. */
function createClock(): Clock & { time: number } {
  const clock = {
    time: 0,
    now: () => clock.time,
    async sleep(ms: number, signal: AbortSignal) {
      signal.throwIfAborted();
      clock.time += ms;
    },
  };
  return clock;
}

const never = new AbortController().signal;

/** When each of so many calls was made, one after the other. */
async function times(count: number, limit: { perSecond: number; perMinute: number }): Promise<number[]> {
  const clock = createClock();
  const pace = createPace({ profiles: { ...limit, atOnce: 4 } }, clock);
  const made: number[] = [];
  for (let i = 0; i < count; i++) await pace.run('profiles', never, async () => void made.push(clock.time));
  return made;
}

/** The most calls within any window of so many ms. */
const mostWithin = (made: readonly number[], windowMs: number): number =>
  Math.max(...made.map((from) => made.filter((at) => at >= from && at < from + windowMs).length));

describe('the pace of an account', () => {
  it.each([
    { perSecond: 75, perMinute: 750 },
    { perSecond: 10, perMinute: 150 },
    { perSecond: 3, perMinute: 60 },
    { perSecond: 1, perMinute: 15 },
  ])(
    'never goes past $perSecond a second or $perMinute a minute, wherever the platform lets its windows begin',
    async (limit) => {
      const made = await times(limit.perMinute * 3, limit);
      expect(mostWithin(made, 1000)).toBeLessThanOrEqual(limit.perSecond);
      expect(mostWithin(made, 60_000)).toBeLessThanOrEqual(limit.perMinute);
    },
  );

  it('reads 100,000 contacts, 100 a page, in the limit of the platform and a tenth more', async () => {
    const made = await times(1000, { perSecond: 75, perMinute: 750 });
    expect(made.at(-1)).toBeLessThan((1000 / 750) * 60_000 * 1.1);
  });

  it('lets no more calls be under way than allowed, and gives up its place when a call fails', async () => {
    const pace = createPace({ members: { perSecond: 1000, perMinute: 60_000, atOnce: 3 } });
    let under = 0;
    let most = 0;
    const call = (fails: boolean) => async () => {
      most = Math.max(most, ++under);
      await new Promise((resolve) => setTimeout(resolve, 2));
      under--;
      if (fails) throw new Error('refused');
    };
    const calls = Array.from({ length: 12 }, (_, i) =>
      pace.run('members', never, call(i % 2 === 0)).catch(() => 'failed'),
    );
    expect((await Promise.all(calls)).filter((each) => each === 'failed')).toHaveLength(6);
    expect(most).toBe(3);
  });

  it('lets a hundred calls of one piece of work wait without a warning of Node', async () => {
    const warned: string[] = [];
    const hear = ({ name }: Error) => void warned.push(name);
    process.on('warning', hear);
    const { signal } = new AbortController();
    const pace = createPace({ members: { perSecond: 1000, perMinute: 60_000, atOnce: 1 } });
    await Promise.all(
      Array.from({ length: 100 }, () => pace.run('members', signal, () => new Promise((done) => setTimeout(done, 1)))),
    );
    await new Promise((done) => setTimeout(done, 10));
    process.off('warning', hear);
    expect(warned).toEqual([]);
  });

  it('holds everybody back for as long as the platform asked', async () => {
    const clock = createClock();
    const limit = { perSecond: 100, perMinute: 1000, atOnce: 4 };
    const pace = createPace({ profiles: limit, lists: limit }, clock);
    pace.hold(20_000);
    await pace.run('lists', never, async () => expect(clock.time).toBeGreaterThanOrEqual(20_000));
  });

  it('asks again within a minute when it has to wait for what others have taken', async () => {
    const clock = createClock();
    const waits = [365 * 24 * 3_600_000, 0];
    const limit = { perSecond: 100, perMinute: 1000, atOnce: 4 };
    const pace = createPace({ lists: limit }, clock, { take: async () => waits.shift() ?? 0 });
    await pace.run('lists', never, async () => expect(clock.time).toBeLessThanOrEqual(60_000));
    expect(waits).toEqual([]);
  });

  it('lets go of whoever stops waiting, and the next one in', async () => {
    const pace = createPace({ lists: { perSecond: 100, perMinute: 1000, atOnce: 1 } });
    let finish = () => {};
    const first = pace.run(
      'lists',
      never,
      () =>
        new Promise<void>((resolve) => {
          finish = resolve;
        }),
    );
    await new Promise((resolve) => setTimeout(resolve, 1));
    const stop = new AbortController();
    const second = pace.run('lists', stop.signal, async () => 'second');
    const third = pace.run('lists', never, async () => 'third');
    stop.abort(new Error('stopped'));
    await expect(second).rejects.toThrow('stopped');
    finish();
    await first;
    await expect(third).resolves.toBe('third');
  });
});
