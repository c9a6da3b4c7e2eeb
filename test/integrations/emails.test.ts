import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Connector } from '../../integrations/connector.ts';
import { klaviyo } from '../../integrations/klaviyo/index.ts';
import { createPace } from '../../integrations/pace.ts';
import { type FakeKlaviyo, type KlaviyoAccount, startFakeKlaviyo } from '../fakes/klaviyo.ts';
import {
  addCampaign,
  addList,
  addTemplate,
  connectTo,
  createAccount,
  type FakeMailchimp,
  startFakeMailchimp,
} from '../fakes/mailchimp.ts';

const never = new AbortController().signal;
const NOBODY = '01CAMPAIGNOFNOBODY';

describe('what a planned campaign of Klaviyo shows', () => {
  let fake: FakeKlaviyo;
  let account: KlaviyoAccount;
  let connector: Connector;
  beforeEach(async () => {
    fake = await startFakeKlaviyo();
    account = fake.addAccount();
    connector = await klaviyo.connect({
      ...{ credentials: { kind: 'key', apiKey: account.apiKey }, referenceField: 'mergepix', baseUrl: fake.url },
      ...{ oauth: undefined, pace: createPace(klaviyo.limits) },
      latest: () => Promise.reject(new Error('A key is never renewed.')),
      keep: () => Promise.resolve(),
    });
  });
  afterEach(() => fake.close());

  it('is the HTML of each of its emails', async () => {
    const templates = ['<p>A</p>', '<p>B</p>'].map((html) => account.addTemplate({ editor_type: 'CODE', html }));
    const campaign = account.addCampaign({ status: 'Scheduled', templates });
    expect(await connector.emails(campaign.id, never)).toEqual(['<p>A</p>', '<p>B</p>']);
  });

  it('is nothing once the campaign is gone, and it is told whether it has begun', async () => {
    const campaign = account.addCampaign({ status: 'Scheduled' });
    expect(await connector.emails(campaign.id, never)).toEqual([]);
    for (const [status, begun] of [
      ...[['Scheduled', false] as const, ['Draft', false] as const, ['Cancelled', false] as const],
      ...[['Preparing to send', true] as const, ['Sending', true] as const, ['Sent', true] as const],
    ]) {
      campaign.status = status;
      expect([status, await connector.hasBegun(campaign.id, never)]).toEqual([status, begun]);
    }
    expect(await connector.emails(NOBODY, never)).toEqual([]);
    expect(await connector.hasBegun(NOBODY, never)).toBe(false);
  });
});

describe('what a planned campaign of Mailchimp shows', () => {
  const account = createAccount('Acme');
  const list = addList(account, 'Customers');
  let fake: FakeMailchimp;
  let connector: Connector;
  beforeEach(async () => {
    fake = await startFakeMailchimp({ accounts: [account] });
    connector = await connectTo(fake, account);
  });
  afterEach(async () => {
    await fake.close();
    expect(fake.violations, "not as Mailchimp's own description has it").toEqual([]);
  });

  it('is its HTML with its sections filled in, and that of its archive', async () => {
    const template = addTemplate(account, '<div mc:edit="main">Dear</div>');
    const campaign = addCampaign(account, list, '', {
      ...{ status: 'schedule', contentType: 'template' },
      template: { id: template.id, sections: { main: '<b>Mine</b>' } },
    });
    expect(await connector.emails(campaign.id, never)).toEqual([
      '<div mc:edit="main"><b>Mine</b></div>',
      '<div mc:edit="main"><b>Mine</b></div><!-- archive -->',
    ]);
  });

  it('is each of the contents that are tried against each other', async () => {
    const campaign = addCampaign(account, list, '', { type: 'variate', variants: ['<p>A</p>', '<p>B</p>'] });
    expect(await connector.emails(campaign.id, never)).toEqual(expect.arrayContaining(['<p>A</p>', '<p>B</p>']));
  });

  it('is nothing once the campaign is gone, and it is told whether it has begun', async () => {
    const campaign = addCampaign(account, list, '', { status: 'schedule' });
    for (const [status, begun] of [
      ...[['save', false] as const, ['paused', false] as const, ['schedule', false] as const],
      ...[['sending', true] as const, ['sent', true] as const],
    ]) {
      campaign.status = status;
      expect([status, await connector.hasBegun(campaign.id, never)]).toEqual([status, begun]);
    }
    expect(await connector.emails(NOBODY, never)).toEqual([]);
    expect(await connector.hasBegun(NOBODY, never)).toBe(false);
  });

  it('says when it goes to a part of the audience that cannot be read', async () => {
    const at = Date.UTC(2026, 11, 24, 10);
    const city = { condition_type: 'TextMerge', field: 'FNAME', op: 'is', value: 'Amira' };
    for (const segmentOpts of [{ prebuilt_segment_id: 'subscribers-female' }, { match: 'any', conditions: [city] }])
      addCampaign(account, list, '', { status: 'schedule', sendAt: at, segmentOpts });
    const notes: (readonly string[])[] = [];
    for await (const send of connector.sends({ from: at, to: at }, never)) notes.push(send.notes);
    const whole =
      'Mailchimp does not tell who is in a segment that was not saved: pictures are made for its whole audience.';
    expect(notes).toEqual([[whole], [whole]]);
  });
});
