import { type SigningKey, verifyToken } from './token.ts';

/**
 * An address of a link as it stands in an email. `format` is its extension in lower case; `scale` is what its file name asks
 * for, in device pixels per CSS pixel, and undefined where that is the link's own.
 */
export type FoundLink = { readonly link: string; readonly format: string; readonly scale?: number };

// Whatever host stands before it: the public address may have been another one when the email was made, or be a CDN's.
const ADDRESS =
  /\/i\/([A-Za-z0-9_-]{16,80}\.[A-Za-z0-9_-]{16,80}\.[A-Za-z0-9_-]{43})(?:@(\d(?:\.\d)?)x)?\.([A-Za-z0-9]{1,8})/g;
/** What every token begins with, however the address around it is written. */
const TOKEN_BEGINS = 'eyJ';

/**
 * The links whose pictures a text shows, each format and scale once: HTML with its attributes, styles and conditional
 * comments, or JSON that holds HTML. Only tokens that one of the keys has signed count; finished pictures are no links.
 * Linear in the length of the text.
 */
export function findLinks(text: string, keys: readonly SigningKey[]): FoundLink[] {
  if (!text.includes(TOKEN_BEGINS)) return [];
  const found = new Map<string, FoundLink>();
  for (const [whole, token = '', scale, format = ''] of plain(text).matchAll(ADDRESS)) {
    if (found.has(whole)) continue;
    const link = linkOf(token, keys);
    if (link === undefined) continue;
    found.set(whole, {
      ...{ link, format: format.toLowerCase() },
      ...(scale !== undefined && { scale: Number(scale) }),
    });
  }
  return [...found.values()];
}

function linkOf(token: string, keys: readonly SigningKey[]): string | undefined {
  try {
    const { kind, id } = verifyToken(token, keys);
    return kind === 'link' ? id : undefined;
  } catch {
    return undefined;
  }
}

// Those that editors write for letters of an address.
const NAMED: Readonly<Record<string, string>> = {
  ...{ amp: '&', sol: '/', period: '.', lowbar: '_', hyphen: '-', dash: '-', commat: '@' },
};
const ENCODED = /\\u([0-9a-f]{4})|\\(\/)|&#(\d{1,7});?|&#x([0-9a-f]{1,6});?|&([a-z]{3,6});|%(2[def]|40|5f)/gi;

/** The text with its addresses as they are asked for: out of JSON, HTML and queries of other addresses, also of one in the other. */
function plain(text: string): string {
  const once = (coded: string) =>
    coded.replace(ENCODED, (whole, unicode, slash, decimal, hex, named, percent) => {
      if (slash !== undefined) return '/';
      if (named !== undefined) return NAMED[named.toLowerCase()] ?? whole;
      const code = decimal === undefined ? Number.parseInt(unicode ?? hex ?? percent, 16) : Number(decimal);
      return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole;
    });
  return once(once(text));
}
