import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { emailBlock } from '../../core/links/email-block.ts';
import type { Connector, PlaceTarget } from '../../integrations/connector.ts';
import { klaviyo } from '../../integrations/klaviyo/index.ts';
import { createPace } from '../../integrations/pace.ts';
import { type FakeKlaviyo, type KlaviyoAccount, startFakeKlaviyo } from '../fakes/klaviyo.ts';

const signal = new AbortController().signal;
const ORIGIN = 'https://pictures.example';
let fake: FakeKlaviyo;
let account: KlaviyoAccount;
let connector: Connector;

beforeEach(async () => {
  fake = await startFakeKlaviyo();
  account = fake.addAccount();
  connector = await klaviyo.connect({
    credentials: { kind: 'key', apiKey: account.apiKey },
    referenceField: 'mergepix',
    baseUrl: fake.url,
    oauth: undefined,
    pace: createPace(klaviyo.limits),
    latest: () => Promise.reject(new Error('A key is never renewed.')),
    keep: () => Promise.resolve(),
  });
});
afterEach(() => fake.close());

const blockOf = (link: string, send = 'one') =>
  emailBlock({
    link,
    placement: {
      publicUrl: ORIGIN,
      token: `token-of-${link}`,
      extension: 'jpg',
      dialect: klaviyo.dialect,
      mode: 'contact',
      fields: { first_name: { from: 'contact', tag: 'first_name' } },
      send,
    },
    size: { width: 600, height: 300 },
    alt: { source: 'For {{ first_name }}', rendered: 'For you', defaults: { first_name: 'you' } },
    href: 'https://shop.example/sale?a=1&b=2',
  });

const place = (target: PlaceTarget, block = blockOf('spring'), dryRun = false) =>
  connector.place(target, block, dryRun, signal);
const template = (id: string): PlaceTarget => ({ kind: 'template', id });
const written = () => fake.asked.filter(({ method }) => method !== 'GET').map(({ route }) => route);

/** A drag-and-drop email with these blocks in its first column, and odd things everywhere else that have to stay. */
const draggable = (blocks: readonly object[]) => ({
  id: 'D1',
  template_id: 'T1',
  body: {
    id: 'B1',
    properties: { id: 'bodyTable', css_class: 'root' },
    styles: { background_color: '#F7F7F7', width: 600 },
    sections: [
      {
        id: 'S1',
        content_type: 'section',
        type: 'section',
        data: { properties: { is_prebuilt_content: false }, display_options: {}, styles: { column_direction: 'ltr' } },
        rows: [
          {
            id: 'R1',
            data: { styles: { column_layout: '2-columns-equal-width' } },
            columns: [
              { id: 'C1', data: {}, blocks },
              { id: 'C2', data: {}, blocks: [text('<p>Right</p>')] },
            ],
          },
        ],
      },
    ],
  },
  styles: [{ style_type: 'base-styles', properties: {}, styles: { border_width: 0 } }],
});
const text = (content: string) => ({
  id: `text ${content}`,
  content_type: 'block',
  type: 'text',
  data: { content, display_options: { show_on: 'all' }, styles: { font_size: 14 } },
});
const html = (content: string) => ({ content_type: 'block', type: 'html', data: { content, display_options: {} } });
const image = (properties: object) => ({
  id: 'I1',
  content_type: 'block',
  type: 'image',
  data: { properties, display_options: { show_on: 'mobile' }, styles: { width: 320, inner_padding_top: 9 } },
});
const withoutId = ({ id: _, ...block }: ReturnType<typeof text> | ReturnType<typeof image>) => block;
const spring = () => {
  const { src, alt, href } = blockOf('spring').image;
  return { dynamic: true, src, alt_text: alt, href };
};
const addDraggable = (blocks: readonly object[]) =>
  account.addTemplate({ editor_type: 'SYSTEM_DRAGGABLE', definition: draggable(blocks) });

/** Everything of an email but the ids of its parts, which are Klaviyo's and new each time. */
const bare = (definition: unknown): string =>
  JSON.stringify(definition, (key, value) =>
    /^(?:id|data_id|template_id)$/.test(key) && value !== 'bodyTable' ? undefined : value,
  );

describe('a picture placed in HTML of Klaviyo', () => {
  const before =
    '<!DOCTYPE html>\n<html><head><title>x</title></head>\r\n<body class=a>\t{{ first_name }} <p>Text\n</body></html>';

  it.each(['CODE', 'USER_DRAGGABLE'] as const)(
    'stands in a %s template once, and everything else stays',
    async (editor_type) => {
      const made = account.addTemplate({ editor_type, html: before });
      const { changes, notes } = await place(template(made.id));
      expect(made.html).toBe(before.replace('<body class=a>', `<body class=a>${blockOf('spring').html}`));
      expect(changes).toEqual([{ part: 'HTML', before, after: made.html }]);
      expect(notes).toEqual([
        'Campaigns and flows that use this template already keep the copy they were given: choose it there again.',
      ]);
      expect((await place(template(made.id))).changes).toEqual([]);
      await place(template(made.id), blockOf('spring', 'two'));
      expect(made.html).toBe(before.replace('<body class=a>', `<body class=a>${blockOf('spring', 'two').html}`));
      expect(written()).toEqual(['change template', 'change template']);
    },
  );

  it('is only shown by a dry run', async () => {
    const made = account.addTemplate({ editor_type: 'CODE', html: before });
    const { changes } = await place(template(made.id), blockOf('spring'), true);
    expect(changes[0]?.after).toContain(ORIGIN);
    expect([made.html, written()]).toEqual([before, []]);
  });

  it('goes nowhere else', async () => {
    const simple = account.addTemplate({ editor_type: 'SIMPLE', html: before });
    await expect(place(template(simple.id))).rejects.toMatchObject({ code: 'place_refused' });
    await expect(place(template('TNONE'))).rejects.toThrow('Klaviyo has no template TNONE');
    await expect(place({ kind: 'campaign', id: 'none' })).rejects.toThrow('Klaviyo has no campaign none');
    await expect(place({ kind: 'campaign', id: 'none', section: 'main' })).rejects.toThrow('leave the section out');
    const reader = fake.addAccount({ scopes: ['templates:read'] });
    const read = reader.addTemplate({ editor_type: 'CODE', html: before });
    const limited = await klaviyo.connect({
      credentials: { kind: 'key', apiKey: reader.apiKey },
      ...{ referenceField: 'mergepix', baseUrl: fake.url, oauth: undefined },
      ...{ pace: createPace(klaviyo.limits), keep: () => Promise.resolve() },
      latest: () => Promise.reject(new Error('A key is never renewed.')),
    });
    await expect(limited.place(template(read.id), blockOf('spring'), false, signal)).rejects.toThrow(
      'This Klaviyo key cannot change templates: make one that also has the templates:write scope.',
    );
  });
});

describe('a picture placed in a drag-and-drop email of Klaviyo', () => {
  it('is a block of its own at the top, and everything else stays', async () => {
    const made = addDraggable([text('<p>Hello</p>')]);
    const { changes } = await place(template(made.id));
    const added = {
      content_type: 'block',
      type: 'image',
      data: {
        properties: spring(),
        display_options: {},
        styles: { align: 'center', width: 600, full_width_mobile: true },
      },
    };
    expect(bare(made.definition)).toBe(bare(draggable([added, text('<p>Hello</p>')])));
    expect(changes).toEqual([{ part: 'Image block', before: '', after: JSON.stringify(added, null, 2) }]);
    expect((await place(template(made.id))).changes).toEqual([]);
    expect(made.html).toBe('');
  });

  it('takes the place of the earlier one, drawn as it was drawn', async () => {
    const old = { dynamic: true, src: `${ORIGIN}/i/token-of-spring@2x.jpg?c=1`, alt_text: 'old', href: null };
    const other = image({ dynamic: true, src: `${ORIGIN}/i/token-of-springtime.jpg`, alt_text: '', href: '' });
    const made = addDraggable([text('a'), image(old), other]);
    await place(template(made.id));
    expect(bare(made.definition)).toBe(bare(draggable([text('a'), image(spring()), other])));
  });

  it.each([
    [
      'an image called so',
      image({ dynamic: false, src: 'x.png', alt_text: '[[mergepix]]', asset_id: '7' }),
      image(spring()),
    ],
    ['HTML that holds it', html('<p>[[mergepix]]</p>'), html(`<p>${blockOf('spring').html}</p>`)],
  ])('takes the place of a placeholder: %s', async (_, placeholder, after) => {
    const made = addDraggable([text('a'), placeholder]);
    await place(template(made.id));
    expect(bare(made.definition)).toBe(bare(draggable([text('a'), after])));
    expect((await place(template(made.id))).changes).toEqual([]);
  });

  it('takes the place of a text that is nothing but the placeholder', async () => {
    const made = addDraggable([text('<p>[[mergepix]]</p>'), text('<p>[[mergepix]] and more</p>')]);
    await place(template(made.id));
    const body = JSON.stringify(made.definition);
    expect(body).toContain('[[mergepix]] and more');
    expect(body).not.toContain('<p>[[mergepix]]</p>');
  });

  it('is refused where something else would change', async () => {
    const shared = addDraggable([{ ...text('Footer'), universal_id: 'U1' }]);
    await expect(place(template(shared.id))).rejects.toThrow('This email shows universal content');
    const inText = addDraggable([text(`<img src="${ORIGIN}/i/token-of-spring@2x.jpg">`)]);
    await expect(place(template(inText.id))).rejects.toThrow('stands already in a part of the email');
    expect(written()).toEqual([]);
  });

  it('wants a section to stand in', async () => {
    const definition = { ...draggable([]), body: { ...draggable([]).body, sections: [] } };
    const made = account.addTemplate({ editor_type: 'SYSTEM_DRAGGABLE', definition });
    await expect(place(template(made.id))).rejects.toThrow('This email has no section yet');
  });

  it('is sent with everybody’s own values', async () => {
    const made = addDraggable([text('<p>Hello</p>')]);
    await place(template(made.id));
    const ann = account.addProfile({ first_name: 'Ann "A" & <b>', properties: { mergepix: 'ref-of-ann' } });
    const bob = account.addProfile();
    const list = account.addList('All', [ann, bob]);
    const [forAnn, forBob] = account.send(account.addCampaign({ templates: [made], included: [list.id] }));
    expect(forAnn?.html).toContain('c=ref-of-ann&amp;s=one');
    expect(forAnn?.html).toContain('alt="For Ann &quot;A&quot; &amp; &lt;b&gt;"');
    expect(forBob?.html).toContain('c=&amp;s=one');
    expect(forBob?.html).toContain('alt="For you"');
  });
});

describe('a picture placed in universal content of Klaviyo', () => {
  it('fills its HTML or its image, and nothing else', async () => {
    const code = account.addUniversalContent(html('<p>Sale</p>'));
    const picture = account.addUniversalContent(withoutId(image({ dynamic: false, src: 'x.png', alt_text: 'old' })));
    const words = account.addUniversalContent(withoutId(text('<p>Sale</p>')));
    const { notes } = await place({ kind: 'universal-content', id: code.id });
    expect(notes).toEqual(['It is for every email that shows this universal content.']);
    await place({ kind: 'universal-content', id: picture.id });
    expect(code.definition).toEqual(html(`${blockOf('spring').html}<p>Sale</p>`));
    expect(picture.definition).toEqual(withoutId(image(spring())));
    await expect(place({ kind: 'universal-content', id: words.id })).rejects.toThrow('neither an image nor HTML');
    await expect(place({ kind: 'universal-content', id: 'none' })).rejects.toThrow('no universal content none');
  });
});

describe('what a planned drag-and-drop email of Klaviyo shows', () => {
  it('is in its blocks, and in the universal content it shows', async () => {
    const shared = account.addUniversalContent(html('<img src="https://pictures.example/i/shared">'));
    const made = addDraggable([image({ dynamic: true, src: 'https://pictures.example/i/own', alt_text: '' })]);
    const other = addDraggable([{ ...text('Footer'), universal_id: shared.id }]);
    const campaign = account.addCampaign({ status: 'Scheduled', templates: [made, other] });
    const texts = (await connector.emails(campaign.id, signal)).join('\n');
    expect(texts).toContain('https://pictures.example/i/own');
    expect(texts).toContain('https://pictures.example/i/shared');
  });
});

describe('a picture placed in a campaign of Klaviyo', () => {
  const body = '<body><p>Hello</p></body>';
  const placed = `<body>${blockOf('spring').html}<p>Hello</p></body>`;
  const emailsOf = (campaign: ReturnType<KlaviyoAccount['addCampaign']>) =>
    campaign.messages.map(({ template: id }) => account.templates.get(id ?? '')?.html);

  it('is in each of its emails, which are clones, and not in the template they came from', async () => {
    const made = account.addTemplate({ editor_type: 'CODE', html: body });
    const campaign = account.addCampaign({ templates: [made, made] });
    const { changes, notes } = await place({ kind: 'campaign', id: campaign.id });
    expect([changes.length, notes]).toEqual([2, []]);
    expect([made.html, ...emailsOf(campaign)]).toEqual([body, placed, placed]);
  });

  it('is in a copy that takes the email’s place where Klaviyo does not let it be changed', async () => {
    fake.unsure.campaignTemplatesChange = false;
    const made = account.addTemplate({ editor_type: 'CODE', html: body });
    const campaign = account.addCampaign({ templates: [made], status: 'Scheduled' });
    const { notes } = await place({ kind: 'campaign', id: campaign.id });
    expect(emailsOf(campaign)).toEqual([placed]);
    expect(notes).toEqual([
      'Klaviyo does not let the email of this campaign be changed, so the campaign was given a copy with the picture.',
      'The campaign is planned already: look at it once more in Klaviyo.',
    ]);
    const library = [...account.templates.values()].filter(({ owner }) => owner === 'library');
    expect(library).toEqual([made]);
  });

  it('comes too late for one that was sent, and too early for one without an email', async () => {
    const made = account.addTemplate({ editor_type: 'CODE', html: body });
    const sent = account.addCampaign({ templates: [made], status: 'Sent' });
    await expect(place({ kind: 'campaign', id: sent.id })).rejects.toThrow('is on its way already');
    const empty = account.addCampaign({});
    await expect(place({ kind: 'campaign', id: empty.id })).rejects.toThrow('has no email yet');
  });
});

describe('a picture placed in a flow of Klaviyo', () => {
  const body = "<body>{{ event.Item|default:'' }}</body>";
  const webhook = `${ORIGIN}/v1/connections/abc/webhook`;
  const addFlow = (...before: ({ readonly webhook: string } | { readonly delay: true })[]) => {
    const made = account.addTemplate({ editor_type: 'CODE', html: body });
    const flow = account.addFlow('Cart', [...before, { email: made }]);
    const message = flow.actions.at(-1)?.message;
    return { made, message, target: { kind: 'flow-message', id: message?.id ?? '' } as const };
  };
  const sentBy = (message: { readonly template: string } | null | undefined) =>
    account.templates.get(message?.template ?? '')?.html;

  it('is in the email, and nothing is to be done where our webhook comes before it', async () => {
    const { made, message, target } = addFlow({ webhook }, { delay: true });
    expect((await place(target)).notes).toEqual([]);
    expect([made.html, sentBy(message)]).toEqual([body, body.replace('<body>', `<body>${blockOf('spring').html}`)]);
  });

  it.each([
    ['no step', []],
    ['somebody else’s', [{ webhook: 'https://other.example/v1/connections/abc/webhook' }]],
  ])('asks for the webhook step when there is %s', async (_, before) => {
    expect((await place(addFlow(...before).target, blockOf('spring'), true)).notes).toEqual([
      'No webhook step that calls this service comes before this email in its flow: add one, so that its pictures are made before the email is sent.',
    ]);
  });

  it('is in a copy that the flow sends where Klaviyo does not let the email be changed', async () => {
    fake.unsure.flowTemplatesChange = false;
    const { message, target } = addFlow({ webhook });
    const { notes } = await place(target);
    expect(sentBy(message)).toBe(body.replace('<body>', `<body>${blockOf('spring').html}`));
    expect(notes[0]).toContain('the flow now sends a copy with the picture');
  });

  it('leaves no copy behind when the key may not change flows', async () => {
    fake.unsure.flowTemplatesChange = false;
    const { target } = addFlow({ webhook });
    const before = account.templates.size;
    account.limitTo(['templates:read', 'templates:write', 'flows:read']);
    await expect(place(target)).rejects.toThrow(
      'This Klaviyo key cannot change flows: make one that also has the flows:write scope.',
    );
    expect(account.templates.size).toBe(before);
  });
});
