import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Receiver, startReceiver } from '../fakes/receiver.ts';
import { publish, startTestService, swatch, type TestService } from './service.ts';

type Warmup = { id: string; state: string };
type Told = { type: string; data: Warmup & Record<string, unknown> };

let service: TestService;
let receiver: Receiver;
let link: string;
beforeAll(async () => {
  service = await startTestService({ MERGEPIX_ALLOW_ADDRESSES: '127.0.0.1' });
  receiver = await startReceiver();
  await publish(service, swatch());
  ({ id: link } = (await service.api('POST', '/v1/links', { template: 'swatch', platform: 'klaviyo' })).body as Warmup);
  await service.api('POST', '/v1/contacts', { fields: { first_name: 'Amira' } });
});
afterAll(async () => {
  await service.close();
  await receiver.close();
});

const order = (more: object) => service.api('POST', '/v1/warmups', { links: [link], ...more });
const told = (path: string): Promise<Told[]> =>
  vi.waitFor(
    () => {
      const found = receiver.received.filter((each) => each.path === path);
      expect(found).not.toEqual([]);
      return found.map(({ body }) => JSON.parse(body) as Told);
    },
    { timeout: 20_000, interval: 50 },
  );

describe('the address that comes with a warm-up', () => {
  it('is told once when it is over, and again for whoever orders the same anew', async () => {
    const send = { send: 'spring', sendAt: '2030-05-04T12:00:00Z' };
    const { id } = (await order({ ...send, callback_url: `${receiver.url}/first` })).body as Warmup;
    expect(await told('/first')).toMatchObject([
      {
        type: 'warmup.finished',
        data: { id, send: 'spring', sendAt: '2030-05-04T12:00:00.000Z', state: 'complete', contacts: 1, failed: 0 },
      },
    ]);
    expect((await order({ ...send, callback_url: `${receiver.url}/same` })).body).toMatchObject({ id });
    expect(await told('/same')).toMatchObject([{ data: { id, state: 'complete' } }]);
  });

  it('is told of the one that took its place, and of the end of one that is cancelled', async () => {
    const ordered = async (name: string, more: object = {}) => {
      const { id } = (await order({ send: name, callback_url: `${receiver.url}/${name}`, ...more })).body as Warmup;
      return id;
    };
    const [first, second] = [await ordered('moved'), await ordered('moved', { sendAt: '2030-05-04T12:00:00Z' })];
    expect(first).not.toBe(second);
    const ends = await vi.waitFor(
      async () => {
        const found = await told('/moved');
        expect(found).toHaveLength(2);
        return found;
      },
      { timeout: 20_000, interval: 50 },
    );
    // The first was over before the second came, or was told of it.
    for (const { data } of ends) expect(data.state).toBe('complete');
    expect(ends.map(({ data }) => data.id)).toContain(second);

    const cancelled = await ordered('cancelled');
    await service.api('DELETE', `/v1/warmups/${cancelled}`);
    const [{ data }] = (await told('/cancelled')) as [Told];
    expect(data).toMatchObject({ id: cancelled, state: expect.stringMatching(/cancelled|complete/) });
  });

  it('has to be one that can be called', async () => {
    expect((await order({ callback_url: 'ftp://example.com' })).body).toMatchObject({ code: 'address_refused' });
  });
});

describe('links', () => {
  it('are listed, newest first, page by page, revoked ones too', async () => {
    const ids = [link];
    for (let i = 0; i < 4; i++)
      ids.unshift(
        ((await service.api('POST', '/v1/links', { template: 'swatch', platform: 'brevo' })).body as Warmup).id,
      );
    await service.api('DELETE', `/v1/links/${ids[0]}`);
    type Page = { data: { id: string; platform: string; revokedAt: string | null }[]; next: string | null };
    const seen = [];
    for (let after = ''; ; ) {
      const { body } = await service.api('GET', `/v1/links?limit=2${after}`);
      const { data, next } = body as Page;
      seen.push(...data);
      if (next === null) break;
      after = `&after=${next}`;
    }
    expect(seen.map(({ id }) => id).sort()).toEqual([...ids].sort());
    expect(seen.at(-1)).toMatchObject({ id: link, platform: 'klaviyo', revokedAt: null });
    expect(seen.find(({ id }) => id === ids[0])?.revokedAt).toMatch(/Z$/);
  });
});
