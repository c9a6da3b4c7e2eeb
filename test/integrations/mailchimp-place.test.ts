import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type EmailBlock, placeInHtml } from '../../core/links/place.ts';
import type { Connector, Placed, PlaceTarget } from '../../integrations/connector.ts';
import {
  addCampaign,
  addList,
  addTemplate,
  connectTo,
  type FakeAccount,
  type FakeCampaign,
  type FakeList,
  type FakeMailchimp,
  startFakeMailchimp,
} from '../fakes/mailchimp.ts';

const never = new AbortController().signal;
const ADDRESS = 'https://pictures.example.com/i/token';

/** A block as large as matters here. */
const block = (send: string): EmailBlock => ({
  link: 'l1',
  address: ADDRESS,
  html: `<!-- mergepix:l1 --><img src="${ADDRESS}.jpg?s=${send}&amp;c=*|MERGEPIX|*" width="600"><!-- /mergepix:l1 -->`,
  image: { src: `${ADDRESS}.jpg?s=${send}&c=*|MERGEPIX|*`, alt: '', href: null, width: 600 },
});

const PASTED = '<!doctype html>\r\n<html><body bgcolor=red><p>Hi *|FNAME|*</p>[[mergepix]]<br>\n\t</body></html>';
const TEMPLATE = [
  '<html><body><div mc:edit="header"><div>Our <b>news</b></div></div>',
  '<table><tr><td class="x" mc:edit="main">Dear reader,</td></tr></table>',
  '<p mc:edit="footer">Bye</p></body></html>',
].join('\n');

let fake: FakeMailchimp;
let account: FakeAccount;
let list: FakeList;
let connector: Connector;

const start = async (marks: 'kept' | 'dropped' = 'kept') => {
  await fake?.close();
  fake = await startFakeMailchimp({ marks });
  account = fake.accounts[0] as FakeAccount;
  list = addList(account, 'Customers');
  connector = await connectTo(fake, account);
};
beforeEach(() => start());
afterEach(async () => {
  await fake.close();
  expect(fake.violations, "not as Mailchimp's own description has it").toEqual([]);
});

const place = (
  { id }: Pick<FakeCampaign, 'id'>,
  { section, send = 'first', dryRun = false }: { section?: string; send?: string; dryRun?: boolean } = {},
): Promise<Placed> => connector.place({ kind: 'campaign', id, section }, block(send), dryRun, never);

const ofTemplate = (html = TEMPLATE, sections: Record<string, string> = {}) =>
  addCampaign(account, list, '', {
    contentType: 'template',
    template: { id: addTemplate(account, html).id, sections },
  });

describe('a block in the pasted HTML of a Mailchimp campaign', () => {
  it('goes where it belongs, and the rest stays as it is, byte for byte', async () => {
    const campaign = addCampaign(account, list, PASTED);
    const after = PASTED.replace('[[mergepix]]', () => block('first').html);
    expect(await place(campaign)).toEqual({ changes: [{ part: 'HTML', before: PASTED, after }], notes: [] });
    expect(campaign.html).toBe(after);
    expect(campaign.plainText).toBe('As it was written.');
  });

  it('is placed once however often it is, and replaced by another of the same link', async () => {
    const campaign = addCampaign(account, list, PASTED);
    await place(campaign);
    expect(await place(campaign)).toEqual({ changes: [], notes: [] });
    expect(fake.count('PUT /campaigns/{}/content')).toBe(1);
    await place(campaign, { send: 'second' });
    expect(campaign.html).toBe(PASTED.replace('[[mergepix]]', () => block('second').html));
  });

  it('is only shown by a dry run', async () => {
    const campaign = addCampaign(account, list, PASTED);
    expect((await place(campaign, { dryRun: true })).changes).toHaveLength(1);
    expect(campaign.html).toBe(PASTED);
    expect(fake.count('PUT /campaigns/{}/content')).toBe(0);
  });

  it('goes there also when the template of the campaign is deleted', async () => {
    const campaign = addCampaign(account, list, PASTED, {
      contentType: 'template',
      template: { id: 99, sections: {} },
    });
    await place(campaign);
    expect(campaign.html).toContain(block('first').html);
  });

  it('is not lost when the answer is', async () => {
    const campaign = addCampaign(account, list, PASTED);
    fake.fault({ kind: 'cut' }, { route: 'PUT /campaigns/{}/content' });
    expect((await place(campaign)).notes).toEqual([]);
    expect(campaign.html).toContain(block('first').html);
  });
});

describe('a block in one section of a Mailchimp template', () => {
  it('leaves the other sections alone', async () => {
    const campaign = ofTemplate();
    const { changes, notes } = await place(campaign, { section: 'main' });
    expect(notes).toEqual([]);
    expect(changes.map(({ part }) => part)).toEqual(['section main']);
    expect(campaign.template?.sections).toEqual({
      header: '<div>Our <b>news</b></div>',
      main: `${block('first').html}Dear reader,`,
      footer: 'Bye',
    });
    const [change] = changes;
    expect(change?.after).toBe(change?.before.replace('Dear reader,', (text) => `${block('first').html}${text}`));
  });

  it('is placed once, and replaced by another of the same link', async () => {
    const campaign = ofTemplate();
    await place(campaign, { section: 'main' });
    expect((await place(campaign, { section: 'main' })).changes).toEqual([]);
    const { changes } = await place(campaign, { section: 'main', send: 'second' });
    expect(campaign.template?.sections.main).toBe(`${block('second').html}Dear reader,`);
    expect(changes[0]?.after).toBe(placeInHtml(changes[0]?.before ?? '', block('second')));
  });

  it('is only shown by a dry run', async () => {
    const campaign = ofTemplate();
    expect((await place(campaign, { section: 'main', dryRun: true })).changes).toHaveLength(1);
    expect(campaign.template?.sections).toEqual({});
  });
});

describe('a block in a section whose content was written by somebody', () => {
  const written = { header: 'Other news', main: '<table><tr><td>Hi</td></tr></table>' };

  it('keeps what they wrote where Mailchimp tells it', async () => {
    const campaign = ofTemplate(TEMPLATE, written);
    await place(campaign, { section: 'main' });
    expect(campaign.template?.sections).toEqual({
      header: 'Other news',
      main: `${block('first').html}${written.main}`,
      footer: 'Bye',
    });
  });

  it('is refused where it does not, so that nothing of theirs is lost', async () => {
    await start('dropped');
    const campaign = ofTemplate(TEMPLATE, written);
    await expect(place(campaign, { section: 'main' })).rejects.toMatchObject({
      code: 'place_refused',
      message: expect.stringMatching(/^Mailchimp does not tell what stands in the section main now/),
    });
    expect(campaign.template?.sections).toEqual(written);
  });

  it('is refused where a section stands there more than once', async () => {
    const campaign = ofTemplate(TEMPLATE.replace('<p ', () => '<p mc:edit="header">Twice</p><p '));
    await expect(place(campaign, { section: 'main' })).rejects.toMatchObject({ code: 'place_refused' });
    expect(campaign.template?.sections).toEqual({});
  });
});

describe('a block is refused, with what to do instead', () => {
  const refused = async (campaign: FakeCampaign, section?: string): Promise<string> => {
    const before = structuredClone(campaign);
    const error = await place(campaign, section === undefined ? {} : { section }).then(
      () => ({ code: 'placed', message: '' }),
      (caught: { code: string; message: string }) => caught,
    );
    expect(error.code).toBe('place_refused');
    expect(campaign).toEqual(before);
    return error.message;
  };

  it('by a campaign that is scheduled or sent', async () => {
    expect(await refused(addCampaign(account, list, PASTED, { status: 'schedule' }))).toMatch(/off the schedule/);
    expect(await refused(addCampaign(account, list, PASTED, { status: 'sent' }))).toMatch(/still a draft/);
  });

  it('by the drag-and-drop editor, several contents and no content', async () => {
    expect(await refused(addCampaign(account, list, PASTED, { contentType: 'multichannel' }))).toMatch(/code block/);
    expect(await refused(addCampaign(account, list, PASTED, { type: 'variate' }))).toMatch(/each of them/);
    expect(await refused(addCampaign(account, list, ''))).toMatch(/design it in Mailchimp first/);
  });

  it('by a template without the section, or with sections when none is named', async () => {
    expect(await refused(ofTemplate())).toBe(
      'This campaign is made of a template: say which section of it is meant, header, main, footer.',
    );
    expect(await refused(ofTemplate(), 'side')).toBe(
      'The template of this campaign has no section side: it has header, main, footer.',
    );
    expect(await refused(ofTemplate(), 'constructor')).toMatch(/has no section constructor/);
    expect(await refused(addCampaign(account, list, PASTED), 'main')).toMatch(/leave the section out/);
  });

  it.each(['template', 'universal-content', 'flow-message'] as const)(
    'by a %s, before anything is asked',
    async (kind) => {
      const target: PlaceTarget = { kind, id: '1' };
      await expect(connector.place(target, block('first'), false, never)).rejects.toMatchObject({
        code: 'place_refused',
      });
      expect(fake.requests).toEqual([]);
    },
  );

  it('by a campaign that is scheduled while it is placed', async () => {
    const campaign = addCampaign(account, list, PASTED);
    fake.before = ({ method }) => {
      if (method === 'PUT') campaign.status = 'schedule';
    };
    await expect(place(campaign)).rejects.toMatchObject({
      code: 'connection_refused',
      message: 'Mailchimp refused what it was asked of this campaign: look at it there, then try again.',
    });
    expect(campaign.html).toBe(PASTED);
  });

  it('by a campaign that is not there', async () => {
    await expect(place({ id: '0123456789' })).rejects.toMatchObject({
      code: 'connection_refused',
      message: 'Mailchimp has no such campaign any more: look at which there are, and choose anew.',
    });
  });
});
