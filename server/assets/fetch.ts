import type { Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import type { Dispatcher } from 'undici';
import { AppError } from '../../core/errors.ts';
import { isAllowedHost } from '../../core/template/fields/url.ts';
import { createAddressGuard } from './addresses.ts';
import type { GuardedClient } from './connector.ts';
import { sniffImage } from './sniff.ts';

/** Fetches pictures from addresses that data names. */
export type ImageFetcher = {
  /**
   * The bytes of the image at an http(s) address whose host, at every hop, is in `hosts` (exact, or `*.example.com`
   * for those below it; lower case). Throws `asset_refused` (not allowed), `asset_invalid` (no image, or too large) or
   * `asset_not_found` (could not be had in time).
   */
  fetch(url: string, hosts: readonly string[]): Promise<Buffer>;
  close(): Promise<void>;
};

const MAX_BYTES = 10 * 1024 * 1024;
const MAX_REDIRECTS = 3;
const TIMEOUT_MS = 3000;
const headers = {
  accept: 'image/jpeg, image/png, image/webp, image/gif, image/avif',
  'accept-encoding': 'identity',
  'user-agent': 'Mergepix',
};

const decoders = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
} satisfies Record<string, () => NodeJS.ReadWriteStream>;

/** A fetcher that reaches public addresses, and those of `allowAddresses` although they are private. */
export function createImageFetcher({ allowAddresses }: { readonly allowAddresses: readonly string[] }): ImageFetcher {
  let client: Promise<GuardedClient> | undefined;
  // Its libraries take a tenth of the start and of the memory at rest, and many installations never fetch anything.
  const open = async () => {
    const { createGuardedClient } = await import('./connector.ts');
    return createGuardedClient(createAddressGuard(allowAddresses), TIMEOUT_MS);
  };
  return {
    async fetch(url, hosts) {
      // One signal for everything: name lookups, every hop and the last byte, however slowly they drip.
      const signal = AbortSignal.timeout(TIMEOUT_MS);
      try {
        client ??= open();
        const bytes = await read(await follow(url, hosts, await client, signal), signal);
        if (!sniffImage(bytes))
          throw new AppError('asset_invalid', 'The address holds no JPEG, PNG, WebP, GIF or AVIF image.');
        return bytes;
      } catch (cause) {
        throw cause instanceof AppError
          ? cause
          : new AppError('asset_not_found', 'The image could not be fetched.', { cause });
      }
    },
    close: async () => (await client)?.close(),
  };
}

async function follow(
  first: string,
  hosts: readonly string[],
  client: GuardedClient,
  signal: AbortSignal,
): Promise<Dispatcher.ResponseData> {
  let url = check(first, hosts);
  for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
    const response = await client.get(url, headers, signal);
    if (response.statusCode === 200) return response;
    response.body.on('error', () => undefined).destroy();
    const { location } = response.headers;
    if (![301, 302, 303, 307, 308].includes(response.statusCode) || typeof location !== 'string') {
      throw new AppError('asset_not_found', `The image's host answered with status ${response.statusCode}.`);
    }
    url = check(location, hosts, url);
  }
  throw new AppError('asset_refused', `The image's address redirects more than ${MAX_REDIRECTS} times.`);
}

function check(text: string, hosts: readonly string[], base?: URL): URL {
  if (!URL.canParse(text, base)) throw new AppError('asset_refused', 'The image has no valid address.');
  const url = new URL(text, base);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new AppError('asset_refused', 'Images are fetched from http and https addresses only.');
  }
  if (url.username || url.password) throw new AppError('asset_refused', 'The image address must not hold a login.');
  if (!isAllowedHost(url.hostname, hosts)) {
    throw new AppError('asset_refused', 'The host of the image is not in the allowed hosts of its field.');
  }
  return url;
}

async function read(response: Dispatcher.ResponseData, signal: AbortSignal): Promise<Buffer> {
  const { body } = response;
  const tooLarge = () => new AppError('asset_invalid', `The image is larger than ${MAX_BYTES / 1024 / 1024} MB.`);
  try {
    if (Number(response.headers['content-length'] ?? 0) > MAX_BYTES) throw tooLarge();
    const chunks: Buffer[] = [];
    let length = 0;
    for await (const chunk of decoded(body, response.headers['content-encoding'], signal)) {
      length += chunk.length;
      if (length > MAX_BYTES) throw tooLarge();
      chunks.push(chunk);
    }
    return Buffer.concat(chunks, length);
  } finally {
    body.on('error', () => undefined).destroy();
  }
}

function decoded(body: Readable, encoding: string | string[] | undefined, signal: AbortSignal): AsyncIterable<Buffer> {
  if (encoding === undefined || encoding === 'identity') return body;
  const name = String(encoding).toLowerCase();
  const decoder = Object.hasOwn(decoders, name) ? decoders[name as keyof typeof decoders] : undefined;
  if (!decoder) throw new AppError('asset_invalid', 'The image is sent in an encoding that is not known.');
  return body.compose(decoder(), { signal }) as AsyncIterable<Buffer>;
}
