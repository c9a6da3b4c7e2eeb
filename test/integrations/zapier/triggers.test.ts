import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { sentencesOf } from '../../../integrations/zapier/src/warmups.ts';
import { attentions } from '../../../server/warmups/warmup.ts';
import { keepConnection } from '../../e2e/connection.ts';
import { look, publish, swatch } from '../../e2e/service.ts';
import { type Received, type Receiver, startReceiver } from '../../fakes/receiver.ts';
import { app, runStep, startConnected, zapier } from './zapier.ts';

type Item = { id: string; [more: string]: unknown };
type Subscription = { id: string; secret: string };

let made: Awaited<ReturnType<typeof startConnected>>;
/** Where Zapier takes deliveries for a Zap that is on. */
let hook: Receiver;
beforeAll(async () => {
  made = await startConnected({ MERGEPIX_ALLOW_ADDRESSES: '127.0.0.1' });
  await publish(made.service, swatch());
  await publish(made.service, swatch({ name: 'other' }));
});
afterAll(async () => {
  await made.service.close();
  await zapier.close();
});
beforeEach(async () => {
  hook = await startReceiver();
});
afterEach(() => hook.close());

const of = (trigger: string) => `triggers.${trigger}.operation`;
const turnOn = (trigger: string, inputData: Record<string, unknown> = {}) =>
  runStep<Subscription>(`${of(trigger)}.performSubscribe`, { authData: made.authData, inputData, targetUrl: hook.url });
const turnOff = (trigger: string, subscribeData: Subscription) =>
  runStep(`${of(trigger)}.performUnsubscribe`, { authData: made.authData, subscribeData });
const listed = (trigger: string, inputData: Record<string, unknown> = {}) =>
  runStep<Item[]>(`${of(trigger)}.performList`, { authData: made.authData, inputData });

/** The deliveries, once there are so many. */
const delivered = (count: number): Promise<Received[]> =>
  vi.waitFor(
    () => {
      expect(hook.received).toHaveLength(count);
      return hook.received;
    },
    { timeout: 15_000, interval: 25 },
  );

/** A delivery as Zapier hands it to the trigger, with its own names of headers. */
const handOn = (trigger: string, subscribeData: Subscription, { headers, body }: Pick<Received, 'headers' | 'body'>) =>
  runStep<Item[]>(`${of(trigger)}.perform`, {
    authData: made.authData,
    subscribeData,
    rawRequest: {
      method: 'POST',
      querystring: '',
      headers: Object.fromEntries(
        Object.entries(headers).map(([name, value]) => [
          `Http-${name.replaceAll(/(^|-)(\w)/g, (_, dash, letter) => dash + letter.toUpperCase())}`,
          String(value),
        ]),
      ),
      content: body,
    },
    cleanedRequest: JSON.parse(body),
  });

const order = (template_id = 'swatch') =>
  made.service.api('POST', '/v1/renders', { template_id, data: { first_name: 'Amira', color: '#ff0000' } });

const sampleOf = (trigger: string) => app.triggers?.[trigger as never] as unknown as { operation: { sample: Item } };
const expectShape = (trigger: string, item: Item | undefined) =>
  expect(Object.keys(item ?? {}).sort()).toEqual(Object.keys(sampleOf(trigger).operation.sample).sort());

describe('a trigger', () => {
  it('begins a run with what was delivered, as its list and its sample have it', async () => {
    const subscription = await turnOn('image_rendered');
    await order();
    const [delivery] = await delivered(1);
    const [item, ...others] = await handOn('image_rendered', subscription, delivery as Received);
    expect(others).toEqual([]);
    expect(item).toMatchObject({ template: 'swatch', version: 1, format: 'png' });
    expect(await look(String(item?.url))).toMatchObject({ status: 200, color: '#ff0000' });
    expectShape('image_rendered', item);
    const { finished_at, ...rest } = (await listed('image_rendered'))[0] as Item;
    expect(item).toMatchObject({ ...rest, finished_at: expect.stringMatching(/^\d{4}-.*Z$/) });
    expect(finished_at).toMatch(/^\d{4}-.*Z$/);
    await turnOff('image_rendered', subscription);
  });

  it('that is turned off is told nothing more, and may be turned off again', async () => {
    const [off, on] = [await turnOn('image_rendered'), await turnOn('image_rendered')];
    await turnOff('image_rendered', off);
    await turnOff('image_rendered', off);
    await order();
    const [delivery] = await delivered(1);
    expect(await handOn('image_rendered', on, delivery as Received)).toHaveLength(1);
    await turnOff('image_rendered', on);
    await order();
    const { body } = await made.service.api('GET', '/v1/hooks');
    expect((body as { data: unknown[] }).data).toEqual([]);
    expect(hook.received).toHaveLength(1);
  });

  it('believes nothing that is not signed with the secret of its subscription', async () => {
    const subscription = await turnOn('image_rendered');
    await order();
    const [{ headers, body }] = (await delivered(1)) as [Received];
    const refused = /was not sent by your Mergepix/;
    const hand = (subscribeData: Subscription, delivery: Pick<Received, 'headers' | 'body'>) =>
      handOn('image_rendered', subscribeData, delivery);
    await expect(hand(subscription, { headers, body: body.replace('swatch', 'forged') })).rejects.toThrow(refused);
    await expect(hand(subscription, { headers: {}, body })).rejects.toThrow(refused);
    await expect(hand({ ...subscription, secret: 'whs_of_another' }, { headers, body })).rejects.toThrow(refused);
    await expect(hand({ ...subscription, secret: '' }, { headers, body })).rejects.toThrow(refused);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3_700_000 });
    await expect(hand(subscription, { headers, body })).rejects.toThrow(refused);
    vi.useRealTimers();
    await turnOff('image_rendered', subscription);
  });

  it('begins no run with the trial of its hook', async () => {
    const subscription = await turnOn('image_rendered');
    await made.service.api('POST', `/v1/hooks/${subscription.id}/test`);
    const [delivery] = await delivered(1);
    expect(await handOn('image_rendered', subscription, delivery as Received)).toEqual([]);
    await turnOff('image_rendered', subscription);
  });

  it('hands the picture itself to the next step', async () => {
    await order();
    const [{ file, url }] = (await vi.waitFor(async () => {
      const found = await listed('image_rendered');
      expect(found.length).toBeGreaterThan(0);
      return found;
    })) as [Item];
    const [, call = ''] = /^hydrate\|\|\|(.*)\|\|\|hydrate$/.exec(String(file)) ?? [];
    const { method, bundle } = JSON.parse(call) as { method: string; bundle: object };
    const stored = zapier.files.get(await runStep(method, { authData: made.authData, inputData: { ...bundle } }));
    expect(stored).toMatchObject({ name: 'swatch.png', mime: 'image/png' });
    expect(stored?.bytes.equals((await look(String(url))).bytes)).toBe(true);
  });

  it('keeps to the template it was given', async () => {
    const subscription = await turnOn('image_rendered', { template: 'other' });
    await order('swatch');
    await order('other');
    const [delivery] = await delivered(1);
    expect(await handOn('image_rendered', subscription, delivery as Received)).toMatchObject([{ template: 'other' }]);
    expect((await listed('image_rendered', { template: 'other' })).map(({ template }) => template)).toEqual(['other']);
    await turnOff('image_rendered', subscription);
  });

  it('says so when the key may not be told of anything', async () => {
    const { body } = await made.service.api('POST', '/v1/keys', {
      ...{ name: 'Narrow', role: 'admin', scopes: ['workspace:read'] },
    });
    const authData = { ...made.authData, api_key: (body as { key: string }).key };
    const subscribing = runStep(`${of('image_rendered')}.performSubscribe`, { authData, targetUrl: hook.url });
    await expect(subscribing).rejects.toThrow(/hooks:write/);
  });
});

describe('Image Rendered', () => {
  it('leaves out orders that came to nothing', async () => {
    const { services } = made.service;
    const subscription = await turnOn('image_rendered');
    const failed = { job_id: 'x', template: 'swatch', version: 1, format: 'png', status: 'failed', error: 'No.' };
    await services.hooks.emit('default', 'render.finished', failed);
    const [delivery] = await delivered(1);
    expect(await handOn('image_rendered', subscription, delivery as Received)).toEqual([]);
    await turnOff('image_rendered', subscription);
  });
});

describe('Batch Finished', () => {
  it('tells how many rows became pictures', async () => {
    const subscription = await turnOn('batch_finished', { template: 'swatch' });
    const batch = (template: string) =>
      made.service.api('POST', '/v1/batches', { template, rows: [{ first_name: 'Amira' }, {}] });
    await batch('other');
    await batch('swatch');
    const [delivery] = await delivered(1);
    const [item] = await handOn('batch_finished', subscription, delivery as Received);
    expect(item).toMatchObject({ template: 'swatch', state: 'complete', total: 2, made: 1, failed: 1 });
    expectShape('batch_finished', item);
    const found = await listed('batch_finished', { template: 'swatch' });
    expect(found).toMatchObject([{ ...item, finished_at: expect.stringMatching(/Z$/) }]);
    await turnOff('batch_finished', subscription);
  });
});

describe('Template Published', () => {
  it('tells of each version once', async () => {
    const subscription = await turnOn('template_published', { template: 'new-one' });
    await publish(made.service, swatch({ name: 'new-one', title: 'New one' }));
    const [delivery] = await delivered(1);
    const [item] = await handOn('template_published', subscription, delivery as Received);
    expect(item).toMatchObject({ id: 'new-one@1', title: 'New one', width: 100, height: 40 });
    expectShape('template_published', item);
    expect(await listed('template_published')).toContainEqual({ ...item, published_at: expect.stringMatching(/Z$/) });
    expect(await listed('template_published', { template: 'new-one' })).toHaveLength(1);
    await turnOff('template_published', subscription);
  });
});

describe('Warm-Up Finished and Warm-Up Needs Attention', () => {
  it('tell how it went and what to look at, of one connection where it is named', async () => {
    const { service } = made;
    const finished = await turnOn('warmup_finished');
    const link = await service.api('POST', '/v1/links', { template: 'swatch', platform: 'klaviyo' });
    await service.api('POST', '/v1/contacts', { fields: { first_name: '' } });
    await service.api('POST', '/v1/warmups', { links: [(link.body as Item).id], sendAt: '2030-05-04T12:00:00Z' });
    const [delivery] = await delivered(1);
    const [item] = await handOn('warmup_finished', finished, delivery as Received);
    expect(item).toMatchObject({
      ...{ connection: null, send_at: '2030-05-04T12:00:00.000Z', state: 'complete', contacts: 1, ready: 1 },
      ...{ needs_attention: true, attention: 'blank', message: 'A field is blank for too many contacts.' },
    });
    expectShape('warmup_finished', item);
    expect(await listed('warmup_finished')).toEqual([item]);
    expect(await listed('warmup_finished', { connection: 'another' })).toEqual([]);
    await turnOff('warmup_finished', finished);

    const [calls] = [await listed('warmup_needs_attention')];
    expect(calls).toEqual([
      {
        ...{ id: `${item?.id}:blank`, warmup: item?.id, connection: null, send: null },
        ...{ send_at: '2030-05-04T12:00:00.000Z', causes: 'blank', message: 'A field is blank for too many contacts.' },
      },
    ]);
    expect(await listed('warmup_needs_attention', { connection: 'another' })).toEqual([]);
  });

  it.each(attentions)('say in words what %s means', (cause) => {
    expect(sentencesOf([cause])).not.toContain(`Look at the report: ${cause}`);
  });

  it('come before the send, with one id for each call', async () => {
    const { service } = made;
    const attention = await turnOn('warmup_needs_attention', { connection: 'shop' });
    const call = { id: 'w1', send: 'spring', sendAt: '2030-05-04T12:00:00.000Z', causes: ['blank', 'late'] };
    await service.services.hooks.emit('default', 'warmup.attention', { ...call, connection: 'another' });
    await service.services.hooks.emit('default', 'warmup.attention', { ...call, connection: 'shop' });
    const [delivery] = await delivered(1);
    const [item] = await handOn('warmup_needs_attention', attention, delivery as Received);
    expect(item).toMatchObject({
      id: 'w1:blank:late',
      message: 'A field is blank for too many contacts. It will not be finished before the send.',
    });
    expectShape('warmup_needs_attention', item);
    await turnOff('warmup_needs_attention', attention);
  });
});

describe('the dropdown of connections', () => {
  it('names account and platform', async () => {
    const { body } = await made.service.api('POST', '/v1/contacts', { fields: {} });
    const id = await keepConnection(made.service, (body as Item).id, 'North Wind');
    const found = await runStep(`${of('list_connections')}.perform`, { authData: made.authData });
    expect(found).toEqual([{ id, name: 'North Wind (klaviyo)' }]);
  });
});
