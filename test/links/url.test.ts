import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../core/errors.ts';
import { isUnreplaced } from '../../core/links/unreplaced.ts';
import { buildImagePath, type ImageAddress, parseImagePath } from '../../core/links/url.ts';

const TOKEN =
  'eyJhbGciOiJIUzI1NiIsImtpZCI6ImsxIn0.eyJsIjoiYWJjZGVmZ2hpamtsbW5vcCJ9.ETCsV0GVonE-_eMemt8vqg3sw8dS1w09LT2TaayHods';
const PATH = `/i/${TOKEN}.jpg`;
const open = (query: string) => ({ ...parseImagePath(`${PATH}?${query}`).open });

const value = fc.string({ unit: 'grapheme' }).filter((text) => !isUnreplaced(text));
const mark = value.map((text) => text.trim()).filter((text) => text !== '');
const key = fc.stringMatching(/^[A-Za-z]\w{0,20}$/).filter((name) => name !== 'c' && name !== 's');
const address: fc.Arbitrary<ImageAddress> = fc.record(
  {
    token: fc.constant(TOKEN),
    format: fc.constantFrom('jpg', 'png', 'webp', 'gif', 'pdf', 'tiff'),
    scale: fc.constantFrom(1, 1.5, 2, 2.5, 3),
    open: fc.dictionary(key, value),
    contact: mark,
    send: mark,
  },
  { requiredKeys: ['token', 'format', 'open'] },
);

describe('an image address', () => {
  it('comes back as it went in', () => {
    fc.assert(
      fc.property(address, (given) => {
        expect(parseImagePath(buildImagePath(given))).toEqual(given);
      }),
    );
  });

  it('is written the same after a round trip', () => {
    fc.assert(
      fc.property(address, (given) => {
        const path = buildImagePath(given);
        expect(buildImagePath(parseImagePath(path))).toBe(path);
      }),
    );
  });

  it('means the same in whatever order its keys stand', () => {
    fc.assert(
      fc.property(address, fc.infiniteStream(fc.nat()), (given, order) => {
        const [path = '', query = ''] = buildImagePath(given).split('?');
        const shuffled = query
          .split('&')
          .map((pair) => ({ pair, rank: order.next().value }))
          .sort((a, b) => a.rank - b.rank)
          .map(({ pair }) => pair);
        expect(parseImagePath(`${path}?${shuffled.join('&')}`)).toEqual(parseImagePath(`${path}?${query}`));
      }),
    );
  });

  it('of any text is an address or a refusal, never another error', () => {
    const tail = fc.string({ unit: fc.oneof(fc.constantFrom(...'%&=+#?;{}[]*|.amp'), fc.string({ unit: 'binary' })) });
    const text = fc.oneof(
      tail,
      tail.map((end) => `/i/${end}`),
      tail.map((end) => `${PATH}?${end}`),
    );
    fc.assert(
      fc.property(text, (target) => {
        try {
          const parsed = parseImagePath(target);
          expect(typeof parsed.token).toBe('string');
          for (const field of Object.values(parsed.open)) expect(typeof field).toBe('string');
        } catch (error) {
          expect(error).toBeInstanceOf(AppError);
          expect(['token_invalid', 'not_found']).toContain((error as AppError).code);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it.each(['', '/', '/x', '/I/a.b.c.jpg', 'i/a.b.c.jpg', '/v1/links'])('is not found at %j', (target) => {
    expect(() => parseImagePath(target)).toThrow(expect.objectContaining({ code: 'not_found' }));
  });

  it.each([
    '/i/',
    '/i/a.jpg',
    '/i/a.b.jpg',
    '/i/a.b.c',
    '/i/a.b.c.',
    '/i/a..c.jpg',
    '/i/a.b.c/d.jpg',
    '/i/%61.b.c.jpg',
    '/i/a.b.c@x.jpg',
    '/i/a.b.c@2.jpg',
    '/i/a.b.c@2x',
    '/i/a.b.c@1e1x.jpg',
  ])('holds no token at %j', (target) => {
    expect(() => parseImagePath(target)).toThrow(expect.objectContaining({ code: 'token_invalid' }));
  });

  it.each([
    ['@2x', 2],
    ['@1.5x', 1.5],
    ['@2.0x', 2],
    ['', undefined],
  ])('reads the scale of "%s"', (suffix, scale) => {
    expect(parseImagePath(`/i/${TOKEN}${suffix}.jpg`).scale).toBe(scale);
  });

  it('takes an extension it does not know, in lower case', () => {
    expect(parseImagePath(`/i/${TOKEN}.HEIC`).format).toBe('heic');
  });

  it.each([
    ['name=Tom+Jones', { name: 'Tom Jones' }],
    ['name=Tom%20Jones', { name: 'Tom Jones' }],
    ['name=Tom%2BJerry', { name: 'Tom+Jerry' }],
    ['name=a%26b%3Dc', { name: 'a&b=c' }],
    ['name=a=b', { name: 'a=b' }],
    ['name', { name: '' }],
    ['name=', { name: '' }],
    ['&&name=x&&', { name: 'x' }],
    ['name=first&name=second', { name: 'first' }],
    ['amp;name=x', { name: 'x' }],
    ['a=1&amp;name=x', { a: '1', name: 'x' }],
    ['a=1&amp;amp;name=x', { a: '1', name: 'x' }],
    ['name=100%', { name: '100%' }],
    ['name=100%zz%41', { name: '100%zzA' }],
    ['name=%E2%82', { name: '\u{FFFD}' }],
    ['name=%EF%BB%BFx', { name: '\u{FEFF}x' }],
    ['name=%D8%B3%D8%A7%D8%B1%D8%A9', { name: 'سارة' }],
    ['%6Eame=x', { name: 'x' }],
    ['__proto__=x&constructor=y', { constructor: 'y' }],
    ['a[b]=x&a.b=y&9=z', {}],
    ['name=Tom & Jerry', { name: 'Tom ' }],
    ['name=x#y', { name: 'x' }],
  ])('reads %s', (query, expected) => {
    expect(open(query)).toEqual(expected);
  });

  it.each([
    ...['*|FNAME|*', '%2A%7CFNAME%7C%2A', '*%7CFNAME%7C*', '%FIRSTNAME%', '%DATE%', '%FACEBOOK%', '%25DATE%25'],
    ...[
      '%3C%3C+Test+First+Name+%3E%3E',
      '<<%20Test%20First%20Name%20>>',
      '{{+first_name+}}',
      '%7B%7B%20first_name%20%7D%7D',
    ],
    ...[
      '{{#urlEncode}}',
      '%%FirstName%%',
      '{$name',
      '[[FIRSTNAME]]',
      '[firstname,fallback=x]',
      '__test_email__',
      'Hi+*|FNAME|*',
    ],
  ])('reads the un-replaced tag %s as a blank', (raw) => {
    expect(open(`city=Oslo&name=${raw}`)).toEqual({ city: 'Oslo', name: '' });
  });

  it('leaves out a contact and a send that are blank or un-replaced', () => {
    expect(parseImagePath(`${PATH}?c=*|MERGEPIX|*&s=*|CAMPAIGN_UID|*`)).toEqual({
      token: TOKEN,
      format: 'jpg',
      open: {},
    });
    expect(parseImagePath(`${PATH}?c=+&s=`)).toEqual({ token: TOKEN, format: 'jpg', open: {} });
  });

  it('has no field that was not asked for, whatever its name', () => {
    const parsed = parseImagePath(`${PATH}?a=1`);
    expect(parsed.open.constructor).toBeUndefined();
    expect(Object.getPrototypeOf(parsed.open)).toBeNull();
  });

  it('keeps the contact when a flood of keys drops the open fields', () => {
    for (const length of [257, 258, 259, 260, 300]) {
      const flood = Array.from({ length }, (_, i) => `k${i}=x`).join('&');
      for (const query of [`${flood}&c=abc&s=d`, `c=abc&s=d&${flood}`]) {
        expect(parseImagePath(`${PATH}?${query}`)).toMatchObject({ contact: 'abc', send: 'd' });
        expect(open(query)).toEqual({});
      }
    }
    expect(Object.keys(open(Array.from({ length: 256 }, (_, i) => `k${i}=x`).join('&')))).toHaveLength(256);
    expect({ ...parseImagePath(`${PATH}?name=${'x'.repeat(20_000)}`).open }).toEqual({});
  });

  it.each(['c', 's', '__proto__', 'a-b', 'prénom', ''])('is not written with the open field %j', (name) => {
    const given = { token: TOKEN, format: 'jpg', open: Object.fromEntries([[name, 'x']]) };
    expect(() => buildImagePath(given)).toThrow(expect.objectContaining({ code: 'link_refused' }));
  });

  it('survives a lone surrogate', () => {
    expect(
      open(buildImagePath({ token: TOKEN, format: 'jpg', open: { name: 'a\ud800' } }).split('?')[1] ?? ''),
    ).toEqual({
      name: 'a\ufffd',
    });
  });
});
