import { describe, expect, it } from 'vitest';
import { createCopies } from '../../server/stores/copies.ts';

describe('copies of records', () => {
  it('read a record once for all who ask meanwhile, and again when it has changed', async () => {
    let reads = 0;
    const copies = createCopies<string>(10, async (id) => `${id} ${++reads}`);
    expect(await Promise.all([copies.get('a'), copies.get('a'), copies.get('b')])).toEqual(['a 1', 'a 1', 'b 2']);
    expect(await copies.get('a')).toBe('a 1');
    copies.expire('a');
    expect(await copies.get('a')).toBe('a 3');
    copies.expire('never seen');
  });

  it('remember that there is none', async () => {
    let reads = 0;
    const copies = createCopies<string>(10, async () => void reads++ as undefined);
    expect([await copies.get('a'), await copies.get('a'), reads]).toEqual([undefined, undefined, 1]);
  });

  it('serve the old copy when the records fail or hang, and do not ask again at once', async () => {
    let reads = 0;
    let answer: () => Promise<string> = async () => 'good';
    const copies = createCopies<string>(10, () => {
      reads++;
      return answer();
    });
    await copies.get('a');
    for (const broken of [() => Promise.reject(new Error('down')), () => new Promise<string>(() => undefined)]) {
      answer = broken;
      copies.expire('a');
      expect(await copies.get('a')).toBe('good');
    }
    const before = reads;
    expect(await copies.get('a')).toBe('good');
    expect(reads).toBe(before);
    await expect(copies.get('never seen')).rejects.toThrow();
  });
});
