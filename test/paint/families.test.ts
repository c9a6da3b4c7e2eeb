import { describe, expect, it } from 'vitest';
import { bundledFonts } from '../../core/node/coverage.ts';
import { readCoverage, writeCoverage } from '../../core/paint/text/coverage.ts';
import { FAMILIES } from '../../core/paint/text/families.ts';
import { piecesOf } from '../../core/paint/text/glyphs.ts';
import { withoutUndrawable } from '../../core/paint/text/undrawable.ts';
import { applyContract } from '../../core/template/contract.ts';
import { parseTemplate } from '../../core/template/parse.ts';
import { fontPoints } from '../coverage.ts';

const fonts = bundledFonts();
const names =
  'Zoë Søren Łukasz Čapková Ștefan İbrahim Đorđe Ñuñez Þórunn Nguyễn Hoàng Phượng Thị Ơn Ελένη Γιώργος Παπαδόπουλος Жанна Олена Ґанна Їжакевич Ђорђе'.split(
    ' ',
  );
const designed = FAMILIES.filter((family) => !family.startsWith('Noto'));

function pieces(text: string, family: string) {
  const missing = new Set<string>();
  const found = piecesOf(text, family, fonts, missing).map(({ text, family }) => [text, family]);
  return { found, missing: [...missing] };
}

describe('the letters of a family', () => {
  it.each(FAMILIES)('are known for %s as its file has them', (family) => {
    const points = fontPoints(family);
    const coverage = fonts.coverage(family);
    const known = Array.from({ length: 0x110000 }, (_, point) => point).filter((point) => coverage?.has(point));
    expect(known.length).toBeGreaterThan(300);
    expect(known.filter((point) => !points.has(point))).toEqual([]);
    // A file may list a code point and draw nothing for it.
    expect(points.size - known.length).toBeLessThan(20);
  });

  it('are read as they were written', () => {
    const points = [0x20, 0x21, 0x22, 0x41, 0x10d0, 0x1f600, 0x10fffd];
    const coverage = readCoverage(writeCoverage(points));
    expect(points.filter((point) => !coverage.has(point))).toEqual([]);
    expect([0, 0x1f, 0x23, 0x40, 0x42, 0x10ffff].filter((point) => coverage.has(point))).toEqual([]);
    expect(readCoverage(writeCoverage([])).has(0)).toBe(false);
  });

  it.each(designed)('set every name in one font with %s, its own wherever it has them', (family) => {
    for (const name of names) {
      const isOwn = [...name].every((letter) => fonts.coverage(family)?.has(letter.codePointAt(0) ?? 0));
      expect(pieces(name, family)).toEqual({ found: [[name, isOwn ? family : 'Inter']], missing: [] });
    }
  });
});

describe('a text in a family that lacks some letters', () => {
  it('sets whole words in the stand-in and the rest as designed', () => {
    expect(pieces('Hi Ελένη, welcome', 'Playfair Display').found).toEqual([
      ['Hi ', 'Playfair Display'],
      ['Ελένη,', 'Inter'],
      [' welcome', 'Playfair Display'],
    ]);
  });

  it('leaves the letters of other scripts to the families behind it', () => {
    expect(pieces('Hi أميرة and 山田さん', 'Caveat').found).toEqual([['Hi أميرة and 山田さん', 'Caveat']]);
  });

  it('takes a sign that it lacks from another, and no more than that', () => {
    expect(pieces('Sale★', 'Caveat').found).toEqual([
      ['Sale', 'Caveat'],
      ['★', 'Inter'],
    ]);
  });

  it('draws letters in disguise as what they are', () => {
    expect(pieces('𝓐𝓶𝓲𝓻𝓪', 'Inter')).toEqual({ found: [['Amira', 'Inter']], missing: [] });
  });

  it('leaves out what no font has, and says what', () => {
    expect(pieces('Hi ანა 𓀀!', 'Inter')).toEqual({ found: [['Hi !', 'Inter']], missing: ['ა', 'ნ', '𓀀'] });
    expect(pieces('ანა Smith', 'Inter').found).toEqual([['Smith', 'Inter']]);
  });
});

describe('data with letters that no font has', () => {
  const { fields } = parseTemplate({
    name: 'letters',
    size: { width: 100, height: 100 },
    alt: 'Letters',
    fields: {
      name: { type: 'text', fallback: 'there' },
      items: { type: 'list', of: { title: { type: 'text', fallback: 'Item' } }, fallback: [] },
    },
    layers: [
      { id: 'ground', type: 'shape', shape: 'rect', box: { x: 0, y: 0, width: 100, height: 100 }, fill: 'white' },
    ],
  });
  const mended = (data: Record<string, unknown>) =>
    withoutUndrawable(fields, applyContract(fields, data).values, fonts);

  it('gives the words that can be drawn, else the fallback, and names the field', () => {
    const { values, warnings } = mended({ name: 'ანა Smith ❤', items: [{ title: 'Tea' }, { title: 'ჩაი' }] });
    expect(values).toEqual({ name: 'Smith ❤', items: [{ title: 'Tea' }, { title: 'Item' }] });
    expect(warnings).toEqual([
      {
        code: 'missing_glyph',
        field: 'name',
        message: 'name: no font has U+10D0, U+10DC, the words with them were left out',
      },
      expect.objectContaining({ code: 'missing_glyph', field: 'items.1.title' }),
    ]);
    expect(mended({ name: 'ანა' }).values.name).toBe('there');
  });

  it('leaves all others as they are', () => {
    for (const name of ['Zoë', 'Ελένη', 'أميرة', '山田花子', '김민준', 'नमिता', 'สมชาย', '👩🏽‍🚀 Amira', '𝓐𝓶𝓲𝓻𝓪'])
      expect(mended({ name })).toEqual({ values: { name, items: [] }, warnings: [] });
  });
});
