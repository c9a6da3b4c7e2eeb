import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { byRules, chunksOf } from '../../core/paint/text/breaks.ts';

const pieces = (text: string): string[] =>
  chunksOf(text).map(({ start, end, hard }) => text.slice(start, end) + (hard ? '|' : ''));

describe('breaking lines', () => {
  it.each([
    ['Welcome back, Amira!', ['Welcome ', 'back, ', 'Amira!']],
    ['well-known “quoted words” (in brackets)', ['well-', 'known ', '“quoted ', 'words” ', '(in ', 'brackets)']],
    ['2,450 points · 12%', ['2,450 ', 'points ', '· ', '12%']],
    ['first\nsecond', ['first\n|', 'second']],
    ['no\u00a0break here', ['no\u00a0break ', 'here']],
    ['田中さん、夏。', ['田', '中', 'さ', 'ん、', '夏。']],
    ['สวัสดีครับ คุณสมชาย', ['สวัสดี', 'ครับ ', 'คุณ', 'สมชาย']],
    ['안녕하세요 김철수', ['안', '녕', '하', '세', '요 ', '김', '철', '수']],
    ['', []],
  ])('breaks %j', (text, expected) => {
    expect(pieces(text)).toEqual(expected);
  });

  it('takes its short cut only where the rules give the same', () => {
    const text = fc.array(
      fc.constantFrom('a', 'Zoë', '12', ' ', '.', ',', '!', "'", '’', '-', '?', ':', '(', '%', '·', '•', '€', '$'),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(text, (parts) => {
        expect(chunksOf(parts.join(''))).toEqual(byRules(parts.join('')));
      }),
      { numRuns: 3000 },
    );
  });

  it('covers any text without gaps', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(
          chunksOf(text)
            .map(({ start, end }) => text.slice(start, end))
            .join(''),
        ).toBe(text);
      }),
    );
  });
});
