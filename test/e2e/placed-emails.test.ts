import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FakeKlaviyo, type KlaviyoAccount, startFakeKlaviyo } from '../fakes/klaviyo.ts';
import { readImage, requestTarget } from '../fakes/mail-client.ts';
import * as mailchimps from '../fakes/mailchimp.ts';
import { look, publish, startTestService, swatch, type TestService } from './service.ts';

type Placed = { link: string; changes: { part: string; difference: string }[] };

const HTML =
  "<!DOCTYPE html>\r\n<html><body  bgcolor=#eee>\r\n<!-- ours -->\t<p title='a > b'>Hi</p>[[mergepix]]<br/>&nbsp;é</body></html>\n";
const people = [
  { name: 'Amira', color: '#ff0000' },
  { name: 'Dwayne "The Rock" O\'Hara & <b>Co</b>', color: '#00ff00' },
  { name: '{{ 50% }} *|x|*', color: '#0000ff' },
];

let service: TestService;
let klaviyo: FakeKlaviyo;
let shop: KlaviyoAccount;
let mailchimp: mailchimps.FakeMailchimp;
const ids = { klaviyo: '', mailchimp: '' };
/** References of the people, in their order. */
const references: string[] = [];
let list: mailchimps.FakeList;

const ok = async <Body>(method: string, path: string, body?: unknown): Promise<Body> => {
  const answer = await service.api(method, path, body);
  expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(300);
  return answer.body;
};
const place = (platform: keyof typeof ids, into: object, more: object = {}): Promise<Placed> =>
  ok('POST', `/v1/connections/${ids[platform]}/place`, { template: 'swatch', into, ...more });

/** Opens the one picture of an email. */
const open = (email: string) => {
  const { attributes } = readImage(email.slice(email.indexOf('<img')));
  return look(service.url + requestTarget(attributes.src ?? ''));
};
/** An email without the block that was put where its placeholder was. */
const withoutBlock = (html: string) => html.replace(/<!-- mergepix:.*<!-- \/mergepix:\S+ -->/s, '[[mergepix]]');

beforeAll(async () => {
  klaviyo = await startFakeKlaviyo();
  shop = klaviyo.addAccount();
  const acme = mailchimps.createAccount('Acme');
  mailchimp = await mailchimps.startFakeMailchimp({ accounts: [acme] });
  service = await startTestService({
    MERGEPIX_PUBLIC_URL: 'https://img.example.com',
    MERGEPIX_KLAVIYO_URL: klaviyo.url,
    MERGEPIX_MAILCHIMP_URL: mailchimp.url,
  });
  await publish(service, swatch());
  for (const { name, color } of people) {
    const made = await ok<{ reference: string }>('POST', '/v1/contacts', { fields: { first_name: name, color } });
    references.push(made.reference);
  }
  const connect = async (platform: keyof typeof ids, apiKey: string, first_name: string, audiences: string[]) => {
    const mapping = { first_name };
    ids[platform] = (await ok<{ id: string }>('POST', '/v1/connections', { platform, apiKey, mapping, audiences })).id;
  };
  list = mailchimps.addList(acme, 'Customers');
  mailchimps.addMergeField(list, 'MERGEPIX', 'Mergepix', 'text');
  await connect('klaviyo', shop.apiKey, 'first_name', []);
  await connect('mailchimp', acme.apiKey, 'FNAME', [list.id]);
});
afterAll(async () => {
  await service.close();
  await Promise.all([klaviyo.close(), mailchimp.close()]);
  expect(mailchimp.violations).toEqual([]);
});

describe('an email on Klaviyo', () => {
  it.each(['CODE', 'USER_DRAGGABLE'] as const)(
    'of the kind %s gets the picture, once, and nothing else of it changes',
    async (editor_type) => {
      const template = shop.addTemplate({ editor_type, html: HTML });
      const into = { kind: 'template', id: template.id };
      const dry = await place('klaviyo', into, { dryRun: true });
      expect(template.html).toBe(HTML);
      const { changes } = await place('klaviyo', into);
      expect(changes).toHaveLength(1);
      expect(dry.changes).toHaveLength(1);
      expect(withoutBlock(template.html)).toBe(HTML);
      const before = template.html;
      expect((await place('klaviyo', into)).changes).toEqual([]);
      expect(template.html).toBe(before);
      await place('klaviyo', into, { href: 'https://shop.example.com/' });
      expect(template.html.match(/<img/g)).toHaveLength(1);
      expect(withoutBlock(template.html)).toBe(HTML);
    },
  );

  it('of a campaign shows everybody their picture, and the defaults to who is not synced', async () => {
    const profiles = people.map(({ name }, i) =>
      shop.addProfile({ first_name: name, properties: { mergepix: references[i] } }),
    );
    const stranger = shop.addProfile({ first_name: 'Bo' });
    const members = shop.addList('Newsletter', [...profiles, stranger]);
    const source = shop.addTemplate({ editor_type: 'CODE', html: HTML });
    const campaign = shop.addCampaign({ templates: [source], included: [members.id] });
    await place('klaviyo', { kind: 'campaign', id: campaign.id });
    expect(source.html).toBe(HTML);
    const sent = shop.send(campaign);
    expect(sent).toHaveLength(4);
    for (const { profile, html } of sent) {
      const at = profiles.indexOf(profile);
      const { attributes } = readImage(html.slice(html.indexOf('<img')));
      expect(attributes.alt).toBe(`A colour for ${profile.first_name}`);
      expect(attributes.src).toContain(`&s=${campaign.id}`);
      expect(await open(html)).toMatchObject({ status: 200, color: people[at]?.color ?? '#808080' });
    }
  });
});

describe('an email on Mailchimp', () => {
  it('of a campaign shows everybody their picture, and the defaults to who is not synced', async () => {
    const [account] = mailchimp.accounts;
    if (!account) throw new Error('there is no account');
    for (const [i, { name }] of people.entries())
      mailchimps.addMember(list, `person-${i}@example.com`, { FNAME: name, MERGEPIX: references[i] });
    mailchimps.addMember(list, 'stranger@example.com', { FNAME: 'Bo' });
    const campaign = mailchimps.addCampaign(account, list, HTML);
    const into = { kind: 'campaign', id: campaign.id };
    await place('mailchimp', into);
    expect(withoutBlock(campaign.html)).toBe(HTML);
    expect((await place('mailchimp', into)).changes).toEqual([]);
    for (const escaping of ['escapes', 'raw'] as const) {
      const sent = [...mailchimps.sendCampaign(account, { ...campaign }, escaping)];
      expect(sent).toHaveLength(4);
      for (const { email, html } of sent) {
        const color = people[Number(/\d+/.exec(email)?.[0])]?.color ?? '#808080';
        expect(await open(html)).toMatchObject({ status: 200, color });
      }
    }
  });

  it('of a template gets the picture into the section that is named, and in no other', async () => {
    const [account] = mailchimp.accounts;
    if (!account) throw new Error('there is no account');
    const html = '<html><body><div mc:edit="hero"><p>Hero</p></div><div mc:edit="text"><p>Text</p></div></body></html>';
    const { id } = mailchimps.addTemplate(account, html);
    const campaign = mailchimps.addCampaign(account, list, '', {
      contentType: 'template',
      template: { id, sections: {} },
    });
    const { changes } = await place('mailchimp', { kind: 'campaign', id: campaign.id, section: 'hero' });
    expect(changes).toMatchObject([{ part: 'section hero' }]);
    expect(campaign.template?.sections.hero).toMatch(/<!-- mergepix:.*<p>Hero<\/p>/s);
    expect(campaign.template?.sections.text ?? '<p>Text</p>').toBe('<p>Text</p>');
  });

  it('is left alone where it cannot be changed, with what to do instead', async () => {
    const { status, body } = await service.api('POST', `/v1/connections/${ids.mailchimp}/place`, {
      ...{ template: 'swatch', into: { kind: 'template', id: '1' } },
    });
    expect({ status, ...(body as { code: string; detail: string }) }).toMatchObject({
      ...{ status: 422, code: 'place_refused', detail: expect.stringContaining('paste the block') },
    });
  });
});
