import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Receiver, startReceiver } from '../fakes/receiver.ts';
import { json, startFakeSource } from '../fakes/source.ts';
import { adminKey, look, publish, startTestService, swatch, type TestService } from './service.ts';

const metricsKey = 'a-metrics-key-for-tests-that-is-long-enough';
const APPLE = 'Mozilla/5.0';
const GMAIL = 'Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)';
const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0';

let service: TestService;
let receiver: Receiver;
beforeAll(async () => {
  receiver = await startReceiver();
  service = await startTestService({ MERGEPIX_METRICS_KEY: metricsKey, MERGEPIX_ALLOW_ADDRESSES: '127.0.0.1' });
  await publish(service, swatch());
});
afterAll(async () => {
  await service.close();
  await receiver.close();
});

async function makeLink(order: object = {}): Promise<{ id: string; address: string }> {
  const { body } = await service.api('POST', '/v1/links', { template: 'swatch', platform: 'klaviyo', ...order });
  const { id, url } = body as { id: string; url: string };
  return { id, address: service.url + new URL(url).pathname };
}

const makeContact = async (fields: object) =>
  (await service.api('POST', '/v1/contacts', { fields })).body as { id: string; reference: string };

const open = (address: string, userAgent = FIREFOX) => look(address, { headers: { 'user-agent': userAgent } });

async function scrape(key = metricsKey) {
  const response = await fetch(`${service.url}/metrics`, { headers: { authorization: `Bearer ${key}` } });
  return { status: response.status, type: response.headers.get('content-type'), text: await response.text() };
}

/** The value of a series; all its labels must be given, in the order they are declared. */
const figure = (text: string, series: string): number =>
  Number(
    text
      .split('\n')
      .find((line) => line.startsWith(`${series} `))
      ?.slice(series.length + 1) ?? Number.NaN,
  );

describe('the metrics', () => {
  it('are for the metrics key and the admin key only', async () => {
    expect(await scrape()).toMatchObject({ status: 200, type: expect.stringContaining('version=0.0.4') });
    expect((await scrape(adminKey)).status).toBe(200);
    expect((await scrape('wrong')).status).toBe(401);
    const { key } = (await service.api('POST', '/v1/keys', { name: 'a', role: 'admin' })).body as { key: string };
    expect((await scrape(key)).status).toBe(403);
  });

  it('tell how pictures came about, how long it took, and how everything behind is', async () => {
    const { address } = await makeLink();
    const { reference } = await makeContact({ first_name: 'Metra', color: 'reddish' });
    for (let i = 0; i < 3; i++) await open(`${address}?c=${reference}`);
    await fetch(`${service.url}/i/forged.a.b.png`);
    const { text } = await scrape();
    const served = (outcome: string) =>
      figure(text, `mergepix_pictures_total{workspace="default",template="swatch",outcome="${outcome}"}`);
    expect(served('rendered')).toBe(1);
    expect(served('hit')).toBe(2);
    expect(figure(text, 'mergepix_serve_seconds_count{outcome="hit"}')).toBe(2);
    expect(
      figure(text, 'mergepix_render_seconds_count{workspace="default",template="swatch",ok="true"}'),
    ).toBeGreaterThan(0);
    expect(
      figure(
        text,
        'mergepix_mended_fields_total{workspace="default",template="swatch",field="color",reason="invalid"}',
      ),
    ).toBe(3);
    expect(figure(text, 'mergepix_refused_total')).toBeGreaterThan(0);
    expect(figure(text, 'mergepix_served_bytes_total')).toBeGreaterThan(100);
    expect(figure(text, 'mergepix_cache_hits_total{tier="process"}')).toBeGreaterThan(0);
    expect(figure(text, 'mergepix_store_up{store="records"}')).toBe(1);
    expect(figure(text, 'mergepix_store_up{store="cache"}')).toBe(1);
    const idle = figure(text, 'mergepix_render_processes{state="idle"}');
    expect(idle + figure(text, 'mergepix_render_processes{state="busy"}')).toBe(2);
    expect(figure(text, 'mergepix_renders_waiting{priority="recipient"}')).toBe(0);
    expect(text).toContain('process_cpu_seconds_total');
    expect(text).not.toContain('Metra');
    expect(text).not.toContain('reddish');
  });
});

describe('the metrics of a source', () => {
  it('tell whether it answers', async () => {
    const fake = await startFakeSource();
    await service.api('PUT', '/v1/sources/weather', { url: `${fake.url}/now`, map: { temp: '$.temp' }, retries: 0 });
    const sources = { weather: { from: 'weather', params: {}, fallback: { temp: 0 } } };
    const layer = {
      id: 't',
      type: 'text',
      text: '{{ source.weather.temp }}',
      box: { x: 0, y: 0, width: 90, height: 30 },
    };
    const style = { fontFamily: 'Inter', fontSize: 12, color: '#000000', fit: { minFontSize: 6, maxLines: 1 } };
    const freshness = { mode: 'live', seconds: 60 };
    await publish(service, swatch({ name: 'live', freshness, sources, layers: [{ ...layer, ...style }] }));
    const { library, sources: live } = service.services;
    const published = await library.get('default', 'live', { version: 1 });
    if (!published) throw new Error('it was published');
    const ask = () => live.resolve('default', published.compiled, published.defaults, 2000);
    fake.answers(json({ temp: 21 }));
    await ask();
    const labels = 'workspace="default",source="weather"';
    const { text } = await scrape();
    expect(figure(text, `mergepix_source_up{${labels}}`)).toBe(1);
    expect(figure(text, `mergepix_source_requests_total{${labels},ok="true"}`)).toBe(1);
    expect(figure(text, `mergepix_source_seconds{${labels}}`)).toBeGreaterThan(0);
  });
});

describe('impressions', () => {
  it('are counted by send and by who asks, and a proxy is called a proxy', async () => {
    const { id, address } = await makeLink();
    const { reference } = await makeContact({ first_name: 'Ines' });
    for (const [send, agent] of [
      ['june', APPLE],
      ['june', APPLE],
      ['june', GMAIL],
      ['july', FIREFOX],
      ['amira@example.com', FIREFOX],
      ['', 'curl/8.5.0'],
    ] as const) {
      await open(`${address}?c=${reference}&s=${encodeURIComponent(send)}`, agent);
    }
    const { body } = await service.api('GET', `/v1/links/${id}/impressions`);
    const { data, readers } = body as {
      data: { hour: string; send: string; reader: string; outcome: string; count: number }[];
      readers: object;
    };
    expect(readers).toEqual({ 'apple-proxy': 2, 'gmail-proxy': 1, browser: 2, bot: 1 });
    const of = (wanted: string, reader: string) =>
      data
        .filter(({ send, reader: who }) => send === wanted && who === reader)
        .reduce((sum, { count }) => sum + count, 0);
    expect([of('june', 'apple-proxy'), of('june', 'gmail-proxy'), of('july', 'browser')]).toEqual([2, 1, 1]);
    expect([of('other', 'browser'), of('', 'bot')]).toEqual([1, 1]);
    expect(data[0]?.hour).toMatch(/:00:00\.000Z$/);
    expect(JSON.stringify(body)).not.toContain('amira');

    await open(`${address}?c=${reference}&s=june`, APPLE);
    const page = (await service.api('GET', `/v1/links/${id}/impressions?limit=1`)).body as { next: string };
    const rest = await service.api('GET', `/v1/links/${id}/impressions?after=${page.next}`);
    expect(rest.body).toMatchObject({ readers: { 'apple-proxy': 3 }, next: null });
    const past = await service.api('GET', `/v1/links/${id}/impressions?until=2020-01-01T00:00:00Z`);
    expect(past.body).toMatchObject({ data: [], readers: {} });
  });
});

describe('figures', () => {
  it('that were counted before a stop are there after it', async () => {
    const first = await startTestService();
    await publish(first, swatch());
    const order = { template: 'swatch', platform: 'klaviyo' };
    const { id, url } = (await first.api('POST', '/v1/links', order)).body as { id: string; url: string };
    await open(first.url + new URL(url).pathname);
    await first.close();
    const second = await startTestService({ MERGEPIX_DATA_DIR: first.dataDir });
    const { body } = await second.api('GET', `/v1/links/${id}/impressions`);
    await second.close();
    expect(body).toMatchObject({ readers: { browser: 1 } });
  });
});

describe('failures', () => {
  it('are grouped by cause, with a link and a contact to look at', async () => {
    const { id, address } = await makeLink();
    const { id: contact, reference } = await makeContact({ first_name: 'Fritz' });
    await open(`${address}?c=`);
    await open(`${address}?c=`);
    await service.services.records.deleteFrom('contacts').where('id', '=', contact).execute();
    await open(`${address}?c=${reference}`);
    await open(`${address}?c=not-a-reference`);
    const { data } = (await service.api('GET', `/v1/failures?link=${id}`)).body as {
      data: Record<string, unknown>[];
    };
    expect(data.map(({ cause, count }) => [cause, count])).toEqual([
      ['contact-blank', 2],
      expect.anything(),
      expect.anything(),
    ]);
    expect(data).toContainEqual(
      expect.objectContaining({
        cause: 'contact-unknown',
        outcome: 'defaults',
        template: 'swatch',
        version: 1,
        link: id,
        contact,
      }),
    );
    await service.api('POST', '/v1/generate', { template: 'swatch', data: {} });
    expect((await service.api('GET', '/v1/failures?template=nothing')).body).toEqual({ data: [], next: null });
    const later = new Date(Date.now() + 60_000).toISOString();
    expect((await service.api('GET', `/v1/failures?since=${later}`)).body).toEqual({ data: [], next: null });
  });
});

describe('a link that goes wrong', () => {
  it('is told of once: in the log, in the metrics and to whoever asked', async () => {
    await service.api('POST', '/v1/hooks', { url: `${receiver.url}/hook`, events: ['link.attention'] });
    const { id, address } = await makeLink();
    for (let i = 0; i < 30; i++) await open(`${address}?c=&i=${i}`);
    await expect.poll(() => receiver.received.length, { timeout: 10_000 }).toBe(1);
    expect(JSON.parse(receiver.received[0]?.body ?? '')).toMatchObject({
      type: 'link.attention',
      workspace: 'default',
      data: { link: id, template: 'swatch', version: 1, cause: 'contact-blank', below: 21, served: 21, share: 1 },
    });
    const lines = service.log.filter((line) => line.includes('"link.attention"'));
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { workspace: 'default', link: id, template: 'swatch' },
    ]);
    expect(figure((await scrape()).text, 'mergepix_link_attention_total')).toBe(1);
  });
});
