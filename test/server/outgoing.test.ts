import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createAddressGuard } from '../../server/outgoing/addresses.ts';
import { createOutgoing, type Outgoing } from '../../server/outgoing/client.ts';
import type { Order } from '../../server/outgoing/order.ts';

const MEGABYTE = 1024 * 1024;
const text = Buffer.from('{"temp":21}');
const big = Buffer.alloc(2 * MEGABYTE);

type Route = (request: IncomingMessage, response: ServerResponse) => void;
const redirect =
  (status: number, to: (request: IncomingMessage) => string): Route =>
  (request, response) =>
    response.writeHead(status, { location: to(request), 'set-cookie': 'spy=1' }).end('moved');
const portOf = (request: IncomingMessage) => (request.socket.address() as AddressInfo).port;

const routes: Record<string, Route> = {
  '/ok': (_, response) => response.setHeader('etag', '"1"').end(text),
  '/echo': (request, response) => request.pipe(response.writeHead(201)),
  '/refuses': (_, response) => response.writeHead(503, { 'retry-after': '2' }).end('later'),
  '/gzip': (_, response) => response.setHeader('content-encoding', 'gzip').end(gzipSync(text)),
  '/odd': (_, response) => response.setHeader('content-encoding', 'zstd').end(text),
  '/bomb': (_, response) => response.setHeader('content-encoding', 'gzip').end(gzipSync(big)),
  '/big': (_, response) => response.end(big),
  '/endless': (_, response) => {
    const timer = setInterval(() => response.write(Buffer.alloc(16 * 1024)), 1);
    response.on('close', () => clearInterval(timer));
  },
  '/drip': (_, response) => {
    const timer = setInterval(() => response.write('.'), 50);
    response.on('close', () => clearInterval(timer));
  },
  '/silent': () => undefined,
  '/breaks': (request) => request.socket.destroy(),
  '/hop': redirect(302, () => '/ok'),
  '/three': redirect(307, () => '/two'),
  '/two': redirect(301, () => '/hop'),
  '/four': redirect(308, () => '/three'),
  '/loop': redirect(302, () => '/loop'),
  '/to-metadata': redirect(302, () => 'http://169.254.169.254/latest'),
  '/to-file': redirect(302, () => 'file:///etc/passwd'),
  '/to-login': redirect(302, (request) => `http://me:secret@localhost:${portOf(request)}/ok`),
  '/to-other-name': redirect(302, (request) => `http://127.0.0.1:${portOf(request)}/ok`),
  '/there-and-back': redirect(302, (request) => `http://127.0.0.1:${portOf(request)}/back`),
  '/back': redirect(302, (request) => `http://localhost:${portOf(request)}/ok`),
};

let server: Server;
let port: number;
let seen: IncomingMessage[] = [];
let open = 0;
let mostOpen = 0;
let outgoing: Outgoing;
beforeAll(async () => {
  server = createServer((request, response) => {
    seen.push(request);
    mostOpen = Math.max(mostOpen, ++open);
    response.on('close', () => open--);
    const route = routes[request.url ?? ''];
    if (route) route(request, response);
    else response.writeHead(404).end('no');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
  outgoing = createOutgoing({ allowAddresses: ['127.0.0.1', '::1'] });
});
beforeEach(() => {
  seen = [];
  mostOpen = 0;
});
afterAll(async () => {
  await outgoing.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const go = (path: string, order: Partial<Order> = {}, client = outgoing) =>
  client.request({ url: `http://localhost:${port}${path}`, maxBytes: MEGABYTE, timeoutMs: 2000, ...order });

describe('a request to outside', () => {
  it('gives status, headers and bytes, also of an answer that refuses', async () => {
    expect(await go('/ok')).toMatchObject({ status: 200, headers: { etag: '"1"' }, bytes: text });
    expect(await go('/refuses')).toMatchObject({ status: 503, headers: { 'retry-after': '2' } });
    expect((await go('/gzip')).bytes).toEqual(text);
  });

  it('posts a body and reads the answer', async () => {
    const headers = { 'content-type': 'application/json' };
    expect(await go('/echo', { method: 'POST', headers, body: text })).toMatchObject({ status: 201, bytes: text });
    expect(seen[0]?.headers).toMatchObject({ ...headers, 'content-length': String(text.length) });
  });

  it('sends no cookies, no referrer and no login of its own', async () => {
    await go('/hop');
    expect(seen.map(({ url }) => url)).toEqual(['/hop', '/ok']);
    for (const { headers } of seen)
      expect(Object.keys(headers).sort()).toEqual(['accept-encoding', 'connection', 'host', 'user-agent']);
  });

  it('follows three redirects of a GET and none of a POST', async () => {
    expect(await go('/three')).toMatchObject({ status: 200, bytes: text });
    await expect(go('/four')).rejects.toMatchObject({ code: 'address_refused' });
    seen = [];
    expect(await go('/three', { method: 'POST', body: 'secret' })).toMatchObject({ status: 307 });
    expect(await go('/three', { maxRedirects: 0 })).toMatchObject({ status: 307, headers: { location: '/two' } });
    expect(seen).toHaveLength(2);
  });

  it('keeps secret headers to the origin they are for, also when the way leads back there', async () => {
    const headers = { authorization: 'Bearer secret', 'x-api-key': 'secret', accept: 'application/json' };
    await go('/hop', { headers });
    expect(seen.map(({ headers: { authorization } }) => authorization)).toEqual(['Bearer secret', 'Bearer secret']);
    seen = [];
    await go('/there-and-back', { headers });
    expect(seen.map(({ url, headers: sent }) => [url, sent.authorization, sent['x-api-key'], sent.accept])).toEqual([
      ['/there-and-back', 'Bearer secret', 'secret', 'application/json'],
      ['/back', undefined, undefined, 'application/json'],
      ['/ok', undefined, undefined, 'application/json'],
    ]);
  });

  it.each([
    ['/odd', 'fetch_failed'],
    ['/big', 'fetch_failed'],
    ['/bomb', 'fetch_failed'],
    ['/endless', 'fetch_failed'],
    ['/breaks', 'fetch_failed'],
    ['/loop', 'address_refused'],
    ['/to-metadata', 'address_refused'],
    ['/to-file', 'address_refused'],
    ['/to-login', 'address_refused'],
  ])('ends %s as %s', async (path, code) => {
    await expect(go(path)).rejects.toMatchObject({ code });
  });

  it.each(['/drip', '/silent'])('gives up on %s in the end', async (path) => {
    await expect(go(path, { timeoutMs: 300 })).rejects.toMatchObject({
      code: 'fetch_failed',
      message: 'The address did not answer in time.',
    });
  });

  it('reads no body when none is wanted, however large', async () => {
    expect(await go('/endless', { method: 'POST', maxBytes: 0 })).toMatchObject({
      status: 200,
      bytes: Buffer.alloc(0),
    });
  });

  it('refuses http, at every hop, where https is asked for', async () => {
    await expect(go('/ok', { httpsOnly: true })).rejects.toMatchObject({ code: 'address_refused' });
    expect(seen).toEqual([]);
  });

  it.each([
    'ftp://localhost/x',
    'file:///etc/passwd',
    'data:image/png;base64,AAAA',
    'http://me:secret@localhost/x',
    'http://localhost.example.com/x',
    'http://example.com/?localhost',
    'nonsense',
    '',
  ])('refuses the address %s without a connection', async (url) => {
    await expect(go('', { url, hosts: ['localhost'] })).rejects.toMatchObject({ code: 'address_refused' });
  });

  it('matches hosts whole with their port, or below a wildcard, at every hop', async () => {
    expect((await go('/hop', { hosts: [`localhost:${port}`] })).status).toBe(200);
    for (const hosts of [['localhost'], [`ocalhost:${port}`], [`*.localhost:${port}`], []])
      await expect(go('/ok', { hosts }), String(hosts)).rejects.toMatchObject({ code: 'address_refused' });
    await expect(go('/to-other-name', { hosts: [`localhost:${port}`] })).rejects.toMatchObject({
      code: 'address_refused',
    });
  });

  it('reaches no private address and no odd port unless it is allowed by name', async () => {
    const strict = createOutgoing({ allowAddresses: [] });
    for (const url of [
      `http://localhost:${port}/ok`,
      `http://127.0.0.1:${port}/ok`,
      `http://127.1:${port}/ok`,
      `http://2130706433:${port}/ok`,
      `http://[::1]:${port}/ok`,
      `http://[::ffff:127.0.0.1]:${port}/ok`,
      'http://localhost/ok',
    ])
      await expect(go('', { url }, strict), url).rejects.toMatchObject({ code: 'address_refused' });
    expect(seen).toEqual([]);
    await strict.close();
  });

  it('keeps a hundred endless bodies to eight of one host at a time, and works on afterwards', async () => {
    const crowd = Array.from({ length: 100 }, () => go('/drip', { timeoutMs: 500 }).catch(({ code }) => code));
    expect(new Set(await Promise.all(crowd))).toEqual(new Set(['fetch_failed']));
    expect(mostOpen).toBe(8);
    expect((await go('/ok')).status).toBe(200);
  });

  it('lets a host that hangs keep no other host waiting', async () => {
    let ended = 0;
    const crowd = Array.from({ length: 20 }, () => go('/silent', { timeoutMs: 1000 }).catch(() => ended++));
    expect(await go('', { url: `http://127.0.0.1:${port}/ok` })).toMatchObject({ status: 200 });
    expect(ended).toBe(0);
    await Promise.all(crowd);
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
