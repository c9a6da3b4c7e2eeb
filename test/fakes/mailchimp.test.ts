import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  addCampaign,
  addList,
  addMember,
  addMergeField,
  addSegment,
  announce,
  type FakeAccount,
  type FakeList,
  type FakeMailchimp,
  memberId,
  sendCampaign,
  sendTest,
  startFakeMailchimp,
} from './mailchimp.ts';
import { type Receiver, startReceiver } from './receiver.ts';

let fake: FakeMailchimp;
let account: FakeAccount;
let list: FakeList;

beforeEach(async () => {
  fake = await startFakeMailchimp();
  account = fake.accounts[0] as FakeAccount;
  list = addList(account, 'Customers');
});
afterEach(() => fake.close());

const call = (path: string, { method = 'GET', body }: { method?: string; body?: unknown } = {}) =>
  fetch(`${fake.url}/3.0${path}`, {
    method,
    headers: {
      authorization: `Basic ${Buffer.from(`anything:${account.apiKey}`).toString('base64')}`,
      'content-type': 'application/json',
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
const json = async (path: string, order?: Parameters<typeof call>[1]) =>
  (await (await call(path, order)).json()) as Record<string, never>;

describe('the stand-in for Mailchimp', () => {
  it('gives ten rows unless asked, a thousand at most, and either the fields wanted or those unwanted', async () => {
    for (let n = 0; n < 25; n++) addMember(list, `a${n}@example.com`, { FNAME: `A${n}` });
    expect((await json(`/lists/${list.id}/members`)).members).toHaveLength(10);
    expect(await json(`/lists/${list.id}/members?count=1000&offset=20&fields=members.id,total_items`)).toEqual({
      members: [20, 21, 22, 23, 24].map((n) => ({ id: memberId(`A${n}@example.com`) })),
      total_items: 25,
    });
    expect((await call(`/lists/${list.id}/members?count=1001`)).status).toBe(400);
    expect(
      (await call(`/lists/${list.id}/members?fields=members.id&exclude_fields=members.email_address`)).status,
    ).toBe(400);
  });

  it('cuts text at 255 bytes, and wants the address of a picture to answer', async () => {
    addMergeField(list, 'PHOTO', 'Photo', 'imageurl');
    const picture = await startReceiver();
    addMember(list, 'a@example.com');
    const write = (merge_fields: object) =>
      json(`/lists/${list.id}`, {
        method: 'POST',
        body: { members: [{ email_address: 'a@example.com', merge_fields }], update_existing: true },
      });
    expect((await write({ FNAME: `${'x'.repeat(254)}é`, PHOTO: picture.url })).error_count).toBe(0);
    expect(list.members.get(memberId('a@example.com'))?.fields).toEqual({ FNAME: 'x'.repeat(254), PHOTO: picture.url });
    expect((await write({ PHOTO: 'no address' })).error_count).toBe(1);
    await picture.close();
    expect((await write({ PHOTO: picture.url })).error_count).toBe(1);
  });

  it('schedules on quarter hours only', async () => {
    const { id } = addCampaign(account, list, '');
    const schedule = (schedule_time: string) =>
      call(`/campaigns/${id}/actions/schedule`, { method: 'POST', body: { schedule_time } });
    expect((await schedule('2026-12-24T10:10:00+00:00')).status).toBe(400);
    expect((await schedule('2026-12-24T10:15:00+00:00')).status).toBe(204);
  });

  it('renders what every subscriber of the segment gets, and what a test shows', () => {
    addMember(list, 'a@example.com', { FNAME: '"Ann" & Bo', MERGEPIX: 'not a field of the audience' });
    addMember(list, 'b@example.com', { FNAME: 'Bob' });
    addMember(list, 'c@example.com', { FNAME: 'Cy' }, { status: 'unsubscribed' });
    const html = '<i title="*|FNAME|*">*|URL:FNAME|* *|MERGEPIX|*</i>';
    const first = addSegment(list, 'A', ({ email }) => email.startsWith('a'));
    const campaign = addCampaign(account, list, html, { segmentOpts: { saved_segment_id: first.id } });
    const escaped = '<i title="&quot;Ann&quot; &amp; Bo">%22Ann%22+%26+Bo </i>';
    expect([...sendCampaign(account, campaign)]).toEqual([{ email: 'a@example.com', html: escaped }]);
    expect([...sendCampaign(account, campaign, 'raw')][0]?.html).toBe('<i title=""Ann" & Bo">%22Ann%22+%26+Bo </i>');
    expect([...sendCampaign(account, addCampaign(account, list, html))].map(({ email }) => email)).toEqual([
      'a@example.com',
      'b@example.com',
    ]);
    expect(sendTest(account, campaign, 'raw')).toContain('<i title="<< Test First Name >>">');
  });

  it('calls the webhooks that listen, in forms, signed when there is a secret', async () => {
    const receiver: Receiver = await startReceiver();
    const member = addMember(list, 'a+b@example.com', { FNAME: 'Zoë' });
    const body = { url: `${receiver.url}/hook`, events: { profile: true }, sources: { admin: true } };
    expect((await call(`/lists/${list.id}/webhooks`, { method: 'POST', body })).status).toBe(200);
    expect(await announce(list, { event: 'profile', member, source: 'api' })).toEqual([]);
    expect(await announce(list, { event: 'profile', member, secret: 's' })).toEqual([200]);
    const [ping, post] = receiver.received;
    expect(ping?.body).toBe('');
    expect(new URLSearchParams(post?.body).get('data[merges][FNAME]')).toBe('Zoë');
    expect(post?.headers['x-mailchimp-signature']).toMatch(/^t=\d+,v1=[0-9a-f]{64}$/);
    await receiver.close();
  });
});
