import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type {
  Connector,
  ConnectorOptions,
  ContactsOrder,
  Credentials,
  PlatformContact,
} from '../../integrations/connector.ts';
import { klaviyo } from '../../integrations/klaviyo/index.ts';
import { type Clock, createPace } from '../../integrations/pace.ts';
import { type FakeKlaviyo, type FakeKlaviyoOptions, type KlaviyoAccount, startFakeKlaviyo } from '../fakes/klaviyo.ts';

const signal = new AbortController().signal;
let fake: FakeKlaviyo;
beforeEach(async () => {
  fake = await startFakeKlaviyo({ importMs: 20 });
});
afterEach(() => fake.close());

/** Waits that take no time, and are written down. */
function quickClock(waits: number[] = []): Clock {
  let now = 0;
  return {
    now: () => now,
    async sleep(ms) {
      waits.push(ms);
      now += ms;
    },
  };
}

const connect = (
  account: Pick<KlaviyoAccount, 'apiKey'>,
  options: Partial<ConnectorOptions> = {},
): Promise<Connector> =>
  klaviyo.connect({
    credentials: { kind: 'key', apiKey: account.apiKey },
    referenceField: 'mergepix',
    baseUrl: fake.url,
    oauth: undefined,
    pace: createPace(klaviyo.limits),
    latest: () => Promise.resolve(options.credentials ?? { kind: 'key', apiKey: account.apiKey }),
    keep: () => Promise.resolve(),
    ...options,
  });

const order = (more: Partial<ContactsOrder> = {}): ContactsOrder => ({
  audiences: [],
  since: null,
  cursor: null,
  tags: ['first_name', 'location.city', 'Favourite Colour'],
  signal,
  ...more,
});

async function readAll(connector: Connector, of: ContactsOrder): Promise<PlatformContact[]> {
  const contacts: PlatformContact[] = [];
  for await (const page of connector.contacts(of)) contacts.push(...page.contacts);
  return contacts;
}

async function restart(options: FakeKlaviyoOptions): Promise<void> {
  await fake.close();
  fake = await startFakeKlaviyo(options);
}

const addPeople = (account: KlaviyoAccount, count: number) =>
  Array.from({ length: count }, (_, i) => account.addProfile({ first_name: `Name ${i}` }));

describe('contacts of Klaviyo', () => {
  it('are everybody when there are no audiences, with the fields asked for and nothing else', async () => {
    const account = fake.addAccount();
    const profile = account.addProfile({
      email: 'ann@example.com',
      first_name: 'Ann',
      last_name: 'Lee',
      location: { city: 'Bonn', zip: '53111' },
      properties: { 'Favourite Colour': 'red', secret: 'x', mergepix: 'old reference' },
    });
    expect(await readAll(await connect(account), order())).toEqual([
      {
        key: profile.id,
        handle: profile.id,
        state: 'active',
        isMember: true,
        fields: { first_name: 'Ann', 'location.city': 'Bonn', 'Favourite Colour': 'red' },
        reference: 'old reference',
      },
    ]);
  });

  it('are the members of lists and segments, a hundred a page', async () => {
    const account = fake.addAccount();
    const people = addPeople(account, 230);
    const list = account.addList('Newsletter', people.slice(0, 205));
    const segment = account.addSegment('VIP', people.slice(200, 220));
    const connector = await connect(account);
    const sizes: number[] = [];
    const seen = new Set<string>();
    for await (const { contacts } of connector.contacts(order({ audiences: [list.id, segment.id] }))) {
      sizes.push(contacts.length);
      for (const { key, isMember } of contacts) {
        expect(isMember).toBe(true);
        seen.add(key);
      }
    }
    expect(sizes).toEqual([100, 100, 5, 20]);
    expect(seen.size).toBe(220);
  });

  it('are told apart from those who get no mail any more', async () => {
    const account = fake.addAccount();
    const people = (['subscribed', 'never', 'unsubscribed', 'suppressed'] as const).map((marketing) =>
      account.addProfile({ marketing }),
    );
    const list = account.addList('Newsletter', people);
    const other = account.addList('Other', people);
    people[0]?.leftLists.push(list.id);
    const connector = await connect(account);
    const states = async (audiences: string[]) =>
      (await readAll(connector, order({ audiences }))).slice(0, 4).map(({ state }) => state);
    expect(await states([])).toEqual(['active', 'active', 'unsubscribed', 'unsubscribed']);
    expect(await states([list.id])).toEqual(['unsubscribed', 'active', 'unsubscribed', 'unsubscribed']);
    expect(await states([list.id, other.id])).toEqual(['active', 'active', 'unsubscribed', 'unsubscribed']);
  });

  it('changed since then are those who joined, and whoever of everybody was changed', async () => {
    const account = fake.addAccount();
    const people = addPeople(account, 4);
    const [a, b, c, d] = people as [(typeof people)[0], (typeof people)[0], (typeof people)[0], (typeof people)[0]];
    const list = account.addList('Newsletter', [a, b]);
    await new Promise((resolve) => setTimeout(resolve, 5));
    const since = Date.now();
    account.join(list, c);
    account.changeProfile(a.id, { first_name: 'Anna' });
    account.changeProfile(d.id, { first_name: 'Dora' });
    const connector = await connect(account);
    const changed = await readAll(connector, order({ audiences: [list.id], since }));
    expect(changed.map(({ key, isMember }) => [key, isMember])).toEqual([
      [c.id, true],
      [a.id, false],
      [d.id, false],
    ]);
    const everybody = await readAll(connector, order({ since }));
    expect(everybody.map(({ key, isMember }) => [key, isMember])).toEqual([
      [a.id, true],
      [d.id, true],
    ]);
  });

  it('are the same when reading stops at any page and goes on from its cursor, with another client', async () => {
    const account = fake.addAccount();
    const people = addPeople(account, 450);
    const audiences = [
      account.addList('One', people.slice(0, 210)).id,
      account.addSegment('Two', people.slice(150, 330)).id,
    ];
    for (const since of [null, 0]) {
      const whole = await readAll(await connect(account), order({ audiences, since }));
      const pages: PlatformContact[][] = [];
      for (let cursor: string | null = null; ; ) {
        const connector = await connect(account);
        for await (const page of connector.contacts(order({ audiences, since, cursor }))) {
          pages.push([...page.contacts]);
          cursor = page.cursor;
          break;
        }
        if (cursor === null) break;
      }
      expect(pages.flat()).toEqual(whole);
      expect(pages.length).toBeGreaterThan(4);
    }
  });

  it('are read to the end through bad gateways, cut connections and calls for patience', async () => {
    await restart({ limits: Number.POSITIVE_INFINITY });
    const account = fake.addAccount();
    addPeople(account, 320);
    fake.happen([
      { kind: 'html', status: 502 },
      { kind: 'cut' },
      { kind: 'throttled', isEmpty: true },
      { kind: 'throttled', retryAfter: 7 },
      { kind: 'html', status: 403 },
      { kind: 'slow', ms: 30 },
    ]);
    const waits: number[] = [];
    const connector = await connect(account, { pace: createPace(klaviyo.limits, quickClock(waits)) });
    expect(await readAll(connector, order())).toHaveLength(320);
    expect(waits.map(Math.round)).toContain(7000);
    expect(fake.count('profiles')).toBe(4 + 5);
  });

  it('are left for later when Klaviyo does not get well', async () => {
    const account = fake.addAccount();
    addPeople(account, 3);
    fake.happen(Array.from({ length: 6 }, () => ({ kind: 'html', status: 503 }) as const));
    const connector = await connect(account, { pace: createPace(klaviyo.limits, quickClock()) });
    await expect(readAll(connector, order())).rejects.toMatchObject({
      code: 'platform_unavailable',
      message: 'Klaviyo did not answer well several times over: try again later, what is done is kept.',
    });
    expect(await readAll(connector, order())).toHaveLength(3);
  });

  it('are not gone because something in front of Klaviyo finds nothing, or asks to sign in', async () => {
    const account = fake.addAccount();
    const [ann] = addPeople(account, 1);
    const connector = await connect(account, { pace: createPace(klaviyo.limits, quickClock()) });
    for (const body of ['{}', '[]', 'null', '{"data":null}']) {
      fake.happen([{ kind: 'html', status: 200, body }]);
      expect(await connector.find(ann?.id ?? '', [], signal), body).toMatchObject({ handle: ann?.id });
    }
    for (const status of [404, 200]) {
      fake.happen([{ kind: 'html', status }]);
      expect(await connector.find(ann?.id ?? '', [], signal)).toMatchObject({ handle: ann?.id });
    }
    fake.happen(Array.from({ length: 6 }, () => ({ kind: 'html', status: 404 }) as const));
    await expect(connector.find(ann?.id ?? '', [], signal)).rejects.toMatchObject({ code: 'platform_unavailable' });
    fake.happen([{ kind: 'html', status: 200 }]);
    expect(await readAll(connector, order())).toHaveLength(1);
  });

  it('are read whatever somebody has put into the property of the references', async () => {
    const account = fake.addAccount();
    for (const mergepix of [{ toString: 1 }, [[]], { toJSON: 'x' }, true, 7])
      account.addProfile({ properties: { mergepix } });
    const references = (await readAll(await connect(account), order())).map(({ reference }) => reference);
    expect(references).toEqual(['object', 'object', 'object', 'boolean', 'number']);
  });

  it('go back to the beginning of an audience when its page is not known any more', async () => {
    const account = fake.addAccount();
    const people = addPeople(account, 3);
    const list = account.addList('Newsletter', people);
    const cursor = JSON.stringify([0, 'list', 'nonsense']);
    const read = await readAll(await connect(account), order({ audiences: [list.id], cursor }));
    expect(read.map(({ key }) => key)).toEqual(people.map(({ id }) => id));
  });

  it('say which audience is not there any more', async () => {
    const account = fake.addAccount();
    await expect(readAll(await connect(account), order({ audiences: ['LGONE'] }))).rejects.toThrow(
      "This Klaviyo account has no list or segment LGONE any more: choose the connection's audiences again.",
    );
  });

  it('are found one by one, and missed when they are gone', async () => {
    const account = fake.addAccount();
    const [kept, gone] = addPeople(account, 2);
    account.removeProfile(gone?.id ?? '');
    const connector = await connect(account);
    const found = await connector.find(kept?.id ?? '', ['first_name'], signal);
    expect(found).toMatchObject({ key: kept?.id, fields: { first_name: 'Name 0' }, state: 'active' });
    expect(await connector.find(gone?.id ?? '', ['first_name'], signal)).toBeNull();
    const others = addPeople(account, 150).map(({ id }) => id);
    expect(await connector.gone([kept?.id ?? '', ...others, gone?.id ?? ''], signal)).toEqual([gone?.id]);
  });
});

describe('a Klaviyo account', () => {
  it('lists its audiences to the end', async () => {
    const account = fake.addAccount();
    for (let i = 0; i < 23; i++) account.addList(`List ${i}`);
    account.addSegment('VIP');
    const audiences = [];
    for await (const audience of (await connect(account)).audiences(signal)) audiences.push(audience);
    expect(audiences).toHaveLength(24);
    expect(audiences.at(-1)).toMatchObject({ kind: 'segment', name: 'VIP' });
  });

  it('tells its fields by looking at profiles, and never what is in them', async () => {
    const account = fake.addAccount();
    account.addProfile({
      properties: {
        Points: 3,
        'Favourite Colour': 'red',
        Born: '2001-02-03',
        mergepix: 'x',
        $source: -6,
        "it's": 'odd',
      },
    });
    account.addProfile({ properties: { Points: 4.5, Photo: 'https://example.com/a.png', Tags: ['a'], Member: true } });
    const fields = await (await connect(account)).fields([], signal);
    expect(fields.filter(({ tag }) => tag === 'first_name' || tag === 'location.city')).toHaveLength(2);
    expect(fields.slice(-6)).toEqual([
      { tag: 'Born', title: 'Born', type: 'date' },
      { tag: 'Favourite Colour', title: 'Favourite Colour', type: 'text' },
      { tag: 'Member', title: 'Member', type: 'boolean' },
      { tag: 'Photo', title: 'Photo', type: 'url' },
      { tag: 'Points', title: 'Points', type: 'number' },
      { tag: 'Tags', title: 'Tags', type: 'other' },
    ]);
    expect(JSON.stringify(fields)).not.toContain('red');
  });

  it('tells those of most profiles where somebody has made up names by the thousand', async () => {
    const account = fake.addAccount();
    account.addProfile({
      properties: Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`Made Up ${i}`, 'x'])),
    });
    for (let i = 0; i < 2; i++) account.addProfile({ properties: { Tier: 'gold' } });
    const fields = await (await connect(account)).fields([], signal);
    expect(fields.length).toBeLessThan(600);
    expect(fields.at(-1)).toEqual({ tag: 'Tier', title: 'Tier', type: 'text' });
  });

  it('looks at the newest profiles of each audience for them', async () => {
    const account = fake.addAccount();
    const old = addPeople(account, 320);
    const fresh = account.addProfile({ properties: { Loyalty: 'gold' } });
    const vip = account.addProfile({ properties: { Rank: 1 } });
    const audiences = [account.addList('All', [...old, fresh]).id, account.addSegment('VIP', [vip]).id];
    const connector = await connect(account);
    const tags = async (of: readonly string[]) => (await connector.fields(of, signal)).map(({ tag }) => tag).slice(-2);
    expect(await tags([])).toEqual(['Loyalty', 'Rank']);
    expect(await tags(audiences)).toEqual(['Loyalty', 'Rank']);
    expect(fake.count('profiles') + fake.count('members')).toBeLessThanOrEqual(7);
  });

  it('is checked: whose it is, and what the key may not do', async () => {
    const account = fake.addAccount({
      name: 'Boots & Co',
      scopes: ['accounts:read', 'lists:read', 'profiles:write', 'lists:write'],
    });
    expect(await (await connect(account)).check(signal)).toEqual({
      id: account.id,
      name: 'Boots & Co',
      missing: [
        'This Klaviyo key cannot read profiles: make one that also has the profiles:read scope.',
        'This Klaviyo key cannot read segments: make one that also has the segments:read scope.',
        'This Klaviyo key cannot read campaigns: make one that also has the campaigns:read scope.',
        'This Klaviyo key cannot read templates: make one that also has the templates:read scope.',
        'This Klaviyo key cannot change templates: make one that also has the templates:write scope.',
        'This Klaviyo key cannot read flows: make one that also has the flows:read scope.',
      ],
    });
    const whole = fake.addAccount();
    expect((await (await connect(whole)).check(signal)).missing).toEqual([]);
    expect(whole.jobs.size).toBe(0);
  });

  it('is refused in a sentence for its owner, and no key is in it', async () => {
    const account = fake.addAccount({ apiKey: 'pk_very_secret_key_123' });
    const wrong = connect({ apiKey: 'pk_wrong_secret_key_123' });
    await expect((await wrong).check(signal)).rejects.toMatchObject({
      code: 'connection_refused',
      message: 'Klaviyo does not accept this key: copy it whole, or make another private key under Settings, API keys.',
    });
    const limited = fake.addAccount({ scopes: ['accounts:read'] });
    await expect(readAll(await connect(limited), order())).rejects.toThrow(
      'This Klaviyo key cannot read profiles: make one that also has the profiles:read scope.',
    );
    expect(klaviyo.keyFault(account.apiKey)).toBeUndefined();
    expect(klaviyo.keyFault('abc-us1')).toContain('pk_');
  });

  it('never mixes with another one at the same time', async () => {
    const [one, two] = [fake.addAccount(), fake.addAccount()];
    for (let i = 0; i < 250; i++) {
      one.addProfile({ first_name: 'one' });
      two.addProfile({ first_name: 'two' });
    }
    const [first, second] = await Promise.all([connect(one), connect(two)]);
    const [ones, twos] = await Promise.all([readAll(first, order()), readAll(second, order())]);
    expect([ones.length, twos.length]).toEqual([250, 250]);
    expect(ones.every(({ fields }) => fields.first_name === 'one')).toBe(true);
    expect(twos.every(({ fields }) => fields.first_name === 'two')).toBe(true);
    const [a, b] = await Promise.all([first.check(signal), second.check(signal)]);
    expect([a.id, b.id]).toEqual([one.id, two.id]);
  });

  it('is never asked more often than it allows, by all who work for it together', async () => {
    await restart({ isChecked: false });
    const account = fake.addAccount();
    for (let i = 0; i < 5000; i++) account.addProfile();
    const pace = createPace(klaviyo.limits);
    const [one, two] = await Promise.all([connect(account, { pace }), connect(account, { pace })]);
    const read = await Promise.all([readAll(one, order()), readAll(two, order()), one.check(signal)]);
    expect(read.slice(0, 2).map((contacts) => (contacts as PlatformContact[]).length)).toEqual([5000, 5000]);
    expect(fake.asked.filter(({ status }) => status === 429)).toEqual([]);
  });

  it('is left alone when nobody waits any more', async () => {
    const account = fake.addAccount();
    addPeople(account, 3);
    fake.happen([{ kind: 'hang' }]);
    const abort = new AbortController();
    setTimeout(() => abort.abort(new Error('stopped')), 50);
    await expect(readAll(await connect(account), order({ signal: abort.signal }))).rejects.toThrow('stopped');
  });
});

describe('references in Klaviyo', () => {
  const written = async (connector: Connector, job: string | null) => {
    let refused: Awaited<ReturnType<Connector['written']>>;
    await expect
      .poll(async () => {
        refused = await connector.written(job ?? '', signal);
        return refused;
      })
      .toBeDefined();
    return refused;
  };

  it('are written by a job, into their property and nothing else', async () => {
    const account = fake.addAccount();
    const [ann, bob] = addPeople(account, 2);
    account.changeProfile(ann?.id ?? '', { properties: { city: 'Bonn' } });
    const connector = await connect(account);
    const handles = [ann?.id ?? '', bob?.id ?? '', '01NOBODY'];
    fake.imports.isHeld = true;
    const { job, refused } = await connector.writeReferences(
      handles.map((handle) => ({ handle, reference: `reference of ${handle}` })),
      signal,
    );
    expect(refused).toEqual([]);
    expect(await connector.written(job ?? '', signal)).toBeUndefined();
    fake.imports.isHeld = false;
    expect(await written(connector, job)).toEqual([{ handle: '01NOBODY', reason: 'Invalid input.' }]);
    expect(ann?.properties).toEqual({ city: 'Bonn', mergepix: `reference of ${ann?.id}` });
    expect(bob?.properties).toEqual({ mergepix: `reference of ${bob?.id}` });
    expect([account.profiles.size, ann?.first_name]).toEqual([2, 'Name 0']);
    expect((await readAll(connector, order())).map(({ reference }) => reference)).toEqual(
      [ann, bob].map((each) => `reference of ${each?.id}`),
    );
  });

  it('go ten thousand at a time, within five megabytes', async () => {
    const account = fake.addAccount();
    const connector = await connect(account);
    const entries = Array.from({ length: connector.writesAtOnce }, (_, i) => ({
      handle: `01KFAKE${String(i).padStart(19, '0')}`,
      reference: 'r'.repeat(40),
    }));
    await connector.writeReferences(entries, signal);
    const [sent] = fake.asked.filter(({ route }) => route === 'import');
    expect(sent?.status).toBe(202);
    expect(sent?.size).toBeLessThan(5 * 1024 * 1024);
  });

  it('read every page of what was refused', async () => {
    const account = fake.addAccount();
    const people = addPeople(account, 230);
    fake.imports.refuse = () => 'No.';
    const connector = await connect(account);
    const { job } = await connector.writeReferences(
      people.map(({ id }) => ({ handle: id, reference: 'x' })),
      signal,
    );
    expect((await written(connector, job))?.map(({ handle }) => handle)).toEqual(people.map(({ id }) => id));
  });

  it('want a property that holds text', async () => {
    const account = fake.addAccount();
    account.addProfile({ properties: { mergepix: 'text' } });
    const connector = await connect(account);
    await expect(connector.ensureField([], signal)).resolves.toBeUndefined();
    account.addProfile({ properties: { mergepix: 7 } });
    await expect(connector.ensureField([], signal)).rejects.toThrow(
      'The property mergepix of this Klaviyo account holds other things than text',
    );
    account.addProfile({ properties: { mergepix: 'text' } });
    // One of many may have been put there by whoever it is about.
    await expect(connector.ensureField([], signal)).resolves.toBeUndefined();
  });
});

describe('campaigns of Klaviyo', () => {
  it('that are going to be sent within a time are told, with their earliest moment', async () => {
    const account = fake.addAccount();
    const at = Date.parse('2026-12-01T12:00:00Z');
    const hour = 3_600_000;
    const add = (
      name: string,
      status: string,
      hours: number,
      strategy: object = {},
      sendTime: number | null = at + hours * hour,
    ) =>
      account.addCampaign({
        name,
        status,
        included: ['L1'],
        excluded: ['S1'],
        sendTime,
        strategy: {
          method: 'static',
          datetime: new Date(at + hours * hour).toISOString(),
          options: { is_local: false },
          ...strategy,
        },
      });
    add('soon', 'Scheduled', 2);
    add('local', 'Scheduled', 15, { options: { is_local: true, send_past_recipients_immediately: false } });
    add('preparing', 'Preparing to schedule', 3, {}, null);
    add('throttled', 'Queued without Recipients', 4, {
      method: 'throttled',
      throttle_percentage: 10,
      options: undefined,
    });
    add('later', 'Scheduled', 48);
    add('draft', 'Draft', 2);
    add('sent', 'Sent', 2);
    account.addCampaign({ name: 'text message', status: 'Scheduled', channel: 'sms', sendTime: at + hour });
    account.addCampaign({
      name: 'smart',
      status: 'Scheduled',
      strategy: { method: 'smart_send_time', date: '2026-12-02' },
    });
    const sends = [];
    for await (const send of (await connect(account)).sends({ from: at - 3 * hour, to: at + 24 * hour }, signal))
      sends.push(send);
    expect(sends.map(({ name, firstAt }) => [name, (firstAt - at) / hour])).toEqual([
      ['soon', 2],
      ['local', 1],
      ['preparing', 3],
      ['throttled', 4],
      ['smart', -2],
    ]);
    expect(sends[0]).toMatchObject({ included: ['L1'], excluded: ['S1'], sendAt: at + 2 * hour });
  });
});

describe('OAuth with Klaviyo', () => {
  const client = { id: 'our-app', secret: 'our-app-secret' };
  const verifier = 'a-verifier-that-is-long-enough-for-pkce-0123456789';

  async function allow(account: KlaviyoAccount) {
    const { createHash } = await import('node:crypto');
    const redirectUrl = 'https://pictures.example/callback';
    const challenge = createHash('sha256').update(verifier).digest('base64url');
    const url = klaviyo.authorizeUrl({ client, baseUrl: fake.url, redirectUrl, state: 'a state', challenge });
    const back = new URL(fake.oauth.allow(account, url));
    expect(back.searchParams.get('state')).toBe('a state');
    return { client, baseUrl: fake.url, redirectUrl, code: back.searchParams.get('code') ?? '', verifier };
  }

  it('opens an account for whoever has the code and its verifier', async () => {
    const account = fake.addAccount();
    const exchange = await allow(account);
    const credentials = await klaviyo.exchange(exchange, signal);
    expect((await (await connect(account, { credentials, oauth: client })).check(signal)).id).toBe(account.id);
    await expect(klaviyo.exchange({ ...(await allow(account)), verifier: 'another' }, signal)).rejects.toMatchObject({
      code: 'connection_refused',
    });
  });

  it('renews its tokens once for everybody, and keeps them before they are used', async () => {
    const account = fake.addAccount();
    addPeople(account, 5);
    const credentials = await klaviyo.exchange(await allow(account), signal);
    const kept: unknown[] = [];
    const options: Partial<ConnectorOptions> = {
      credentials: { ...credentials, expiresAt: Date.now() - 1 } as typeof credentials,
      oauth: client,
      async keep(renewed) {
        await new Promise((resolve) => setTimeout(resolve, 20));
        expect(fake.count('profiles')).toBe(0);
        kept.push(renewed);
      },
    };
    const connector = await connect(account, options);
    const read = await Promise.all(Array.from({ length: 5 }, () => readAll(connector, order())));
    expect(read.map(({ length }) => length)).toEqual([5, 5, 5, 5, 5]);
    expect([kept.length, fake.count('token')]).toEqual([1, 2]);
  });

  it('renews a token that was ended early, and says so when the access was taken back', async () => {
    const account = fake.addAccount();
    addPeople(account, 5);
    let credentials = await klaviyo.exchange(await allow(account), signal);
    const connector = await connect(account, {
      credentials,
      oauth: client,
      latest: () => Promise.resolve(credentials),
      async keep(renewed) {
        credentials = renewed;
      },
    });
    fake.oauth.expire();
    expect(await readAll(connector, order())).toHaveLength(5);
    fake.oauth.revoke(account);
    await expect(readAll(connector, order())).rejects.toMatchObject({
      code: 'connection_refused',
      message: 'Klaviyo has taken this access back: connect the account once more.',
    });
  });

  it('is used by several at once, even where a refresh token is good for one use', async () => {
    fake.oauth.options.rotates = true;
    const account = fake.addAccount();
    addPeople(account, 5);
    let kept = { ...(await klaviyo.exchange(await allow(account), signal)), expiresAt: Date.now() - 1 } as Credentials;
    const options: Partial<ConnectorOptions> = {
      credentials: kept,
      oauth: client,
      latest: () => Promise.resolve(kept),
      async keep(renewed) {
        kept = renewed;
      },
    };
    const connectors = await Promise.all([connect(account, options), connect(account, options)]);
    const read = await Promise.all(connectors.map((connector) => readAll(connector, order())));
    expect(read.map(({ length }) => length)).toEqual([5, 5]);
    const late = await connect(account, options);
    expect(await readAll(late, order())).toHaveLength(5);
  });
});
