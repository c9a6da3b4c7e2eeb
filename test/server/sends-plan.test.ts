import { describe, expect, it } from 'vitest';
import { planSend, speedOf } from '../../server/warmups/plan.ts';

const MINUTE = 60_000;
const now = Date.UTC(2026, 10, 21, 8);
/** 60,000 contacts at 100 a second take ten minutes. */
const facts = { now, firstAt: now + 600 * MINUTE, contacts: 60_000, perSecond: 100, isLive: false };

describe('a warm-up of a planned send', () => {
  it('is done with an hour to mend what it finds, and once more as late as it fits', () => {
    const { startAt, againAt } = planSend(facts);
    expect((facts.firstAt - startAt) / MINUTE).toBe(15 + 10 + 60 + 10);
    expect((facts.firstAt - (againAt ?? 0)) / MINUTE).toBe(15 + 10);
  });

  it('begins the earlier the more people get it, and the slower it was before', () => {
    const lead = (changes: Partial<typeof facts>) => facts.firstAt - planSend({ ...facts, ...changes }).startAt;
    expect(lead({ contacts: 120_000 }) - lead({})).toBe(20 * MINUTE);
    expect(lead({ perSecond: 50 })).toBe(lead({ contacts: 120_000 }));
  });

  it('waits as long as it can where all pictures change with time', () => {
    expect(planSend({ ...facts, isLive: true })).toEqual({ startAt: facts.firstAt - 25 * MINUTE, againAt: null });
  });

  it.each([
    { minutes: 90, again: true },
    { minutes: 30, again: false },
    { minutes: 5, again: false },
    { minutes: -60, again: false },
  ])('begins at once when its send is $minutes minutes away', ({ minutes, again }) => {
    const { startAt, againAt } = planSend({ ...facts, firstAt: now + minutes * MINUTE });
    expect([startAt, againAt !== null]).toEqual([now, again]);
    expect(planSend({ ...facts, firstAt: now + minutes * MINUTE, isLive: true }).startAt).toBe(
      Math.max(now, now + (minutes - 25) * MINUTE),
    );
  });
});

describe('the speed of earlier warm-ups', () => {
  const done = { contacts: 10_000, made: 8000, startedAt: now, madeAt: now + 20_000 };

  it('is that of the slowest of them', () => {
    expect(speedOf([done, { ...done, madeAt: now + 40_000 }])).toBe(250);
  });

  it('is a cautious guess as long as none has made many pictures', () => {
    const guess = speedOf([]);
    expect(guess).toBeGreaterThan(0);
    expect(guess).toBeLessThan(250);
    expect(
      speedOf([
        { ...done, made: 3 },
        { ...done, madeAt: now },
      ]),
    ).toBe(guess);
  });
});
