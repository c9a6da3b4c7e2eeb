import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Connector, ContactsOrder, ContactsPage, PlatformContact } from '../../integrations/connector.ts';
import {
  addList,
  addMember,
  addMergeField,
  addSegment,
  changeMember,
  connectTo,
  type FakeAccount,
  type FakeList,
  type FakeMailchimp,
  memberId,
  removeMember,
  startFakeMailchimp,
} from '../fakes/mailchimp.ts';

const never = new AbortController().signal;
const DAY = 86_400_000;

let fake: FakeMailchimp;
let account: FakeAccount;
let list: FakeList;
let connector: Connector;

beforeEach(async () => {
  fake = await startFakeMailchimp();
  account = fake.accounts[0] as FakeAccount;
  list = addList(account, 'Customers');
  addMergeField(list, 'MERGEPIX', 'Mergepix reference', 'text');
  connector = await connectTo(fake, account);
});
afterEach(async () => {
  await fake.close();
  expect(fake.violations, "not as Mailchimp's own description has it").toEqual([]);
});

const fill = (count: number, of = list, name = 'm') => {
  for (let n = 0; n < count; n++) addMember(of, `${name}${n}@example.com`, { FNAME: `${name}${n}` });
};

const order = (more: Partial<ContactsOrder> = {}): ContactsOrder => ({
  audiences: [list.id],
  since: null,
  cursor: null,
  tags: ['FNAME'],
  signal: never,
  ...more,
});

/** Pages to the end; `between` happens after each, while the next is not asked for yet. */
async function readPages(
  more: Partial<ContactsOrder> = {},
  between?: (page: number, read: ContactsPage) => void,
): Promise<ContactsPage[]> {
  const pages: ContactsPage[] = [];
  for await (const page of connector.contacts(order(more))) {
    pages.push(page);
    between?.(pages.length, page);
  }
  return pages;
}

const contactsOf = (pages: readonly ContactsPage[]): PlatformContact[] => pages.flatMap(({ contacts }) => contacts);
const namesOf = (pages: readonly ContactsPage[]): string[] =>
  contactsOf(pages).map(({ handle }) => handle.replace(/^\w+:|@.*$/g, ''));
const expected = (count: number, name = 'm') => Array.from({ length: count }, (_, n) => `${name}${n}`);

describe('contacts of a Mailchimp list', () => {
  it('come with the wanted fields that have a value, their state and their reference', async () => {
    addMember(list, 'Ann@Example.com', {
      FNAME: 'Ann',
      LNAME: 'Lee',
      MERGEPIX: 'a-reference',
      ADDRESS: { city: 'Bern' },
    });
    addMember(list, 'out@example.com', { MERGEPIX: '' }, { status: 'unsubscribed' });
    expect(await readPages({ tags: ['FNAME', 'ADDRESS.city', 'ADDRESS.state', 'NOT_THERE'] })).toEqual([
      {
        contacts: [
          {
            key: `${list.id}:${memberId('ann@example.com')}`,
            handle: `${list.id}:Ann@Example.com`,
            state: 'active',
            isMember: true,
            fields: { FNAME: 'Ann', 'ADDRESS.city': 'Bern' },
            reference: 'a-reference',
          },
          {
            key: `${list.id}:${memberId('out@example.com')}`,
            handle: `${list.id}:out@example.com`,
            state: 'unsubscribed',
            isMember: true,
            fields: {},
            reference: null,
          },
        ],
        cursor: null,
        total: 2,
      },
    ]);
  });

  it('are read to the end, a thousand at a time, each once', async () => {
    fill(2500);
    const pages = await readPages();
    expect(namesOf(pages)).toEqual(expected(2500));
    expect(pages.map(({ total }) => total)).toEqual([2500, 2500, 2500]);
    expect(fake.count('GET /lists/{}/members')).toBe(3);
  });

  it('are none in an empty list', async () => {
    expect(await readPages()).toEqual([{ contacts: [], cursor: null, total: 0 }]);
  });

  it('come from every audience, lists and segments', async () => {
    const second = addList(account, 'Shop');
    const segment = addSegment(second, 'With an a', ({ email }) => email.startsWith('a'));
    fill(1200);
    addMember(second, 'a@example.com');
    addMember(second, 'b@example.com');
    const pages = await readPages({ audiences: [list.id, `${second.id}/${segment.id}`] });
    expect(namesOf(pages)).toEqual([...expected(1200), 'a']);
    expect(contactsOf(pages).at(-1)).toMatchObject({ handle: `${second.id}:a@example.com`, isMember: true });
  });

  it('are the same when the reading is broken off after any page, and taken up by another process', async () => {
    const second = addList(account, 'Shop');
    fill(2100);
    fill(1001, second, 's');
    const audiences = [list.id, second.id];
    const whole = await readPages({ audiences });
    expect(whole.length).toBe(5);
    for (const [at, { cursor }] of whole.slice(0, -1).entries()) {
      connector = await connectTo(fake, account);
      const rest = await readPages({ audiences, cursor });
      expect(namesOf([...whole.slice(0, at + 1), ...rest])).toEqual(namesOf(whole));
    }
    expect(whole.at(-1)?.cursor).toBeNull();
    // It is kept in the open.
    expect(whole.map(({ cursor }) => cursor).join()).toMatch(/^[\d:a-f,]+$/);
  });

  it.each([1, 2, 3, 4, 1500])(
    'leave nobody out when the %i that were read first are deleted meanwhile',
    async (count) => {
      fill(4000);
      const pages = await readPages({}, (page) => {
        if (page === 3) for (let n = 0; n < count; n++) removeMember(list, `m${n}@example.com`);
      });
      expect(new Set(namesOf(pages))).toEqual(new Set(expected(4000)));
    },
  );

  it('leave nobody out whatever comes, goes and opts in again meanwhile', { timeout: 60_000 }, async () => {
    const unchecked = await startFakeMailchimp({ accounts: [account], isChecked: false });
    connector = await connectTo(unchecked, account);
    let at = Date.UTC(2026, 5, 1);
    let seed = 11;
    const chance = () => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed / 2_147_483_647;
    };
    for (const size of [1000, 2100, 3500]) {
      const shop = addList(account, `Shop of ${size}`);
      fill(size, shop, `s${size}-`);
      const staying = new Set(expected(size, `s${size}-`));
      const pages = await readPages({ audiences: [shop.id] }, () => {
        const members = [...shop.members.values()];
        for (let n = Math.floor(chance() * 300); n > 0; n--) {
          const member = members[Math.floor(chance() * chance() * members.length)];
          if (!member || !shop.members.has(member.id)) continue;
          at += 1000;
          const what = chance();
          if (what < 0.5) {
            removeMember(shop, member.email);
            staying.delete(member.email.replace(/@.*/, ''));
          } else if (what < 0.75) {
            member.optAt = at;
            shop.ordered = undefined;
          } else addMember(shop, `new${at}@example.com`, {}, { at });
        }
      });
      const read = new Set(namesOf(pages));
      expect([...staying].filter((name) => !read.has(name))).toEqual([]);
    }
    await unchecked.close();
  });

  it.each([1, 3, 400, 1500, 2900])(
    'leave nobody out when %i who were read already are deleted meanwhile',
    async (count) => {
      fill(4000);
      const read: string[] = [];
      const pages = await readPages({}, (page, { contacts }) => {
        read.push(...contacts.map(({ handle }) => handle.slice(list.id.length + 1)));
        if (page === 3) for (const email of read.slice(-count)) removeMember(list, email);
      });
      expect(new Set(namesOf(pages))).toEqual(new Set(expected(4000)));
    },
  );

  it('leave nobody out when some are deleted and others come, so that there are as many as before', async () => {
    fill(3000);
    const pages = await readPages({}, (page) => {
      if (page !== 1) return;
      for (let n = 0; n < 10; n++) removeMember(list, `m${n}@example.com`);
      for (let n = 0; n < 10; n++) addMember(list, `new${n}@example.com`, {}, { at: Date.now() });
    });
    expect(new Set(namesOf(pages))).toEqual(new Set([...expected(3000), ...expected(10, 'new')]));
  });

  it('leave nobody out when they are written to meanwhile', async () => {
    fill(2500);
    const pages = await readPages({}, (page) => {
      if (page === 1) for (let n = 0; n < 1000; n++) changeMember(list, `m${n}@example.com`, { MERGEPIX: 'r' });
    });
    expect(namesOf(pages)).toEqual(expected(2500));
  });

  it('are read on where the mark of the last one is lost, from the beginning if need be', async () => {
    fill(1500);
    const [first] = await readPages();
    for (let n = 990; n < 1000; n++) removeMember(list, `m${n}@example.com`);
    expect(new Set(namesOf([first as ContactsPage, ...(await readPages({ cursor: first?.cursor ?? '' }))]))).toEqual(
      new Set(expected(1500)),
    );
    expect(namesOf(await readPages({ cursor: 'no cursor of ours' }))).toHaveLength(1490);
  });
});

describe('what changed in a Mailchimp list', () => {
  const since = Date.UTC(2026, 5, 1);

  it('is all that is told, with those who were archived', async () => {
    fill(1500);
    for (const n of [3, 700, 1499]) changeMember(list, `m${n}@example.com`, { FNAME: 'New' });
    changeMember(list, 'm5@example.com', { status: 'archived' });
    addMember(list, 'new@example.com', {}, { at: Date.now() });
    const pages = await readPages({ since });
    expect(contactsOf(pages).map(({ handle, state }) => `${handle.split(':')[1]} ${state}`)).toEqual([
      'm3@example.com active',
      'm700@example.com active',
      'm1499@example.com active',
      'new@example.com active',
      'm5@example.com unsubscribed',
    ]);
  });

  it('is told when it was in the very second', async () => {
    addMember(list, 'a@example.com', {}, { at: since + 300 });
    addMember(list, 'b@example.com', {}, { at: since - 2000 });
    expect(namesOf(await readPages({ since: since + 900 }))).toEqual(['a']);
    expect(namesOf(await readPages({ since }))).toEqual(['a']);
  });

  it('leaves nobody out when more is changed while it is read', async () => {
    fill(3000);
    for (let n = 1000; n < 3000; n++) changeMember(list, `m${n}@example.com`, {});
    const pages = await readPages({ since: Date.now() - DAY }, (page) => {
      if (page === 1) for (let n = 0; n < 300; n++) changeMember(list, `m${n}@example.com`, {});
    });
    const names = new Set(namesOf(pages));
    expect(
      expected(3000)
        .slice(1000)
        .filter((name) => !names.has(name)),
    ).toEqual([]);
  });

  it('is, of a segment, all who are in it and whatever changed besides', async () => {
    const segment = addSegment(list, 'Some', ({ email }) => email < 'm2');
    fill(5);
    changeMember(list, 'm4@example.com', { FNAME: 'New' });
    changeMember(list, 'm0@example.com', { status: 'unsubscribed' });
    const pages = await readPages({ audiences: [`${list.id}/${segment.id}`], since });
    expect(contactsOf(pages).map(({ handle, isMember }) => [handle.split(':')[1], isMember])).toEqual([
      ['m1@example.com', true],
      ['m0@example.com', false],
      ['m4@example.com', false],
    ]);
  });
});

describe('reading from a Mailchimp that is not well', () => {
  it.each([
    { kind: 'cut' },
    { kind: 'html-502' },
    { kind: 'html-200' },
    { kind: 'empty-429' },
    { kind: 'json-429' },
    { kind: 'plain-403' },
    { kind: 'endless' },
  ] as const)('goes on after $kind', async (fault) => {
    fill(1500);
    fake.fault(fault, { route: 'GET /lists/{}/members', times: 3 });
    expect(namesOf(await readPages())).toEqual(expected(1500));
    expect(fake.count('GET /lists/{}/members')).toBe(5);
  });

  it('waits as long as it is asked to', async () => {
    fill(3);
    const pauses: number[] = [];
    connector = await connectTo(fake, account, { pauses });
    fake.fault({ kind: 'wait', seconds: 77 });
    expect(namesOf(await readPages())).toEqual(expected(3));
    expect(pauses).toContain(77_000);
  });

  it('waits its turn where somebody else uses most of what the account may', async () => {
    const busy = await startFakeMailchimp({ accounts: [account], atOnce: 1 });
    fill(20);
    busy.before = () => new Promise((resolve) => setTimeout(resolve, 5));
    const by = await connectTo(busy, account);
    const handles = [...list.members.values()].map(({ email }) => `${list.id}:${email}`);
    expect(await by.gone([...handles, `${list.id}:nobody@example.com`], never)).toEqual([
      `${list.id}:nobody@example.com`,
    ]);
    expect(busy.requests.length).toBeGreaterThan(21);
    await busy.close();
  });

  it('gives up after several tries, with a sentence that says what is kept', async () => {
    fake.fault({ kind: 'html-502' }, { times: 100 });
    await expect(readPages()).rejects.toMatchObject({ code: 'platform_unavailable' });
    expect(fake.requests.length).toBeLessThan(10);
  });

  it('gives up at once what is refused, and says nothing of what was sent', async () => {
    account.apiKey = 'another-us21';
    const error = await readPages().then(
      () => new Error('it was read'),
      (caught: Error) => caught,
    );
    expect(error).toMatchObject({
      code: 'connection_refused',
      message:
        'Mailchimp does not accept this API key: make a new one in the account, under API keys, and give it to the connection.',
    });
    expect(fake.requests).toHaveLength(1);
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toMatch(/us21|Basic|127\.0\.0\.1/);
  });

  it('says that a list is not there any more', async () => {
    await expect(readPages({ audiences: ['0123456789'] })).rejects.toThrow(
      'Mailchimp has no such audience any more: look at which there are, and choose anew.',
    );
    await expect(readPages({ audiences: [`${list.id}/1`] })).rejects.toThrow('Mailchimp has no such segment any more');
  });

  it.each(['..', '../../3.0/campaigns', 'a b', `${'x'.repeat(65)}`, 'é'])(
    'asks for no list that cannot be one: %j',
    async (audience) => {
      await expect(readPages({ audiences: [audience] })).rejects.toMatchObject({ code: 'connection_refused' });
      expect(fake.requests).toEqual([]);
    },
  );

  it.each([301, 302, 303, 307, 308] as const)(
    'takes the key to no other host when it is sent there by %i',
    async (status) => {
      const elsewhere = await startFakeMailchimp({ accounts: [account] });
      fake.fault({ kind: 'redirect', status, to: `${elsewhere.url}/3.0/` }, { times: 100 });
      await expect(connector.check(never)).rejects.toMatchObject({ code: 'platform_unavailable' });
      expect(elsewhere.requests).toEqual([]);
      await elsewhere.close();
    },
  );

  it('stops when it is told to, though the answer takes long', async () => {
    fill(10);
    fake.fault({ kind: 'slow', ms: 20_000 });
    const stop = new AbortController();
    const reading = readPages({ signal: stop.signal });
    while (fake.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    stop.abort(new Error('Enough.'));
    await expect(reading).rejects.toThrow('Enough.');
  });

  it('never asks more than five things at a time', async () => {
    fill(60);
    fake.before = () => new Promise((resolve) => setTimeout(resolve, 2));
    const handles = [...list.members.values()].map(({ email }) => `${list.id}:${email}`);
    const asked = handles.map((handle) => connector.find(handle, [], never));
    const written = handles.map((handle) => connector.writeReferences([{ handle, reference: 'r' }], never));
    await Promise.all([connector.gone(handles, never), ...asked, ...written]);
    expect(fake.most).toBeLessThanOrEqual(5);
  });
});
