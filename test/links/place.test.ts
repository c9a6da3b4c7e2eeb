import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DialectId, dialects } from '../../core/links/dialects/index.ts';
import { emailBlock } from '../../core/links/email-block.ts';
import type { Placement } from '../../core/links/html.ts';
import { type EmailBlock, placeInHtml } from '../../core/links/place.ts';
import { signReference } from '../../core/links/reference.ts';
import { signToken } from '../../core/links/token.ts';
import { parseImagePath } from '../../core/links/url.ts';
import { createSigningKey } from '../../core/node/keys.ts';
import { readImage, requestTarget } from '../fakes/mail-client.ts';
import { fillAs } from '../fakes/platforms.ts';

const key = createSigningKey('k1', 'a-secret-for-tests-of-32-bytes-or-more');
const reference = signReference('Zm9vYmFyYmF6cXV4', key);
const tags = { mailchimp: 'FNAME', klaviyo: 'first_name' };
const platforms = ['mailchimp', 'klaviyo'] as const;

const placementOf = (id: (typeof platforms)[number], link: string, send?: string): Placement => ({
  publicUrl: 'https://img.example.com/',
  token: signToken({ kind: 'link', id: link }, key),
  extension: 'jpg',
  dialect: dialects[id],
  mode: 'contact',
  fields: { first_name: { from: 'contact', tag: tags[id] } },
  ...(send !== undefined && { send }),
});

type Asked = { link?: string; platform?: (typeof platforms)[number]; href?: string | null; send?: string };

const blockOf = ({ link = 'Vq3x-0Zp_7aB9cDe', platform = 'klaviyo', href = null, send }: Asked = {}): EmailBlock =>
  emailBlock({
    link,
    placement: placementOf(platform, link, send),
    size: { width: 600, height: 300 },
    alt: { source: 'Hi {{ first_name }}, 10% off', rendered: 'Hi there, 10% off', defaults: { first_name: 'there' } },
    href,
  });

const block = blockOf();
const later = blockOf({ send: 'autumn', href: 'https://shop.example.com/?a=1&b=2' });
const other = blockOf({ link: 'another-link-001' });

/** What editors make of a text: no comments, or none but those for Outlook. */
const withoutComments = (html: string) => html.replace(/<!--.*?-->/gs, '');
const withoutMarks = (html: string) => html.replace(/<!-- \/?mergepix:.*?-->/gs, '');

describe('an email', () => {
  it.each([
    ['after its body tag', '<html><head><title>x</title></head><body class="a">', '<p>Hello</p></body></html>'],
    ['after a body tag that holds a > and a tag', '<BODY data-x="a > b" {% if a > 1 %}x{% endif %}>', '<p>Hello</p>'],
    ['at its start when it is a piece of one', '', '<p>Hello</p>'],
    ['after its head when no body is written', '<!doctype html><html><head><style>b{}</style></head>', '<p>Hello</p>'],
    ['after the doctype when there is nothing else', '<!DOCTYPE html>\n<html lang="en">', '\r\n<p>Hello</p>'],
    ['after a body that is not a comment', '<!-- <body> --><body>', '<p>Hello</p>'],
    ['after a body that is not in a script', '<script>"<body>"</script><body>', '<p>Hello</p>'],
  ])('gets its picture %s, and is the same elsewhere', (_, before, after) => {
    expect(placeInHtml(before + after, block)).toBe(before + block.html + after);
  });

  it.each([
    ['a comment', '<body><p>Hi</p>', '<!-- mergepix -->', '<!-- mergepix --></body>'],
    ['a tight comment', '<body><p>Hi</p>', '<!--mergepix-->', '</body>'],
    ['a text', '<body><p>Hi</p><td> ', '[[mergepix]]', ' </td></body>'],
    ['a text, not the one in an attribute', '<body title="[[mergepix]]">', '[[mergepix]]', '$& $1'],
    ['a comment, not the one in the head', '<head><!-- mergepix --></head><body>Hi', '<!-- mergepix -->', ''],
    ['a text, not the one in the title', '<title>[[mergepix]]</title><body>Hi', '[[mergepix]]', ''],
    ['a text, not the one for Outlook', '<!--[if mso]>[[mergepix]]<![endif]-->', '[[mergepix]]', ''],
  ])('has %s filled in', (_, before, placeholder, after) => {
    expect(placeInHtml(before + placeholder + after, block)).toBe(before + block.html + after);
  });

  it('has every placeholder filled by another link', () => {
    const text = '<body><!-- mergepix --><hr>[[mergepix]]</body>';
    expect(placeInHtml(placeInHtml(text, block), other)).toBe(`<body>${block.html}<hr>${other.html}</body>`);
  });

  const text = '<html><body><p>Hi</p>[[mergepix]]<p>Bye</p></body></html>';

  it('is as it was when a block is placed again', () => {
    const once = placeInHtml(text, block);
    expect(placeInHtml(once, block)).toBe(once);
  });

  it('gets a changed block in place of the earlier one, marks or not', () => {
    const expected = text.replace('[[mergepix]]', later.html);
    const once = placeInHtml(text, block);
    for (const kept of [once, withoutComments(once), withoutMarks(once)]) {
      expect(placeInHtml(kept, later)).toBe(expected);
      expect(placeInHtml(placeInHtml(kept, later), later)).toBe(expected);
    }
  });

  it('is never given two when an editor takes the marks out after every change', () => {
    let kept = text;
    for (let i = 0; i < 5; i++) kept = withoutComments(placeInHtml(kept, i % 2 === 0 ? block : later));
    expect(kept.match(/<img/g)).toHaveLength(1);
    expect(kept).toBe(withoutComments(placeInHtml(text, block)));
  });

  it('gets the block in place of an image that was pasted by hand, and keeps the table around it', () => {
    const image = block.html.slice(block.html.indexOf('<img'), block.html.indexOf('</td>'));
    const around = (inner: string) => `<body><table bgcolor="red"><tr><td>${inner}</td></tr></table></body>`;
    expect(placeInHtml(around(image), block)).toBe(around(block.html));
    expect(placeInHtml(around(`<a href="x">${image}</a>`), later)).toBe(around(later.html));
    expect(placeInHtml(around(`<a href="x">${image}</a>`), block)).toBe(around(`<a href="x">${block.html}</a>`));
  });

  it('has every copy of a block changed, as one for phones beside one for desktops', () => {
    const twice = `<body><div>${block.html}</div><div>${withoutComments(block.html)}</div></body>`;
    expect(placeInHtml(twice, later)).toBe(`<body><div>${later.html}</div><div>${later.html}</div></body>`);
  });

  it('keeps the blocks of other links as they are', () => {
    const both = placeInHtml(placeInHtml('<body></body>', block), other);
    expect(both).toBe(`<body>${other.html}${block.html}</body>`);
    expect(placeInHtml(both, later)).toBe(`<body>${other.html}${later.html}</body>`);
    const longer = { ...block, link: 'x', address: block.address.slice(0, -1), html: '<b>' };
    expect(placeInHtml(both, longer)).toBe(`<body><b>${other.html}${block.html}</body>`);
  });

  it('loses nothing behind a mark whose other half is gone', () => {
    const broken = `<body><!-- mergepix:${block.link} --><p>mine</p></body>`;
    const placed = placeInHtml(broken, block);
    expect(placed).toContain('<p>mine</p>');
    expect(placeInHtml(placed, block)).toBe(placed);
    const orphan = `<body>${block.html.split('<!-- /mergepix')[0]}<p>mine</p></body>`;
    const mended = placeInHtml(orphan, later);
    expect(mended).toContain('<p>mine</p>');
    expect(mended.match(/<img/g)).toHaveLength(1);
    expect(placeInHtml(mended, later)).toBe(mended);
  });

  it.each(['<html><head><style>p{}</style>', '<head><title>Hi</title><!-- '])(
    'is refused where no body begins: %s',
    (html) => {
      expect(() => placeInHtml(html, block)).toThrow(
        expect.objectContaining({ code: 'place_refused', message: expect.stringContaining('[[mergepix]]') }),
      );
    },
  );

  const piece = fc.constantFrom(
    ...['<body>', '<body class="a">', '</body>', '<head>', '</head>', '<html>', '<p>', '</p>', 'text', ' ', '\n', '<'],
    ...['<table>', '<tr><td>', '</td></tr>', '</table>', '<a href="x">', '</a>', '<!--', '-->', '<!-- x -->', '"', "'"],
    ...['<script>', '</script>', '<style>', '</style>', '<td {% if a > 1 %}b{% endif %}>', '{{', '}}', '*|X|*', '>'],
    ...['<!--[if mso]>', '<![endif]-->', '<table class="mergepix">', `<!-- mergepix:${block.link} -->`],
    ...[`<!-- /mergepix:${block.link} -->`, `<img src="${block.address}.jpg">`, block.html, other.html],
  );
  const attempt = (html: string, placed: EmailBlock): string | undefined => {
    try {
      return placeInHtml(html, placed);
    } catch (error) {
      expect(error).toMatchObject({ code: 'place_refused' });
      return undefined;
    }
  };

  it('of whatever HTML is the same after placing twice', () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 25 }), (pieces) => {
        const once = attempt(pieces.join(''), block);
        if (once === undefined) return;
        expect(once).toContain(block.html);
        expect(placeInHtml(once, block)).toBe(once);
        const changed = placeInHtml(once, later);
        expect(placeInHtml(changed, block)).toBe(once);
      }),
      { numRuns: 3_000 },
    );
  });

  it('of whatever HTML without a block of its own only gains one', () => {
    const foreign = piece.filter((text) => !text.includes(block.link) && !text.includes(block.address));
    fc.assert(
      fc.property(fc.array(foreign, { maxLength: 25 }), (pieces) => {
        const html = pieces.join('');
        const placed = attempt(html, block);
        if (placed !== undefined) expect(placed.split(block.html)).toHaveLength(2);
        if (placed !== undefined) expect(placed.replace(block.html, () => '')).toBe(html);
      }),
      { numRuns: 3_000 },
    );
  });

  it.each([
    ...[
      '<table',
      '<table>',
      '<',
      '<a "',
      '<a href="',
      '<!--',
      '<!-- mergepix -->',
      '<script>',
      '</',
      '{{',
      '<a {{',
      '*|<',
    ],
    ...[
      '<!-- mergepix:Vq3x-0Zp_7aB9cDe -->',
      '<title>',
      '<a b=\'"',
      '{%<',
      '<a {%',
      '<img src="',
      '<table><tr><td>',
      '<body',
    ],
    ...[
      block.html.slice(block.html.indexOf('<img')),
      `<img src=${block.address}.jpg>`,
      ' ',
      '<!-- -->',
      '[[mergepix',
      '<a class ',
    ],
  ])(
    'of a megabyte of %s is placed in, or refused, in time',
    (piece) => {
      const html = piece.repeat(Math.ceil(100_000 / piece.length));
      for (const hostile of [
        html.repeat(10),
        `<body>${html}`,
        `<table class="mergepix"><tr><td>${html}`,
        `<head>${html}`,
      ]) {
        try {
          expect(placeInHtml(hostile, block)).toContain(block.html);
        } catch (error) {
          expect(error).toMatchObject({ code: 'place_refused' });
        }
      }
    },
    20_000,
  );
});

describe('the block of an email', () => {
  const names = [
    'Amira',
    'Dwayne "The Rock" Johnson',
    "O'Brien",
    'Tom & Jerry',
    '<b>x</b>',
    '50% + 50%',
    '{x}',
    'a|b',
    'سارة',
  ];
  const people = platforms.flatMap((id) => names.map((name) => ({ id, name })));
  const imageOf = (html: string) => readImage(html.slice(html.indexOf('<img')));
  const profile = (id: DialectId, name: string) => ({
    FNAME: name,
    first_name: name,
    [dialects[id].referenceField]: reference,
  });

  it.each(people)('on $id shows $name a picture of its own, at its size, with a link', ({ id, name }) => {
    const { html } = blockOf({ platform: id, href: 'https://shop.example.com/%7Bsale%7D?a=1&b=*|X|*' });
    const email = fillAs(id, placeInHtml('<body>[[mergepix]]</body>', { ...block, html }), profile(id, name));
    const { attributes } = imageOf(email);
    expect(parseImagePath(requestTarget(attributes.src ?? '')).contact).toBe(reference);
    expect(attributes).toMatchObject({ width: '600', height: '300', alt: `Hi ${name}, 10% off` });
    expect(email).toContain('<a href="https://shop.example.com/%7Bsale%7D?a=1&amp;b=%2A%7CX%7C%2A"');
  });

  it.each(Object.keys(dialects) as DialectId[])(
    'on %s is as it is written, table and all, whoever it goes to',
    (id) => {
      const placement = { ...placementOf('klaviyo', block.link), dialect: dialects[id], fields: {} };
      const alt = { source: 'Hi', rendered: 'Hi', defaults: {} };
      const { html } = emailBlock({ link: block.link, placement, size: { width: 600, height: 300 }, alt, href: null });
      const [before, after] = html.split(/<img.*?>(?=<\/td>)/s);
      const sent = fillAs(id, html, profile(id, 'Amira'));
      expect(sent.startsWith(before ?? '')).toBe(true);
      expect(sent.endsWith(after ?? '')).toBe(true);
      expect(parseImagePath(requestTarget(imageOf(sent).attributes.src ?? '')).contact).toBe(reference);
    },
  );

  it('has a width for Outlook, and none above it elsewhere', () => {
    expect(block.html).toMatch(/<!--\[if mso\]><table [^>]*width="600"[^>]*><tr><td><!\[endif\]-->/);
    expect(withoutComments(block.html)).toMatch(/^<table role="presentation"[^>]*width="100%"[^>]*max-width:600px/);
  });

  it('gives editors an image without quotes in the texts that are ours', () => {
    const hard = emailBlock({
      link: block.link,
      placement: placementOf('klaviyo', block.link),
      size: { width: 600, height: 300 },
      alt: { source: 'It\'s "{{ first_name }}"', rendered: '', defaults: { first_name: "{{ o'x }}" } },
      href: null,
    });
    expect(hard.image.alt).toBe("It’s ”{{ first_name|default:' o’x '|escape }}”");
    expect(fillAs('klaviyo', hard.image.alt, {})).toBe('It’s ” o’x ”');
    expect(block.image).toMatchObject({ href: null, width: 600 });
    expect(block.image.src).toContain("?c={{ person|lookup:'mergepix'|default:''|urlencode }}");
    expect(later.image.href).toBe('https://shop.example.com/?a=1&b=2');
  });

  it.each(['javascript:alert(1)', '/shop', 'shop.example.com', 'https://u:p@x.example/', 'data:text/html,x'])(
    'does not lead to %s',
    (href) => {
      expect(() => blockOf({ href })).toThrow(expect.objectContaining({ code: 'link_refused' }));
    },
  );
});
