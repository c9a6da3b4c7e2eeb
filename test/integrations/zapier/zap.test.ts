import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { look, publish, swatch } from '../../e2e/service.ts';
import { readImages } from '../../fakes/mail-client.ts';
import {
  addCampaign,
  addList,
  addMember,
  createAccount,
  type FakeAccount,
  type FakeList,
  type FakeMailchimp,
  startFakeMailchimp,
} from '../../fakes/mailchimp.ts';
import { fillAs } from '../../fakes/platforms.ts';
import { type Receiver, startReceiver } from '../../fakes/receiver.ts';
import { freePort } from '../../real/process.ts';
import { runStep, runWaiting, startConnected, zapier } from './zapier.ts';

type Item = Record<string, unknown> & { id: string };
type Option = { id: string; name: string };

const DAY = 86_400_000;
const people = ['amira', 'bo', 'chidi', 'dana'];
const mailOf = (name: string) => `${name}@example.com`;

let made: Awaited<ReturnType<typeof startConnected>>;
let mailchimp: FakeMailchimp;
let account: FakeAccount;
let list: FakeList;
/** Where Zapier takes what happens, one for each Zap. */
let hooks: Receiver;
beforeAll(async () => {
  hooks = await startReceiver();
  mailchimp = await startFakeMailchimp({ accounts: [] });
  const port = await freePort();
  made = await startConnected({
    MERGEPIX_MAILCHIMP_URL: mailchimp.url,
    MERGEPIX_ALLOW_ADDRESSES: '127.0.0.1',
    ...{ MERGEPIX_PORT: String(port), MERGEPIX_PUBLIC_URL: `http://127.0.0.1:${port}` },
  });
  account = createAccount('North Wind');
  mailchimp.accounts.push(account);
  list = addList(account, 'Newsletter');
  for (const name of people) addMember(list, mailOf(name), { FNAME: name, COLOR: '#00ff00' });
  const { body } = await made.service.api('POST', '/v1/connections', {
    ...{ platform: 'mailchimp', apiKey: account.apiKey, audiences: [list.id], name: 'North Wind' },
    mapping: { first_name: 'FNAME' },
  });
  await made.service.api('POST', `/v1/connections/${(body as Item).id}/sync`, { mode: 'full' });
  const isWritten = () => [...list.members.values()].every(({ fields }) => fields.MERGEPIX !== undefined);
  while (!isWritten()) await pause(20);
});
afterAll(async () => {
  await made.service.close();
  await mailchimp.close();
  await hooks.close();
  await zapier.close();
});

const step = <Result = Item>(path: string, inputData: Record<string, unknown> = {}) =>
  runStep<Result>(`${path}.operation.perform`, { authData: made.authData, inputData });
/** What somebody picks from a dropdown, by a part of its name. */
const pick = async (trigger: string, name: string, inputData: Record<string, unknown> = {}): Promise<string> => {
  const options = await step<Option[]>(`triggers.${trigger}`, inputData);
  const [found, ...others] = options.filter((option) => option.name.includes(name));
  expect([found?.name, ...others], `one of ${JSON.stringify(options)} is ${name}`).toEqual([
    expect.stringContaining(name),
  ]);
  return found?.id ?? '';
};

/** Turns a Zap on; gives what begins its runs, and turns it off. */
async function turnOn(trigger: string, inputData: Record<string, unknown> = {}) {
  const of = `triggers.${trigger}.operation`;
  const path = `/${trigger}`;
  const subscribeData = await runStep<object>(`${of}.performSubscribe`, {
    ...{ authData: made.authData, inputData, targetUrl: hooks.url + path },
  });
  return {
    begun: () =>
      vi.waitFor(
        async () => {
          const delivery = hooks.received.find((each) => each.path === path);
          if (!delivery) throw new Error(`Nothing began the Zap of ${trigger}.`);
          const signature = String(delivery.headers['mergepix-signature']);
          const rawRequest = { headers: { 'Http-Mergepix-Signature': signature }, content: delivery.body };
          const [item] = await runStep<Item[]>(`${of}.perform`, { authData: made.authData, subscribeData, rawRequest });
          return item as Item;
        },
        { timeout: 20_000, interval: 50 },
      ),
    turnOff: () => runStep(`${of}.performUnsubscribe`, { authData: made.authData, subscribeData }),
  };
}

/** What a recipient of the email sees. */
function opened(html: string, name: string) {
  const fields = [...list.members.values()].find(({ email }) => email === mailOf(name))?.fields ?? {};
  const [image] = readImages(fillAs('mailchimp', html, fields as Record<string, string>));
  return look(image?.src ?? '');
}

describe('Zaps as a marketer builds them', () => {
  it('lead from a published design to pictures that are there when the email goes out, and follow the contact', async () => {
    // When a design is published, make what goes into the email.
    const designs = await turnOn('template_published');
    await publish(made.service, swatch({ name: 'summer', title: 'Summer' }));
    const published = await designs.begun();
    const [template] = await step<Item[]>('searches.find_template', { name: published.title });
    expect(template).toMatchObject({ id: 'summer', version: 1 });
    const connection = await pick('list_connections', 'North Wind');
    const link = await step('creates.create_merge_tag_link', { template: template?.id, connection });

    // Somebody pastes it into a campaign and schedules it; another Zap makes its pictures and tells the team.
    const html = `<h1>Summer</h1>${link.block}`;
    const campaign = addCampaign(account, list, html, {
      ...{ title: 'Summer sale', status: 'schedule', sendAt: Date.now() + 2 * DAY },
    });
    const warm = await turnOn('warmup_finished', { connection });
    const send = await pick('list_sends', 'Summer sale', { connection });
    expect(send).toBe(campaign.id);
    const [, ready] = await runWaiting<Item>('warm_up_send', {
      ...{ authData: made.authData, inputData: { connection, send } },
    });
    expect(ready).toMatchObject({ state: 'complete', contacts: 4, ready: 4, failed: 0 });
    expect(await warm.begun()).toEqual(ready);
    for (const name of people) expect(await opened(html, name)).toMatchObject({ outcome: 'hit', color: '#808080' });

    // The CRM knows better: the email that is there already shows it.
    const [amira] = await step<Item[]>('searches.find_contact', { connection, email: mailOf('amira') });
    await step('creates.update_contact_fields', { contact: amira?.id, template: 'summer', 'field-color': '#ff0000' });
    expect(await opened(html, 'amira')).toMatchObject({ color: '#ff0000' });
    expect(await opened(html, 'bo')).toMatchObject({ color: '#808080' });

    // A design that takes part for one list alone, without a campaign.
    const audience = await pick('list_audiences', 'Newsletter (list)', { connection });
    const chosen = await pick('list_links', 'summer (mailchimp');
    const [, again] = await runWaiting<Item>('warm_up_send', {
      ...{ authData: made.authData, inputData: { connection, link: chosen, audience } },
    });
    expect(again).toMatchObject({ state: 'complete', contacts: 4, warm: 4, made: 0 });

    await designs.turnOff();
    await warm.turnOff();
    expect((await made.service.api('GET', '/v1/hooks')).body).toMatchObject({ data: [] });
  }, 60_000);

  it('lead from rows of a table to a file with every badge, and on to whoever waits for the batch', async () => {
    const batches = await turnOn('batch_finished', { template: 'summer' });
    const rows = people.map((name) => ({ 'row-first_name': name, 'row-color': '#0000ff' }));
    const [, done] = await runWaiting<Item & { images: { url: string }[] }>('generate_images_from_rows', {
      ...{ authData: made.authData, inputData: { template: 'summer', rows, naming: 'first_name' } },
    });
    expect(done?.images).toHaveLength(4);
    for (const { url } of done?.images ?? []) expect(await look(url)).toMatchObject({ color: '#0000ff' });
    expect(await batches.begun()).toMatchObject({ id: done?.id, made: 4, failed: 0 });
    await batches.turnOff();
  }, 60_000);

  it('make one picture of what another step says, and hand its file on', async () => {
    const picture = await step('creates.generate_image', { template: 'summer', 'field-first_name': 'Dana' });
    expect(await look(String(picture.url))).toMatchObject({ status: 200 });
    const [, call = ''] = /^hydrate\|\|\|(.*)\|\|\|hydrate$/.exec(String(picture.file)) ?? [];
    const { method, bundle } = JSON.parse(call) as { method: string; bundle: object };
    const file = zapier.files.get(await runStep(method, { authData: made.authData, inputData: { ...bundle } }));
    expect(file).toMatchObject({ name: 'summer.png', mime: 'image/png' });
  });
});
