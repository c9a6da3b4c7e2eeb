import { AppError, type Fault } from '../errors.ts';
import type { Dialect } from './dialects/index.ts';
import { buildImagePath, isOpenKey } from './url.ts';

/** A picture's size in CSS pixels (1x), whatever its scale. */
export type Size = { readonly width: number; readonly height: number };

/**
 * Where a template field's value comes from: our copy of the contact, the URL (`tag` is the platform's own field), or a
 * value set once. A contact's field may name the platform's field too, so that the alt text can use it.
 */
export type FieldSource =
  | { readonly from: 'contact'; readonly tag?: string }
  | { readonly from: 'open'; readonly tag: string }
  | { readonly from: 'fixed'; readonly value: string };

/** Everything that decides a link's URL in an email. `publicUrl` may carry a path; `token` is verified elsewhere. */
export type Placement = {
  readonly publicUrl: string;
  readonly token: string;
  readonly extension: string;
  readonly dialect: Dialect;
  readonly mode: 'contact' | 'merge';
  /** By template field. */
  readonly fields: Readonly<Record<string, FieldSource>>;
  /** The property that holds our contact reference, when it is not the dialect's own. */
  readonly referenceField?: string;
  /** A marker of this send; without one, the platform's campaign tag where it has one. */
  readonly send?: string;
};

/** The alt text: its Liquid source, the same rendered with every default, and each field's default. */
export type AltText = {
  readonly source: string;
  readonly rendered: string;
  readonly defaults: Readonly<Record<string, string>>;
};

/**
 * The link's URL with the platform's tags in it, the same text for every recipient, for an image block's address field.
 * Throws `link_refused` with every field name that the URL or the platform cannot carry.
 */
export function linkUrl(placement: Placement): string {
  const pairs = queryPairs(placement);
  return baseUrl(placement) + (pairs.length > 0 ? `?${pairs.join('&')}` : '');
}

/**
 * The whole `<img>` for an HTML block: width and height at 1x, fluid below that, alt text with the platform's own tags
 * for plain field references. Throws `link_refused` like `linkUrl`.
 */
export function imageBlock(placement: Placement, size: Size, alt: AltText): string {
  return imageTag(escapeHtml(baseUrl(placement)) + escapedQuery(placement), size, altText(placement, alt, escapeHtml));
}

/**
 * The whole `<img>` for a web page: sharp on every screen by `srcset`, loaded when it is about to be seen, its place kept
 * meanwhile. `scales` are those the link allows, its own first. Throws `link_refused` like `linkUrl`.
 */
export function webBlock(placement: Placement, scales: readonly number[], size: Size, alt: AltText): string {
  const query = escapedQuery(placement);
  const addressAt = (scale: number, i: number) => escapeHtml(baseUrl(placement, i === 0 ? undefined : scale)) + query;
  const sources = scales.map((scale, i) => `${addressAt(scale, i)} ${scale}x`);
  const attributes = [
    `src="${addressAt(1, 0)}"`,
    ...(scales.length > 1 ? [`srcset="${sources.join(', ')}"`] : []),
    `width="${size.width}" height="${size.height}"`,
    'loading="lazy" decoding="async"',
    'style="max-width:100%;height:auto"',
    `alt="${altText(placement, alt, escapeHtml)}"`,
  ];
  return `<img ${attributes.join(' ')}>`;
}

/** The `<img>` of a finished picture, such as a sealed one: no merge tags, everything escaped. */
export function pictureBlock(url: string, size: Size, alt: string): string {
  return imageTag(escapeHtml(url), size, escapeHtml(alt));
}

/** The `<a>` that leads to a finished PDF, which no `<img>` can show. */
export const pageBlock = (url: string, text: string): string => `<a href="${escapeHtml(url)}">${escapeHtml(text)}</a>`;

// alt last: should a platform let a quote in a name through, the text ends there, but what precedes it stands, and of a
// repeated attribute HTML takes the first.
function imageTag(src: string, { width, height }: Size, alt: string): string {
  const style = `display:block;border:0;width:100%;max-width:${width}px;height:auto`;
  return `<img src="${src}" width="${width}" height="${height}" style="${style}" alt="${alt}">`;
}

/** What every address of the link begins with, up to where its scale or extension stands. */
export const addressOf = ({ publicUrl, token }: Pick<Placement, 'publicUrl' | 'token'>): string =>
  `${publicUrl.replace(/\/+$/, '')}/i/${token}`;

const baseUrl = ({ publicUrl, token, extension }: Placement, scale?: number): string =>
  publicUrl.replace(/\/+$/, '') +
  buildImagePath({ token, format: extension, ...(scale !== undefined && { scale }), open: {} });

// Only our own text is escaped: a tag must reach the platform as it is, and no tag holds `"`, `&` or `<`.
function escapedQuery(placement: Placement): string {
  const pairs = queryPairs(placement);
  return pairs.length > 0 ? `?${pairs.join('&amp;')}` : '';
}

function queryPairs({ dialect, mode, fields, referenceField = dialect.referenceField, send }: Placement): string[] {
  const sources = Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1));
  refuseNames(dialect, referenceField, sources);
  const pairs: string[] = [];
  const usesContact = mode === 'contact' || sources.some(([, source]) => source.from === 'contact');
  if (usesContact) pairs.push(`c=${dialect.referenceTag(referenceField)}`);
  const marker = send === undefined ? dialect.sendTag : encodeURIComponent(send.toWellFormed());
  if (marker) pairs.push(`s=${marker}`);
  for (const [name, source] of sources) {
    if (source.from === 'open') pairs.push(`${name}=${dialect.urlTag(source.tag)}`);
  }
  return pairs;
}

function refuseNames(dialect: Dialect, referenceField: string, sources: [string, FieldSource][]): void {
  const faults: Fault[] = [];
  const check = (path: string, tag: string): void => {
    if (!dialect.fieldPattern.test(tag)) faults.push({ path, message: dialect.fieldRule });
  };
  check('referenceField', referenceField);
  for (const [name, source] of sources) {
    if (source.from !== 'fixed' && source.tag !== undefined) check(`fields.${name}.tag`, source.tag);
    if (source.from === 'open' && !isOpenKey(name)) {
      faults.push({ path: `fields.${name}`, message: 'Rename this template field: a URL cannot carry it.' });
    }
  }
  if (faults.length === 0) return;
  throw new AppError('link_refused', `Mend the field names of this ${dialect.title} link.`, { faults });
}

const REFERENCE = /\{\{\s*([A-Za-z_]\w*)\s*\}\}/;

/**
 * The alt text with the platform's tags; `write` makes text of ours fit to stand beside and inside them. A platform can
 * fill in a field but not run a filter or a condition of ours: then everybody gets the defaults.
 */
export function altText(
  { dialect, mode, fields }: Placement,
  { source, rendered, defaults }: AltText,
  write: (text: string) => string,
): string {
  // Literal text at even places, field names at odd ones.
  const parts = source.split(REFERENCE);
  const isPlain = parts.every((part, i) => i % 2 === 1 || !/\{[{%]/.test(part));
  if (!isPlain) return write(oneLine(rendered));
  // A field nobody mapped comes from the contact; its platform field is guessed for the names everybody has.
  const usualTag = (name: string): string | undefined =>
    mode === 'contact' && Object.hasOwn(dialect.usualTags, name) ? dialect.usualTags[name] : undefined;
  const fieldText = (name: string): string => {
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (field?.from === 'fixed') return write(oneLine(field.value));
    const fallback = write(oneLine(Object.hasOwn(defaults, name) ? (defaults[name] ?? '') : ''));
    const tag = field ? field.tag : usualTag(name);
    return tag === undefined ? fallback : dialect.attributeTag(tag, fallback);
  };
  return parts.map((part, i) => (i % 2 === 1 ? fieldText(part) : write(part.replace(/\s+/g, ' ')))).join('');
}

const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim();

// Besides HTML's own five: whatever opens or closes a tag on some platform, so that our text can never become one.
/** Text as it stands in HTML, also between quotes. */
export const escapeHtml = (text: string): string =>
  text.replace(/[&<>"'{}|[\]%*]/g, (character) => (character === '&' ? '&amp;' : `&#${character.charCodeAt(0)};`));
