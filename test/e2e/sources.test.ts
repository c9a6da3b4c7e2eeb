import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FakeSource, json, startFakeSource, status } from '../fakes/source.ts';
import { look, startTestService, swatch, type TestService } from './service.ts';

const SECRET = 'a-very-secret-key';

let service: TestService;
let fake: FakeSource;
beforeAll(async () => {
  fake = await startFakeSource();
  service = await startTestService({ MERGEPIX_ALLOW_ADDRESSES: '127.0.0.1' });
});
afterAll(() => service.close());

const stock = (changes: object = {}) => ({
  url: `${fake.url}/stock/{sku}`,
  params: { sku: { pattern: '[a-z0-9-]+' } },
  map: { left: '$.left', price: '$.price.amount' },
  secrets: { authorization: `Bearer ${SECRET}` },
  ...changes,
});
const live = (changes: object = {}) =>
  swatch({
    name: 'stock',
    freshness: { mode: 'hybrid', seconds: 60 },
    fields: { first_name: { type: 'text', fallback: 'there' }, sku: { type: 'text', fallback: 'hat' } },
    sources: { stock: { from: 'stock', params: { sku: '{{ sku }}' }, fallback: { left: 0 } } },
    layers: [
      {
        ...{ id: 'half', type: 'shape', shape: 'rect', box: { x: 0, y: 0, width: 50, height: 40 } },
        fill: '{% if source.stock.left > 0 %}#00ff00{% else %}#ff0000{% endif %}',
      },
    ],
    ...changes,
  });
const faultsOf = (body: unknown) =>
  (body as { faults: { path: string; message: string }[] }).faults.map(({ path, message }) => `${path}: ${message}`);

describe('the sources of a workspace', () => {
  it('are made, changed and removed; their secrets are never shown', async () => {
    const made = await service.api('PUT', '/v1/sources/stock', stock());
    expect(made).toMatchObject({
      status: 200,
      body: { name: 'stock', version: 1, secrets: ['authorization'], definition: { timeoutMs: 1000, retries: 1 } },
    });
    const { secrets: _, ...rest } = stock({ cacheSeconds: 60 });
    expect((await service.api('PUT', '/v1/sources/stock', rest)).body).toMatchObject({
      version: 2,
      secrets: ['authorization'],
    });
    await service.api('PUT', '/v1/sources/other', stock({ secrets: {} }));
    const list = await service.api('GET', '/v1/sources?limit=1');
    expect(list.body).toMatchObject({ data: [{ name: 'other', secrets: [] }], next: 'other' });
    expect((await service.api('GET', '/v1/sources?after=other')).body).toMatchObject({ data: [{ name: 'stock' }] });
    expect((await service.api('DELETE', '/v1/sources/other')).status).toBe(204);
    expect((await service.api('GET', '/v1/sources/other')).body).toMatchObject({ code: 'source_not_found' });
    const said = JSON.stringify([made.body, list.body, (await service.api('GET', '/v1/sources/stock')).body]);
    expect(said + service.log.join('')).not.toContain(SECRET);
  });

  it('keep their secrets for the host they were given for', async () => {
    const { secrets, ...moved } = stock({ url: 'https://elsewhere.example/{sku}' });
    const refused = await service.api('PUT', '/v1/sources/stock', moved);
    expect(refused.status).toBe(400);
    expect(faultsOf(refused.body)).toEqual([expect.stringMatching(/^secrets: .*send them again/)]);
    expect((await service.api('PUT', '/v1/sources/moving', stock())).status).toBe(200);
    expect((await service.api('PUT', '/v1/sources/moving', { ...moved, secrets })).status).toBe(200);
    await service.api('DELETE', '/v1/sources/moving');
  });

  it('are refused with everything that is wrong with them', async () => {
    const refused = await service.api('PUT', '/v1/sources/bad', stock({ url: 'https://x.example/{id}', timeoutMs: 9 }));
    expect(refused.status).toBe(400);
    expect(faultsOf(refused.body)).toContainEqual(expect.stringMatching(/^timeoutMs: /));
    const places = await service.api('PUT', '/v1/sources/bad', stock({ url: 'https://x.example/{id}' }));
    expect(faultsOf(places.body)).toEqual(['params.sku: has no place in url: put {sku} there']);
    const nothing = await service.api('PUT', '/v1/sources/bad', stock({ url: 'https://x.example/{sku}/{id}' }));
    expect(faultsOf(nothing.body)).toEqual(['url: has a place for id, which is neither one of params nor of secrets']);
    const paths = await service.api('PUT', '/v1/sources/bad', stock({ map: { left: 'left' } }));
    expect(faultsOf(paths.body)).toEqual([expect.stringMatching(/^map\.left: expected a JSONPath/)]);
  });

  it('are tried out: what they gave, and what is not as it should be', async () => {
    const tryOut = async (sku?: string) =>
      (await service.api('POST', '/v1/sources/stock/test', { params: sku === undefined ? {} : { sku } })).body;
    fake.answers(json({ left: 3, price: {} }));
    expect(await tryOut('hat')).toEqual({
      status: 200,
      ms: expect.any(Number),
      values: { left: 3 },
      faults: [{ path: 'map.price', message: expect.stringContaining('finds no text') }],
    });
    expect(fake.asked.at(-1)).toMatchObject({ target: '/stock/hat', headers: { authorization: `Bearer ${SECRET}` } });
    expect(await tryOut()).toMatchObject({ status: null, faults: [{ path: 'params.sku' }] });
    fake.answers(status(403));
    expect(await tryOut('hat')).toMatchObject({ status: 403, faults: [{ message: expect.stringContaining('403') }] });
    expect(service.log.join('')).not.toContain(SECRET);
  });

  it('have what a template reads, or it is not published', async () => {
    const publish = async (template: object) => {
      const made = await service.api('POST', '/v1/templates/stock/versions', template);
      const { version } = made.body as { version: number };
      return service.api('POST', `/v1/templates/stock/versions/${version}/publish`);
    };
    const source = { from: 'stock', params: { size: '{{ sku }}' }, fallback: { left: 0, colour: 'red' } };
    const when = 'source.stock.colour';
    const refused = await publish(live({ sources: { stock: source }, layers: [{ ...live().layers[0], when }] }));
    expect(faultsOf(refused.body)).toEqual([
      'sources.stock.fallback.colour: is nothing the source stock gives',
      'sources.stock.params.size: is no parameter of the source stock',
    ]);
    const unknown = live({ sources: { stock: { from: 'stocks', fallback: { left: 0 } } } });
    expect(faultsOf((await publish(unknown)).body)).toEqual([
      'sources.stock.from: there is no source stocks: PUT it to /v1/sources/stocks',
    ]);
    expect((await publish(live())).status).toBe(200);
  });
});

describe('a picture with live data', () => {
  const generate = async (sku: string) => {
    const { status, body } = await service.api('POST', '/v1/generate', { template: 'stock', data: { sku } });
    expect(status).toBe(200);
    return body as { url: string; outcome: string };
  };

  it('shows what its sources give, and a new picture once that has changed', async () => {
    fake.answers(json({ left: 3 }));
    const { url, outcome } = await generate('cap');
    expect(outcome).toBe('rendered');
    expect(await look(url)).toMatchObject({ status: 200, color: '#00ff00', outcome: 'hit' });
    fake.answers(json({ left: 0 }));
    await service.api('PUT', '/v1/sources/stock', stock({ cacheSeconds: 120 }));
    // An old one may be shown for as long as the template says, while the new one is made behind it.
    await expect.poll(async () => (await look(url)).color, { timeout: 10_000 }).toBe('#ff0000');
    expect((await look(url)).headers.get('cache-control')).toMatch(/max-age=([0-9]|[1-5][0-9]|60)\b/);
  });

  it('shows the fallback while a source is down, for a short time, and says so', async () => {
    fake.answers(status(500));
    const { url, outcome } = await generate('scarf');
    expect(outcome).toBe('rendered; source-stock-failed');
    const shown = await look(url);
    expect(shown).toMatchObject({ status: 200, color: '#ff0000' });
    expect(shown.outcome).toContain('source-stock-failed');
    fake.answers(json({ left: 8 }));
    await expect.poll(async () => (await look(url)).color, { timeout: 10_000 }).toBe('#00ff00');
  });

  it('shows the last good answer through an outage that a restart falls into', async () => {
    fake.answers(json({ left: 5 }));
    const { url } = await generate('glove');
    await service.close();
    fake.answers(status(500));
    service = await startTestService({
      MERGEPIX_ALLOW_ADDRESSES: '127.0.0.1',
      MERGEPIX_DATA_DIR: service.dataDir,
      MERGEPIX_CACHE: 'memory:',
    });
    const { pathname } = new URL(url);
    expect(await look(service.url + pathname)).toMatchObject({ status: 200, color: '#00ff00' });
  });
});
