import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DialectId, dialects } from '../../core/links/dialects/index.ts';
import { type AltText, imageBlock, linkUrl, type Placement } from '../../core/links/html.ts';
import { signReference } from '../../core/links/reference.ts';
import { signToken } from '../../core/links/token.ts';
import { parseImagePath } from '../../core/links/url.ts';
import { createSigningKey } from '../../core/node/keys.ts';
import { readImage, requestTarget } from '../fakes/mail-client.ts';
import { CAMPAIGN } from '../fakes/neighbours.ts';
import { type Escaping, fillAs } from '../fakes/platforms.ts';
import vectors from '../vectors/dialects.json' with { type: 'json' };

const key = createSigningKey('k1', 'a-secret-for-tests-of-32-bytes-or-more');
const token = signToken({ kind: 'link', id: 'Vq3x-0Zp_7aB9cDe' }, key);
const reference = signReference('Zm9vYmFyYmF6cXV4', key);
const size = { width: 2, height: 1 };
const alt: AltText = {
  source: 'For {{ first_name }}',
  rendered: "For O'Hara & co",
  defaults: { first_name: "O'Hara & co" },
};
const platforms = Object.keys(dialects) as DialectId[];
const both: readonly Escaping[] = ['escapes', 'raw'];

const base = (id: DialectId) => ({ publicUrl: 'https://i.example', token, extension: 'png', dialect: dialects[id] });
const contactLink = (id: DialectId): Placement => ({
  ...base(id),
  mode: 'contact',
  fields: { first_name: { from: 'contact', tag: vectors[id].name } },
});
const mergeLink = (id: DialectId): Placement => ({
  ...base(id),
  mode: 'merge',
  send: 'spring',
  fields: {
    city: { from: 'open', tag: vectors[id].city },
    first_name: { from: 'open', tag: vectors[id].name },
  },
});
/** The contact by reference, one value filled into the address by the platform. */
const mixedLink = (id: DialectId): Placement => ({
  ...base(id),
  mode: 'contact',
  send: 'spring',
  fields: { city: { from: 'contact' }, first_name: { from: 'open', tag: vectors[id].name } },
});
const profileOf = (id: DialectId, name: string) => ({
  [vectors[id].name]: name,
  [vectors[id].city]: name,
  [dialects[id].referenceField]: reference,
});
const queryOf = (url: string): string => url.slice(url.indexOf('?') + 1);

function receive(id: DialectId, placement: Placement, name: string, escaping: Escaping) {
  const image = readImage(fillAs(id, imageBlock(placement, size, alt), profileOf(id, name), escaping));
  return { ...image, address: parseImagePath(requestTarget(image.attributes.src ?? '')) };
}

describe.each(platforms)('a link on %s', (id) => {
  const vector = vectors[id];

  it('is the one written down', () => {
    expect(queryOf(linkUrl(contactLink(id)))).toBe(vector.contact);
    expect(queryOf(linkUrl(mergeLink(id)))).toBe(vector.merge);
    expect(readImage(imageBlock(contactLink(id), size, { ...alt, source: 'Hello' })).attributes.src).toBe(
      linkUrl(contactLink(id)),
    );
    expect(imageBlock(contactLink(id), size, alt)).toContain(` alt="${vector.alt}">`);
  });

  it('has no double quote in its tags, which would end an attribute of the email', () => {
    const { referenceField, referenceTag, urlTag, attributeTag, sendTag = '' } = dialects[id];
    expect(
      [referenceTag(referenceField), urlTag(vector.name), attributeTag(vector.name, 'x'), sendTag].join(),
    ).not.toMatch(/["<>&]/);
  });

  it.each(vector.fields)('takes the field %j', (field) => {
    expect(dialects[id].fieldPattern.test(field)).toBe(true);
  });

  it.each(vector.refused)('refuses the field %j', (field) => {
    expect(dialects[id].fieldPattern.test(field)).toBe(false);
    const fields = { first_name: { from: 'contact', tag: field } } as const;
    expect(() => linkUrl({ ...contactLink(id), fields })).toThrow(expect.objectContaining({ code: 'link_refused' }));
  });

  it('names the contact, and the send where a tag can', () => {
    const sent = fillAs(id, linkUrl(contactLink(id)), { ...profileOf(id, 'Amira'), CAMPAIGN_UID: CAMPAIGN });
    const { contact, send } = parseImagePath(requestTarget(sent));
    expect(contact).toBe(reference);
    expect(send).toBe(dialects[id].sendTag === undefined ? undefined : CAMPAIGN);
  });

  it('gives the defaults for somebody who has none of its fields', () => {
    for (const placement of [contactLink(id), mergeLink(id), mixedLink(id)]) {
      for (const escaping of both) {
        // Lacking, and there but empty.
        for (const profile of [{}, { ...profileOf(id, ''), [dialects[id].referenceField]: '' }]) {
          const { attributes } = readImage(fillAs(id, imageBlock(placement, size, alt), profile, escaping));
          const address = parseImagePath(requestTarget(attributes.src ?? ''));
          expect(address.token).toBe(token);
          expect(address.contact).toBeUndefined();
          expect(Object.values(address.open).join('')).toBe('');
        }
      }
    }
  });

  it('gives the defaults when nothing is filled in, however the address arrives', () => {
    for (const placement of [contactLink(id), mergeLink(id), mixedLink(id)]) {
      const url = linkUrl(placement);
      const pairs = queryOf(url)
        .replace(/^c=|&(?:s|city|first_name)=/g, '\n$&')
        .split('\n');
      const path = url.slice(0, url.indexOf('?'));
      const encode = (by: (tag: string) => string): string =>
        `${path}?${pairs.map((pair) => pair.replace(/=(.*)$/s, (_, tag) => `=${by(tag)}`)).join('')}`;
      const addresses = [
        url,
        new URL(url).href,
        encode(encodeURIComponent),
        encode((tag) => encodeURIComponent(tag).replaceAll('%20', '+')),
        encode((tag) => tag.replaceAll(' ', '+')),
        url.replaceAll('&', '&amp;'),
        url.split('#')[0] ?? '',
      ];
      for (const address of addresses) {
        const { open, contact, send, ...rest } = parseImagePath(requestTarget(address));
        expect(rest).toEqual({ token, format: 'png' });
        expect(contact, address).toBeUndefined();
        expect(send, address).toBe(placement.send);
        expect(Object.values(open).join(''), address).toBe('');
      }
    }
  });

  it('keeps the contact when the tags behind it are not filled in', () => {
    const filled = linkUrl(mixedLink(id)).replace(dialects[id].referenceTag(dialects[id].referenceField), reference);
    const { contact, send, open } = parseImagePath(requestTarget(filled));
    expect({ contact, send }).toEqual({ contact: reference, send: 'spring' });
    expect(Object.values(open).join('')).toBe('');
  });
});

/** What arrives in an address without encoding; `raw` where a double quote is not escaped for HTML either. */
const unencoded = [
  { name: 'Amira', arrives: 'Amira' },
  { name: "O'Brien", arrives: "O'Brien" },
  { name: 'é ü ñ', arrives: 'é ü ñ' },
  { name: 'سارة', arrives: 'سارة' },
  { name: '山田 太郎', arrives: '山田 太郎' },
  { name: '👩‍👩‍👧 Ayşe', arrives: '👩‍👩‍👧 Ayşe' },
  { name: '100%', arrives: '100%' },
  { name: 'Tom & Jerry', arrives: 'Tom ' },
  { name: 'a=b', arrives: 'a=b' },
  { name: 'C#', arrives: 'C' },
  { name: 'a+b', arrives: 'a b' },
  { name: '%41', arrives: 'A' },
  { name: 'two\nlines', arrives: 'twolines' },
  { name: 'Dwayne "The Rock"', arrives: 'Dwayne "The Rock"', raw: 'Dwayne' },
  { name: 'x" src="https://evil.example/', arrives: 'x" src="https://evil.example/', raw: 'x' },
  { name: '{{first_name}}', arrives: '' },
];
const cannotEncode = platforms.filter((id) => !dialects[id].encodes);
// These two escape what they fill in, whoever asks.
const alwaysEscapes = new Set<DialectId>(['sendgrid', 'marketo']);

describe.each(cannotEncode)('a platform that cannot URL-encode, %s', (id) => {
  it.each(unencoded)('lets $arrives arrive of $name', ({ name, arrives, raw = arrives }) => {
    for (const escaping of both) {
      const { address } = receive(id, mixedLink(id), name, escaping);
      expect(address.open.first_name).toBe(escaping === 'raw' && !alwaysEscapes.has(id) ? raw : arrives);
      expect(address).toMatchObject({ token, contact: reference, send: 'spring' });
    }
  });
});

describe('an alt text', () => {
  it.each([
    'Amira',
    'Dwayne "The Rock"',
    "O'Brien",
    'Tom & Jerry',
    'AT&amp;T',
    '<b>',
    '"><img src=x>',
    '100%',
    '{x}',
    '[x]',
  ])('names %s exactly where double quotes are sure to be escaped', (name) => {
    // Nothing of the recipient stands in these two.
    const impersonal = platforms.filter((id) => dialects[id].attributeTag('x', 'y') === 'y');
    expect(impersonal).toEqual(['activecampaign', 'constantcontact']);
    const sure = platforms.filter((id) => dialects[id].escapes && !impersonal.includes(id));
    expect(sure.length).toBeGreaterThan(5);
    for (const id of sure) {
      // With autoescape switched off, Klaviyo's tag escapes by itself.
      for (const escaping of both) {
        expect(receive(id, contactLink(id), name, escaping).attributes.alt, id).toBe(`For ${name}`);
      }
    }
  });

  it('has its default where a field is empty, on every platform', () => {
    for (const id of platforms) {
      for (const escaping of both) {
        expect(receive(id, contactLink(id), '', escaping).attributes.alt, id).toBe(alt.rendered);
      }
    }
  });
});

describe('whatever seventeen platforms leave in an address', () => {
  const tags = platforms.flatMap((id) => {
    const { referenceField, referenceTag, urlTag, attributeTag, sendTag = '', unreplaced } = dialects[id];
    return [
      referenceTag(referenceField),
      urlTag(vectors[id].name),
      attributeTag(vectors[id].name, 'x'),
      sendTag,
      unreplaced,
    ];
  });
  const noise = fc.string({ unit: fc.constantFrom(...'%&=+#?;{}[]*|$<>"\' .aF0é') });
  const left = fc
    .tuple(fc.constantFrom(...tags), noise, fc.nat(60), fc.boolean())
    .map(([tag, extra, at, isEncoded]) => {
      const text = tag.slice(0, at) + extra + tag.slice(at);
      return isEncoded ? encodeURIComponent(text) : text;
    });

  it('never costs the picture its contact, nor ends in an error', () => {
    fc.assert(
      fc.property(left, left, (first, second) => {
        const target = `/i/${token}.png?c=${reference}&s=spring&city=${first}&first_name=${second}`;
        expect(parseImagePath(target)).toMatchObject({ token, contact: reference, send: 'spring' });
      }),
      { numRuns: 3_000 },
    );
  });
});

describe('the page of the platforms', () => {
  const page = readFileSync(new URL('../../docs/platforms.md', import.meta.url), 'utf8').replaceAll('\\|', '|');
  const rowOf = (id: DialectId): string => page.split('\n').find((line) => line.includes(`| \`${id}\` |`)) ?? '';

  it.each(platforms)('says of %s what the link says', (id) => {
    const { title, referenceField, urlTag, usualTags, encodes, escapes, attributeTag } = dialects[id];
    const row = rowOf(id);
    expect(row, 'add a row to docs/platforms.md').toMatch(new RegExp(`^\\| ${title} \\|`));
    expect(row).toContain(`\`${referenceField}\``);
    expect(row).toContain(`\`${urlTag(usualTags.first_name ?? '')}\``);
    const [encoding, inAlt] = row.split(' | ').slice(-2);
    expect(encoding === 'no').toBe(!encodes);
    const isPersonal = attributeTag('x', 'y') !== 'y';
    expect(inAlt).toBe(isPersonal ? `yes${escapes ? '' : ', but quotes'} |` : 'no |');
  });
});
