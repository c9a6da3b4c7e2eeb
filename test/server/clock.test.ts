import { beforeEach, describe, expect, it } from 'vitest';
import { watchClock } from '../../server/retention/clock.ts';

const HOUR_MS = 3_600_000;
const YEAR_MS = 365 * 24 * HOUR_MS;

describe('a clock', () => {
  let now: number;
  let up: number;
  let clock: ReturnType<typeof watchClock>;
  const pass = (ms: number) => {
    now += ms;
    up += ms;
  };
  beforeEach(() => {
    [now, up] = [1_800_000_000_000, 5_000];
    clock = watchClock(
      () => now,
      () => up,
    );
  });

  it('is believed as long as it goes, and when it is set by minutes now and then', () => {
    for (let i = 0; i < 100; i++) {
      pass(HOUR_MS);
      now += 50 * 60_000;
      expect(clock.isBelieved()).toBe(true);
    }
  });

  it('is not believed when it has jumped ahead, until it is set right', () => {
    now += YEAR_MS;
    for (let i = 0; i < 5; i++) {
      pass(HOUR_MS);
      expect(clock.isBelieved()).toBe(false);
    }
    now -= YEAR_MS / 2;
    expect(clock.isBelieved()).toBe(false);
    now -= YEAR_MS / 2;
    expect(clock.isBelieved()).toBe(true);
  });

  it('is believed after a day: a machine that started with an old date sweeps, too', () => {
    now += YEAR_MS;
    expect(clock.isBelieved()).toBe(false);
    pass(20 * HOUR_MS);
    expect(clock.isBelieved()).toBe(false);
    pass(4 * HOUR_MS);
    expect(clock.isBelieved()).toBe(true);
    now += YEAR_MS;
    expect(clock.isBelieved()).toBe(false);
  });

  it('is believed when it goes back: less is old then', () => {
    now -= YEAR_MS;
    expect(clock.isBelieved()).toBe(true);
  });
});
