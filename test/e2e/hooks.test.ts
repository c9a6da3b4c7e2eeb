import { readFileSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Received, type Receiver, startReceiver } from '../fakes/receiver.ts';
import { publish, startTestService, swatch, type TestService } from './service.ts';

type Hook = { id: string; secret: string; disabledAt: string | null };
type Delivery = { id: string; event: string; type: string; state: string; attempts: number; status: number | null };
type Verify = (secret: string, header: string, body: string, now?: number) => boolean;

let service: TestService;
let receiver: Receiver;
let isFromMergepix: Verify;
beforeAll(async () => {
  service = await startTestService({ MERGEPIX_ALLOW_ADDRESSES: '127.0.0.1' });
  await publish(service, swatch());
  const page = readFileSync(new URL('../../docs/hooks.md', import.meta.url), 'utf8');
  const file = join(await mkdtemp(join(tmpdir(), 'mergepix-')), 'verify.mjs');
  await writeFile(file, /```js\n([\s\S]*?)```/.exec(page)?.[1] ?? '');
  ({ isFromMergepix } = (await import(pathToFileURL(file).href)) as { isFromMergepix: Verify });
});
afterAll(() => service.close());
beforeEach(async () => {
  receiver = await startReceiver();
});
afterEach(async () => {
  await receiver.close();
  const { records } = service.services;
  for (const table of ['jobs', 'hooks', 'hook_deliveries', 'hook_events'] as const)
    await records.deleteFrom(table).execute();
});

const soon = <T>(check: () => T | Promise<T>) => vi.waitFor(check, { timeout: 10_000, interval: 25 });
const hookTo = async (path = '', events = ['render.finished']): Promise<Hook> => {
  const { status, body } = await service.api('POST', '/v1/hooks', { url: receiver.url + path, events });
  expect(status).toBe(201);
  return body as Hook;
};
const trial = ({ id }: Hook) => service.api('POST', `/v1/hooks/${id}/test`);
const deliveries = async (id: string): Promise<Delivery[]> =>
  ((await service.api('GET', `/v1/hooks/${id}/deliveries`)).body as { data: Delivery[] }).data;
/** As if the pause before the next attempt were over. */
const hurry = () => service.services.records.updateTable('jobs').set({ run_at: 1 }).execute();
const jsonOf = ({ body }: Received) => JSON.parse(body) as { id: string; type: string; data: object };
const order = { template_id: 'swatch', data: { first_name: 'Amira' }, format: 'png', dpi: 72 };

describe('a hook', () => {
  it('is told of what it asked for, signed so that the code in the documents accepts it', async () => {
    const hook = await hookTo('/in');
    await hookTo('/other', ['batch.finished']);
    const { job_id } = (await service.api('POST', '/v1/renders', order)).body as { job_id: string };
    await soon(() => expect(receiver.received).toHaveLength(1));
    const [{ path, headers, body }] = receiver.received as [Received];
    expect(path).toBe('/in');
    expect(JSON.parse(body)).toEqual({
      id: headers['mergepix-event-id'],
      type: 'render.finished',
      createdAt: expect.stringMatching(/^\d{4}-.*Z$/),
      workspace: 'default',
      data: {
        ...{ job_id, template: 'swatch', version: 1, variant: null, format: 'png' },
        ...{ status: 'complete', output_url: expect.stringContaining('/i/') },
      },
    });
    const signature = String(headers['mergepix-signature']);
    expect(isFromMergepix(hook.secret, signature, body)).toBe(true);
    expect(isFromMergepix(hook.secret, signature, body.replace('complete', 'failed'))).toBe(false);
    expect(isFromMergepix(`${hook.secret}x`, signature, body)).toBe(false);
    expect(isFromMergepix(hook.secret, signature, body, Date.now() + 301_000)).toBe(false);
    await soon(async () =>
      expect(await deliveries(hook.id)).toMatchObject([{ state: 'delivered', attempts: 1, status: 200 }]),
    );
  });

  it('is told again and again while it does not take it, always of the same event', async () => {
    const hook = await hookTo();
    receiver.answer = 500;
    expect((await trial(hook)).status).toBe(202);
    await soon(async () =>
      expect(await deliveries(hook.id)).toMatchObject([{ state: 'queued', attempts: 1, status: 500 }]),
    );
    receiver.answer = 302;
    await soon(async () => {
      await hurry();
      expect(await deliveries(hook.id)).toMatchObject([{ state: 'queued', attempts: 2, status: 302 }]);
    });
    receiver.answer = 204;
    await soon(async () => {
      await hurry();
      expect(await deliveries(hook.id)).toMatchObject([{ state: 'delivered', attempts: 3, status: 204 }]);
    });
    expect(new Set(receiver.received.map((each) => jsonOf(each).id)).size).toBe(1);
  });

  it('is given up after three days, and can be sent to once more', async () => {
    const hook = await hookTo();
    receiver.answer = 500;
    await trial(hook);
    await soon(async () => expect(await deliveries(hook.id)).toMatchObject([{ attempts: 1 }]));
    // As if all the attempts before the last one had been made.
    await service.services.records.updateTable('hook_deliveries').set({ attempts: 13 }).execute();
    await soon(async () => {
      await hurry();
      expect(await deliveries(hook.id)).toMatchObject([{ state: 'failed', attempts: 14 }]);
    });
    receiver.answer = 200;
    const [{ id }] = (await deliveries(hook.id)) as [Delivery];
    expect((await service.api('POST', `/v1/hooks/deliveries/${id}/resend`)).status).toBe(202);
    await soon(async () => expect(await deliveries(hook.id)).toMatchObject([{ state: 'delivered', attempts: 1 }]));
  });

  it('hears of a template that is published', async () => {
    await hookTo('', ['template.published']);
    await publish(service, swatch({ alt: 'Another text' }));
    await soon(() =>
      expect(receiver.received.map(jsonOf)).toMatchObject([
        { data: { template: 'swatch', version: 2, title: null, width: 100, height: 40 } },
      ]),
    );
  });

  it('hears of nothing but the template it chose', async () => {
    const hook = { url: receiver.url, events: ['template.published'], only: { template: 'chosen' } };
    const made = await service.api('POST', '/v1/hooks', hook);
    expect(made.body).toMatchObject({ only: { template: 'chosen' } });
    await publish(service, swatch({ alt: 'Yet another text' }));
    await publish(service, swatch({ name: 'chosen' }));
    await soon(() => expect(receiver.received.map(jsonOf)).toMatchObject([{ data: { template: 'chosen' } }]));
    const { id } = made.body as Hook;
    expect(await deliveries(id)).toHaveLength(1);
  });

  it('cannot choose by what its events do not tell', async () => {
    const hook = { url: receiver.url, events: ['batch.finished'], only: { connection: 'x' } };
    const { status, body } = await service.api('POST', '/v1/hooks', hook);
    expect(status).toBe(400);
    expect(body).toMatchObject({
      faults: [{ path: 'only.connection', message: expect.stringContaining('batch.fin') }],
    });
  });

  it('that is gone makes room for others', async () => {
    const { records } = service.services;
    await hookTo();
    const [one] = await records.selectFrom('hooks').selectAll().execute();
    if (!one) throw new Error('the hook was not kept');
    for (let i = 1; i < 200; i++)
      await records
        .insertInto('hooks')
        .values({ ...one, id: `hook-${i}` })
        .execute();
    const another = { url: receiver.url, events: ['render.finished'] };
    expect((await service.api('POST', '/v1/hooks', another)).body).toMatchObject({
      detail: 'A workspace has at most 200 hooks: delete one first.',
    });
    await records.updateTable('hooks').set({ disabled_at: 1 }).where('id', '=', 'hook-1').execute();
    expect((await service.api('POST', '/v1/hooks', another)).status).toBe(201);
  });

  it('that is gone is disabled, and told nothing more', async () => {
    const hook = await hookTo();
    receiver.answer = 410;
    await trial(hook);
    await soon(async () => expect(await deliveries(hook.id)).toMatchObject([{ state: 'failed', status: 410 }]));
    const { data } = (await service.api('GET', '/v1/hooks')).body as { data: Hook[] };
    expect(data).toMatchObject([{ id: hook.id, disabledAt: expect.any(String) }]);
    receiver.answer = 200;
    await trial(hook);
    expect(await deliveries(hook.id)).toHaveLength(1);
  });

  it('that hangs keeps no other waiting', async () => {
    const silent = await startReceiver();
    silent.answer = 'hang';
    const { body } = await service.api('POST', '/v1/hooks', { url: silent.url, events: ['render.finished'] });
    for (let i = 0; i < 12; i++) await trial(body as Hook);
    await soon(() => expect(silent.received.length).toBeGreaterThan(0));
    const hook = await hookTo();
    await trial(hook);
    await soon(async () => expect(await deliveries(hook.id)).toMatchObject([{ state: 'delivered' }]));
    expect(silent.received.length).toBeLessThan(12);
    await silent.close();
  });

  it('that is deleted is told nothing that is still on its way', async () => {
    const hook = await hookTo();
    receiver.answer = 500;
    await trial(hook);
    await soon(async () => expect(await deliveries(hook.id)).toMatchObject([{ attempts: 1 }]));
    expect((await service.api('DELETE', `/v1/hooks/${hook.id}`)).status).toBe(204);
    await hurry();
    const { records } = service.services;
    await soon(async () => expect(await records.selectFrom('jobs').selectAll().execute()).toEqual([]));
    expect(receiver.received).toHaveLength(1);
    expect((await trial(hook)).body).toMatchObject({ code: 'not_found' });
  });

  it('leaves neither its address nor its secret in the clear', async () => {
    const hook = await hookTo('/a-token-in-a-path');
    await trial(hook);
    await soon(async () => expect(await deliveries(hook.id)).toMatchObject([{ state: 'delivered' }]));
    const { records } = service.services;
    const kept = JSON.stringify([
      await records.selectFrom('hooks').selectAll().execute(),
      await records.selectFrom('hook_deliveries').selectAll().execute(),
      await records.selectFrom('audit').selectAll().execute(),
      service.log,
      (await service.api('GET', '/v1/hooks')).body === undefined,
    ]);
    expect(kept).not.toContain('a-token-in-a-path');
    expect(kept).not.toContain(hook.secret);
  });

  it.each([
    ['an address inside', 'http://user:secret@127.0.0.1/', 'address_refused'],
    ['no address', 'mailto:somebody@example.com', 'address_refused'],
    ['an unknown event', '', 'request_invalid'],
  ])('is refused for %s', async (_what, url, code) => {
    const events = url === '' ? ['sun.rise'] : ['render.finished'];
    const { body } = await service.api('POST', '/v1/hooks', { url: url || receiver.url, events });
    expect(body).toMatchObject({ code });
  });

  it('never reaches a private address that is not allowed', async () => {
    const { body } = await service.api('POST', '/v1/hooks', { url: 'http://10.0.0.1/', events: ['render.finished'] });
    await trial(body as Hook);
    await soon(async () =>
      expect(await deliveries((body as Hook).id)).toMatchObject([{ attempts: 1, error: 'address_refused' }]),
    );
  });
});

describe('a callback', () => {
  it('is told of its own order, signed with the callback secret', async () => {
    const { status } = await service.api('POST', '/v1/renders', { ...order, callback_url: `${receiver.url}/back` });
    expect(status).toBe(202);
    await service.api('POST', '/v1/renders', order);
    await soon(() => expect(receiver.received).toHaveLength(1));
    const [{ headers, body }] = receiver.received as [Received];
    const { secret } = (await service.api('GET', '/v1/hooks/callback-secret')).body as { secret: string };
    expect(isFromMergepix(secret, String(headers['mergepix-signature']), body)).toBe(true);
    expect(await deliveries('callbacks')).toMatchObject([{ type: 'render.finished' }]);
  });
});
