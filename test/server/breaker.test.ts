import { describe, expect, it } from 'vitest';
import { AppError } from '../../core/errors.ts';
import { createBreaker } from '../../server/breaker.ts';
import { isLate } from '../../server/deadline.ts';

describe('a breaker', () => {
  const down = () => Promise.reject(new Error('down'));
  const hanging = () => new Promise<never>(() => undefined);

  it('stops asking what fails or hangs, tries once in a second, and asks again when that worked', async () => {
    let now = 0;
    const breaker = createBreaker(() => now);
    for (let i = 0; i < 3; i++) await expect(breaker.within(down, 100)).rejects.toThrow('down');
    for (let i = 0; i < 2; i++) expect(isLate(await breaker.within(hanging, 1))).toBe(true);
    let asked = 0;
    const back = async () => ++asked;
    expect(isLate(await breaker.within(back, 100))).toBe(true);
    now = 999;
    expect(isLate(await breaker.within(back, 100))).toBe(true);
    expect(asked).toBe(0);
    now = 1000;
    // While one finds out, the others do not wait for it.
    const trying = breaker.within(hanging, 1);
    expect(isLate(await breaker.within(back, 100))).toBe(true);
    expect(isLate(await trying)).toBe(true);
    now = 2000;
    expect(await breaker.within(back, 100)).toBe(1);
    expect(await breaker.within(back, 100)).toBe(2);
  });

  it('counts failures in a row only, and no refusals', async () => {
    const breaker = createBreaker(() => 0);
    for (let i = 0; i < 20; i++) {
      await expect(breaker.within(down, 100)).rejects.toThrow('down');
      if (i % 4 === 3) expect(await breaker.within(async () => 'good', 100)).toBe('good');
    }
    const refused = () => Promise.reject(new AppError('contact_not_found', 'There is none.'));
    for (let i = 0; i < 10; i++) await expect(breaker.within(refused, 100)).rejects.toThrow('There is none.');
    expect(await breaker.within(async () => 'good', 100)).toBe('good');
  });
});
