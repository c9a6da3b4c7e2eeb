import { describe, expect, it } from 'vitest';
import type { Bench } from '../../core/paint/surface.ts';
import { type Layout, layOut, type Setting } from '../../core/paint/text/layout.ts';

/** Every letter is half an em wide, so that what fits can be counted. */
const bench: Bench = {
  scale: 1,
  isPage: false,
  fonts: { families: ['Inter'], coverage: () => ({ has: (point) => point !== 0x10d0 }), faceOf: (face) => face },
  measure: (_face, text) => ({ width: text.length / 2, up: 0.7, down: 0.2 }),
  heights: () => ({ ascent: 0.9, descent: 0.3 }),
};
// Ten letters on a line at full size, twenty at the smallest; three lines high at either.
const setting: Setting = {
  face: { family: 'Inter', weight: 400, italic: false },
  size: 20,
  minSize: 10,
  lineHeight: 1,
  lines: 1,
  maxLines: 2,
  width: 100,
  height: 60,
};
const setIn = (wordings: readonly string[], changes: Partial<Setting> = {}): Layout =>
  layOut(
    wordings.map((text) => (text === '' ? [] : [{ text, style: undefined }])),
    { ...setting, ...changes },
    bench,
  );
const linesOf = ({ lines }: Layout): string[] => lines.map(({ text }) => text);

describe('the fit ladder', () => {
  it('leaves alone what fits', () => {
    expect(setIn(['Hello Ann!'])).toMatchObject({ size: 20, choice: 0, shrunk: false, ellipsis: false });
  });

  it('shrinks before it wraps, no more than it must', () => {
    const layout = setIn(['Hello Amira!'], { lines: 1 });
    expect(linesOf(layout)).toEqual(['Hello Amira!']);
    expect(layout).toMatchObject({ size: 16.5, shrunk: true, choice: 0, ellipsis: false });
  });

  it('wraps before it takes a shorter wording, at the largest size that fits', () => {
    const layout = setIn(['Hello Bartholomew Smith!', 'Hello!']);
    expect(linesOf(layout)).toEqual(['Hello Bartholomew', 'Smith!']);
    expect(layout).toMatchObject({ size: 11.5, choice: 0, ellipsis: false });
  });

  it('takes the first shorter wording that fits before it cuts anything', () => {
    const long = 'Hello Wolfeschlegelsteinhausenbergerdorff!';
    const layout = setIn([long, 'Hi Wolfeschlegelsteinhausenbergerdorff!', 'Hello!', 'Hi!']);
    expect(linesOf(layout)).toEqual(['Hello!']);
    expect(layout).toMatchObject({ size: 20, choice: 2, shrunk: false, ellipsis: false });
  });

  it('cuts with an ellipsis at last, the last wording, at the smallest size', () => {
    const layout = setIn(['Hello Wolfeschlegelsteinhausenbergerdorff!', 'Wolfeschlegelsteinhausenbergerdorff']);
    expect(linesOf(layout)).toEqual(['Wolfeschlegelsteinh…']);
    expect(layout).toMatchObject({ size: 10, choice: 1, ellipsis: true });
  });

  it('never cuts within a grapheme', () => {
    const family = '👨‍👩‍👧‍👦';
    const [line = ''] = linesOf(setIn(['नमस्ते'.repeat(8) + family], { maxLines: 1 }));
    const kept = line.slice(0, -1);
    const whole = [...new Intl.Segmenter('hi').segment('नमस्ते'.repeat(8))].map(({ segment }) => segment);
    expect(line.endsWith('…')).toBe(true);
    expect(whole.some((_, count) => whole.slice(0, count).join('') === kept)).toBe(true);
  });

  it('passes over blank wordings, and draws nothing when all are', () => {
    expect(linesOf(setIn(['', '  ', 'Hello!']))).toEqual(['Hello!']);
    expect(setIn(['', 'Hello!']).choice).toBe(1);
    expect(setIn(['', ' '])).toMatchObject({ lines: [], ellipsis: false, shrunk: false });
  });

  it('balances lines without taking more of them or another size', () => {
    const text = 'one two three four five';
    const plain = setIn([text], { lines: 2, width: 180 });
    const balanced = setIn([text], { lines: 2, width: 180, balanced: true });
    expect(linesOf(plain)).toEqual(['one two three four', 'five']);
    expect(linesOf(balanced)).toEqual(['one two three', 'four five']);
    expect(balanced).toMatchObject({ size: plain.size, choice: 0, ellipsis: false });
  });

  it('takes no more lines than the box is high, whatever it is allowed', () => {
    const layout = setIn(['one two three four five six seven eight nine ten'], { maxLines: 9, minSize: 20 });
    expect(layout.ellipsis).toBe(true);
    expect(linesOf(layout)).toHaveLength(3);
  });
});
