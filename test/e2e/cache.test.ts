import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { look, publish, startTestService, swatch, type TestService } from './service.ts';

let service: TestService;
/** Another process over the same records, with a cache of its own. */
let other: TestService;
let workspaceKey: string;
beforeAll(async () => {
  service = await startTestService();
  other = await startTestService({
    MERGEPIX_DATA_DIR: service.dataDir,
    MERGEPIX_CACHE: 'memory:',
    MERGEPIX_RENDER_PROCESSES: '1',
  });
  await publish(service, swatch());
  const { body } = await service.api('POST', '/v1/keys', { name: 'marketing', role: 'admin' });
  workspaceKey = (body as { key: string }).key;
});
afterAll(async () => {
  await other.close();
  await service.close();
});

const bytes = Buffer.from('a picture');
const keep = (...tags: string[]) => {
  for (const { services } of [service, other]) {
    for (const tag of tags) services.cache.set(tag, bytes, { tags: [tag, 'workspace:default'] });
    services.cache.set('of another workspace', bytes, { tags: ['workspace:other'] });
  }
};
const holds = ({ services }: TestService, key: string) => services.cache.peek(key) !== undefined;

describe('the cache over the API', () => {
  it('tells what it holds', async () => {
    const { body: made } = await service.api('POST', '/v1/generate', {
      template: 'swatch',
      data: { first_name: 'Bo' },
    });
    const { url } = made as { url: string };
    expect(await look(service.url + new URL(url).pathname)).toMatchObject({ outcome: 'hit' });
    await expect
      .poll(async () => (await service.api('GET', '/v1/cache')).body)
      .toMatchObject({ store: 'lmdb', maxBytes: 1024 ** 3, pinnedBytes: 0, entries: expect.any(Number) });
    const { body } = await service.api('GET', '/v1/cache');
    expect((body as { hits: { process: number } }).hits.process).toBeGreaterThan(0);
    expect((body as { bytes: number }).bytes).toBeGreaterThan(100);
  });

  it('forgets what is under one thing, in every process, and writes down who wanted that', async () => {
    const { body } = await service.api('POST', '/v1/links', { template: 'swatch', platform: 'mailchimp' });
    const { id } = body as { id: string };
    const tags = ['template:default/swatch', `link:${id}`, 'contact:default:c1', 'send:default:spring'];
    const orders = [{ template: 'swatch' }, { link: id }, { contact: 'c1' }, { send: 'spring' }];
    for (const [i, order] of orders.entries()) {
      const tag = tags[i] ?? '';
      keep(...tags);
      await expect.poll(async () => (await service.api('GET', '/v1/cache')).status).toBe(200);
      const answer = await service.api('POST', '/v1/cache/purge', order, workspaceKey);
      expect(answer).toMatchObject({ status: 200, body: { dropped: expect.any(Number) } });
      expect((answer.body as { dropped: number }).dropped).toBeGreaterThan(0);
      expect(holds(service, tag)).toBe(false);
      await expect.poll(() => holds(other, tag), { timeout: 5000 }).toBe(false);
      for (const kept of tags.slice(i + 1)) expect([holds(service, kept), holds(other, kept)]).toEqual([true, true]);
    }
    const { body: audit } = await service.api('GET', '/v1/audit');
    const written = (audit as { data: { action: string; subject: string }[] }).data;
    expect(written.filter(({ action }) => action === 'cache.purged').map(({ subject }) => subject)).toEqual(
      expect.arrayContaining(tags),
    );
  });

  it("forgets all of a workspace with a key of it, and all there is with the operator's", async () => {
    keep('template:default/swatch');
    await service.api('POST', '/v1/cache/purge', { all: true }, workspaceKey);
    await expect.poll(() => holds(other, 'template:default/swatch'), { timeout: 5000 }).toBe(false);
    expect([holds(service, 'of another workspace'), holds(other, 'of another workspace')]).toEqual([true, true]);
    await service.api('POST', '/v1/cache/purge', { all: true });
    expect(holds(service, 'of another workspace')).toBe(false);
    await expect.poll(() => holds(other, 'of another workspace'), { timeout: 5000 }).toBe(false);
    // What it has left there for other processes is no picture.
    const { body } = await service.api('GET', '/v1/cache');
    expect((body as { entries: number }).entries).toBeLessThanOrEqual(1);
    expect((body as { bytes: number }).bytes).toBeLessThan(10_000);
  });

  it('refuses what names nothing, more than one thing, or a link of nobody', async () => {
    for (const order of [{}, { template: 'swatch', all: true }, { all: false }]) {
      expect((await service.api('POST', '/v1/cache/purge', order)).status).toBe(400);
    }
    expect(await service.api('POST', '/v1/cache/purge', { link: 'never' })).toMatchObject({
      status: 404,
      body: { code: 'link_not_found' },
    });
    const { body } = await service.api('POST', '/v1/keys', { name: 'machine', role: 'render' });
    const { key } = body as { key: string };
    expect((await service.api('POST', '/v1/cache/purge', { all: true }, key)).status).toBe(403);
  });
});
