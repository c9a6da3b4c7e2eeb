import { describe, expect, test } from 'vitest';
import { applyContract } from '../../core/template/contract.ts';
import { fieldNameSchema, fieldSchema } from '../../core/template/fields/index.ts';
import { initialsOf, repairName } from '../../core/template/names.ts';

type Definition = { type: string; [option: string]: unknown };

/** What one field makes of one raw value: the value drawn, and the codes of what was wrong. */
function take(definition: Definition, raw: unknown) {
  const { values, faults, warnings } = applyContract({ it: fieldSchema.parse(definition) }, { it: raw });
  return { value: values.it, faults: faults.length, codes: warnings.map((warning) => warning.code) };
}

const good = (value: unknown) => ({ value, faults: 0, codes: [] });
const wrong = (value: unknown, code = 'invalid') => ({ value, faults: 1, codes: [code] });
const blank = (value: unknown, code = 'blank') => ({ value, faults: 0, codes: [code] });

const text = { type: 'text', fallback: 'there', maxLength: 8, junk: ['test', 'N/A'] };
const latin = { type: 'text', fallback: '', scripts: ['Latin', 'Arabic'] };
const code = { type: 'text', fallback: '', pattern: '[A-Z]{2}[0-9]+|x' };
const number = { type: 'number', fallback: 1, min: 0, max: 5000, junk: ['-'] };
const date = { type: 'date', fallback: '2026-01-01' };
const choice = { type: 'choice', options: ['Gold', 'silver'], fallback: 'silver' };
const boolean = { type: 'boolean', fallback: false };
const image = { type: 'image', fallback: 'asset:nobody@1', hosts: ['cdn.example.com', '*.img.example.com'] };
const color = { type: 'color', fallback: '#ff0000' };
const url = { type: 'url', fallback: 'https://example.com/' };
const shop = { ...url, hosts: ['example.com'] };

test.each([
  // text
  [text, 'Amira', good('Amira')],
  [text, '  Amira \n Khan\u00A0', { ...wrong('there', 'too_long') }],
  [text, '\u3000Jo\t\tAnn\uFEFF', good('Jo Ann')],
  [text, 'Jose\u0301', good('José')],
  [text, '👩‍👩‍👧‍👦👩‍👩‍👧‍👦', good('👩‍👩‍👧‍👦👩‍👩‍👧‍👦')],
  [text, 'a\u202Eb\u2066c\u0000d\uFDD0e\uD800', good('abcde')],
  [text, 'نمی\u200Cدانم', good('نمی\u200Cدانم')],
  [text, 'Jo\u200Dhn', good('John')],
  [
    text,
    '🏴\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}a\u{E0067}',
    good('🏴\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}a'),
  ],
  [text, 10115, good('10115')],
  [text, '', blank('there')],
  [text, '\u200B\u3164\u00A0', blank('there')],
  [text, null, blank('there')],
  [text, undefined, blank('there')],
  [text, ' TEST ', blank('there', 'junk')],
  [text, 'n/a', blank('there', 'junk')],
  [text, 'testing', good('testing')],
  [text, '*|FNAME|*', blank('there', 'unreplaced')],
  [text, '{{ first_name }}', blank('there', 'unreplaced')],
  [text, 'a'.repeat(9), wrong('there', 'too_long')],
  [{ ...text, maxLength: undefined }, 'a'.repeat(10_001), wrong('there', 'too_long')],
  [text, true, wrong('there')],
  [text, ['a'], wrong('there')],
  [{ ...text, minLength: 2 }, 'a', wrong('there')],
  [{ ...text, case: 'name' }, 'AMIRA', good('Amira')],
  [{ ...text, case: 'name' }, '', blank('there')],
  [{ ...text, case: 'upper' }, 'straße', good('STRASSE')],
  [{ ...text, case: 'lower' }, 'ABC', good('abc')],
  [{ type: 'text', fallback: '', junk: ['test'] }, 'Null', good('Null')],
  [latin, 'Zoë 3 🎉!', good('Zoë 3 🎉!')],
  [latin, 'أميرة', good('أميرة')],
  [latin, 'Иван', wrong('')],
  [code, 'AB12', good('AB12')],
  [code, 'AB12 ', good('AB12')],
  [code, 'AB12x', wrong('')],
  [code, 'xx', wrong('')],
  // number
  [number, 2450.5, good(2450.5)],
  [number, '2,450', good(2450)],
  [number, '2450.50', good(2450.5)],
  [number, '+7', good(7)],
  [number, -0, good(0)],
  [number, '-', blank(1, 'junk')],
  [number, '', blank(1)],
  [number, '24,50', wrong(1)],
  [number, '1e3', wrong(1)],
  [number, '0x10', wrong(1)],
  [number, 'Infinity', wrong(1)],
  [number, '9'.repeat(400), wrong(1)],
  [number, Number.NaN, wrong(1)],
  [number, -1, wrong(1)],
  [number, 5001, wrong(1)],
  [number, true, wrong(1)],
  [{ ...number, integer: true }, 1.5, wrong(1)],
  // date
  [date, '2026-03-01', good('2026-03-01')],
  [date, '2024-02-29', good('2024-02-29')],
  [date, '2026-03-01 18:30', good('2026-03-01T18:30:00')],
  [date, '2026-03-01T18:30:00Z', good('2026-03-01T18:30:00Z')],
  [date, '2026-03-01t00:30:00+02:00', good('2026-02-28T22:30:00Z')],
  [date, '2026-03-01T18:30:00.250+0000', good('2026-03-01T18:30:00.250Z')],
  [date, '2026-02-30', wrong('2026-01-01')],
  [date, '2026-03-01T24:00', wrong('2026-01-01')],
  [date, '0000-01-01', wrong('2026-01-01')],
  [date, '9999-12-31T23:59:59-10:00', wrong('2026-01-01')],
  [date, 'tomorrow', wrong('2026-01-01')],
  [date, 'now', wrong('2026-01-01')],
  [date, 1_700_000_000, wrong('2026-01-01')],
  // choice
  [choice, 'GOLD', good('Gold')],
  [choice, ' Silver ', good('silver')],
  [choice, 'platinum', wrong('silver')],
  [choice, { toString: 'gold' }, wrong('silver')],
  // boolean
  ...[true, 'yes', 'TRUE', 'On', '1', 1].map((raw) => [{ ...boolean, fallback: false }, raw, good(true)] as const),
  ...[false, 'no', 'False', 'off', '0', 0].map((raw) => [{ ...boolean, fallback: true }, raw, good(false)] as const),
  [boolean, 'maybe', wrong(false)],
  [boolean, 2, wrong(false)],
  [boolean, [true], wrong(false)],
  // image
  [image, 'asset:hero-sea@2', good('asset:hero-sea@2')],
  [image, 'https://cdn.example.com/a b.jpg#top', good('https://cdn.example.com/a%20b.jpg')],
  [image, 'HTTPS://A.B.IMG.example.com:443/x', good('https://a.b.img.example.com/x')],
  [image, 'https://img.example.com/x', wrong('asset:nobody@1')],
  [image, 'https://evilimg.example.com/x', wrong('asset:nobody@1')],
  [image, 'https://cdn.example.com.evil.com/x', wrong('asset:nobody@1')],
  [image, 'https://evil.com/?https://cdn.example.com/', wrong('asset:nobody@1')],
  [image, 'https://cdn.example.com@evil.com/x', wrong('asset:nobody@1')],
  [image, 'https://me:pw@cdn.example.com/x', wrong('asset:nobody@1')],
  [image, 'https://cdn.example.com:8443/x', wrong('asset:nobody@1')],
  [
    { ...image, hosts: ['cdn.example.com:8443'] },
    'https://cdn.example.com:8443/x',
    good('https://cdn.example.com:8443/x'),
  ],
  [{ ...image, hosts: ['cdn.example.com:8443'] }, 'https://cdn.example.com/x', wrong('asset:nobody@1')],
  [image, 'http://169.254.169.254/latest', wrong('asset:nobody@1')],
  [image, 'file:///etc/passwd', wrong('asset:nobody@1')],
  [image, 'data:image/png;base64,AAAA', wrong('asset:nobody@1')],
  [image, 'javascript:alert(1)', wrong('asset:nobody@1')],
  [image, 'initials:AK', wrong('asset:nobody@1')],
  [image, 'asset:../../etc/passwd', wrong('asset:nobody@1')],
  [{ type: 'image', fallback: 'asset:nobody' }, 'https://cdn.example.com/x', wrong('asset:nobody')],
  // color
  [color, '#FFF', good('#fff')],
  [color, '#11aaCC80', good('#11aacc80')],
  [color, '#12', wrong('#ff0000')],
  [color, 'red;url(x)', wrong('#ff0000')],
  // url
  [url, 'https://example.com/a?b=c#d', good('https://example.com/a?b=c#d')],
  [url, 'https://u@example.com/', wrong('https://example.com/')],
  [url, 'javascript:alert(1)', wrong('https://example.com/')],
  [url, 'https:example.com', wrong('https://example.com/')],
  [url, '//example.com', wrong('https://example.com/')],
  [shop, 'https://EXAMPLE.com/x', good('https://example.com/x')],
  [shop, 'https://other.com/x', wrong('https://example.com/')],
] as const)('%j takes %j', (definition, raw, expected) => {
  expect(take(definition as Definition, raw)).toEqual(expected);
});

describe('a list', () => {
  const items = {
    type: 'list',
    fallback: [],
    maxItems: 2,
    of: { title: { type: 'text', fallback: 'Item' }, price: { type: 'number', fallback: 0 } },
  };

  test('puts every item through the contract and names faults by their path', () => {
    const { values, faults, warnings } = applyContract(
      { items: fieldSchema.parse(items) },
      {
        items: [
          { title: ' Tea ', price: '2,450' },
          { title: '', price: 'free', colour: 'red' },
        ],
      },
    );
    expect(values.items).toEqual([
      { title: 'Tea', price: 2450 },
      { title: 'Item', price: 0 },
    ]);
    expect(faults.map((fault) => fault.path)).toEqual(['items.1.colour', 'items.1.price']);
    expect(warnings.map((warning) => [warning.code, warning.field])).toEqual([
      ['blank', 'items.1.title'],
      ['invalid', 'items.1.price'],
    ]);
  });

  test('leaves out what is past maxItems and says so', () => {
    const { values, faults } = applyContract({ items: fieldSchema.parse(items) }, { items: [{}, {}, {}] });
    expect(values.items).toHaveLength(2);
    expect(faults).toEqual([{ path: 'items.2', message: 'expected at most 2 items, but received 3' }]);
  });

  test('draws a complete item where something else was given', () => {
    expect(applyContract({ items: fieldSchema.parse(items) }, { items: [7, null] }).values.items).toEqual([
      { title: 'Item', price: 0 },
      { title: 'Item', price: 0 },
    ]);
    expect(take(items, 'three')).toEqual(wrong([]));
  });

  test('holds no lists', () => {
    expect(fieldSchema.safeParse({ ...items, of: { more: items } }).success).toBe(false);
  });
});

describe('a field that cannot work is refused when the template is read', () => {
  test.each([
    [{ type: 'text', fallback: 'too long', maxLength: 3 }, 'fallback'],
    [{ type: 'text', sample: 'Иван', scripts: ['Latin'] }, 'sample'],
    [{ type: 'text', pattern: '(' }, 'pattern'],
    [{ type: 'text', pattern: '(?=a)' }, 'pattern'],
    [{ type: 'text', pattern: '(a)\\1' }, 'pattern'],
    [{ type: 'text', scripts: ['Klingon'] }, 'scripts.0'],
    [{ type: 'text', scripts: ['Latin}]'] }, 'scripts.0'],
    [{ type: 'text', minLength: 5, maxLength: 2 }, 'minLength'],
    [{ type: 'number', fallback: 11, max: 10 }, 'fallback'],
    [{ type: 'number', fallback: '5' }, 'fallback'],
    [{ type: 'number', min: 2, max: 1 }, 'min'],
    [{ type: 'date', fallback: '2026-02-30' }, 'fallback'],
    [{ type: 'choice', options: ['a'], fallback: 'b' }, 'fallback'],
    [{ type: 'choice', options: ['a', 'A'] }, 'options'],
    [{ type: 'choice', options: [] }, 'options'],
    [{ type: 'image', fallback: 'https://cdn.example.com/x' }, 'fallback'],
    [{ type: 'image', fallback: { initials: 'First Name' } }, 'fallback.initials'],
    [{ type: 'image', hosts: ['*.com'] }, 'hosts.0'],
    [{ type: 'image', hosts: ['https://cdn.example.com'] }, 'hosts.0'],
    [{ type: 'image', hosts: ['cdn.example.com:443'] }, 'hosts.0'],
    [{ type: 'image', hosts: ['cdn.example.com:99999'] }, 'hosts.0'],
    [{ type: 'image', hosts: ['CDN.example.com'] }, 'hosts.0'],
    [{ type: 'color', fallback: 'red' }, 'fallback'],
    [{ type: 'url', fallback: 'ftp://example.com' }, 'fallback'],
    [{ type: 'list', of: { price: { type: 'number', fallback: 0 } }, fallback: [{ price: 'x' }] }, 'fallback.0.price'],
    [{ type: 'text', fallBack: 'x' }, ''],
    [{ type: 'colour' }, 'type'],
  ])('%j', (definition, path) => {
    const result = fieldSchema.safeParse(definition);
    expect(result.error?.issues.map((issue) => issue.path.join('.'))).toContain(path);
  });

  test('an empty fallback is legal for a text of any length', () => {
    expect(fieldSchema.safeParse({ type: 'text', fallback: '', minLength: 2 }).success).toBe(true);
  });

  test.each(['first_name', 'a', 'line2'])('%s is a name for a field', (name) => {
    expect(fieldNameSchema.safeParse(name).success).toBe(true);
  });

  test.each(['First', '2nd', '__proto__', 'a-b', '', 'blank', 'and', 'true', 'a'.repeat(41)])(
    '%j is no name for a field',
    (name) => {
      expect(fieldNameSchema.safeParse(name).success).toBe(false);
    },
  );
});

test.each([
  ['AMIRA KHAN', 'Amira Khan'],
  ['amira', 'Amira'],
  ['amira khan', 'Amira Khan'],
  ['McDonald', 'McDonald'],
  ['MCDONALD', 'McDonald'],
  ["O'Brien", "O'Brien"],
  ["o'brien", "O'Brien"],
  ["O'BRIEN", "O'Brien"],
  ["amira's", "Amira's"],
  ['van der Berg', 'van der Berg'],
  ['Ludwig van Beethoven', 'Ludwig van Beethoven'],
  ['mary-jane', 'Mary-Jane'],
  ['MARY-JANE', 'Mary-Jane'],
  ['DJ', 'DJ'],
  ['DJ Khaled', 'DJ Khaled'],
  ['DJ KHALED', 'DJ Khaled'],
  ['AMY', 'Amy'],
  ['Amira KHAN', 'Amira Khan'],
  ['J.R.R. TOLKIEN', 'J.R.R. Tolkien'],
  ['john smith iii', 'John Smith III'],
  ['İSTANBUL', 'İstanbul'],
  ['DİLEK', 'Dilek'],
  ['ßen', 'ßen'],
  ['ΟΔΥΣΣΕΥΣ', 'Οδυσσευς'],
  ['ИВАН ПЕТРОВ', 'Иван Петров'],
  ['ÉLODIE', 'Élodie'],
  ['გიორგი', 'გიორგი'],
  ['أميرة', 'أميرة'],
  ['山田太郎', '山田太郎'],
  ['', ''],
])('the name %s is drawn as %s, and stays so', (raw, expected) => {
  expect(repairName(raw)).toBe(expected);
  expect(repairName(expected)).toBe(expected);
});

test.each([
  ['Amira Khan', 'AK'],
  ['Amira', 'A'],
  ['Ana María de la Cruz', 'AC'],
  ['"Bo" (Derek)', 'BD'],
  ['山田太郎', '山'],
  ['佐藤 美咲', '佐'],
  ['김 민준', '김'],
  ['خالد العزيز', 'خ\u200cا'],
  ['नमिता क्षत्रिय', 'नक्ष'],
  ['🎉 Eve', 'E'],
  ['🎉', ''],
  ['', ''],
])('the initials of %s are %s', (name, expected) => {
  expect(initialsOf(name)).toBe(expected);
});
