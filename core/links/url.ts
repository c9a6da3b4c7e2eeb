import { AppError } from '../errors.ts';
import { isUnreplaced } from './unreplaced.ts';

/**
 * An image address, taken apart: `/i/<token>@<scale>x.<format>?c=<contact>&s=<send>&<open fields>`. `format` is the
 * extension in lower case, of any name (the endpoint serves the link's own format for one it does not know). `scale` is in
 * device pixels per CSS pixel, with at most one decimal; without one the link's own is meant. A blank or un-replaced
 * contact or send is left out; a blank or un-replaced open field is ''.
 */
export type ImageAddress = {
  readonly token: string;
  readonly format: string;
  readonly scale?: number;
  readonly contact?: string;
  readonly send?: string;
  readonly open: Readonly<Record<string, string>>;
};

const PREFIX = '/i/';
const FILE =
  /^([A-Za-z0-9_-]{1,99}\.[A-Za-z0-9_-]{1,99}\.[A-Za-z0-9_-]{1,99})(?:@(\d(?:\.\d)?)x)?\.([A-Za-z0-9]{1,8})$/;
const CONTACT_KEY = 'c';
const SEND_KEY = 's';
// ASCII and a letter first, so that no key can be `__proto__` nor need escaping.
const KEY = /^[A-Za-z]\w{0,63}$/;
const MAX_QUERY = 16_384;
const MAX_KEYS = 256;

/** Whether a name can be an open field of an address: an ASCII letter, then up to 63 letters, digits or `_`; not `c`, not `s`. */
export const isOpenKey = (name: string): boolean => KEY.test(name) && name !== CONTACT_KEY && name !== SEND_KEY;

/**
 * Writes the address below the public URL, with open fields in alphabetical order. `parseImagePath` gives the same
 * address back, save for blanks and un-replaced tags. Throws `link_refused` for a key that is not an open field's.
 */
export function buildImagePath(address: ImageAddress): string {
  const pairs: string[] = [];
  if (address.contact) pairs.push(`${CONTACT_KEY}=${encode(address.contact)}`);
  if (address.send) pairs.push(`${SEND_KEY}=${encode(address.send)}`);
  for (const name of Object.keys(address.open).sort()) {
    if (!isOpenKey(name)) throw new AppError('link_refused', `Rename the field "${name}": a URL cannot carry it.`);
    pairs.push(`${name}=${encode(address.open[name] ?? '')}`);
  }
  const scale = address.scale === undefined ? '' : `@${address.scale}x`;
  return `${PREFIX}${address.token}${scale}.${address.format}${pairs.length > 0 ? `?${pairs.join('&')}` : ''}`;
}

/**
 * Takes a request's path and raw query apart, whatever the bytes: of a repeated key the first counts, the order of keys
 * never matters, a query past 16 KB is ignored whole, and past 256 distinct keys so are the open fields. The token is
 * not verified. Throws `not_found` for another path and `token_invalid` for a path whose token cannot be one.
 */
export function parseImagePath(pathAndQuery: string): ImageAddress {
  if (!pathAndQuery.startsWith(PREFIX)) throw new AppError('not_found', 'Ask for a picture under /i/.');
  const [target = ''] = pathAndQuery.split('#', 1);
  const mark = target.indexOf('?');
  const file = FILE.exec(mark < 0 ? target.slice(PREFIX.length) : target.slice(PREFIX.length, mark));
  const [, token, scale, extension] = file ?? [];
  if (!token || !extension) {
    throw new AppError('token_invalid', 'Copy the whole address again: it holds no token and extension.');
  }
  const values = mark < 0 ? new Map<string, string>() : parseQuery(target.slice(mark + 1));
  const contact = values.get(CONTACT_KEY)?.trim();
  const send = values.get(SEND_KEY)?.trim();
  values.delete(CONTACT_KEY);
  values.delete(SEND_KEY);
  return {
    token,
    format: extension.toLowerCase(),
    ...(scale !== undefined && { scale: Number(scale) }),
    ...(contact && { contact }),
    ...(send && { send }),
    // No prototype: asking it for a field called "constructor" must give nothing.
    open: Object.assign(Object.create(null), values.size > MAX_KEYS ? {} : Object.fromEntries(values)),
  };
}

// Our own: the platform's URLSearchParams and qs nest keys, merge repeated ones, or throw on `%FIRSTNAME%`.
function parseQuery(query: string): Map<string, string> {
  const values = new Map<string, string>();
  if (query.length > MAX_QUERY) return values;
  for (const pair of query.split('&')) {
    const equals = pair.indexOf('=');
    // Some mail clients ask for the address as the HTML spelled it, `&amp;` and all.
    const key = decode(equals < 0 ? pair : pair.slice(0, equals)).replace(/^(?:amp;)+/, '');
    if (!KEY.test(key) || values.has(key)) continue;
    // In a flood only the contact and the send are still looked for (two more than the limit, since they count here).
    if (values.size > MAX_KEYS + 2 && isOpenKey(key)) continue;
    values.set(key, equals < 0 ? '' : readValue(pair.slice(equals + 1)));
  }
  return values;
}

// Raw first: decoding would mangle `%DATE%`, whose `%DA` is an escape.
function readValue(raw: string): string {
  if (isUnreplaced(raw)) return '';
  const value = decode(raw);
  return value !== raw && isUnreplaced(value) ? '' : value;
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

// Unlike decodeURIComponent it never throws: a stray `%` stays, bytes that are no UTF-8 become U+FFFD.
function decode(text: string): string {
  const spaced = text.replaceAll('+', ' ');
  return spaced.includes('%') ? spaced.replace(/(?:%[0-9A-Fa-f]{2})+/g, decodeRun) : spaced;
}

function decodeRun(run: string): string {
  return decoder.decode(Uint8Array.from(run.slice(1).split('%'), (hex) => Number.parseInt(hex, 16)));
}

// A lone surrogate has no UTF-8, and encodeURIComponent would throw on it.
const encode = (text: string): string => encodeURIComponent(text.toWellFormed());
