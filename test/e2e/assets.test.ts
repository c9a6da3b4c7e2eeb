import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FakeS3, startFakeS3 } from '../fakes/s3.ts';
import { adminKey, look, publish, startTestService, swatch, type TestService } from './service.ts';

const paint = (color: string, width = 8, height = 8) =>
  sharp({ create: { width, height, channels: 3, background: color } })
    .png()
    .toBuffer();
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

let service: TestService;
let store: FakeS3;
let host: Server;
let address: string;
const served = new Map<string, Buffer>();
beforeAll(async () => {
  store = await startFakeS3();
  host = createServer((request, response) => {
    const bytes = served.get(request.url ?? '');
    if (bytes) response.end(bytes);
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => host.listen(0, '127.0.0.1', resolve));
  address = `http://127.0.0.1:${(host.address() as AddressInfo).port}`;
  service = await startTestService({
    MERGEPIX_ALLOW_ADDRESSES: '127.0.0.1',
    MERGEPIX_BLOBS: 's3://pictures/blobs',
    MERGEPIX_S3_ENDPOINT: store.endpoint,
    MERGEPIX_S3_REGION: store.settings.region,
    MERGEPIX_S3_ACCESS_KEY_ID: store.settings.credentials.accessKeyId,
    MERGEPIX_S3_SECRET_ACCESS_KEY: store.settings.credentials.secretAccessKey,
  });
});
afterAll(async () => {
  await service.close();
  await store.close();
  host.closeAllConnections();
  await new Promise((resolve) => host.close(resolve));
});

const put = (name: string, bytes: Buffer) => service.api('PUT', `/v1/assets/${name}`, bytes);

describe('assets', () => {
  it('are listed with their newest version, page by page, and downloaded in any version', async () => {
    const [red, blue] = [await paint('#ff0000'), await paint('#0000ff', 20, 10)];
    await put('anchor', red);
    const second = await put('anchor', blue);
    expect(second).toMatchObject({ status: 200, body: { version: 2, width: 20, height: 10, mime: 'image/png' } });
    expect((await put('anchor', blue)).body).toEqual(second.body);
    await put('boat', red);
    expect((await service.api('GET', '/v1/assets?limit=1')).body).toMatchObject({
      data: [{ name: 'anchor', version: 2, reference: 'asset:anchor@2', digest: sha256(blue) }],
      next: 'anchor',
    });
    expect((await service.api('GET', '/v1/assets?after=anchor')).body).toMatchObject({
      data: [{ name: 'boat', version: 1 }],
      next: null,
    });
    expect((await service.api('GET', '/v1/assets/anchor?limit=1')).body).toMatchObject({
      data: [{ version: 2 }],
      next: '2',
    });
    expect((await service.api('GET', '/v1/assets/anchor?after=2')).body).toMatchObject({
      data: [{ version: 1, digest: sha256(red) }],
      next: null,
    });
    const content = await fetch(`${service.url}/v1/assets/anchor/versions/1/content`, {
      headers: { authorization: `Bearer ${adminKey}` },
    });
    expect(content.headers.get('content-type')).toBe('image/png');
    expect(Buffer.from(await content.arrayBuffer())).toEqual(red);
    for (const path of ['/v1/assets/nothing', '/v1/assets/anchor/versions/9/content'])
      expect(await service.api('GET', path)).toMatchObject({ status: 404, body: { code: 'asset_not_found' } });
  });

  it('are refused when they are damaged or too large to draw, whatever their first bytes say', async () => {
    const whole = await sharp(await paint('#ff0000', 400, 400))
      .jpeg()
      .toBuffer();
    const header = Buffer.from(await paint('#ff0000'));
    header.writeUInt32BE(60_000, 16);
    header.writeUInt32BE(60_000, 20);
    for (const [bytes, words] of [
      [whole.subarray(0, whole.length / 2), 'damaged'],
      [Buffer.concat([whole.subarray(0, 30), Buffer.alloc(500, 1)]), 'damaged'],
      [header, '25 megapixels'],
      [await paint('#ff0000', 5001, 5000), '25 megapixels'],
    ] as const) {
      const answer = await put('bad', bytes);
      expect(answer).toMatchObject({ status: 422, body: { code: 'asset_invalid' } });
      expect((answer.body as { detail: string }).detail).toContain(words);
    }
    expect((await service.api('GET', '/v1/assets/bad')).status).toBe(404);
  });

  it('may be drawings, kept as their shapes alone, and drawn in colours of the data', async () => {
    const inner = '<title>Ours</title><!-- by hand --><rect width="30" height="20" fill="#F00"/>';
    const svg = (inner: string, before = '') =>
      Buffer.from(
        `${before}<svg xmlns="http://www.w3.org/2000/svg" xmlns:x="https://x.example" viewBox="0 0 30 20.4">${inner}</svg>`,
      );
    const first = await put('mark', svg(inner, '\uFEFF<?xml version="1.0"?>\n'));
    expect(first).toMatchObject({ status: 200, body: { version: 1, mime: 'image/svg+xml', width: 30, height: 20 } });
    const content = await fetch(`${service.url}/v1/assets/mark/versions/1/content`, {
      headers: { authorization: `Bearer ${adminKey}` },
    });
    const kept = await content.text();
    expect(content.headers.get('content-type')).toBe('image/svg+xml');
    expect(content.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(kept).toContain('<rect width="30" height="20" fill="#F00">');
    expect(kept).not.toMatch(/Ours|by hand|xmlns:x/);
    expect((await put('mark', Buffer.from(kept))).body).toEqual(first.body);

    const box = { x: 0, y: 0, width: 50, height: 40 };
    const drawing = {
      id: 'mark',
      type: 'svg',
      svg: 'asset:mark',
      objectFit: 'cover',
      colors: { '#ff0000': '{{ color }}' },
      box,
    };
    await publish(service, swatch({ name: 'drawn', layers: [drawing] }));
    const shown = async (template: string, data: object) =>
      look(((await service.api('POST', '/v1/generate', { template, data })).body as { url: string }).url);
    expect(await shown('drawn', { first_name: 'A', color: '#00ff00' })).toMatchObject({ color: '#00ff00' });
    const photo = { type: 'image', fallback: { initials: 'first_name' } };
    const picture = { id: 'photo', type: 'image', src: '{{ photo }}', box };
    const fields = { first_name: { type: 'text', fallback: 'A' }, photo };
    await publish(service, swatch({ name: 'pictured', fields, layers: [picture] }));
    expect(await shown('pictured', { photo: 'asset:mark' })).toMatchObject({ color: '#ff0000' });
    const { body } = await service.api('POST', '/v1/templates/pictured/versions/1/picture', { ref: 'asset:mark' });
    expect((body as { picture: string }).picture).toMatch(/^data:image\/webp/);

    await put('flat', await paint('#ff0000'));
    const wrong = swatch({ name: 'wrong', layers: [{ ...drawing, svg: 'asset:flat' }] });
    await expect(publish(service, wrong)).rejects.toThrow('is no SVG');
    for (const [bytes, words] of [
      [svg('<script>alert(1)</script>'), 'has <script>, which is not taken: remove it.'],
      [svg('<foreignObject/>'), 'has <foreignObject>'],
      [svg('<image href="https://x.example/a.png"/>'), 'has <image>'],
      [svg('<style>@import "https://x.example/a.css";</style>'), 'has styles with @'],
      [svg('<rect fill="url(https://x.example/#a)"/>'), 'names an address'],
      [svg('<rect/>', '<!DOCTYPE svg [<!ENTITY a "b">]>'), 'declares entities in its DOCTYPE'],
      [svg('<rect/>').subarray(0, 60), 'cannot be read'],
      [Buffer.concat([svg('<rect/>'), Buffer.from([0xff])]), 'UTF-8'],
      [svg(`<path d="${'M0 0h1'.repeat(90_000)}"/>`), 'over 500 KB'],
    ] as const) {
      const answer = await put('bad-mark', bytes);
      expect(answer, words).toMatchObject({ status: 422, body: { code: 'asset_invalid' } });
      expect((answer.body as { detail: string }).detail).toContain(words);
    }
    served.set('/mark.svg', svg('<rect/>'));
    const imported = await service.api('POST', '/v1/assets/mark/import', { url: `${address}/mark.svg` });
    expect(imported).toMatchObject({ status: 422, body: { code: 'asset_invalid' } });
  });

  it('are imported from an address and from an allowed bucket', async () => {
    const picture = await paint('#00ff00');
    served.set('/tree.png', picture);
    const from = (url: string) => service.api('POST', '/v1/assets/tree/import', { url });
    expect(await from(`${address}/tree.png`)).toMatchObject({ status: 200, body: { digest: sha256(picture) } });
    store.objects.set('pictures/photos/leaf.png', await paint('#00aa00'));
    expect(await from('s3://pictures/photos/leaf.png')).toMatchObject({
      status: 422,
      body: { code: 'address_refused' },
    });
    await service.api('PATCH', '/v1/workspace', { settings: { s3Buckets: ['pictures'] } });
    expect(await from('s3://pictures/photos/leaf.png')).toMatchObject({ status: 200, body: { version: 2 } });
    for (const [url, code] of [
      [`${address}/none.png`, 'asset_not_found'],
      ['http://169.254.169.254/latest/meta-data', 'address_refused'],
      ['http://10.0.0.1/x.png', 'address_refused'],
      ['file:///etc/passwd', 'address_refused'],
      ['s3://pictures/none.png', 'asset_not_found'],
    ] as const)
      expect(await from(url), url).toMatchObject({ body: { code } });
  });

  it('stand in templates by the digest of their bytes', async () => {
    const picture = await paint('#ff00ff');
    const digest = sha256(picture);
    const layer = { id: 'tile', type: 'image', src: `asset:${digest}`, box: { x: 0, y: 0, width: 50, height: 40 } };
    const template = swatch({ name: 'by-digest', layers: [layer] });
    await expect(publish(service, template)).rejects.toThrow(`asset:${digest}`);
    await put('magenta', picture);
    await publish(service, template);
    const { url } = (await service.api('POST', '/v1/generate', { template: 'by-digest', data: { first_name: 'A' } }))
      .body as { url: string };
    expect(await look(url)).toMatchObject({ status: 200, color: '#ff00ff' });
  });

  it('are shown by a picture field under their name or their digest, in their own workspace only', async () => {
    const picture = await paint('#123456');
    await put('face', picture);
    const photo = { type: 'image', fallback: 'asset:nobody' };
    await put('nobody', await paint('#808080'));
    const layer = { id: 'photo', type: 'image', src: '{{ photo }}', box: { x: 0, y: 0, width: 50, height: 40 } };
    await publish(service, swatch({ name: 'portrait', fields: { photo }, layers: [layer], alt: 'A portrait' }));
    const shown = async (reference: string) => {
      const { body } = await service.api('POST', '/v1/generate', { template: 'portrait', data: { photo: reference } });
      return look((body as { url: string }).url);
    };
    expect(await shown('asset:face')).toMatchObject({ color: '#123456' });
    expect(await shown(`asset:${sha256(picture)}`)).toMatchObject({ color: '#123456' });
    // The bytes are there, but no asset of this workspace has them.
    const stranger = await service.services.blobs.put(await paint('#654321'));
    expect(await shown(`asset:${stranger}`)).toMatchObject({ color: '#808080', outcome: 'rendered; image-missing' });
  });

  it('cannot be kept while their store is away, and pictures go on being shown', async () => {
    const { url } = (await service.api('POST', '/v1/generate', { template: 'portrait', data: { photo: 'asset:face' } }))
      .body as { url: string };
    store.mode = 'failing';
    expect(await put('late', await paint('#00ffff'))).toMatchObject({
      status: 503,
      body: { code: 'blobs_unavailable' },
    });
    expect(await look(url)).toMatchObject({ status: 200, color: '#123456' });
    store.mode = 'well';
    expect((await put('late', await paint('#00ffff'))).status).toBe(200);
  });
});
