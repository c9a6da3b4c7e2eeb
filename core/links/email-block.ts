import { AppError } from '../errors.ts';
import { type AltText, addressOf, altText, imageBlock, linkUrl, type Placement, type Size } from './html.ts';
import { type EmailBlock, GHOST_CLOSE, GHOST_OPEN, marksOf, WRAP_CLASS } from './place.ts';

/** What is placed: a link by its id, where its picture leads, if anywhere, and how it is written. */
export type EmailOrder = {
  readonly link: string;
  readonly placement: Placement;
  readonly size: Size;
  readonly alt: AltText;
  /** An http(s) address. */
  readonly href: string | null;
};

/**
 * The block of a link for an email: its image, linked where asked for, in a table that is as wide as the picture in Outlook
 * and fluid up to that width elsewhere. Throws `link_refused` for field names the platform cannot write and for an `href`
 * that is no http(s) address.
 */
export function emailBlock({ link, placement, size, alt, href }: EmailOrder): EmailBlock {
  const { width } = size;
  const target = href === null ? null : readHref(href);
  const marks = marksOf(link);
  const image = imageBlock(placement, size, alt);
  const content =
    target === null
      ? image
      : `<a href="${target.replaceAll('&', '&amp;')}" target="_blank" style="text-decoration:none">${image}</a>`;
  const table = 'cellpadding="0" cellspacing="0" border="0"';
  const html = [
    marks.open,
    // Outlook for Windows knows no max-width: it gets a table of fixed width around the fluid one.
    `${GHOST_OPEN} align="center" width="${width}" ${table}><tr><td><![endif]-->`,
    `<table role="presentation" class="${WRAP_CLASS}" align="center" width="100%" ${table} ` +
      `style="width:100%;max-width:${width}px;margin:0 auto;border-collapse:collapse;mso-table-lspace:0pt;mso-table-rspace:0pt">`,
    `<tr><td align="center" style="padding:0">${content}</td></tr></table>`,
    GHOST_CLOSE,
    marks.close,
  ].join('');
  return {
    link,
    address: addressOf(placement),
    html,
    image: { src: linkUrl(placement), alt: altText(placement, alt, plainText), href: target, width },
  };
}

// An editor's own image block puts its texts between quotes by itself, and nobody has documented how: so they hold none.
const plainText = (text: string): string =>
  text
    .replaceAll("'", '’')
    .replaceAll('"', '”')
    .replace(/[{}|*\\]/g, '');

// What could be read as a platform's tag is percent-encoded, which leaves the address the same.
const TAG_LETTERS = /["'<>{}|[\]*\\]/g;

function readHref(href: string): string {
  const url = URL.canParse(href) ? new URL(href) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '')
    throw new AppError(
      'link_refused',
      'Give a whole web address, such as https://example.com/shop, for the picture to lead to.',
    );
  return url.href.replace(TAG_LETTERS, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`);
}
