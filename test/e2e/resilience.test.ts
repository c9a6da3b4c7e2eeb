import { rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { sql } from 'kysely';
import Database from 'libsql';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createImageEndpoint } from '../../server/image/endpoint.ts';
import { createPictures } from '../../server/image/pictures.ts';
import { createCache } from '../../server/stores/cache/index.ts';
import { brokenStore } from '../fakes/broken-store.ts';
import { look, publish, startTestService, swatch, type TestService } from './service.ts';

let service: TestService;
beforeEach(async () => {
  service = await startTestService();
  await publish(service, swatch({ links: { allowMerge: true } }));
});
afterEach(() => service.close().catch(() => undefined));

const link = async (order: object = {}): Promise<string> => {
  const { body } = await service.api('POST', '/v1/links', { template: 'swatch', platform: 'mailchimp', ...order });
  return service.url + new URL((body as { url: string }).url).pathname;
};
const reference = async (color: string): Promise<string> => {
  const { body } = await service.api('POST', '/v1/contacts', { fields: { color } });
  return (body as { reference: string }).reference;
};

describe('a recipient with a valid token sees a picture', () => {
  it('when render processes are killed under it', async () => {
    const address = await link();
    const references = await Promise.all(Array.from({ length: 12 }, (_, i) => reference(`#00${String(10 + i)}00`)));
    const pictures = references.map((c) => look(`${address}?c=${c}`));
    for (const pid of service.services.pool.stats().pids) process.kill(pid, 'SIGKILL');
    for (const picture of await Promise.all(pictures)) expect(picture).toMatchObject({ status: 200 });
    expect((await Promise.all(pictures)).every(({ width = 0 }) => width === 100 || width === 1)).toBe(true);
    await expect
      .poll(async () => (await look(`${address}?c=${await reference('#123123')}`)).outcome, { timeout: 10_000 })
      .toBe('rendered');
  });

  it('when nothing can be drawn any more', async () => {
    const address = await link();
    const wide = await link({ scale: 3 });
    const c = await reference('#ff0000');
    await service.services.pool.close();
    // The defaults were drawn when the template was published, at its own scale only; below that is the kept picture.
    expect(await look(`${address}?c=${c}`)).toMatchObject({
      status: 200,
      outcome: 'defaults; overloaded',
      color: '#808080',
    });
    const kept = await look(`${wide}?c=${c}`);
    expect(kept).toMatchObject({ status: 200, outcome: 'fallback; overloaded', color: '#808080', width: 100 });
    expect(kept.headers.get('cache-control')).toBe('public, max-age=60');
    expect(kept.headers.get('etag')).toBeNull();
  });

  it('when the render processes hang', async () => {
    const address = await link();
    const c = await reference('#ff0000');
    const { pids } = service.services.pool.stats();
    for (const pid of pids) process.kill(pid, 'SIGSTOP');
    expect(await look(`${address}?c=${c}`)).toMatchObject({ status: 200, outcome: 'defaults; late', color: '#808080' });
    for (const pid of pids) process.kill(pid, 'SIGCONT');
    // What was waiting is drawn all the same, for whoever asks next.
    await expect.poll(async () => (await look(`${address}?c=${c}`)).color, { timeout: 10_000 }).toBe('#ff0000');
  });

  it('when the database is gone: links from their copies, what is not known as a neutral picture', async () => {
    const address = await link();
    const known = await reference('#ff0000');
    const unseen = await reference('#00ff00');
    expect(await look(`${address}?c=${known}`)).toMatchObject({ outcome: 'rendered' });
    const { body } = await service.api('POST', '/v1/generate', { template: 'swatch', data: { first_name: 'Bo' } });
    const sealed = service.url + new URL((body as { url: string }).url).pathname;
    await service.services.records.destroy();
    expect(await look(`${address}?c=${known}&s=2`)).toMatchObject({ outcome: 'hit', color: '#ff0000' });
    expect(await look(`${address}?c=${unseen}`)).toMatchObject({
      outcome: 'defaults; contact-unreadable',
      color: '#808080',
    });
    expect(await look(sealed)).toMatchObject({ status: 200, outcome: 'neutral; unavailable' });
    expect((await fetch(`${service.url}/readyz`)).status).toBe(503);
    expect((await fetch(`${service.url}/healthz`)).status).toBe(200);
  });

  it('when another process keeps the database locked: writing is put off, pictures go on', async () => {
    const address = await link();
    const other = new Database(join(service.dataDir, 'mergepix.db'));
    other.exec('BEGIN IMMEDIATE');
    const refused = await service.api('POST', '/v1/contacts', { fields: {} });
    expect(refused).toMatchObject({ status: 503, body: { code: 'overloaded' } });
    expect(refused.headers.get('retry-after')).toBe('2');
    expect(await look(address)).toMatchObject({ status: 200, color: '#808080' });
    other.exec('ROLLBACK');
    other.close();
    expect((await service.api('POST', '/v1/contacts', { fields: {} })).status).toBe(201);
  });

  it('when the disk is full: writing says so, pictures go on', async () => {
    const address = await link();
    await sql`pragma max_page_count = 1`.execute(service.services.records);
    const fields = { note: 'x'.repeat(50_000) };
    await expect
      .poll(async () => (await service.api('POST', '/v1/contacts', { fields })).body, { interval: 1 })
      .toMatchObject({ status: 503, code: 'disk_full', detail: expect.stringContaining('make room') });
    expect(await look(address)).toMatchObject({ status: 200, color: '#808080' });
    await sql`pragma max_page_count = 1000000`.execute(service.services.records);
    expect((await service.api('POST', '/v1/contacts', { fields })).status).toBe(201);
  });

  it('when the cache throws, hangs or lies', async () => {
    const { pool } = service.services;
    const { build } = await pool.ready();
    const images = { identify: async () => [], load: async () => ({}), quarantine: () => undefined };
    const address = await link();
    const target = address.slice(service.url.length);
    const answers: (() => Promise<unknown>)[] = [
      () => Promise.reject(new Error('down')),
      () => new Promise(() => undefined),
      async () => ({ value: 42 }),
    ];
    for (const answer of answers) {
      const cache = createCache(brokenStore(answer), { maxBytes: 1_000_000, onFault: () => undefined });
      const endpoint = createImageEndpoint({
        ...service.services,
        pictures: createPictures({ build, cache, pool, images }),
      });
      const colors = [];
      for (let i = 0; i < 2; i++) {
        const { status, body } = await endpoint.answer(target);
        expect(status).toBe(200);
        colors.push((await sharp(body).stats()).dominant);
      }
      expect(colors[0]).toEqual(colors[1]);
    }
  });

  it('when the bytes of an asset are gone', async () => {
    const tile = await sharp({ create: { width: 9, height: 9, channels: 3, background: '#ff0000' } })
      .png()
      .toBuffer();
    await service.api('PUT', '/v1/assets/tile', tile);
    const layer = { id: 'tile', type: 'image', src: 'asset:tile', box: { x: 0, y: 0, width: 100, height: 40 } };
    await publish(service, swatch({ name: 'tiled', layers: [layer, ...swatch().layers] }));
    const address = await link({ template: 'tiled', scale: 2 });
    const { digest } = (await service.api('PUT', '/v1/assets/tile', tile)).body as { digest: string };
    expect(await look(address)).toMatchObject({ status: 200, width: 200 });
    await rm(join(service.dataDir, 'blobs', digest.slice(0, 2), digest.slice(2)));
    // A scale nobody has compiled yet: its render process asks for the bytes again.
    const other = await link({ template: 'tiled', scale: 3 });
    expect(await look(other)).toMatchObject({ status: 200, outcome: 'fallback; asset-not-found', color: '#808080' });
  });

  it('when the request line holds spaces, raw bytes or the whole address', async () => {
    const address = new URL(await link({ mode: 'merge', fields: { first_name: { from: 'open', tag: 'FNAME' } } }));
    const ask = (requestLine: string): Promise<string> =>
      new Promise((resolve, reject) => {
        const socket = connect(Number(address.port), address.hostname, () =>
          socket.write(Buffer.from(`${requestLine}\r\nHost: x\r\n\r\n`, 'latin1')),
        );
        const chunks: Buffer[] = [];
        socket.on('data', (chunk: Buffer) => chunks.push(chunk));
        socket.on('end', () => resolve(Buffer.concat(chunks).toString('latin1')));
        socket.on('error', reject);
        setTimeout(() => resolve(Buffer.concat(chunks).toString('latin1')), 3000).unref();
      });
    for (const query of ['first_name=<< Test First Name >>', 'first_name=Zo\xeb', 'first_name=\xe5\x90\x8d']) {
      const answer = await ask(`GET ${address.pathname}?${query} HTTP/1.1`);
      expect(answer.split('\r\n')[0], query).toBe('HTTP/1.1 200 OK');
      expect(answer.toLowerCase()).toContain('content-type: image/png');
      expect(answer).toContain('IHDR');
    }
    // As proxies ask, with the whole address.
    const whole = await ask(`GET ${address.origin}${address.pathname}?first_name=Zo HTTP/1.1`);
    expect(whole.split('\r\n')[0]).toBe('HTTP/1.1 200 OK');
    expect(whole).toContain('IHDR');
    // Longer than Node reads: the token came first, so the defaults can be shown.
    expect(await ask(`GET ${address.pathname}?first_name=${'x'.repeat(20_000)} HTTP/1.1`)).toContain('IHDR');
    expect(await ask('GET /v1/temp lates HTTP/1.1')).toContain('400 Bad Request');
    expect(await ask('nonsense')).toContain('400 Bad Request');
    expect(await ask(`GET /i/for ged.png HTTP/1.1`)).toContain('403 Forbidden');
  });
});

describe('starting and stopping', () => {
  it('says in one line that a port is in use', async () => {
    const port = new URL(service.url).port;
    await expect(startTestService({ MERGEPIX_PORT: port })).rejects.toMatchObject({
      code: 'start_failed',
      message: expect.stringMatching(new RegExp(`^Port ${port} is in use: [^\\n]+$`)),
    });
  });

  it('says in one line that a folder cannot be written', async () => {
    await expect(startTestService({ MERGEPIX_DATA_DIR: '/dev/null/data' })).rejects.toMatchObject({
      code: 'start_failed',
      message: expect.stringContaining('/dev/null/data cannot be written'),
    });
  });

  it('keeps links and pictures over a restart, drawn with the same keys', async () => {
    const address = await link();
    const c = await reference('#ff0000');
    const path = `${address.slice(service.url.length)}?c=${c}`;
    const before = await look(service.url + path);
    await service.close();
    service = await startTestService({ MERGEPIX_DATA_DIR: service.dataDir });
    const after = await look(service.url + path);
    expect(after).toMatchObject({ outcome: 'hit', color: '#ff0000' });
    expect(after.headers.get('etag')).toBe(before.headers.get('etag'));
    expect(after.bytes.equals(before.bytes)).toBe(true);
  });

  it('finishes what is under way when it is told to stop', async () => {
    await publish(
      service,
      swatch({ name: 'large', size: { width: 1200, height: 1200 }, output: { format: 'png', scale: 2 } }),
    );
    const address = await link({ template: 'large' });
    const references = await Promise.all(Array.from({ length: 6 }, (_, i) => reference(`#0000${10 + i}`)));
    const pictures = references.map((c) => look(`${address}?c=${c}`));
    await expect.poll(() => service.services.pool.stats().waiting.recipient, { interval: 5 }).toBeGreaterThan(0);
    await service.close();
    for (const picture of await Promise.all(pictures)) expect(picture.status).toBe(200);
    await expect(fetch(`${service.url}/healthz`)).rejects.toThrow();
  });
});
