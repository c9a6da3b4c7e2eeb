import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createFileNames } from '../../server/batches/file-names.ts';

describe('file names', () => {
  it.each([
    ['ann@example.com', 'ann@example.com.jpg'],
    ['../../etc/passwd', 'etc-passwd.jpg'],
    ['Zoë Müller', 'Zoë-Müller.jpg'],
    ['محمد', 'محمد.jpg'],
    ['C:\\temp\\x', 'C-temp-x.jpg'],
    ['con', '_con.jpg'],
    ['  ', 'row-00012.jpg'],
    ['', 'row-00012.jpg'],
    [undefined, 'row-00012.jpg'],
    [42, '42.jpg'],
  ])('makes %j safe', (wanted, name) => {
    expect(createFileNames('jpg').next(wanted, 12)).toBe(name);
  });

  it('gives every row a file of its own, also where case is ignored', () => {
    const names = createFileNames('png');
    expect(['ann', 'Ann', 'ann-2', 'ANN'].map((wanted, i) => names.next(wanted, i))).toEqual([
      'ann.png',
      'Ann-2.png',
      'ann-2-2.png',
      'ANN-3.png',
    ]);
  });

  it('stays inside the folder and unique for any text', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme', maxLength: 300 }), { maxLength: 20 }), (texts) => {
        const names = createFileNames('webp');
        const given = texts.map((text, i) => names.next(text, i + 1));
        expect(new Set(given.map((name) => name.toLowerCase())).size).toBe(given.length);
        for (const name of given) {
          expect(name).not.toMatch(/[/\\:*?"<>|\p{Cc}]|^\./u);
          expect(Buffer.byteLength(name)).toBeLessThan(256);
        }
      }),
    );
  });
});
