import { describe, expect, it } from 'vitest';
import type { Bench } from '../../core/paint/surface.ts';
import { type Layout, layOut, type Setting } from '../../core/paint/text/layout.ts';

/** Every letter that is seen is half an em wide, so that what fits can be counted. */
const bench: Bench = {
  scale: 1,
  isPage: false,
  han: 'chinese',
  fonts: { families: ['Inter'], coverage: () => ({ has: (point) => point !== 0x10d0 }), faceOf: (face) => face },
  measure: (_face, text) => ({ width: text.replaceAll('\u00ad', '').length / 2, up: 0.7, down: 0.2 }),
  inkBetween: () => undefined,
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

  it('ends at a line break of the text where it cuts it', () => {
    expect(linesOf(setIn(['First\nSecond line'], { height: 12 }))).toEqual(['First…']);
    expect(linesOf(setIn(['First\nSecond line\nThird'], { height: 20 }))).toEqual(['First', 'Second line…']);
    expect(linesOf(setIn(['First\n\nThird'], { height: 20 }))).toEqual(['First', '…']);
    expect(linesOf(setIn(['First\nWolfeschlegelsteinhausenbergerdorff\nThird']))).toEqual([
      'First',
      'Wolfeschlegelsteinh…',
    ]);
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

  it.each([
    ['「ようこそ」、田中さん。ポイントが（たくさん）貯まっています！', /^[。、！）」ーっ]/u, /[「（]$/u],
    ['欢迎回来，李小龙！请在《条款》中查看，并确认：好吗？', /^[，！》：？]/u, /《$/u],
  ])('keeps the rules of %s in lines of any width, balanced or not', (text, never, neverLast) => {
    for (let width = 40; width < 300; width += 7)
      for (const balanced of [false, true]) {
        const lines = linesOf(setIn([text], { width, lines: 8, maxLines: 20, height: 400, balanced }));
        for (const line of lines.slice(1)) expect(line).not.toMatch(never);
        for (const line of lines.slice(0, -1)) expect(line).not.toMatch(neverLast);
        expect(lines.join('')).toBe(text);
      }
  });

  it('shows a soft hyphen where a line ends at it, which then has room for it', () => {
    const text = 'Donau\u00addampf\u00adschiff\u00adfahrt';
    const wide = { maxLines: 3, lines: 3, minSize: 20 };
    const shown = (width: number, more: Partial<Setting> = {}) =>
      linesOf(setIn([text], { ...wide, ...more, width })).map((line) => line.replaceAll('\u00ad', ''));
    expect(shown(120)).toEqual(['Donaudampf-', 'schifffahrt']);
    expect(shown(109)).toEqual(['Donau-', 'dampf-', 'schifffah…']);
    expect(shown(400)).toEqual(['Donaudampfschifffahrt']);
    expect(setIn([text], { ...wide, width: 120 }).lines[0]?.ink.width).toBe(5.5);
    expect(linesOf(setIn(['Donau\u00ad', '!']))).toEqual(['Donau\u00ad']);
  });

  it('breaks Thai between words as it shrinks and wraps', () => {
    const text = 'ยินดีต้อนรับกลับมาคุณสมชายรับส่วนลดวันนี้เท่านั้น';
    const ends = new Set<number>();
    for (const { index } of new Intl.Segmenter('th', { granularity: 'word' }).segment(text)) ends.add(index);
    for (let width = 80; width < 300; width += 7) {
      let end = 0;
      const lines = linesOf(setIn([text], { width, lines: 3, maxLines: 9, height: 400, balanced: width % 2 === 0 }));
      for (const line of lines.slice(0, -1)) {
        end += line.length;
        expect(ends).toContain(end);
      }
      expect(lines.join('')).toBe(text);
    }
  });

  it('counts the space between letters, and none behind the last of a line', () => {
    const widthOf = (text: string, spacing: number) => setIn([text], { spacing, width: 900 }).lines[0]?.ink.width;
    expect(widthOf('abcd', 0.25)).toBeCloseTo(2.75);
    expect(widthOf('ab cd', 0.5)).toBeCloseTo(4.5);
    expect(widthOf('abcd', -0.1)).toBeCloseTo(1.7);
    // Joined letters stay together, and so do those that are drawn as one.
    expect(widthOf('سلام', 0.5)).toBeCloseTo(2);
    expect(widthOf('سلام سلام', 0.5)).toBeCloseTo(5.5);
    expect(widthOf('क्ष', 0.5)).toBeCloseTo(1.5);
    expect(linesOf(setIn(['one two three'], { spacing: 0.5, width: 100, minSize: 20 }))).toEqual(['one', 'two…']);
  });

  it('gives lines with larger letters the height that CSS does', () => {
    const spans = (em: number) => [
      { text: 'small ', style: undefined },
      { text: 'large', style: { fontSize: { value: em, unit: 'em' as const } } },
    ];
    const talls = (em: number) => layOut([spans(em)], { ...setting, width: 900 }, bench).lines.map(({ tall }) => tall);
    // Line height 1 about letters from 0.9 above to 0.3 below the baseline: 0.8 above it, 0.2 below.
    expect(talls(2)[0]?.above).toBeCloseTo(0.8);
    expect(talls(2)[0]?.below).toBeCloseTo(0.2);
    expect(talls(0.5)).toEqual([{ above: 0, below: 0, em: 1 }]);
  });

  it('shrinks rather than let larger letters reach out of the box', () => {
    const spans = [{ text: 'Large', style: { fontSize: { value: 2, unit: 'em' as const } } }];
    expect(layOut([spans], { ...setting, height: 40 }, bench).size).toBe(20);
    expect(layOut([spans], { ...setting, height: 30 }, bench).size).toBe(15);
  });

  it('takes no more lines than the box is high, whatever it is allowed', () => {
    const layout = setIn(['one two three four five six seven eight nine ten'], { maxLines: 9, minSize: 20 });
    expect(layout.ellipsis).toBe(true);
    expect(linesOf(layout)).toHaveLength(3);
  });
});
