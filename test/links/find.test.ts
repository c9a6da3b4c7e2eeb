import { describe, expect, it } from 'vitest';
import { findLinks } from '../../core/links/find.ts';
import { signToken } from '../../core/links/token.ts';
import { createSigningKey } from '../../core/node/keys.ts';

const keys = [createSigningKey('k2', 'b'.repeat(32)), createSigningKey('k1', 'a'.repeat(32))] as const;
const token = signToken({ kind: 'link', id: 'summer-hero' }, keys[0]);
const older = signToken({ kind: 'link', id: 'winter-hero' }, keys[1]);
const address = `https://img.example.com/i/${token}`;
const jpg = { link: 'summer-hero', format: 'jpg' };
const entities = (text: string) => [...text].map((letter) => `&#${letter.charCodeAt(0)};`).join('');
const hexed = (text: string) => [...text].map((letter) => `&#x${letter.charCodeAt(0).toString(16)};`).join('');

describe('links in an email', () => {
  it.each([
    ['an image', `<img src="${address}.jpg?c=*|MERGEPIX|*&amp;s=x" width="600">`],
    ['an image without quotes', `<img src=${address}.jpg>`],
    ['a background', `<td style="background:#fff url('${address}.jpg?c={{ person|lookup:'mergepix' }}') no-repeat">`],
    ['a background in quotes', `<td style="background-image:url(&quot;${address}.jpg&quot;)">`],
    ['Outlook', `<!--[if mso]><v:fill type="frame" src="${address}.jpg" /><![endif]-->`],
    ['a style sheet', `<style>.hero{background:url(${address}.jpg)}</style>`],
    ['entities', `<img src="https:${entities('//img.example.com/i/')}${token.replaceAll('.', '&period;')}&#46;jpg">`],
    ['entities in hexadecimal', `<img src="${hexed(`${address}.jpg`).replaceAll('&#x65;&#x79;&#x4a;', 'eyJ')}">`],
    ['named entities', `<img src="${address.replaceAll('/', '&sol;').replaceAll('_', '&lowbar;')}.jpg">`],
    ['JSON', JSON.stringify({ src: `${address}.jpg?c=1`, dynamic: true })],
    ['JSON that escapes slashes', JSON.stringify({ src: `${address}.jpg` }).replaceAll('/', '\\/')],
    ['JSON in ASCII', JSON.stringify({ src: `${address}.jpg` }).replaceAll('/', '\\u002F')],
    ['HTML in JSON', JSON.stringify({ content: `<img src="${address.replaceAll('/', '&#47;')}.jpg">` })],
    ['HTML escaped twice', `<img src="${address.replaceAll('/', '&amp;#47;')}.jpg">`],
    ['the query of a proxy', `<img src="https://proxy.example/?url=${encodeURIComponent(`${address}.jpg`)}">`],
    ['another host', `<img src="https://cdn.example.net/pictures/i/${token}.JPG">`],
  ])('are found in %s', (_, text) => {
    expect(findLinks(text, keys)).toEqual([jpg]);
  });

  it('are each told once, with every format and scale that is asked for', () => {
    const html = `<img src="${address}.jpg?s=1" srcset="${address}.jpg 1x, ${address}@2x.jpg 2x, ${address}@1.5x.jpg 1.5x">
      <img src="${address}.png"><img src="https://img.example.com/i/${older}.jpg">`;
    expect(findLinks(html + html, keys)).toEqual([
      jpg,
      { ...jpg, scale: 2 },
      { ...jpg, scale: 1.5 },
      { ...jpg, format: 'png' },
      { ...jpg, link: 'winter-hero' },
    ]);
  });

  it.each([
    ['a token of another key', signToken({ kind: 'link', id: 'theirs-12' }, createSigningKey('k3', 'c'.repeat(32)))],
    ['a forged token', signToken({ kind: 'link', id: 'theirs-12' }, createSigningKey('k2', 'c'.repeat(32)))],
    ['a finished picture', signToken({ kind: 'sealed', id: 'sealed-12' }, keys[0])],
    ['a token that is cut', token.slice(0, -1)],
    ['a token that goes on', `${token}x`],
  ])('are not found in %s', (_, other) => {
    expect(findLinks(`<img src="https://img.example.com/i/${other}.jpg">`, keys)).toEqual([]);
  });

  it('are not found where an address only leads somewhere', () => {
    expect(findLinks(`<a href="https://img.example.com/p/${token}">Look</a> ${token}.jpg`, keys)).toEqual([]);
  });

  it('are looked for in whatever text, however long', () => {
    for (const text of ['eyJ'.repeat(300_000), '/i/eyJ'.repeat(150_000), '&#x2f;i/eyJ'.repeat(80_000), '%2fi%2FeyJ\\/'])
      expect(findLinks(text, keys)).toEqual([]);
  });
});
