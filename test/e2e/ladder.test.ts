import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { broken, type FakeSource, hang, json, startFakeSource, text } from '../fakes/source.ts';
import { describeReal } from '../real/describe.ts';
import { realRedis } from '../real/redis.ts';
import { look, publish, startTestService, swatch, type TestService } from './service.ts';

let service: TestService;

const link = async (order: object = {}): Promise<{ id: string; address: string }> => {
  const { body } = await service.api('POST', '/v1/links', { template: 'swatch', platform: 'mailchimp', ...order });
  const { id, url } = body as { id: string; url: string };
  return { id, address: service.url + new URL(url).pathname };
};
const contact = async (color: string, more: object = {}): Promise<{ id: string; reference: string }> =>
  (await service.api('POST', '/v1/contacts', { fields: { color, ...more } })).body;
const change = (id: string, color: string) => service.api('PATCH', `/v1/contacts/${id}`, { fields: { color } });
const signal = (name: NodeJS.Signals) => {
  for (const pid of service.services.pool.stats().pids) process.kill(pid, name);
};

describe('when the picture that was asked for cannot be drawn', () => {
  beforeEach(async () => {
    service = await startTestService();
    await publish(service, swatch());
  });
  afterEach(() => service.close().catch(() => undefined));

  it('a contact sees its own last good picture, and nobody sees that of another', async () => {
    const { address } = await link();
    const [known, other] = await Promise.all([contact('#ff0000'), contact('#00ff00')]);
    expect(await look(`${address}?c=${known.reference}`)).toMatchObject({ outcome: 'rendered', color: '#ff0000' });
    await change(known.id, '#0000ff');
    await service.services.pool.close();
    const shown = await look(`${address}?c=${known.reference}`);
    expect(shown).toMatchObject({ status: 200, outcome: 'last-good; overloaded', color: '#ff0000' });
    expect(shown.headers.get('cache-control')).toBe('public, max-age=60');
    expect(shown.headers.get('etag')).toBeNull();
    for (const query of [`c=${other.reference}`, `c=${known.reference.slice(0, -1)}!`, ''])
      expect(await look(`${address}?${query}`)).toMatchObject({
        outcome: expect.stringContaining('defaults'),
        color: '#808080',
      });
    // Nor under another link, which may be there to show something else.
    const second = await link();
    expect((await look(`${second.address}?c=${known.reference}`)).color).toBe('#808080');
  });

  it('nothing that was good stands in once its link is revoked or its contact erased', async () => {
    const { id, address } = await link();
    const second = await link();
    const { id: contactId, reference } = await contact('#ff0000');
    for (const placed of [address, second.address]) await look(`${placed}?c=${reference}`);
    await service.services.pool.close();
    await change(contactId, '#0000ff');
    await service.api('DELETE', `/v1/links/${id}`);
    expect(await look(`${address}?c=${reference}`)).toMatchObject({ outcome: 'neutral; revoked', width: 1 });
    expect((await look(`${second.address}?c=${reference}`)).outcome).toBe('last-good; overloaded');
    await service.services.records
      .updateTable('contacts')
      .set({ erased_at: Date.now() })
      .where('id', '=', contactId)
      .execute();
    await service.services.changes.tell('contact', `default:${contactId}`);
    expect(await look(`${second.address}?c=${reference}`)).toMatchObject({ outcome: 'neutral; erased', width: 1 });
  });

  it('a contact whose record cannot be read sees its last good picture, also after a restart', async () => {
    const { address } = await link();
    const [{ reference }, other] = await Promise.all([contact('#ff0000'), contact('#00ff00')]);
    const path = address.slice(service.url.length);
    await look(`${address}?c=${reference}`);
    await service.close();
    service = await startTestService({ MERGEPIX_DATA_DIR: service.dataDir });
    expect((await look(`${service.url}${path}`)).outcome).toMatch(/^defaults/);
    await service.services.records.destroy();
    const shown = await look(`${service.url}${path}?c=${reference}`);
    expect(shown).toMatchObject({ status: 200, outcome: 'last-good; contact-unreadable', color: '#ff0000' });
    expect(await look(`${service.url}${path}?c=${other.reference}`)).toMatchObject({
      outcome: 'defaults; contact-unreadable',
      color: '#808080',
    });
  });

  it('hung render processes cost a while, not the picture; and they are replaced', async () => {
    const { address } = await link();
    const { id, reference } = await contact('#ff0000');
    await look(`${address}?c=${reference}`);
    await change(id, '#0000ff');
    signal('SIGSTOP');
    expect(await look(`${address}?c=${reference}`)).toMatchObject({ outcome: 'last-good; late', color: '#ff0000' });
    // A hit needs none of them.
    const second = await contact('#ff0000');
    expect(await look(`${address}?c=${second.reference}`)).toMatchObject({ outcome: 'hit', color: '#ff0000' });
    const third = await contact('#00ff00');
    await expect
      .poll(async () => (await look(`${address}?c=${third.reference}`)).color, { timeout: 20_000, interval: 500 })
      .toBe('#00ff00');
  });

  it('render processes that the kernel ends, for want of memory, are replaced', async () => {
    const { pool } = service.services;
    const { address } = await link();
    const [{ reference }, other] = await Promise.all([contact('#ff0000'), contact('#00ff00')]);
    const before = pool.stats().replaced;
    signal('SIGKILL');
    expect((await look(`${address}?c=${reference}`)).status).toBe(200);
    await expect.poll(() => pool.stats().replaced).toBeGreaterThan(before);
    await expect
      .poll(async () => (await look(`${address}?c=${other.reference}`)).color, { timeout: 10_000 })
      .toBe('#00ff00');
  });

  it('more recipients than can be served are shown something all the same, and hits go on', async () => {
    const { address } = await link();
    const { reference } = await contact('#ff0000');
    await look(`${address}?c=${reference}`);
    signal('SIGSTOP');
    const strangers = await Promise.all(
      Array.from({ length: 300 }, (_, i) => contact(`#${String(i).padStart(3, '0')}fff`, { first_name: `n${i}` })),
    );
    const shown = strangers.map(({ reference }) => look(`${address}?c=${reference}`));
    const hits = await Promise.all(Array.from({ length: 50 }, () => look(`${address}?c=${reference}`)));
    expect(new Set(hits.map(({ outcome }) => outcome))).toEqual(new Set(['hit']));
    for (const { status, outcome } of await Promise.all(shown)) {
      expect(status).toBe(200);
      expect(outcome).toMatch(/^(defaults|fallback); late$/);
    }
    signal('SIGCONT');
    const last = strangers.at(-1)?.reference;
    await expect
      .poll(async () => (await look(`${address}?c=${last}`)).outcome, { timeout: 20_000, interval: 500 })
      .toMatch(/^(rendered|hit)$/);
    expect(service.services.pool.stats().waiting).toEqual({ recipient: 0, background: 0 });
  });
});

describe('when the picture of a contact cannot be had', () => {
  let host: Server;
  let answer: (path: string) => { status: number; body: Buffer | string; type?: string };
  beforeAll(async () => {
    host = createServer((request, response) => {
      const { status, body, type = 'image/png' } = answer(request.url ?? '');
      response.writeHead(status, { 'content-type': type }).end(body);
    });
    await new Promise<void>((resolve) => host.listen(0, '127.0.0.1', resolve));
    service = await startTestService({ MERGEPIX_ALLOW_ADDRESSES: '127.0.0.1' });
    const { port } = host.address() as AddressInfo;
    const photo = { type: 'image', fallback: { initials: 'first_name' }, hosts: [`127.0.0.1:${port}`] };
    const layer = { id: 'photo', type: 'image', src: '{{ photo }}', box: { x: 60, y: 0, width: 40, height: 40 } };
    const base = swatch();
    const changes = { fields: { ...base.fields, photo }, layers: [...base.layers, layer] };
    await publish(service, swatch(changes));
  });
  afterAll(async () => {
    await service.close();
    host.close();
  });

  const photoOf = (name: string) => `http://127.0.0.1:${(host.address() as AddressInfo).port}/${name}.png`;

  it.each([
    ['is not there', { status: 404, body: 'nothing' }],
    ['is no picture', { status: 200, body: 'GIF89a but no more' }],
    ['is cut off', { status: 200, body: Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex') }],
    ['is too large', { status: 200, body: Buffer.alloc(11 * 1024 * 1024) }],
    ['has expired', { status: 410, body: '' }],
    ['is a page', { status: 200, body: '<html></html>', type: 'text/html' }],
  ])('because it %s, the rest is drawn with its fallback', async (name, given) => {
    answer = () => given;
    const { address } = await link();
    const { reference } = await contact('#ff0000', { photo: photoOf(name.replaceAll(' ', '-')) });
    const shown = await look(`${address}?c=${reference}`);
    expect(shown).toMatchObject({ status: 200, outcome: 'rendered; image-missing', color: '#ff0000', width: 100 });
    expect(shown.headers.get('cache-control')).toBe('public, max-age=60');
    expect(shown.headers.get('etag')).toBeNull();
  });

  it('is drawn with it as soon as it is another one', async () => {
    const { address } = await link();
    const face = await sharp({ create: { width: 9, height: 9, channels: 3, background: '#00ff00' } })
      .png()
      .toBuffer();
    answer = () => ({ status: 200, body: face });
    const { reference } = await contact('#ff0000', { photo: photoOf('face') });
    expect(await look(`${address}?c=${reference}`)).toMatchObject({ outcome: 'rendered', color: '#ff0000' });
  });
});

describe('when a picture shows live data', () => {
  let source: FakeSource;
  const paint = (color: string) => json({ now: { color } });
  const makeSource = async (name: string) => {
    const definition = { url: `${source.url}/${name}`, map: { color: '$.now.color' }, cacheSeconds: 5, retries: 0 };
    const { status, body } = await service.api('PUT', `/v1/sources/${name}`, definition);
    expect(status, JSON.stringify(body)).toBeLessThan(300);
  };
  const show = async (name: string, freshness: object): Promise<string> => {
    const changes = { name, freshness, fields: {}, alt: 'A colour' };
    const sources = { paint: { from: name, fallback: { color: '#808080' } } };
    const [half] = swatch().layers;
    await publish(service, swatch({ ...changes, sources, layers: [{ ...half, fill: '{{ source.paint.color }}' }] }));
    return (await link({ template: name })).address;
  };
  beforeAll(async () => {
    source = await startFakeSource();
    service = await startTestService({ MERGEPIX_ALLOW_ADDRESSES: '127.0.0.1' });
  });
  afterAll(() => service.close());

  it('keeps a live picture for what is left of its bucket', async () => {
    source.answers(paint('#ff0000'));
    await makeSource('live');
    const address = await show('live', { mode: 'live', seconds: 30 });
    const shown = await look(address);
    expect(shown).toMatchObject({ outcome: 'rendered', color: '#ff0000' });
    expect(shown.headers.get('cache-control')).toMatch(
      /^public, max-age=([12]?\d|30), stale-while-revalidate=30, stale-if-error=86400$/,
    );
    expect(await look(address)).toMatchObject({ status: 200, color: '#ff0000' });
  });

  it.each([
    ['silent', hang, 'late'],
    ['broken', broken, 'failed'],
    ['garbled', text('<html>'), 'garbage'],
  ] as const)('shows the fallback, and never for long, while its source is %s', async (name, fault, reason) => {
    source.answers(fault);
    await makeSource(name);
    const address = await show(name, { mode: 'live', seconds: 3600 });
    const shown = await look(address);
    expect(shown).toMatchObject({ status: 200, outcome: `rendered; source-paint-${reason}`, color: '#808080' });
    expect(shown.headers.get('cache-control')).toBe('public, max-age=60');
    expect(shown.headers.get('etag')).toBeNull();
    source.answers(paint('#00ff00'));
    await expect
      .poll(() => look(address), { timeout: 15_000, interval: 250 })
      .toMatchObject({ color: '#00ff00', outcome: expect.stringMatching(/^(rendered|hit)$/) });
  });
});

describeReal(realRedis, 'while the cache is in a Redis', (server) => {
  beforeAll(async () => {
    service = await startTestService({ MERGEPIX_CACHE: server().url });
    await publish(service, swatch());
  });
  afterAll(() => service.close());

  it.each([
    ['frozen', '#ff0000', '#0000ff', () => server().freeze(), () => server().thaw()],
    ['gone', '#ffff00', '#00ffff', () => server().stop(), () => server().start()],
  ] as const)('pictures are found and drawn all the same when it is %s', async (_, before, after, fail, mend) => {
    const { address } = await link();
    const [known, unseen] = await Promise.all([contact(before), contact(after)]);
    await look(`${address}?c=${known.reference}`);
    await fail();
    try {
      expect(await look(`${address}?c=${known.reference}`)).toMatchObject({ outcome: 'hit', color: before });
      expect(await look(`${address}?c=${unseen.reference}`)).toMatchObject({ outcome: 'rendered', color: after });
      expect(await look(`${address}?c=${unseen.reference}`)).toMatchObject({ outcome: 'hit', color: after });
    } finally {
      await mend();
    }
    expect(await look(`${address}?c=${known.reference}&s=2`)).toMatchObject({ outcome: 'hit', color: before });
  });
});

/** A small disk of its own, where the machine lets us mount one. */
async function mountDisk(megabytes: number): Promise<string | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'mergepix-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder], { stdio: 'ignore' });
    return folder;
  } catch {
    await rm(folder, { recursive: true });
    return undefined;
  }
}
const disk = await mountDisk(48);

describe.skipIf(disk === undefined)('when the disk is full (needs the right to mount a small one)', () => {
  beforeAll(async () => {
    service = await startTestService({ MERGEPIX_DATA_DIR: disk as string });
    await publish(service, swatch({ links: { allowMerge: true } }));
  });
  afterAll(async () => {
    await service.close();
    execFileSync('umount', ['-l', disk as string]);
  });

  it('pictures are drawn and served all the same, and kept again once there is room', async () => {
    const fields = { color: { from: 'open', tag: 'COLOR' } };
    const { address } = await link({ mode: 'merge', fields });
    const filler = join(disk as string, 'filler');
    await writeFile(filler, Buffer.alloc(48 * 1024 * 1024)).catch(() => undefined);
    for (let i = 0; i < 40; i++) {
      const color = `#0000${String(10 + i)}`;
      expect(await look(`${address}?color=${encodeURIComponent(color)}`)).toMatchObject({ status: 200, color });
    }
    expect((await fetch(`${service.url}/healthz`)).status).toBe(200);
    await rm(filler);
    await expect.poll(async () => (await service.api('POST', '/v1/contacts', { fields: {} })).status).toBe(201);
    expect(await look(`${address}?color=%2300ff00`)).toMatchObject({ outcome: 'rendered', color: '#00ff00' });
  });
});
