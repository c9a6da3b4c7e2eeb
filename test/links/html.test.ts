import { describe, expect, it } from 'vitest';
import { AppError } from '../../core/errors.ts';
import { type DialectId, dialects } from '../../core/links/dialects/index.ts';
import { type AltText, imageBlock, linkUrl, type Placement, pictureBlock, webBlock } from '../../core/links/html.ts';
import { signReference } from '../../core/links/reference.ts';
import { signToken } from '../../core/links/token.ts';
import { parseImagePath } from '../../core/links/url.ts';
import { createSigningKey } from '../../core/node/keys.ts';
import { readImage, requestTarget } from '../fakes/mail-client.ts';
import { hostileNames } from '../fakes/names.ts';
import { type Escaping, fillAs } from '../fakes/platforms.ts';
import tags from '../vectors/dialects.json' with { type: 'json' };

const key = createSigningKey('k1', 'a-secret-for-tests-of-32-bytes-or-more');
const token = signToken({ kind: 'link', id: 'Vq3x-0Zp_7aB9cDe' }, key);
const reference = signReference('Zm9vYmFyYmF6cXV4', key);
const size = { width: 600, height: 300 };
const alt: AltText = {
  source: 'Welcome back, {{ first_name }}. Your {{tier}} rewards & 10% off.',
  rendered: 'Welcome back, there. Your silver rewards & 10% off.',
  defaults: { first_name: 'there', tier: 'silver' },
};
const platforms = Object.keys(dialects) as DialectId[];

const contactLink = (id: DialectId): Placement => ({
  publicUrl: 'https://img.example.com/',
  token,
  extension: 'jpg',
  dialect: dialects[id],
  mode: 'contact',
  fields: { first_name: { from: 'contact', tag: tags[id].name }, tier: { from: 'contact' } },
});
const mergeLink = (id: DialectId): Placement => ({
  ...contactLink(id),
  mode: 'merge',
  fields: { first_name: { from: 'open', tag: tags[id].name }, city: { from: 'open', tag: tags[id].city } },
});

const people = platforms.flatMap((id) => hostileNames.map((name) => ({ id, name })));
const encoded = people.filter(({ id }) => dialects[id].encodes);

const profileOf = (id: DialectId, name: string) => ({
  [tags[id].name]: name,
  [tags[id].city]: name,
  [dialects[id].referenceField]: reference,
});

/** The block as the platform sends it, read as a mail client reads it. */
function receive(id: DialectId, block: string, name: string, escaping: Escaping = 'escapes') {
  const image = readImage(fillAs(id, block, profileOf(id, name), escaping));
  return { ...image, address: parseImagePath(requestTarget(image.attributes.src ?? '')) };
}

describe('the image block', () => {
  it.each(encoded)('of a merge link on $id carries $name to the endpoint unchanged', ({ id, name }) => {
    for (const escaping of ['escapes', 'raw'] as const) {
      const { address } = receive(id, imageBlock(mergeLink(id), size, alt), name, escaping);
      expect({ ...address.open }).toEqual({ first_name: name, city: name });
      expect(address.token).toBe(token);
    }
  });

  it.each(people)('of a contact link on $id carries nothing of $name but the reference', ({ id, name }) => {
    const { address } = receive(id, imageBlock(contactLink(id), size, alt), name);
    expect(address.contact).toBe(reference);
    expect({ ...address.open }).toEqual({});
  });

  it.each(people)(
    'keeps the picture and its size whole on $id for $name, however the platform escapes',
    ({ id, name }) => {
      for (const escaping of ['escapes', 'raw'] as const) {
        const { attributes, address, rest } = receive(id, imageBlock(contactLink(id), size, alt), name, escaping);
        expect(Object.keys(attributes).slice(0, 5)).toEqual(['src', 'width', 'height', 'style', 'alt']);
        expect(attributes).toMatchObject({ width: '600', height: '300' });
        expect(address.contact).toBe(reference);
        if (escaping === 'escapes' || dialects[id].escapes) expect(rest).toBe('');
      }
    },
  );

  it.each(hostileNames)('names %s in its alt text on Klaviyo', (name) => {
    const { attributes } = receive('klaviyo', imageBlock(contactLink('klaviyo'), size, alt), name);
    expect(attributes.alt).toBe(`Welcome back, ${name}. Your silver rewards & 10% off.`);
  });

  it('gives the alt text its defaults when a profile is empty', () => {
    for (const id of platforms) {
      const block = imageBlock(contactLink(id), size, alt);
      expect(receive(id, block, '').attributes.alt).toBe(alt.rendered);
    }
  });

  it('keeps hostileNames defaults and hostileNames literal text as they are', () => {
    for (const id of platforms) {
      for (const text of hostileNames.filter((sample) => !sample.includes('\n'))) {
        const hard: AltText = {
          source: `${text} {{ first_name }} ${text}`,
          rendered: '',
          defaults: { first_name: text },
        };
        expect(receive(id, imageBlock(contactLink(id), size, hard), '').attributes.alt).toBe(`${text} ${text} ${text}`);
      }
    }
  });

  it('writes the name into the alt text with the tags and default Mailchimp knows', () => {
    const asked = imageBlock(contactLink('mailchimp'), size, alt);
    expect(asked).toContain('alt="Welcome back, *|IF:FNAME|**|FNAME|**|ELSE:|*there*|END:IF|*. Your');
    expect(receive('mailchimp', asked, 'Amira').attributes.alt).toBe(
      'Welcome back, Amira. Your silver rewards & 10% off.',
    );
  });

  it('still shows the right picture at the right size when a quote in a name gets through unescaped', () => {
    const asked = imageBlock(contactLink('mailchimp'), size, alt);
    const { attributes, address } = receive('mailchimp', asked, 'x" src="https://evil.example/ width="1', 'raw');
    expect(address.contact).toBe(reference);
    expect(attributes).toMatchObject({ width: '600', height: '300' });
  });

  it.each([
    '{{ first_name | upcase }}, hello',
    '{% if tier %}Hi{% endif %} {{ first_name }}',
    '{{- first_name }}',
    '{{ order.total }}',
  ])('gives everybody the rendered defaults for the source %s', (source) => {
    const { attributes } = receive('klaviyo', imageBlock(contactLink('klaviyo'), size, { ...alt, source }), 'Amira');
    expect(attributes.alt).toBe(alt.rendered);
  });

  it('writes a fixed field into the alt text and never into the URL', () => {
    const placement: Placement = {
      ...contactLink('klaviyo'),
      fields: { tier: { from: 'fixed', value: 'gold "plus"' } },
    };
    const { attributes } = receive('klaviyo', imageBlock(placement, size, alt), 'Amira');
    expect(attributes.alt).toBe('Welcome back, Amira. Your gold "plus" rewards & 10% off.');
    expect(attributes.src).not.toContain('gold');
  });

  it('guesses the fields everybody has when nobody mapped them, and only those', () => {
    const unmapped: Placement = { ...contactLink('mailchimp'), fields: {} };
    expect(receive('mailchimp', imageBlock(unmapped, size, alt), 'Amira').attributes.alt).toBe(
      'Welcome back, Amira. Your silver rewards & 10% off.',
    );
    expect(imageBlock({ ...unmapped, mode: 'merge' }, size, alt)).not.toContain('FNAME');
  });

  it('has a template field named like a built-in property fall back to nothing', () => {
    const block = imageBlock(contactLink('klaviyo'), size, { ...alt, source: 'a{{ constructor }}b' });
    expect(readImage(block).attributes.alt).toBe('ab');
  });

  it('is the one written down here', () => {
    const send = { send: 'spring-1' };
    expect(
      imageBlock({ ...contactLink('klaviyo'), ...send, token: 'a.b.c' }, size, {
        ...alt,
        source: 'Hi {{ first_name }}',
      }),
    ).toBe(
      `<img src="https://img.example.com/i/a.b.c.jpg?c={{ person|lookup:'mergepix'|default:''|urlencode }}&amp;s=spring-1" ` +
        'width="600" height="300" style="display:block;border:0;width:100%;max-width:600px;height:auto" ' +
        `alt="Hi {{ first_name|default:'there'|escape }}">`,
    );
  });
});

describe('the URL of a link', () => {
  it('is the same text for everybody, with the platform tags in it', () => {
    expect(linkUrl({ ...contactLink('mailchimp'), token: 'a.b.c' })).toBe(
      'https://img.example.com/i/a.b.c.jpg?c=*|MERGEPIX|*&s=*|CAMPAIGN_UID|*',
    );
    expect(linkUrl({ ...mergeLink('mailchimp'), token: 'a.b.c', send: '' })).toBe(
      'https://img.example.com/i/a.b.c.jpg?city=*|URL:CITY|*&first_name=*|URL:FNAME|*',
    );
    expect(linkUrl({ ...mergeLink('klaviyo'), token: 'a.b.c' })).toBe(
      "https://img.example.com/i/a.b.c.jpg?city={{ person|lookup:'Home City'|default:''|urlencode }}&first_name={{ first_name|default:''|urlencode }}",
    );
  });

  it('mixes the contact with the data of an event', () => {
    const placement: Placement = {
      ...contactLink('klaviyo'),
      fields: {
        first_name: { from: 'contact' },
        product: { from: 'open', tag: 'event.ProductName' },
        photo: { from: 'open', tag: 'event.Image URL' },
      },
    };
    const sent = fillAs('klaviyo', linkUrl(placement), {
      mergepix: reference,
      'event.ProductName': 'Tea & Co',
      'event.Image URL': 'https://cdn.example.com/a b.jpg?x=1&y=2',
    });
    const address = parseImagePath(requestTarget(sent));
    expect(address.contact).toBe(reference);
    expect({ ...address.open }).toEqual({ product: 'Tea & Co', photo: 'https://cdn.example.com/a b.jpg?x=1&y=2' });
  });

  it.each([
    ['event.ProductName', 'event.ProductName'],
    ['event.$value', "event|lookup:'$value'"],
    ['event.Product Name', "event|lookup:'Product Name'"],
    ['event._id', "event|lookup:'_id'"],
    ['event.extra.line_items.0.product.title', 'event.extra.line_items.0.product.title'],
    ['event.extra.line_items.0.Image URL', "event.extra.line_items.0|lookup:'Image URL'"],
    ['event.Collection Names.0.title', "event|lookup:'Collection Names'|lookup:'0'|lookup:'title'"],
    ['location.city', 'person.City'],
    ['Favourite City', "person|lookup:'Favourite City'"],
  ])('asks Klaviyo for %s as it wants to be asked', (tag, variable) => {
    const placement: Placement = { ...mergeLink('klaviyo'), token: 'a.b.c', fields: { x: { from: 'open', tag } } };
    expect(linkUrl(placement)).toBe(`https://img.example.com/i/a.b.c.jpg?x={{ ${variable}|default:''|urlencode }}`);
    const known = tag === 'location.city' ? 'City' : tag;
    const sent = fillAs('klaviyo', linkUrl({ ...placement, token }), { [known]: 'Tea & Co' });
    expect({ ...parseImagePath(requestTarget(sent)).open }).toEqual({ x: 'Tea & Co' });
  });

  it.each(platforms)('gives the defaults, not an error, when %s fills nothing in', (id) => {
    for (const placement of [contactLink(id), mergeLink(id)]) {
      const address = parseImagePath(requestTarget(linkUrl(placement)));
      expect(address.contact).toBeUndefined();
      expect(address.send).toBeUndefined();
      expect(Object.values(address.open).every((value) => value === '')).toBe(true);
    }
  });

  it('names every field that the platform or the URL cannot carry at once', () => {
    const placement: Placement = {
      ...mergeLink('klaviyo'),
      referenceField: "x'}}",
      fields: {
        c: { from: 'open', tag: 'first_name' },
        city: { from: 'open', tag: "a'|safe" },
        tier: { from: 'contact', tag: '"' },
      },
    };
    let error: unknown;
    try {
      linkUrl(placement);
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(AppError);
    expect((error as AppError).code).toBe('link_refused');
    expect((error as AppError).faults.map(({ path }) => path)).toEqual([
      ...['referenceField', 'fields.c', 'fields.city.tag', 'fields.tier.tag'],
    ]);
  });
});

describe('the block for a web page', () => {
  it.each(platforms)('offers every scale of a %s link, each with the tags filled in', (id) => {
    const { attributes, rest } = receive(id, webBlock(contactLink(id), [2, 1, 3], size, alt), 'Amira');
    expect(rest).toBe('');
    expect(attributes).toMatchObject({ width: '600', height: '300', loading: 'lazy', decoding: 'async' });
    const offered = (attributes.srcset ?? '').split(', ').map((candidate) => candidate.split(' '));
    expect(offered.map(([, density]) => density)).toEqual(['2x', '1x', '3x']);
    expect(offered[0]?.[0]).toBe(attributes.src);
    const addresses = offered.map(([address = '']) => parseImagePath(requestTarget(address)));
    expect(addresses.map(({ scale }) => scale)).toEqual([undefined, 1, 3]);
    for (const address of addresses) expect(address).toMatchObject({ token, contact: reference });
  });

  it('is the one written down here', () => {
    const placement: Placement = { ...contactLink('mailchimp'), token: 'a.b.c' };
    const text = { ...alt, source: 'Hello' };
    expect(webBlock(placement, [1, 2], size, text)).toBe(
      '<img src="https://img.example.com/i/a.b.c.jpg?c=*|MERGEPIX|*&amp;s=*|CAMPAIGN_UID|*" ' +
        'srcset="https://img.example.com/i/a.b.c.jpg?c=*|MERGEPIX|*&amp;s=*|CAMPAIGN_UID|* 1x, ' +
        'https://img.example.com/i/a.b.c@2x.jpg?c=*|MERGEPIX|*&amp;s=*|CAMPAIGN_UID|* 2x" ' +
        'width="600" height="300" loading="lazy" decoding="async" style="max-width:100%;height:auto" alt="Hello">',
    );
    expect(webBlock(placement, [2], size, text)).not.toContain('srcset');
  });
});

describe('the block of a finished picture', () => {
  it('escapes its address and its alt text', () => {
    const { attributes, rest } = readImage(
      pictureBlock('https://x.example/i/a.b.c.jpg?s=1&t="2"', size, 'A "B" & *|C|*'),
    );
    expect(attributes).toMatchObject({ src: 'https://x.example/i/a.b.c.jpg?s=1&t="2"', alt: 'A "B" & *|C|*' });
    expect(rest).toBe('');
  });
});

describe('every dialect', () => {
  it.each(Object.entries(dialects))('%s accepts its own reference field and stands under its own id', (id, dialect) => {
    expect(dialect.id).toBe(id);
    expect(dialect.fieldPattern.test(dialect.referenceField)).toBe(true);
    expect(dialect.limits.length).toBeGreaterThan(0);
  });

  it.each([
    ['mailchimp', 'MMERGE12', true],
    ['mailchimp', 'FNAME', true],
    ['mailchimp', 'fname', false],
    ['mailchimp', '*|FNAME|*', false],
    ['mailchimp', 'URL:FNAME', false],
    ['klaviyo', 'Loyalty Tier', true],
    ['klaviyo', '$city', true],
    ['klaviyo', 'Prénom', true],
    ['klaviyo', "it's", false],
    ['klaviyo', 'a|b', false],
    ['klaviyo', 'a}}b', false],
    ['klaviyo', '', false],
  ] as const)('%s takes the field %j: %s', (id, field, legal) => {
    expect(dialects[id].fieldPattern.test(field)).toBe(legal);
  });
});
