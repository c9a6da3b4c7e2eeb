import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeReal } from '../real/describe.ts';
import { realPostgres } from '../real/postgres.ts';
import { adminKey, look, publish, startTestService, swatch, type TestService } from './service.ts';

describeReal(realPostgres, 'with its records in PostgreSQL, the service', (server) => {
  let service: TestService;
  beforeAll(async () => {
    service = await startTestService({ MERGEPIX_DATABASE: await server().makeDatabase() });
    await publish(service, swatch());
  });
  afterAll(() => service.close());

  const makeLink = async (): Promise<{ id: string; address: string }> => {
    const { body } = await service.api('POST', '/v1/links', { template: 'swatch', platform: 'mailchimp' });
    const { id, url } = body as { id: string; url: string };
    return { id, address: service.url + new URL(url).pathname };
  };
  const makeContact = async (color: string): Promise<string> => {
    const { body } = await service.api('POST', '/v1/contacts', { fields: { color } });
    return (body as { reference: string }).reference;
  };
  const write = () => service.api('POST', '/v1/contacts', { fields: {} });

  it('publishes, links, personalises, generates and revokes', async () => {
    expect(await publish(service, swatch({ background: '#eeeeee' }))).toBe(2);
    const { id, address } = await makeLink();
    const c = await makeContact('#ff0000');
    expect(await look(`${address}?c=${c}`)).toMatchObject({ outcome: 'rendered', color: '#ff0000' });
    const order = { template: 'swatch', data: { first_name: 'Bo', color: '#0000ff' }, subject: 'bo' };
    const { body } = await service.api('POST', '/v1/generate', order);
    const sealed = service.url + new URL((body as { url: string }).url).pathname;
    expect(await look(sealed)).toMatchObject({ outcome: 'hit', color: '#0000ff' });
    const made = await service.api('POST', '/v1/keys', { name: 'Zapier', role: 'render' });
    const { key } = made.body as { key: string };
    expect((await service.api('GET', '/v1/templates', undefined, key)).body).toMatchObject({
      data: [{ name: 'swatch', version: 2, state: 'published' }],
    });
    expect((await service.api('DELETE', `/v1/links/${id}`)).status).toBe(204);
    await expect.poll(async () => (await look(`${address}?c=${c}`)).outcome).toBe('neutral; revoked');
  });

  it('works off a batch, tries its callback again, and does nothing twice', async () => {
    const rows = Array.from({ length: 120 }, (_, i) => (i === 5 ? {} : { first_name: `Name ${i}` }));
    const order = { template: 'swatch', rows, naming: 'first_name', callback_url: 'http://10.0.0.1/' };
    const { id } = (await service.api('POST', '/v1/batches', order)).body as { id: string };
    await expect
      .poll(async () => (await service.api('GET', `/v1/batches/${id}`)).body, { timeout: 20_000 })
      .toMatchObject({ state: 'complete', total: 120, done: 120, failed: 1 });
    await expect
      .poll(async () => (await service.api('GET', '/v1/hooks/callbacks/deliveries')).body, { timeout: 10_000 })
      .toMatchObject({ data: [{ state: 'queued', attempts: 1, error: 'address_refused' }] });
    await expect
      .poll(() => service.services.jobs.stats())
      .toEqual([{ kind: 'hook.deliver', waiting: 1, due: 0, running: 0, oldestMs: 0 }]);
    const once = () =>
      fetch(`${service.url}/v1/contacts`, {
        method: 'POST',
        headers: { authorization: `Bearer ${adminKey}`, 'content-type': 'application/json', 'idempotency-key': 'once' },
        body: JSON.stringify({ fields: {} }),
      });
    const [first, again] = [await once(), await once()];
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(await again.json()).toEqual(await first.json());
  }, 40_000);

  it('refuses what PostgreSQL cannot keep as a fault of the request', async () => {
    const { status, body } = await service.api('POST', '/v1/keys', { name: 'a\0b' });
    expect({ status, body }).toMatchObject({ status: 400, body: { code: 'request_invalid' } });
    expect((await service.api('GET', '/v1/contacts/%00')).status).toBe(400);
  });

  it.each([
    ['frozen', '#00ff00', () => server().freeze(), () => server().thaw()],
    ['gone', '#00ffff', () => server().stop(), () => server().start()],
  ])(
    'serves what it knows while the database is %s, says 503 for the rest, and recovers by itself',
    async (_, color, fail, mend) => {
      const { address } = await makeLink();
      const known = await makeContact(color);
      const unseen = await makeContact('#123456');
      expect(await look(`${address}?c=${known}`)).toMatchObject({ outcome: 'rendered', color });
      await fail();
      try {
        // Longer than copies count as fresh, so that every record is asked for again.
        for (const until = Date.now() + 2500; Date.now() < until; ) {
          expect(await look(`${address}?c=${known}&s=${Math.random()}`)).toMatchObject({ outcome: 'hit' });
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
        expect(await look(`${address}?c=${unseen}`)).toMatchObject({ outcome: 'defaults; contact-unreadable' });
        const refused = await write();
        expect(refused).toMatchObject({ status: 503, body: { code: 'records_unavailable' } });
        expect(refused.headers.get('retry-after')).toBe('2');
        expect((await fetch(`${service.url}/readyz`)).status).toBe(503);
        expect((await fetch(`${service.url}/healthz`)).status).toBe(200);
      } finally {
        await mend();
      }
      await expect.poll(async () => (await write()).status, { timeout: 5000 }).toBe(201);
      await expect.poll(async () => (await look(`${address}?c=${unseen}`)).color, { timeout: 5000 }).toBe('#123456');
      expect((await fetch(`${service.url}/readyz`)).status).toBe(200);
    },
  );
});
