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

  it.each([
    ['「ようこそ」、田中さん。', ['「よ', 'う', 'こ', 'そ」、', '田', '中', 'さ', 'ん。']],
    ['ちょっと待って、ポッター！？', ['ちょっ', 'と', '待っ', 'て、', 'ポッ', 'ター！？']],
    ['人々（今日まで）、〜より', ['人々', '（今', '日', 'ま', 'で）、〜', 'よ', 'り']],
    ['価格は￥5,900です', ['価', '格', 'は', '￥5,900', 'で', 'す']],
    ['欢迎，《条款》：好吗？', ['欢', '迎，', '《条', '款》：', '好', '吗？']],
    ['สินค้าต่างๆมากมาย กรุงเทพฯ', ['สินค้า', 'ต่างๆ', 'มากมาย ', 'กรุงเทพฯ']],
    ['A print of 30 x 40 x 2 cm --> 2x', ['A ', 'print ', 'of ', '30 x 40 x 2 ', 'cm ', '--> ', '2x']],
    ['แม่น้ำเจ้าพระยา (ฟรี) ฿500', ['แม่น้ำ', 'เจ้าพระยา ', '(ฟรี) ', '฿500']],
  ])('keeps together what its readers keep together in %j', (text, expected) => {
    expect(pieces(text)).toEqual(expected);
  });

  it('never begins a piece with a mark that ends something, nor ends one with a mark that begins something', () => {
    const unit = fc.constantFrom(
      ...'。、，．！？：；）」』】》〉〕］｝ー々ゝヽ〜…‥・ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ％°（「『【《〈〔［｛￥＄漢字仮名カナタ亜ア夏日2A ',
    );
    fc.assert(
      fc.property(fc.array(unit, { maxLength: 30 }), (units) => {
        // What follows a space is where somebody meant it to be.
        const [, ...later] = pieces(units.join(''));
        const before = pieces(units.join('')).slice(0, -1);
        later.forEach((piece, i) => {
          if (before[i]?.endsWith(' ')) return;
          expect(piece).not.toMatch(
            /^[。、，．！？：；）」』】》〉〕］｝ー々ゝヽ〜ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ]/u,
          );
          expect(before[i]).not.toMatch(/[（「『【《〈〔［｛]$/u);
        });
      }),
      { numRuns: 2000 },
    );
  });

  it('breaks Thai where its words end, and nowhere else', () => {
    const words = new Intl.Segmenter('th', { granularity: 'word' });
    for (const text of ['ยินดีต้อนรับกลับมาคุณสมชาย', 'รับส่วนลดพิเศษเฉพาะสมาชิกวันนี้เท่านั้น', 'ขอบคุณที่ซื้อสินค้ากับเรา'])
      expect(pieces(text)).toEqual(Array.from(words.segment(text), ({ segment }) => segment));
  });

  it('takes its short cut only where the rules give the same', () => {
    const text = fc.array(
      fc.constantFrom('a', 'x', 'Zoë', '12', ' ', '.', ',', '!', "'", '’', '-', '?', ':', '(', '%', '·', '•', '€', '$'),
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
