import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fetchImage } from '../../server/assets/fetch.ts';
import { sniffImage } from '../../server/assets/sniff.ts';
import { createOutgoing, type Outgoing } from '../../server/outgoing/client.ts';

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
let outgoing: Outgoing;
beforeAll(async () => {
  server = createServer((request, response) => {
    const body = bodies[request.url ?? ''];
    response.writeHead(body ? 200 : 404, { 'content-type': 'text/html' }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  host = `localhost:${(server.address() as AddressInfo).port}`;
  outgoing = createOutgoing({ allowAddresses: ['127.0.0.1', '::1'] });
});
afterAll(async () => {
  await outgoing.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

describe('fetching a picture', () => {
  it('goes by its bytes, whatever its host calls them', async () => {
    expect(await fetchImage(outgoing, `http://${host}/ok.png`, [host])).toEqual(png);
    expect(await fetchImage(outgoing, `http://${host}/ok.png`)).toEqual(png);
  });

  it.each([
    ['/page.html', 'asset_invalid'],
    ['/drawing.svg', 'asset_invalid'],
    ['/empty', 'asset_invalid'],
    ['/big.png', 'fetch_failed'],
    ['/missing.png', 'fetch_failed'],
  ])('refuses %s as %s', async (path, code) => {
    await expect(fetchImage(outgoing, `http://${host}${path}`, [host])).rejects.toMatchObject({ code });
  });

  it('refuses a host that is not listed', async () => {
    await expect(fetchImage(outgoing, `http://${host}/ok.png`, [])).rejects.toMatchObject({ code: 'address_refused' });
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
