import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type FakeKlaviyo, type KlaviyoAccount, startFakeKlaviyo } from '../fakes/klaviyo.ts';
import { readImage } from '../fakes/mail-client.ts';
import {
  addList,
  addMember,
  announce,
  changeMember,
  createAccount,
  type FakeList,
  type FakeMailchimp,
  removeMember,
  startFakeMailchimp,
} from '../fakes/mailchimp.ts';
import { fillAs } from '../fakes/platforms.ts';
import { freePort } from '../real/process.ts';
import { look, publish, startTestService, swatch, type TestService } from './service.ts';

let klaviyo: FakeKlaviyo;
let mailchimp: FakeMailchimp;
let service: TestService;

beforeAll(async () => {
  klaviyo = await startFakeKlaviyo({ limits: Number.POSITIVE_INFINITY });
  mailchimp = await startFakeMailchimp({ accounts: [createAccount('Acme')], signatures: 'told' });
  const port = await freePort();
  service = await startTestService({
    MERGEPIX_PORT: String(port),
    MERGEPIX_PUBLIC_URL: `http://127.0.0.1:${port}`,
    MERGEPIX_ALLOW_ADDRESSES: '127.0.0.1',
    MERGEPIX_KLAVIYO_URL: klaviyo.url,
    MERGEPIX_MAILCHIMP_URL: mailchimp.url,
  });
  await publish(service, swatch({ links: { allowMerge: true } }));
});
afterAll(async () => {
  await service.close();
  await klaviyo.close();
  await mailchimp.close();
  expect(mailchimp.violations, "not as Mailchimp's own description has it").toEqual([]);
});

const soon = <T>(check: () => T | Promise<T>) => vi.waitFor(check, { timeout: 20_000, interval: 50 });

async function make<Answer>(path: string, body: unknown): Promise<Answer> {
  const answer = await service.api('POST', path, body);
  expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(300);
  return answer.body as Answer;
}

/** The image of an email. */
function imageIn(html: string): { src: string; alt: string } {
  const { src = '', alt = '' } = readImage(html.slice(html.indexOf('<img'))).attributes;
  return { src, alt };
}

/** Events are done when nothing of them waits or runs. */
const idle = () =>
  soon(async () => {
    const { records } = service.services;
    expect(await records.selectFrom('jobs').select('kind').where('kind', 'like', 'connection.%').execute()).toEqual([]);
  });

describe("a flow's webhook step", () => {
  let account: KlaviyoAccount;
  let connection: string;
  beforeAll(async () => {
    account = klaviyo.addAccount();
    const { apiKey } = account;
    const mapping = { color: 'Colour' };
    connection = (await make<{ id: string }>('/v1/connections', { platform: 'klaviyo', apiKey, mapping })).id;
  });

  it('makes the picture of an email with the event in it, for somebody who was never synced, before the email goes out', async () => {
    const { id, block } = await make<{ id: string; block: string }>('/v1/links', {
      ...{ template: 'swatch', connection },
      fields: { first_name: { from: 'open', tag: 'event.Who' } },
    });
    const setup = (await service.api('GET', `/v1/connections/${connection}/webhook-setup?links=${id}`)).body as {
      url: string;
      header: { name: string; value: string };
      body: string;
    };
    const profile = account.addProfile({ email: 'ada@example.com', properties: { Colour: '#00ff00' } });
    const event = { Who: 'Tom & "Jerry" \\ </script>' };
    const values = { 'person.KlaviyoID': profile.id, 'event.Who': event.Who };
    const headers = { 'content-type': 'application/json', [setup.header.name]: setup.header.value };
    for (const escaping of ['raw', 'escapes'] as const) {
      const body = fillAs('klaviyo', setup.body, values, escaping);
      expect((await fetch(setup.url, { method: 'POST', headers, body })).status).toBe(200);
    }
    await idle();
    // Its reference stands in the profile by now.
    expect(profile.properties.mergepix).toHaveLength(40);
    const flow = account.addFlow('Welcome', [
      { webhook: setup.url },
      { delay: true },
      { email: account.addTemplate({ editor_type: 'CODE', html: `<html><body>${block}</body></html>` }) },
    ]);
    const message = flow.actions.at(-1)?.message?.id ?? '';
    const { src, alt } = imageIn(account.sendFlow(message, profile, event));
    expect(alt).toBe(`A colour for ${event.Who}`);
    expect(await look(src)).toMatchObject({ status: 200, outcome: 'hit', color: '#00ff00' });
    // Nothing was waited for, and nothing else was made.
    expect((await look(imageIn(account.sendFlow(message, profile, { Who: 'Bob' })).src)).outcome).toBe('rendered');
  });

  it('is what placing the picture in the email says to add', async () => {
    const email = account.addTemplate({ editor_type: 'CODE', html: '<html><body></body></html>' });
    const flow = account.addFlow('Cart', [{ email }]);
    const message = flow.actions[0]?.message?.id ?? '';
    const placed = await make<{ step: { url: string; header: string; body: string } }>(
      `/v1/connections/${connection}/place`,
      { template: 'swatch', into: { kind: 'flow-message', id: message } },
    );
    const setup = (await service.api('GET', `/v1/connections/${connection}/webhook-setup`)).body as {
      url: string;
      header: { name: string; value: string };
    };
    expect(placed.step).toMatchObject({ url: setup.url, header: setup.header.name });
    const profile = account.addProfile({ email: 'bob@example.com', properties: { Colour: '#ff0000' } });
    const body = fillAs('klaviyo', placed.step.body, { 'person.KlaviyoID': profile.id });
    const headers = { 'content-type': 'application/json', [placed.step.header]: setup.header.value };
    expect((await fetch(placed.step.url, { method: 'POST', headers, body })).status).toBe(200);
    await idle();
    const { src } = imageIn(account.sendFlow(message, profile, {}));
    expect(await look(src)).toMatchObject({ status: 200, outcome: 'hit', color: '#ff0000' });
  });
});

describe("a Mailchimp list's webhook", () => {
  let list: FakeList;
  let connection: string;
  let picture: (email: string) => Promise<Awaited<ReturnType<typeof look>>>;
  const member = (email: string) => [...list.members.values()].find((each) => each.email === email);

  beforeAll(async () => {
    const [account] = mailchimp.accounts;
    if (!account) throw new Error('the fake has no account');
    list = addList(account, 'Customers');
    const order = {
      ...{ platform: 'mailchimp', apiKey: account.apiKey, audiences: [list.id] },
      mapping: { first_name: 'FNAME', color: 'LNAME' },
    };
    connection = (await make<{ id: string }>('/v1/connections', order)).id;
    const { block } = await make<{ block: string }>('/v1/links', { template: 'swatch', connection });
    picture = async (email) => {
      const { fields } = member(email) ?? { fields: {} };
      return look(imageIn(fillAs('mailchimp', block, fields as Record<string, string>)).src);
    };
  });

  it('is entered by us, once, and leaves out what we write', async () => {
    for (let i = 0; i < 2; i++) await make(`/v1/connections/${connection}/webhook-setup`, {});
    expect(list.webhooks).toHaveLength(1);
    expect(list.webhooks[0]).toMatchObject({ sources: { user: true, admin: true, api: false } });
  });

  it('keeps who signs up, with the picture ready, and writes the reference back without an end', async () => {
    const ada = addMember(list, 'ada@example.com', { FNAME: 'Ada', LNAME: '#00ff00' });
    expect(await announce(list, { event: 'subscribe', member: ada, source: 'user' })).toEqual([200]);
    await idle();
    expect(member('ada@example.com')?.fields.MERGEPIX).toHaveLength(40);
    expect(await picture('ada@example.com')).toMatchObject({ outcome: 'hit', color: '#00ff00' });
    changeMember(list, 'ada@example.com', { LNAME: '#0000ff' });
    await announce(list, { event: 'profile', member: ada });
    await idle();
    expect(await picture('ada@example.com')).toMatchObject({ outcome: 'hit', color: '#0000ff' });
    expect(mailchimp.count('POST /lists/{}')).toBe(1);
  });

  it('refuses a signature of somebody else', async () => {
    const ada = member('ada@example.com');
    if (!ada) throw new Error('she is not there');
    const [hook] = list.webhooks;
    const stolen = { ...list, webhooks: [{ ...hook, secret: 'guessed' }] } as FakeList;
    expect(await announce(stolen, { event: 'profile', member: ada })).toEqual([403]);
  });

  it('renews the secret there and here, and the old address is worth nothing', async () => {
    const before = list.webhooks[0]?.url ?? '';
    await make(`/v1/connections/${connection}/webhook-setup`, { renew: true });
    expect(list.webhooks).toHaveLength(1);
    expect(list.webhooks[0]?.url).not.toBe(before);
    await soon(async () => expect((await fetch(before)).status).toBe(403));
  });

  it('has who is deleted erased', async () => {
    const ada = member('ada@example.com');
    if (!ada) throw new Error('she is not there');
    const { fields } = ada;
    removeMember(list, ada.email);
    expect(await announce(list, { event: 'unsubscribe', member: ada, data: { action: 'delete' } })).toEqual([200]);
    await idle();
    const { records } = service.services;
    const id = String(fields.MERGEPIX).slice(0, 16);
    const row = await records.selectFrom('contacts').selectAll().where('id', '=', id).executeTakeFirst();
    expect(row).toMatchObject({ external_key: null, fields: '' });
  });
});
