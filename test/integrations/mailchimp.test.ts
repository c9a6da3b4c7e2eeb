import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Audience, Connector, PlannedSend } from '../../integrations/connector.ts';
import { mailchimp } from '../../integrations/mailchimp/index.ts';
import {
  addCampaign,
  addList,
  addMember,
  addMergeField,
  addSegment,
  changeMember,
  connectTo,
  createAccount,
  type FakeAccount,
  type FakeList,
  type FakeMailchimp,
  memberId,
  removeMember,
  startFakeMailchimp,
} from '../fakes/mailchimp.ts';
import { startReceiver } from '../fakes/receiver.ts';

const never = new AbortController().signal;

let fake: FakeMailchimp;
let account: FakeAccount;
let list: FakeList;
let connector: Connector;

beforeEach(async () => {
  fake = await startFakeMailchimp();
  account = fake.accounts[0] as FakeAccount;
  list = addList(account, 'Customers');
  connector = await connectTo(fake, account);
});
afterEach(async () => {
  await fake.close();
  expect(fake.violations, "not as Mailchimp's own description has it").toEqual([]);
});

async function all<Row>(rows: AsyncIterable<Row>): Promise<Row[]> {
  const read: Row[] = [];
  for await (const row of rows) read.push(row);
  return read;
}

describe('a Mailchimp key', () => {
  it.each([
    '',
    'nothing',
    '0123456789abcdef-',
    '0123456789abcdef-us',
    '0123456789abcdef-US21',
    '0123456789abcdef-us21 ',
  ])('is refused before it is sent anywhere when it names no data centre: %j', (key) =>
    expect(mailchimp.keyFault(key)).toMatch(/ends in a dash and a data centre/),
  );

  it.each(['evil.com/-us1', 'a@evil.com#-us1', '0123456789abcdef-us1.evil.com', '0123456789abcdef-us1/x'])(
    'names no other host: %j',
    async (apiKey) => {
      expect(mailchimp.keyFault(apiKey)).toBeDefined();
    },
  );

  it('is taken when it does', () => {
    expect(mailchimp.keyFault('0123456789abcdef0123456789abcdef-us21')).toBeUndefined();
  });

  it('without a data centre opens nothing', async () => {
    await expect(connectTo(fake, { ...account, apiKey: 'abc-evil.com' })).rejects.toMatchObject({
      code: 'connection_refused',
    });
    expect(fake.requests).toEqual([]);
  });
});

describe('a Mailchimp account', () => {
  it('is told by id and name, by key and by token', async () => {
    const told = { id: account.id, name: 'Acme', missing: [] };
    expect(await connector.check(never)).toEqual(told);
    expect(await (await connectTo(fake, account, { by: 'oauth' })).check(never)).toEqual(told);
  });

  it('says what its user may not do', async () => {
    account.role = 'author';
    expect((await connector.check(never)).missing).toEqual([
      'This Mailchimp user may not read or change audiences: connect one with the role Manager or above.',
    ]);
    await expect(all(connector.audiences(never))).rejects.toMatchObject({
      code: 'connection_refused',
      message:
        'The Mailchimp user that was connected may not use audiences: connect one with the role Manager or above.',
    });
  });

  it('has lists and their segments, whatever their number', async () => {
    for (let n = 0; n < 12; n++) addSegment(list, `Segment ${n}`, () => true);
    for (let n = 0; n < 11; n++) addList(account, `List ${n}`);
    addMember(list, 'a@example.com');
    const audiences: Audience[] = await all(connector.audiences(never));
    expect(audiences).toHaveLength(1 + 12 + 11);
    const [first, second] = audiences;
    expect(first).toEqual({ id: list.id, kind: 'list', name: 'Customers', contacts: 1 });
    expect(second).toEqual({
      id: `${list.id}/${list.segments[0]?.id}`,
      kind: 'segment',
      name: 'Customers: Segment 0',
      contacts: 1,
    });
  });

  it('never mixes with another one that is read at the same time', async () => {
    const other = createAccount('Other');
    fake.accounts.push(other);
    const otherList = addList(other, 'Theirs');
    for (let n = 0; n < 30; n++) addMember(list, `a${n}@example.com`);
    for (let n = 0; n < 30; n++) addMember(otherList, `b${n}@example.com`);
    const theirs = await connectTo(fake, other);
    const read = async (from: Connector, audience: string) => {
      const handles: string[] = [];
      for (let turn = 0; turn < 10; turn++)
        for await (const { contacts } of from.contacts({
          audiences: [audience],
          since: null,
          cursor: null,
          tags: [],
          signal: never,
        }))
          handles.push(...contacts.map(({ handle }) => handle));
      return handles;
    };
    const [ours, others] = await Promise.all([read(connector, list.id), read(theirs, otherList.id)]);
    expect(ours.filter((handle) => handle.includes(':b'))).toEqual([]);
    expect(others.filter((handle) => handle.includes(':a'))).toEqual([]);
    expect(ours).toHaveLength(300);
    // Nor do their audiences: a key of one opens nothing of the other.
    await expect(read(connector, otherList.id)).rejects.toMatchObject({ code: 'connection_refused' });
  });
});

describe('fields of a Mailchimp audience', () => {
  it('are its merge fields, the parts of an address each by itself, without the reference', async () => {
    addMergeField(list, 'MERGEPIX', 'Mergepix reference', 'text');
    addMergeField(list, 'POINTS', 'Points', 'number');
    addMergeField(list, 'PHOTO', 'Photo', 'imageurl');
    const fields = await connector.fields([list.id], never);
    expect(fields.map(({ tag, type }) => `${tag} ${type}`)).toEqual([
      'EMAIL text',
      'FNAME text',
      'LNAME text',
      'ADDRESS.addr1 text',
      'ADDRESS.addr2 text',
      'ADDRESS.city text',
      'ADDRESS.state text',
      'ADDRESS.zip text',
      'ADDRESS.country text',
      'BIRTHDAY other',
      'POINTS number',
      'PHOTO url',
    ]);
  });

  it('can all be mapped, and nothing that is none', async () => {
    const fields = await connector.fields([list.id], never);
    expect(fields.filter(({ tag }) => !mailchimp.fieldPattern.test(tag))).toEqual([]);
    const wrong = ['ADDRESS.planet', 'ADDRESS.', '.city', 'ADDRESS.city.zip', 'fname', '*|FNAME|*', '__proto__'];
    expect(wrong.filter((tag) => mailchimp.fieldPattern.test(tag))).toEqual([]);
  });

  it('come from every list, all of them when none is chosen', async () => {
    const second = addList(account, 'Shop', { firstNameTag: 'VORNAME' });
    for (let n = 0; n < 15; n++) addMergeField(second, `F${n}`, `Field ${n}`, 'text');
    const tags = async (audiences: string[]) => (await connector.fields(audiences, never)).map(({ tag }) => tag);
    expect(await tags([list.id, `${second.id}/1`])).toEqual(await tags([]));
    expect(await tags([])).toContain('F14');
    expect(await tags([list.id])).not.toContain('VORNAME');
  });

  it('get one for the reference, text, in no sign-up form, in each list and once', async () => {
    const second = addList(account, 'Shop');
    await connector.ensureField([list.id, second.id, `${second.id}/7`], never);
    await connector.ensureField([list.id, second.id], never);
    for (const { mergeFields } of [list, second])
      expect(mergeFields.filter(({ tag }) => tag === 'MERGEPIX')).toMatchObject([{ type: 'text', public: false }]);
    expect(fake.count('POST /lists/{}/merge-fields')).toBe(2);
  });

  it('get it once also when the answer to the first try is lost', async () => {
    fake.fault({ kind: 'cut' }, { route: 'POST /lists/{}/merge-fields' });
    await connector.ensureField([list.id], never);
    expect(list.mergeFields.filter(({ tag }) => tag === 'MERGEPIX')).toHaveLength(1);
    expect(fake.count('POST /lists/{}/merge-fields')).toBe(2);
  });

  it('cannot get it where one of that name is of another type, the name is too long, or there are too many', async () => {
    addMergeField(list, 'MERGEPIX', 'Points', 'number');
    const refusal = async (field: string) => {
      const by = await connectTo(fake, account, { referenceField: field });
      return by.ensureField([list.id], never).then(
        () => 'made',
        (error: Error) => error.message,
      );
    };
    expect(await refusal('MERGEPIX')).toBe(
      "The merge field MERGEPIX is no text field: choose another name for the connection's reference field.",
    );
    expect(await refusal('MERGEPIX_REFERENCE')).toMatch(/choose a shorter name than MERGEPIX_REFERENCE/);
    while (list.mergeFields.length < 30) addMergeField(list, `F${list.mergeFields.length}`, 'Field', 'text');
    expect(await refusal('REFERENCE')).toMatch(/has 30 merge fields and takes no more/);
    // It is longer than what some say is allowed, but it is there.
    addMergeField(list, 'MERGEPIX_REFERENCE', 'Ours', 'text');
    expect(await refusal('MERGEPIX_REFERENCE')).toBe('made');
  });
});

describe('references in Mailchimp', () => {
  const handle = (email: string, of = list) => `${of.id}:${email}`;
  const referenceOf = (email: string, of = list) => of.members.get(memberId(email))?.fields.MERGEPIX;

  beforeEach(() => {
    addMergeField(list, 'MERGEPIX', 'Mergepix reference', 'text');
  });

  it('are written in bulk and by list, and nobody is subscribed by it', async () => {
    const second = addList(account, 'Shop');
    addMergeField(second, 'MERGEPIX', 'Mergepix reference', 'text');
    (list.mergeFields as { required: boolean }[])[0] = { ...list.mergeFields[0], required: true } as never;
    for (const email of ['a@example.com', 'B@Example.com']) addMember(list, email);
    addMember(list, 'gone@example.com', {}, { status: 'unsubscribed' });
    addMember(second, 'a@example.com');
    const entries = [
      handle('a@example.com'),
      handle('B@Example.com'),
      handle('gone@example.com'),
      handle('a@example.com', second),
    ];
    const written = await connector.writeReferences(
      entries.map((each, n) => ({ handle: each, reference: `reference-${n}` })),
      never,
    );
    expect(written).toEqual({ job: null, refused: [] });
    expect(fake.count('POST /lists/{}')).toBe(2);
    expect(['a@example.com', 'b@example.com', 'gone@example.com'].map((email) => referenceOf(email))).toEqual([
      'reference-0',
      'reference-1',
      'reference-2',
    ]);
    expect(referenceOf('a@example.com', second)).toBe('reference-3');
    expect(list.members.get(memberId('gone@example.com'))?.status).toBe('unsubscribed');
    expect(JSON.stringify(fake.requests.map(({ body }) => body))).not.toContain('status');
  });

  it.each(['refused', 'added'] as const)(
    'of somebody who is not there any more are told, when strangers are %s',
    async (strangers) => {
      const other = await startFakeMailchimp({ accounts: [account], strangers });
      addMember(list, 'a@example.com');
      const { refused } = await (await connectTo(other, account)).writeReferences(
        ['a@example.com', 'stranger@example.com'].map((email) => ({ handle: handle(email), reference: 'r' })),
        never,
      );
      expect(refused).toEqual([{ handle: handle('stranger@example.com'), reason: expect.any(String) }]);
      expect(JSON.stringify(refused.map(({ reason }) => reason))).not.toContain('example.com');
      expect(list.members.get(memberId('stranger@example.com'))?.status ?? 'archived').toBe('archived');
      expect(referenceOf('a@example.com')).toBe('r');
      await other.close();
    },
  );

  it('stand at once, and come to the same when the answer is lost', async () => {
    addMember(list, 'a@example.com');
    fake.fault({ kind: 'cut' }, { route: 'POST /lists/{}' });
    await connector.writeReferences([{ handle: handle('a@example.com'), reference: 'r' }], never);
    expect(fake.count('POST /lists/{}')).toBe(2);
    expect(referenceOf('a@example.com')).toBe('r');
    expect(await connector.written('any', never)).toEqual([]);
  });

  it('are at most 500 at a time', async () => {
    expect(connector.writesAtOnce).toBe(500);
    const entries = Array.from({ length: 500 }, (_, n) => {
      addMember(list, `a${n}@example.com`);
      return { handle: handle(`a${n}@example.com`), reference: 'r' };
    });
    expect((await connector.writeReferences(entries, never)).refused).toEqual([]);
  });
});

describe('one Mailchimp contact', () => {
  it('is found by its handle, in any case of its letters, and is gone once it was deleted for good', async () => {
    addMember(list, 'Ann@Example.com', { FNAME: 'Ann', ADDRESS: { city: 'Wien', zip: '' } });
    const handle = `${list.id}:ann@example.com`;
    expect(await connector.find(handle, ['FNAME', 'ADDRESS.city', 'ADDRESS.zip', 'LNAME', 'EMAIL'], never)).toEqual({
      key: `${list.id}:${memberId('ann@example.com')}`,
      handle: `${list.id}:Ann@Example.com`,
      state: 'active',
      isMember: true,
      fields: { FNAME: 'Ann', 'ADDRESS.city': 'Wien', EMAIL: 'Ann@Example.com' },
      reference: null,
    });
    expect(JSON.stringify(fake.requests.map(({ target }) => target))).not.toMatch(/example/i);
    removeMember(list, 'ann@example.com');
    expect(await connector.find(handle, [], never)).toBeNull();
  });

  it('gets no mail in any state but subscribed', async () => {
    const states = ['subscribed', 'unsubscribed', 'cleaned', 'pending', 'transactional', 'archived'] as const;
    for (const status of states) addMember(list, `${status}@example.com`, {}, { status });
    const found = await Promise.all(
      states.map((status) => connector.find(`${list.id}:${status}@example.com`, [], never)),
    );
    expect(found.map((contact) => contact?.state)).toEqual(['active', ...Array(5).fill('unsubscribed')]);
  });

  it('is not gone because something in front of Mailchimp finds nothing', async () => {
    addMember(list, 'here@example.com');
    const handle = `${list.id}:here@example.com`;
    fake.fault({ kind: 'html-404' }, { times: 2 });
    expect(await connector.gone([handle], never)).toEqual([]);
    expect(await connector.gone([`${list.id}:nobody@example.com`], never)).toHaveLength(1);
  });

  it('is not gone when it is archived', async () => {
    addMember(list, 'here@example.com');
    addMember(list, 'archived@example.com', {}, { status: 'archived' });
    const handles = ['here', 'one', 'archived', 'two', 'three', 'four'].map((name) => `${list.id}:${name}@example.com`);
    expect(await connector.gone(handles, never)).toEqual([1, 3, 4, 5].map((at) => handles[at]));
  });

  it('is the list and the address, whatever the prototype of the fields holds', async () => {
    addMember(list, 'a@example.com', { FNAME: 'Ann' });
    const contact = await connector.find(
      `${list.id}:a@example.com`,
      ['constructor', '__proto__', 'FNAME.length'],
      never,
    );
    expect(contact?.fields).toEqual({});
  });
});

describe('sends of Mailchimp', () => {
  const at = Date.UTC(2026, 11, 24, 10);
  const hour = 3_600_000;

  it('are the scheduled campaigns whose first recipient gets them in the window', async () => {
    const segment = addSegment(list, 'Some', () => true);
    const schedule = (title: string, sendAt: number, more: object = {}) =>
      addCampaign(account, list, '', { title, sendAt, status: 'schedule', ...more });
    schedule('Whole list', at);
    schedule('Saved segment', at + hour, { segmentOpts: { saved_segment_id: segment.id } });
    schedule('Prebuilt segment', at + hour, { segmentOpts: { prebuilt_segment_id: 'subscribers-female' } });
    schedule('Conditions', at + hour, { segmentOpts: { match: 'any', conditions: [] } });
    schedule('By time zone', at + 25 * hour, { timewarp: true });
    schedule('By time zone, too late', at + 30 * hour, { timewarp: true });
    schedule('Too early', at - 1);
    schedule('Too late', at + 2.25 * hour);
    addCampaign(account, list, '', { title: 'Sent', sendAt: at, status: 'sent' });
    addCampaign(account, list, '', { title: 'Draft' });
    const sends: PlannedSend[] = await all(connector.sends({ from: at, to: at + 2 * hour }, never));
    expect(sends.map(({ name, sendAt, firstAt, included }) => ({ name, sendAt, firstAt, included }))).toEqual([
      { name: 'Whole list', sendAt: at, firstAt: at, included: [list.id] },
      { name: 'Saved segment', sendAt: at + hour, firstAt: at + hour, included: [`${list.id}/${segment.id}`] },
      { name: 'Prebuilt segment', sendAt: at + hour, firstAt: at + hour, included: [list.id] },
      { name: 'Conditions', sendAt: at + hour, firstAt: at + hour, included: [list.id] },
      { name: 'By time zone', sendAt: at + 25 * hour, firstAt: at + hour, included: [list.id] },
    ]);
  });

  it('are read to the end', async () => {
    for (let n = 0; n < 1001; n++) addCampaign(account, list, '', { sendAt: at, status: 'schedule' });
    expect(await all(connector.sends({ from: at, to: at }, never))).toHaveLength(1001);
  });
});

describe('the webhook of a Mailchimp list', () => {
  it('is registered once for what we did not do ourselves, and replaced when its secret is another', async () => {
    const receiver = await startReceiver();
    const url = `${receiver.url}/v1/connections/c1/webhook`;
    list.webhooks.push({ id: 'theirs', url: `${receiver.url}/other`, events: {}, sources: {} });
    const watch = (secret: string) => connector.watch?.(`${url}?secret=${secret}`, [list.id, `${list.id}/5`], never);
    expect(await watch('one')).toEqual([]);
    await watch('one');
    expect(fake.count('POST /lists/{}/webhooks')).toBe(1);
    expect(list.webhooks[1]).toMatchObject({
      url: `${url}?secret=one`,
      events: { subscribe: true, unsubscribe: true, profile: true, cleaned: true, upemail: true, campaign: false },
      sources: { user: true, admin: true, api: false },
    });
    fake.fault({ kind: 'cut' }, { route: 'POST /lists/{}/webhooks' });
    await watch('two');
    expect(list.webhooks.map((webhook) => webhook.url)).toEqual([`${receiver.url}/other`, `${url}?secret=two`]);
    await receiver.close();
    await expect(watch('three')).rejects.toMatchObject({
      code: 'connection_refused',
      message:
        'Mailchimp could not reach our webhook: see that this service answers at its public address, then try again.',
    });
  });
});

describe('what Mailchimp signs with', () => {
  it('is kept where it is told, for each list', async () => {
    const signing = await startFakeMailchimp({ accounts: [account], signatures: 'told', isChecked: false });
    const receiver = await startReceiver();
    const second = addList(account, 'Shop');
    const by = await connectTo(signing, account);
    const watch = () => by.watch?.(`${receiver.url}/webhook?secret=s`, [list.id, second.id], never);
    const secrets = await watch();
    expect(secrets).toEqual([list, second].map(({ webhooks }) => webhooks[0]?.secret));
    expect(new Set(secrets).size).toBe(2);
    expect(await watch()).toEqual([]);
    await receiver.close();
    await signing.close();
  });
});

describe('two calls of one connector', () => {
  it('are stopped each by its own signal', async () => {
    addMember(list, 'a@example.com');
    let letGo = () => {};
    const held = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    fake.before = () => held;
    const stop = new AbortController();
    const handle = `${list.id}:a@example.com`;
    const [stopped, other] = [connector.find(handle, [], stop.signal), connector.find(handle, [], never)];
    while (fake.requests.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    stop.abort(new Error('Enough.'));
    await expect(stopped).rejects.toThrow('Enough.');
    letGo();
    expect(await other).toMatchObject({ handle });
  });
});

describe('contacts that change', () => {
  it('are seen as they are now', async () => {
    addMember(list, 'a@example.com', { FNAME: 'Ann' });
    changeMember(list, 'a@example.com', { FNAME: 'Anna', status: 'cleaned' });
    expect(await connector.find(`${list.id}:a@example.com`, ['FNAME'], never)).toMatchObject({
      state: 'unsubscribed',
      fields: { FNAME: 'Anna' },
    });
  });
});
