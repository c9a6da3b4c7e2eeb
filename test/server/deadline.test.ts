import { stat } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { isLate, within } from '../../server/deadline.ts';

describe('a deadline', () => {
  it('gives the result or the failure in time, and else says that it is late', async () => {
    expect(await within(Promise.resolve(1), 1000)).toBe(1);
    await expect(within(Promise.reject(new Error('broken')), 1000)).rejects.toThrow('broken');
    expect(isLate(await within(new Promise(() => undefined), 1))).toBe(true);
  });

  it('takes an answer that came while this process was busy with something else', async () => {
    const work = within(stat('.'), 50);
    const end = performance.now() + 500;
    while (performance.now() < end);
    expect(isLate(await work)).toBe(false);
  });
});
