import { describe, expect, it } from 'vitest';
import { parseTemplate } from '../../core/template/parse.ts';
import { createBudget } from '../../server/links/budget.ts';
import { linkPolicy } from '../../server/links/link.ts';
import { isLetThrough } from '../../server/links/policy.ts';
import { createSends } from '../../server/links/sends.ts';

describe("a link's policy", () => {
  const policy = linkPolicy.parse({
    fields: {
      size: { options: ['S', 'M', 'Größe L'] },
      site: { urls: true, maxLength: 20 },
      name: { words: ['Rude', 'bad'] },
    },
  });

  it.each([
    'Amira',
    "Mary-Jane O'Neil",
    'J.R. Smith',
    'St. John',
    'Dr. Ng',
    'محمد',
    '名前',
    'Badger',
    '100%',
    'Zoë 🎉',
    'a@b',
  ])('lets the name %s through', (name) => {
    expect(isLetThrough(policy, 'name', name)).toBe(true);
  });

  it.each([
    'https://evil.example',
    'HTTP://X',
    'evil.com',
    'EVIL.COM/win',
    'www.evil',
    'me@evil.io',
    'ｅｖｉｌ.ｃｏｍ',
    'so rude',
    'BAD!',
    'two\nlines',
    'two\u2028lines',
    'asset:unreleased-product',
    'x'.repeat(61),
  ])('stops %j', (name) => {
    expect(isLetThrough(policy, 'name', name)).toBe(false);
  });

  it('holds a list against the whole value, whatever its case', () => {
    expect(['s', ' M ', 'größe l'].map((value) => isLetThrough(policy, 'size', value))).toEqual([true, true, true]);
    expect(['XS', 'S M', ''].map((value) => isLetThrough(policy, 'size', value))).toEqual([false, false, false]);
  });

  it('allows addresses where it says so, and gives other fields its defaults', () => {
    expect(isLetThrough(policy, 'site', 'shop.com/a')).toBe(true);
    expect(isLetThrough(policy, 'site', `shop.com/${'a'.repeat(20)}`)).toBe(false);
    expect(isLetThrough(policy, 'other', 'shop.com')).toBe(false);
    expect(isLetThrough(policy, 'other', 'fine')).toBe(true);
  });

  it('lets addresses through where a field of the template says on which hosts, and texts as long as it says', () => {
    const { fields } = parseTemplate({
      name: 'cart',
      size: { width: 100, height: 40 },
      alt: 'A cart',
      fields: {
        photo: { type: 'image', hosts: ['cdn.example.com'] },
        page: { type: 'url', hosts: ['shop.example.com'] },
        anywhere: { type: 'url' },
        product: { type: 'text', maxLength: 120 },
      },
      layers: [{ id: 'a', type: 'shape', shape: 'rect', box: { x: 0, y: 0, width: 90, height: 30 }, fill: '#ffffff' }],
    });
    const free = linkPolicy.parse({ fields: { page: { maxLength: 30 } } });
    const lets = (name: string, value: string) => isLetThrough(free, name, value, fields[name]);
    const address = `https://cdn.example.com/${'a'.repeat(400)}.jpg?v=1`;
    expect([lets('photo', address), lets('photo', `${address}\n`), lets('photo', 'asset:secret')]).toEqual([
      ...[true, false, false],
    ]);
    expect([lets('page', 'https://shop.example.com/'), lets('page', address)]).toEqual([true, false]);
    expect(lets('anywhere', 'https://x.example/')).toBe(false);
    expect([lets('product', 'x'.repeat(120)), lets('product', 'x'.repeat(121)), lets('product', address)]).toEqual([
      ...[true, false, false],
    ]);
  });

  it('holds a value to the letters and the form it names', () => {
    const strict = linkPolicy.parse({ fields: { name: { scripts: ['Latin'] }, seat: { pattern: '[A-Z][0-9]{1,2}' } } });
    expect(['Zoë', 'O’Neil 2'].map((value) => isLetThrough(strict, 'name', value))).toEqual([true, true]);
    expect(isLetThrough(strict, 'name', 'Амира')).toBe(false);
    expect(['A7', 'A777', 'xA7'].map((value) => isLetThrough(strict, 'seat', value))).toEqual([true, false, false]);
    expect(linkPolicy.safeParse({ fields: { seat: { pattern: '(?=a)' } } }).success).toBe(false);
  });

  it('counts characters, not bytes or halves of them', () => {
    expect(isLetThrough(policy, 'name', '🎉'.repeat(60))).toBe(true);
  });
});

describe("a link's sends", () => {
  it("are as many an hour as somebody could have made, and nobody's address", () => {
    const sends = createSends();
    expect(sends.believes('a', 'spring sale', 0)).toBe(true);
    expect(sends.believes('a', 'bo@example.com', 0)).toBe(false);
    const made = Array.from({ length: 1000 }, (_, i) => sends.believes('a', `made-up-${i}`, 0));
    expect(made.filter(Boolean)).toHaveLength(199);
    expect(sends.believes('a', 'spring sale', 0)).toBe(true);
    expect(sends.believes('b', 'made-up-999', 0)).toBe(true);
    expect(sends.believes('a', 'made-up-999', 3_600_000)).toBe(true);
  });
});

describe("a link's budget", () => {
  it('is so many a minute for each link', () => {
    let now = 0;
    const budget = createBudget(() => now);
    const take = (link: string) => budget.take(link, 2);
    expect([take('a'), take('a'), take('a'), take('b')]).toEqual([true, true, false, true]);
    now = 60_000;
    expect([take('a'), take('a'), take('a')]).toEqual([true, true, false]);
  });
});
