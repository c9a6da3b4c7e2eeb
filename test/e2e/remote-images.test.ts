import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FakeS3, startFakeS3 } from '../fakes/s3.ts';
import { look, publish, startTestService, swatch, type TestService } from './service.ts';

const FALLBACK = '#00ff00';
const paint = (color: string, size = 40) =>
  sharp({ create: { width: size, height: size, channels: 3, background: color } });
/** A picture that takes its time to decode, just not too large. */
const heavy = () => paint('#ff0000', 4900).png({ compressionLevel: 1 }).toBuffer();

let service: TestService;
let store: FakeS3;
let host: Server;
/** What the host of the photos does on a path. */
const routes = new Map<string, (response: ServerResponse) => unknown>();
const serve = (path: string, bytes: Buffer, etag?: string) =>
  routes.set(path, (response) => response.writeHead(200, etag ? { etag } : {}).end(bytes));
let address: string;
let shown: (fields: Record<string, string>) => Promise<string>;

beforeAll(async () => {
  store = await startFakeS3();
  host = createServer((request, response) => {
    const route = routes.get(request.url ?? '');
    if (route) route(response);
    else response.writeHead(404).end('no');
  });
  await new Promise<void>((resolve) => host.listen(0, '127.0.0.1', resolve));
  const { port } = host.address() as AddressInfo;
  address = `http://127.0.0.1:${port}`;
  service = await startTestService({
    MERGEPIX_ALLOW_ADDRESSES: '127.0.0.1',
    MERGEPIX_S3_ENDPOINT: store.endpoint,
    MERGEPIX_S3_REGION: store.settings.region,
    MERGEPIX_S3_ACCESS_KEY_ID: store.settings.credentials.accessKeyId,
    MERGEPIX_S3_SECRET_ACCESS_KEY: store.settings.credentials.secretAccessKey,
  });
  await service.api('PUT', '/v1/assets/nobody', await paint(FALLBACK).png().toBuffer());
  const photo = { type: 'image', fallback: 'asset:nobody', hosts: [`127.0.0.1:${port}`] };
  const layer = { id: 'photo', type: 'image', src: '{{ photo }}', box: { x: 0, y: 0, width: 50, height: 40 } };
  await publish(service, swatch({ name: 'portrait', fields: { photo }, layers: [layer], alt: 'A portrait' }));
  const { body } = await service.api('POST', '/v1/links', { template: 'portrait', platform: 'klaviyo' });
  const { pathname } = new URL((body as { url: string }).url);
  shown = async (fields) => {
    const { body: contact } = await service.api('POST', '/v1/contacts', { fields });
    return `${service.url}${pathname}?c=${(contact as { reference: string }).reference}`;
  };
});
afterAll(async () => {
  await service.close();
  await store.close();
  host.closeAllConnections();
  await new Promise((resolve) => host.close(resolve));
});

describe("a contact's photo", () => {
  it('is shown from its address, and kept with the finished picture', async () => {
    serve('/amira.png', await paint('#ff0000').png().toBuffer());
    const url = await shown({ photo: `${address}/amira.png` });
    expect(await look(url)).toMatchObject({ status: 200, outcome: 'rendered', color: '#ff0000' });
    routes.delete('/amira.png');
    expect(await look(url)).toMatchObject({ status: 200, outcome: 'hit', color: '#ff0000' });
  });

  const faults: Record<string, (response: ServerResponse) => unknown> = {
    missing: (response) => response.writeHead(404).end('no'),
    expired: (response) => response.writeHead(403).end('<Error><Code>AccessDenied</Code></Error>'),
    broken: (response) => response.destroy(),
    'a page': (response) => response.setHeader('content-type', 'text/html').end('<html>'.padEnd(100)),
    damaged: async (response) => response.end((await paint('#ff0000', 300).png().toBuffer()).subarray(0, 120)),
    'too many bytes': (response) =>
      response.end(Buffer.concat([Buffer.from('GIF89a'), Buffer.alloc(11 * 1024 * 1024)])),
    'too many pixels': async (response) => response.end(await paint('#ff0000', 5001).png().toBuffer()),
    hanging: () => undefined,
    dripping: (response) => {
      const timer = setInterval(() => response.write('.'), 50);
      response.on('close', () => clearInterval(timer));
    },
  };

  it.each(Object.entries(faults))(
    'that is %s gives the fallback of its field, for a short while',
    async (name, fault) => {
      const path = `/${name.replaceAll(' ', '-')}.png`;
      routes.set(path, fault);
      const picture = await look(await shown({ photo: `${address}${path}` }));
      expect(picture).toMatchObject({ status: 200, outcome: 'rendered; image-missing', color: FALLBACK });
      expect(picture.headers.get('cache-control')).toBe('public, max-age=60');
      expect(picture.headers.get('etag')).toBeNull();
    },
  );

  it('comes from a host or a bucket that the workspace allows, and from no other', async () => {
    const { port } = host.address() as AddressInfo;
    const other = `http://localhost:${port}/bo.png`;
    serve('/bo.png', await paint('#0000ff').png().toBuffer());
    for (const name of ['cy', 'dee'])
      store.objects.set(`pictures/${name}.png`, await paint('#00ffff').png().toBuffer());
    const isWhole = expect.stringMatching(/^(rendered|hit)$/);
    expect(await look(await shown({ photo: other }))).toMatchObject({ outcome: isWhole, color: FALLBACK });
    expect(await look(await shown({ photo: 's3://pictures/cy.png' }))).toMatchObject({
      outcome: 'rendered; image-missing',
      color: FALLBACK,
    });
    const settings = { assetHosts: [`localhost:${port}`], s3Buckets: ['pictures'] };
    expect((await service.api('PATCH', '/v1/workspace', { settings })).status).toBe(200);
    const bo = await look(await shown({ photo: other }));
    expect(bo).toMatchObject({ outcome: isWhole, color: '#0000ff' });
    expect(await look(await shown({ photo: 's3://pictures/dee.png' }))).toMatchObject({ color: '#00ffff' });
  });

  it('that ends the process it is decoded in is not drawn again, and everything else is', async () => {
    serve('/ok.png', await paint('#ff8800').png().toBuffer());
    const hit = await shown({ photo: `${address}/ok.png` });
    await look(hit);
    serve('/killer.jpg', await heavy());
    const url = await shown({ photo: `${address}/killer.jpg` });
    const { pool } = service.services;
    const before = pool.stats().replaced;
    let killed = 0;
    // As a file would that no decoder survives, in whatever process it is tried, until it is known for what it is.
    const killing = setInterval(() => {
      const { busy, pids, replaced } = pool.stats();
      const isKnown = service.log.some((line) => line.includes('image.quarantined'));
      if (busy === 0 || isKnown || replaced - before < killed) return;
      killed += pids.length;
      for (const pid of pids) process.kill(pid, 'SIGKILL');
    }, 5);
    try {
      expect((await look(url)).status).toBe(200);
      expect(await look(hit)).toMatchObject({ status: 200, outcome: 'hit', color: '#ff8800' });
      await expect
        .poll(() => look(url), { timeout: 10_000 })
        .toMatchObject({ status: 200, outcome: 'rendered; image-missing', color: FALLBACK });
    } finally {
      clearInterval(killing);
    }
    expect(pool.stats().replaced).toBeGreaterThan(before);
    const kept = await service.services.records.selectFrom('quarantine').selectAll().execute();
    expect(kept).toMatchObject([{ digest: expect.stringMatching(/^[0-9a-f]{64}$/) }]);
    expect(await look(await shown({ photo: `${address}/ok.png`, other: 'x' }))).toMatchObject({ color: '#ff8800' });
  });
});

describe('a photo for a page that draws by itself', () => {
  const ask = async (ref: string) => {
    const { status, body } = await service.api('POST', '/v1/templates/portrait/versions/1/picture', { ref });
    return { status, ...(body as { picture?: string; detail?: string }) };
  };
  const open = async (picture = '') => {
    const [kind, base64 = ''] = picture.split(',');
    return { kind, ...(await sharp(Buffer.from(base64, 'base64')).metadata()) };
  };

  it('comes decoded and written anew, no larger than a page needs, without what its file holds besides', async () => {
    const taken = { IFD0: { Copyright: 'Amira Khan', ImageDescription: 'at home' } };
    serve('/large.jpg', await paint('#ff0000', 2000).withExif(taken).jpeg().toBuffer());
    const { status, picture } = await ask(`${address}/large.jpg`);
    expect(status).toBe(200);
    const { kind, ...found } = await open(picture);
    expect([kind, found.width, found.height, found.exif]).toEqual(['data:image/webp;base64', 1600, 1600, undefined]);
    const asset = await open((await ask('asset:nobody')).picture);
    expect([asset.width, asset.height]).toEqual([40, 40]);
  });

  it('comes as the part of it that matters, as a layer shows it', async () => {
    const far = await sharp({ create: { width: 900, height: 100, channels: 3, background: '#dde3ea' } })
      .composite([{ input: await paint('#d6402b', 60).png().toBuffer(), left: 760, top: 20 }])
      .png()
      .toBuffer();
    serve('/far.png', far);
    const part = { width: 200, height: 200, focus: 'attention' };
    const ref = `${address}/far.png`;
    const { body } = await service.api('POST', '/v1/templates/portrait/versions/1/picture', { ref, part });
    const [, base64 = ''] = (body as { picture: string }).picture.split(',');
    const { data, info } = await sharp(Buffer.from(base64, 'base64')).raw().toBuffer({ resolveWithObject: true });
    expect([info.width, info.height]).toEqual([200, 200]);
    const middle = (100 * 200 + 100) * info.channels;
    expect(data[middle]).toBeGreaterThan(180);
    expect(data[middle + 2]).toBeLessThan(90);
  });

  it.each([
    ['what is no picture', '/page.png', 404],
    ['what cannot be decoded', '/cut.png', 422],
    ['what has too many pixels', '/vast.png', 422],
    ['another host', 'http://localhost:1/a.png', 404],
    ['what is no address', 'nonsense', 404],
    ['an asset that is not there', 'asset:other', 404],
  ])('is refused for %s', async (_, at, status) => {
    routes.set('/page.png', (response) => response.end('<html>'.padEnd(100)));
    serve('/cut.png', (await paint('#ff0000', 300).png().toBuffer()).subarray(0, 120));
    serve('/vast.png', await paint('#ff0000', 5001).png().toBuffer());
    const found = await ask(at.startsWith('/') ? address + at : at);
    expect(found).toMatchObject({ status, detail: expect.stringMatching(/picture/) });
  });
});
