import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dialects } from '../../core/links/dialects/index.ts';
import { isUnreplaced, unreplacedPatterns } from '../../core/links/unreplaced.ts';

describe('an un-replaced merge tag', () => {
  for (const { platform, pattern, examples } of unreplacedPatterns) {
    it.each(examples)(`is seen in ${platform}: %s`, (example) => {
      expect(pattern.test(example)).toBe(true);
      expect(isUnreplaced(example)).toBe(true);
      expect(isUnreplaced(` ${example}\n`)).toBe(true);
    });
  }

  it.each(Object.values(dialects))('is seen in every tag that we write for $title', (dialect) => {
    expect(isUnreplaced(dialect.unreplaced)).toBe(true);
    expect(isUnreplaced(dialect.referenceTag(dialect.referenceField))).toBe(true);
    expect(isUnreplaced(dialect.urlTag('FNAME'))).toBe(true);
    // Where no tag can give a default, the default itself stands in the attribute.
    const inAttribute = dialect.attributeTag('FNAME', 'there');
    if (inAttribute !== 'there') expect(isUnreplaced(inAttribute)).toBe(true);
    if (dialect.sendTag) expect(isUnreplaced(dialect.sendTag)).toBe(true);
  });

  it.each([
    ...[
      '',
      'Amira',
      '100%',
      '50% off, 20% more',
      '%',
      '%%',
      'A*',
      '*',
      '**Bo**',
      'a|b',
      'Smith [Jr]',
      '[Jr]',
      '[[',
      'x__y',
    ],
    ...['Tom & Jerry', '<3', '<b>Bo</b>', 'a << b >> c', '{name}', '{}', 'ACME {Group}', '$name', "O'Brien", 'Null'],
    ...['Test', 'D%C3%A9', '%41%42', '100%25', 'C#', 'name,fallback', '[name, other]', '__', '{ { a } }', '100% of 3%'],
    ...[
      '{',
      '{x}',
      '[Bob]',
      '[firstname]',
      '[[Bob',

      'A|B',
      '%%off',
      '100%%',
      '%%',
      '5%%5',

      '{$',
      '$',
    ],
    ...[
      '[x, fallback',
      'R&B [feat. {x}]',
      '%20',
      '%%%',
      'a%%=b',
      'lead.First Name',
      'Name OR "x"',
      '#urlEncode',
      '[,]',
    ],
  ])('is not seen in %j', (text) => {
    expect(isUnreplaced(text)).toBe(false);
  });

  it('is looked for in any text without an error', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'*|{}%[]<>_$a ,=') }), (text) => {
        expect(typeof isUnreplaced(text)).toBe('boolean');
      }),
    );
  });

  it.each([
    '*|',
    '{{a',
    '{%a',
    '%%a',
    '%%',
    '%%%41',
    '%41',
    '<<',
    '[[',
    '[[a OR ',
    '[a ',
    '__',
    '{{${',
    '{{#',
    '{$',
    ' ',
  ])('is looked for in a million %j', (piece) => {
    expect(typeof isUnreplaced(`x${piece.repeat(1_000_000)}`)).toBe('boolean');
    expect(typeof isUnreplaced(piece.repeat(1_000_000))).toBe('boolean');
  });
});
