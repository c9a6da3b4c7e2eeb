import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAddressGuard } from '../../server/assets/addresses.ts';
import { createImageFetcher, type ImageFetcher } from '../../server/assets/fetch.ts';
import { sniffImage } from '../../server/assets/sniff.ts';

const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==',
  'base64',
);
const big = Buffer.concat([png, Buffer.alloc(10 * 1024 * 1024)]);

const routes: Record<string, (request: IncomingMessage, response: ServerResponse) => void> = {
  '/ok.png': (_, response) => response.end(png),
  '/lies.png': (_, response) => response.setHeader('content-type', 'text/html').end(png),
  '/gzip.png': (_, response) => response.setHeader('content-encoding', 'gzip').end(gzipSync(png)),
  '/odd.png': (_, response) => response.setHeader('content-encoding', 'zstd').end(png),
  '/bomb.png': (_, response) => response.setHeader('content-encoding', 'gzip').end(gzipSync(big)),
  '/big.png': (_, response) => response.end(big),
  '/endless.png': (_, response) => {
    response.write(png);
    const timer = setInterval(() => response.write(Buffer.alloc(1024 * 1024)), 1);
    response.on('close', () => clearInterval(timer));
  },
  '/drip.png': (_, response) => {
    const timer = setInterval(() => response.write('.'), 100);
    response.on('close', () => clearInterval(timer));
  },
  '/silent.png': () => undefined,
  '/page.html': (_, response) => response.end('<html>'),
  '/drawing.svg': (_, response) => response.end('<svg xmlns="http://www.w3.org/2000/svg"/>'.padEnd(100)),
  '/empty': (_, response) => response.end(),
  '/hop': (_, response) => response.writeHead(302, { location: '/ok.png' }).end(),
  '/loop': (_, response) => response.writeHead(302, { location: '/loop' }).end(),
  '/to-metadata': (_, response) => response.writeHead(302, { location: 'http://169.254.169.254/latest' }).end(),
  '/to-file': (_, response) => response.writeHead(302, { location: 'file:///etc/passwd' }).end(),
  '/to-other-name': (request, response) => {
    const port = (request.socket.address() as AddressInfo).port;
    response.writeHead(302, { location: `http://127.0.0.1:${port}/ok.png` }).end();
  },
};

let server: Server;
let port: number;
let seen: IncomingMessage[] = [];
let fetcher: ImageFetcher;
beforeAll(async () => {
  server = createServer((request, response) => {
    seen.push(request);
    const route = routes[request.url ?? ''];
    if (route) route(request, response);
    else response.writeHead(404).end('no');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
  fetcher = createImageFetcher({ allowAddresses: ['127.0.0.1', '::1'] });
});
afterAll(async () => {
  await fetcher.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const get = (path: string, hosts = ['localhost']) => fetcher.fetch(`http://localhost:${port}${path}`, hosts);

describe('fetching a picture', () => {
  it.each(['/ok.png', '/lies.png', '/gzip.png', '/hop'])('gives the bytes of %s', async (path) => {
    expect(await get(path)).toEqual(png);
  });

  it('sends no cookies, no referrer and no login', async () => {
    seen = [];
    await get('/ok.png');
    expect(Object.keys(seen[0]?.headers ?? {}).sort()).toEqual([
      'accept',
      'accept-encoding',
      'connection',
      'host',
      'user-agent',
    ]);
  });

  it.each([
    ['/page.html', 'asset_invalid'],
    ['/drawing.svg', 'asset_invalid'],
    ['/empty', 'asset_invalid'],
    ['/odd.png', 'asset_invalid'],
    ['/big.png', 'asset_invalid'],
    ['/bomb.png', 'asset_invalid'],
    ['/endless.png', 'asset_invalid'],
    ['/missing.png', 'asset_not_found'],
    ['/loop', 'asset_refused'],
    ['/to-metadata', 'asset_refused'],
    ['/to-file', 'asset_refused'],
    ['/to-other-name', 'asset_refused'],
  ])('refuses %s as %s', async (path, code) => {
    await expect(get(path)).rejects.toMatchObject({ code });
  });

  it.each(['/drip.png', '/silent.png'])('gives up on %s in the end', async (path) => {
    await expect(get(path)).rejects.toMatchObject({ code: 'asset_not_found' });
  });

  it.each([
    'ftp://localhost/x.png',
    'file:///etc/passwd',
    'data:image/png;base64,AAAA',
    'http://me:secret@localhost/x.png',
    'http://localhost.example.com/x.png',
    'http://example.com/?localhost',
    'nonsense',
    '',
  ])('refuses the address %s without a connection', async (url) => {
    await expect(fetcher.fetch(url, ['localhost'])).rejects.toMatchObject({ code: 'asset_refused' });
  });

  it('matches hosts whole, or below a wildcard', async () => {
    await expect(get('/ok.png', ['ocalhost'])).rejects.toMatchObject({ code: 'asset_refused' });
    await expect(get('/ok.png', ['*.localhost'])).rejects.toMatchObject({ code: 'asset_refused' });
    await expect(get('/ok.png', [])).rejects.toMatchObject({ code: 'asset_refused' });
  });

  it('reaches no private address and no odd port unless it is allowed by name', async () => {
    const strict = createImageFetcher({ allowAddresses: [] });
    const before = seen.length;
    for (const url of [
      `http://localhost:${port}/ok.png`,
      `http://127.0.0.1:${port}/ok.png`,
      `http://127.1:${port}/ok.png`,
      `http://2130706433:${port}/ok.png`,
      `http://[::1]:${port}/ok.png`,
      `http://[::ffff:127.0.0.1]:${port}/ok.png`,
      'http://localhost/ok.png',
    ]) {
      const { hostname } = new URL(url);
      await expect(strict.fetch(url, [hostname]), url).rejects.toMatchObject({ code: 'asset_refused' });
    }
    expect(seen.length).toBe(before);
    await strict.close();
  });
});

describe('the address guard', () => {
  const permits = createAddressGuard([]);

  it.each([
    '0.0.0.0',
    '10.1.2.3',
    '100.64.0.1',
    '127.0.0.1',
    '168.63.129.16',
    '169.254.169.254',
    '172.16.0.1',
    '192.0.2.1',
    '192.168.1.1',
    '198.18.0.1',
    '224.0.0.1',
    '240.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::10.0.0.1',
    '::8.8.8.8',
    '::ffff:10.0.0.1',
    '64:ff9b::a00:1',
    '2001:db8::1',
    '2002:a00:1::1',
    '2600::5efe:a00:1',
    '2600::200:5efe:a00:1',
    'fc00::1',
    'fd00:ec2::254',
    'fe80::1',
    'ff02::1',
    'localhost',
    '',
  ])('refuses %s', (address) => {
    expect(permits(address, 80)).toBe(false);
  });

  it.each(['8.8.8.8', '93.184.216.34', '2606:4700::1111', '::ffff:8.8.8.8'])(
    'lets %s through on web ports',
    (address) => {
      expect([80, 443, 8080, 22].map((port) => permits(address, port))).toEqual([true, true, false, false]);
    },
  );

  it('lets through what is allowed by name, on any port, and nothing beside it', () => {
    const lenient = createAddressGuard(['127.0.0.1', '10.1.0.0/16', '::1']);
    expect(lenient('127.0.0.1', 9999)).toBe(true);
    expect(lenient('::ffff:127.0.0.1', 9999)).toBe(true);
    expect(lenient('10.1.255.1', 1)).toBe(true);
    expect(lenient('10.2.0.1', 80)).toBe(false);
    expect(lenient('::1', 80)).toBe(true);
    expect(lenient('127.0.0.2', 80)).toBe(false);
  });
});

describe('sniffing', () => {
  it('goes by the first bytes and knows no SVG', () => {
    expect(sniffImage(png)).toBe('image/png');
    expect(sniffImage(Buffer.from('GIF89a'.padEnd(20, '\0')))).toBe('image/gif');
    expect(sniffImage(Buffer.from('RIFF\0\0\0\0WEBPVP8 '.padEnd(20, '\0')))).toBe('image/webp');
    expect(sniffImage(Buffer.from('\0\0\0 ftypavif'.padEnd(20, '\0')))).toBe('image/avif');
    expect(sniffImage(Buffer.from([0xff, 0xd8, 0xff, ...Array(20).fill(0)]))).toBe('image/jpeg');
    for (const text of ['<svg xmlns="http://www.w3.org/2000/svg">', '%PDF-1.7 and more of it', 'GIF89a', '']) {
      expect(sniffImage(Buffer.from(text))).toBeUndefined();
    }
  });
});
