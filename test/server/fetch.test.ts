import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fetchImage, type Ways } from '../../server/assets/fetch.ts';
import { sniffImage } from '../../server/assets/sniff.ts';
import { createOutgoing } from '../../server/outgoing/client.ts';
import { createS3 } from '../../server/stores/s3.ts';
import { type FakeS3, startFakeS3 } from '../fakes/s3.ts';

const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==',
  'base64',
);
const bodies: Record<string, Buffer> = {
  '/ok.png': png,
  '/page.html': Buffer.from('<html>'),
  '/drawing.svg': Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'.padEnd(100)),
  '/empty': Buffer.alloc(0),
  '/big.png': Buffer.concat([png, Buffer.alloc(10 * 1024 * 1024)]),
};

let server: Server;
let host: string;
let ways: Ways;
let store: FakeS3;
beforeAll(async () => {
  server = createServer((request, response) => {
    const body = bodies[request.url ?? ''];
    const etag = `"${request.url}"`;
    if (request.headers['if-none-match'] === etag) response.writeHead(304).end();
    else response.writeHead(body ? 200 : 404, { 'content-type': 'text/html', etag }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  host = `localhost:${(server.address() as AddressInfo).port}`;
  store = await startFakeS3();
  ways = { outgoing: createOutgoing({ allowAddresses: ['127.0.0.1', '::1'] }), s3: createS3(store.settings) };
});
afterAll(async () => {
  await ways.outgoing.close();
  await ways.s3.close();
  await store.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

describe('fetching a picture', () => {
  it('goes by its bytes, whatever its host calls them', async () => {
    expect(await fetchImage(ways, `http://${host}/ok.png`, { hosts: [host] })).toMatchObject({ bytes: png });
    expect(await fetchImage(ways, `http://${host}/ok.png`, {})).toMatchObject({ bytes: png });
  });

  it.each([
    ['/page.html', 'asset_invalid'],
    ['/drawing.svg', 'asset_invalid'],
    ['/empty', 'asset_invalid'],
    ['/big.png', 'fetch_failed'],
    ['/missing.png', 'asset_not_found'],
  ])('refuses %s as %s', async (path, code) => {
    await expect(fetchImage(ways, `http://${host}${path}`, { hosts: [host] })).rejects.toMatchObject({ code });
  });

  it('asks for it again only when it has changed', async () => {
    const { etag } = await fetchImage(ways, `http://${host}/ok.png`, {});
    expect(etag).toBe('"/ok.png"');
    expect(await fetchImage(ways, `http://${host}/ok.png`, {}, etag)).toBe('unchanged');
    expect(await fetchImage(ways, `http://${host}/ok.png`, {}, '"older"')).toMatchObject({ bytes: png, etag });
  });

  it('takes it from a bucket that is allowed', async () => {
    store.objects.set('pictures/photos/a.png', png);
    store.objects.set('pictures/notes.txt', Buffer.from('no picture'));
    const buckets = ['pictures'];
    const { bytes, etag } = await fetchImage(ways, 's3://pictures/photos/a.png', { buckets });
    expect(bytes).toEqual(png);
    expect(await fetchImage(ways, 's3://pictures/photos/a.png', { buckets }, etag)).toBe('unchanged');
    for (const [address, code] of [
      ['s3://pictures/none.png', 'asset_not_found'],
      ['s3://pictures/notes.txt', 'asset_invalid'],
      ['s3://secrets/photos/a.png', 'address_refused'],
      ['s3://pictures/../secrets/a.png', 'address_refused'],
    ] as const)
      await expect(fetchImage(ways, address, { buckets }), address).rejects.toMatchObject({ code });
  });

  it('refuses a host that is not listed', async () => {
    await expect(fetchImage(ways, `http://${host}/ok.png`, { hosts: [] })).rejects.toMatchObject({
      code: 'address_refused',
    });
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
