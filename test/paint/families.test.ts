import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageFolder } from '../../core/node/places.ts';
import { FAMILIES, type Family } from '../../core/paint/text/families.ts';
import { runsOf } from '../../core/paint/text/runs.ts';
import { codePointsOf } from '../coverage.ts';

const designed = {
  Inter: '@expo-google-fonts/inter',
  'Playfair Display': '@expo-google-fonts/playfair-display',
  'Space Grotesk': '@expo-google-fonts/space-grotesk',
  Caveat: '@expo-google-fonts/caveat',
} satisfies Partial<Record<Family, string>>;

const names =
  'Zoë Søren Łukasz Čapková Ștefan İbrahim Đorđe Ñuñez Þórunn Nguyễn Hoàng Phượng Thị Ơn Ελένη Γιώργος Παπαδόπουλος Жанна Олена Ґанна Їжакевич Ђорђе'.split(
    ' ',
  );

describe.each(Object.entries(designed))('the letters of %s', (family, name) => {
  const folder = join(packageFolder(name), '400Regular');
  const file = readdirSync(folder).find((each) => each.endsWith('.ttf')) ?? '';
  const covered = codePointsOf(readFileSync(join(folder, file)));

  it.each(names)('set %s in one font', (word) => {
    const isCovered = [...word].every((letter) => covered.has(letter.codePointAt(0) ?? 0));
    expect(isCovered || FAMILIES[family as Family]?.test(word)).toBe(true);
  });

  it('are used wherever they are there', () => {
    const plain = names.filter((word) => [...word].every((letter) => covered.has(letter.codePointAt(0) ?? 0)));
    expect(plain.filter((word) => FAMILIES[family as Family]?.test(word))).toEqual([]);
  });
});

describe('a text in a family that lacks some letters', () => {
  it('sets whole words in the stand-in and the rest as designed', () => {
    const { text, runs } = runsOf([{ text: 'Hi Ελένη, welcome', style: undefined }], 'Playfair Display');
    expect(runs.map(({ start, end, style }) => [text.slice(start, end), style?.fontFamily])).toEqual([
      ['Hi ', undefined],
      ['Ελένη,', 'Inter'],
      [' welcome', undefined],
    ]);
  });
});
