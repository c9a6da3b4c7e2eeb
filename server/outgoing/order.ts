import { AppError } from '../../core/errors.ts';
import { isAllowedHost } from '../../core/template/fields/url.ts';

/** One request to somebody else's address. */
export type Order = {
  readonly url: string;
  /** GET when absent. */
  readonly method?: 'GET' | 'POST';
  /** In lower case. After a redirect to another origin only `accept` and `if-none-match` go on: the rest may be secret. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string;
  /** Hosts every hop must be on: `cdn.example.com`, `*.example.com`, with their port if it is an odd one. Any when absent. */
  readonly hosts?: readonly string[];
  /** Refuses what is not https, at every hop. */
  readonly httpsOnly?: boolean;
  /** Of the body, once decompressed. With 0 the body is not read at all and never too large. */
  readonly maxBytes: number;
  /** For everything: waiting for a turn, name lookups, every hop, and the last byte however slowly they drip. */
  readonly timeoutMs: number;
  /** 3 for GET, none for POST. With 0 the answer that redirects is given as it is. */
  readonly maxRedirects?: number;
};

/** What was answered, whatever its status; header names in lower case. */
export type Answer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: Buffer;
};

const refused = (message: string) => new AppError('address_refused', message);

/** The address of a hop when the order may go there, read from `text`, which may be relative to `base`. */
export function checkAddress({ hosts, httpsOnly = false }: Order, text: string, base?: URL): URL {
  if (!URL.canParse(text, base)) throw refused('The address is not a valid one: give it as https://host/path.');
  const url = new URL(text, base);
  if (url.protocol !== 'https:' && (httpsOnly || url.protocol !== 'http:'))
    throw refused(httpsOnly ? 'The address must begin with https.' : 'The address must begin with https or http.');
  if (url.username || url.password) throw refused('The address must not hold a user name or a password.');
  if (hosts && !isAllowedHost(url.host, hosts)) throw refused('The host of the address is not one of those allowed.');
  return url;
}
