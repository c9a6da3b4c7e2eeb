import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { warmSend } from '../../server/warmups/look.ts';
import { queueLooks } from '../../server/warmups/schedule.ts';
import { makeFolder, run, start } from '../cli/command.ts';
import { type FakeKlaviyo, startFakeKlaviyo } from '../fakes/klaviyo.ts';
import {
  addCampaign,
  addList,
  addMember,
  createAccount,
  type FakeMailchimp,
  startFakeMailchimp,
} from '../fakes/mailchimp.ts';
import { describeReal } from '../real/describe.ts';
import { realPostgres } from '../real/postgres.ts';
import { adminKey, look as picture, publish, startTestService, swatch, type TestService } from './service.ts';

const HOUR = 3_600_000;

type Warmup = {
  readonly id: string;
  readonly state: string;
  readonly startAt: string;
  readonly againAt: string | null;
};
type Send = {
  readonly id: string;
  readonly firstAt: string;
  readonly links: readonly string[] | null;
  readonly notes: readonly string[];
  readonly warmup: Warmup | null;
};
/** A campaign as its marketer treats it. */
type Planned = {
  readonly id: string;
  move(at: number): void;
  edit(html: string): void;
  addressTo(list: 'everybody' | 'others'): void;
  become(state: 'draft' | 'sending'): void;
};
/** An account whose list `everybody` has some people, and `others` one. */
type Account = {
  readonly connection: Record<string, unknown>;
  plan(html: string, at: number, isLocal?: boolean): Planned;
  /** What stands in the reference field of those in `everybody`. */
  references(): unknown[];
};

let klaviyo: FakeKlaviyo;
let mailchimp: FakeMailchimp;
let service: TestService;
let env: Record<string, string>;
let clock = Date.now();
const folder = makeFolder();

beforeAll(async () => {
  klaviyo = await startFakeKlaviyo({ limits: Number.POSITIVE_INFINITY });
  mailchimp = await startFakeMailchimp({ accounts: [] });
  env = {
    ...{ MERGEPIX_PUBLIC_URL: 'https://img.example.com', MERGEPIX_DATA_DIR: join(folder, 'data') },
    ...{ MERGEPIX_KLAVIYO_URL: klaviyo.url, MERGEPIX_MAILCHIMP_URL: mailchimp.url },
    MERGEPIX_SIGNING_KEYS: `k1:${'s'.repeat(32)}`,
    MERGEPIX_ENCRYPTION_KEYS: `e1:${'e'.repeat(32)}`,
  };
  service = await startTestService(env);
  await publish(service, swatch());
});
afterAll(async () => {
  await service.close();
  await mailchimp.close();
  await klaviyo.close();
});

/** Whoever is looked at next has the platforms for themselves. */
afterEach(async () => {
  const { data } = await call<{ data: { id: string }[] }>('GET', '/v1/connections?limit=100');
  for (const { id } of data) await call('DELETE', `/v1/connections/${id}`);
});

const names = Array.from({ length: 12 }, (_, i) => `Amira ${i}`);

function klaviyoAccount(): Account {
  const account = klaviyo.addAccount();
  const people = names.map((first_name, i) => account.addProfile({ email: `p${i}@example.com`, first_name }));
  const lists = {
    everybody: account.addList('Everybody', people),
    others: account.addList('Others', [people[0] as never]),
  };
  return {
    connection: { platform: 'klaviyo', apiKey: account.apiKey, mapping: { first_name: 'first_name' } },
    references: () => people.map(({ properties }) => properties.mergepix),
    plan(html, at, isLocal = false) {
      const template = account.addTemplate({ editor_type: 'CODE', html });
      const when = (sendTime: number) => ({
        sendTime,
        strategy: { method: 'static', datetime: new Date(sendTime).toISOString(), options: { is_local: isLocal } },
      });
      const campaign = account.addCampaign({
        ...{ status: 'Scheduled', included: [lists.everybody.id], templates: [template], ...when(at) },
      });
      return {
        id: campaign.id,
        move: (to) => void Object.assign(campaign, when(to)),
        edit: (text) => {
          const shown = account.templates.get(campaign.messages[0]?.template ?? '');
          if (shown) shown.html = text;
        },
        addressTo: (list) => void Object.assign(campaign, { included: [lists[list].id] }),
        become(state) {
          campaign.status = state === 'draft' ? 'Draft' : 'Sending';
        },
      };
    },
  };
}

function mailchimpAccount(): Account {
  const account = createAccount('Acme');
  mailchimp.accounts.push(account);
  const lists = { everybody: addList(account, 'Everybody'), others: addList(account, 'Others') };
  names.forEach((FNAME, i) => void addMember(lists.everybody, `p${i}@example.com`, { FNAME }));
  addMember(lists.others, 'p0@example.com', { FNAME: 'Amira 0' });
  return {
    connection: {
      ...{ platform: 'mailchimp', apiKey: account.apiKey, audiences: [lists.everybody.id] },
      mapping: { first_name: 'FNAME' },
    },
    references: () => [...lists.everybody.members.values()].map(({ fields }) => fields.MERGEPIX),
    plan(html, at, timewarp = false) {
      const campaign = addCampaign(account, lists.everybody, html, { status: 'schedule', sendAt: at, timewarp });
      return {
        id: campaign.id,
        move(to) {
          campaign.sendAt = to;
        },
        edit(text) {
          campaign.html = text;
        },
        addressTo: (list) => void Object.assign(campaign, { list: lists[list].id }),
        become(state) {
          campaign.status = state === 'draft' ? 'save' : 'sending';
        },
      };
    },
  };
}

async function call<Body>(method: string, path: string, body?: unknown, key?: string): Promise<Body> {
  const answer = await service.api(method, path, body, key);
  expect(answer.status, `${method} ${path}: ${JSON.stringify(answer.body)}`).toBeLessThan(300);
  return answer.body;
}

const connect = async ({ connection }: Account): Promise<string> =>
  (await call<{ id: string }>('POST', '/v1/connections', connection)).id;
const linkFor = (connection: string): Promise<{ id: string; html: string; url: string }> =>
  call('POST', '/v1/links', { template: 'swatch', connection });
const sendsOf = async (connection: string): Promise<Send[]> =>
  (await call<{ data: Send[] }>('GET', `/v1/connections/${connection}/sends`)).data;
const warmupOf = (id: string): Promise<{ state: string; send: string; included: string[]; attention: string[] }> =>
  call('GET', `/v1/warmups/${id}`);

/** Every connection is looked at, as happens every few minutes. */
async function look(): Promise<void> {
  clock += HOUR;
  await queueLooks(service.services, clock);
  for (;;) {
    const looks = (await service.services.jobs.stats()).find(({ kind }) => kind === 'sends.look');
    if (!looks || looks.waiting + looks.running === 0) return;
    await pause(30);
  }
}

async function over(id: string): Promise<string> {
  for (;;) {
    const { state } = await warmupOf(id);
    if (state !== 'queued' && state !== 'running') return state;
    await pause(50);
  }
}

/** An account with one planned campaign that shows a link of ours, which has been looked at. */
async function planned(account: Account, { inMs = 6 * HOUR, isLocal = false } = {}) {
  const connection = await connect(account);
  const link = await linkFor(connection);
  const campaign = account.plan(`<body>${link.html}</body>`, Date.now() + inMs, isLocal);
  await look();
  const read = async (): Promise<Send & { readonly warmup: Warmup }> => {
    const [send] = await sendsOf(connection);
    expect(send?.warmup).not.toBeNull();
    return send as never;
  };
  return { connection, link, campaign, read, warmup: (await read()).warmup };
}

describe.each([
  { name: 'Klaviyo', add: klaviyoAccount },
  { name: 'Mailchimp', add: mailchimpAccount },
])('a campaign that is planned on $name', ({ add }) => {
  it('has one warm-up, well before its first recipient, however often it is looked at', async () => {
    const { campaign, link, warmup, read } = await planned(add());
    expect(warmup.state).toBe('queued');
    const { firstAt, links, notes } = await read();
    expect([links, notes]).toEqual([[link.id], []]);
    const early = Date.parse(firstAt) - Date.parse(warmup.startAt);
    expect(early).toBeGreaterThan(HOUR);
    expect(early).toBeLessThan(3 * HOUR);
    expect(Date.parse(warmup.againAt ?? '')).toBeLessThan(Date.parse(firstAt));
    await Promise.all([look(), look()]);
    expect((await read()).warmup).toEqual(warmup);
    expect(await warmupOf(warmup.id)).toMatchObject({ send: campaign.id, state: 'queued' });
  });

  it('is planned anew when it is moved', async () => {
    const { campaign, warmup, read } = await planned(add());
    campaign.move(Date.now() + 9 * HOUR);
    await look();
    const later = (await read()).warmup;
    expect(later.id).not.toBe(warmup.id);
    expect(Math.round((Date.parse(later.startAt) - Date.parse(warmup.startAt)) / HOUR)).toBe(3);
    expect((await warmupOf(warmup.id)).state).toBe('cancelled');
  });

  it('is planned anew for other people, and for other pictures', async () => {
    const { campaign, connection, warmup, read } = await planned(add());
    campaign.addressTo('others');
    await look();
    const others = (await read()).warmup;
    expect([others.id === warmup.id, (await warmupOf(warmup.id)).state]).toEqual([false, 'cancelled']);
    const second = await linkFor(connection);
    campaign.edit(`<table background="${second.url}"></table>`);
    await look();
    const edited = await read();
    expect(edited.links).toEqual([second.id]);
    expect([edited.warmup.id === others.id, (await warmupOf(others.id)).state]).toEqual([false, 'cancelled']);
  });

  it('has none any more when its pictures are taken out', async () => {
    const { campaign, connection, warmup } = await planned(add());
    campaign.edit('<p>Words</p>');
    await look();
    expect(await sendsOf(connection)).toMatchObject([{ links: [], warmup: null }]);
    expect((await warmupOf(warmup.id)).state).toBe('cancelled');
  });

  it('has none any more when it is taken back, and goes on with it when it is on its way', async () => {
    const back = await planned(add());
    const gone = await planned(add());
    back.campaign.become('draft');
    gone.campaign.become('sending');
    await look();
    expect(await sendsOf(back.connection)).toEqual([]);
    expect((await warmupOf(back.warmup.id)).state).toBe('cancelled');
    expect((await warmupOf(gone.warmup.id)).state).toBe('queued');
  });

  it('is begun before the first of those who get it by their own clocks', async () => {
    const at = 30 * HOUR;
    const { read, warmup } = await planned(add(), { inMs: at, isLocal: true });
    const { firstAt } = await read();
    expect(Date.parse(firstAt)).toBeLessThan(Date.now() + at - 10 * HOUR);
    expect(Date.parse(warmup.startAt)).toBeLessThan(Date.parse(firstAt));
  });

  it('has its pictures when it goes out, though it was planned a moment before', async () => {
    const account = add();
    const { link, connection, warmup } = await planned(account, { inMs: 20 * 60_000 });
    expect(await over(warmup.id)).toBe('complete');
    const [send] = await sendsOf(connection);
    expect(send?.warmup).toMatchObject({ id: warmup.id, state: 'complete', againAt: null });
    for (const reference of account.references()) {
      const { outcome } = await picture(`${service.url}${new URL(link.url).pathname}?c=${reference}`);
      expect([reference, outcome]).toEqual([expect.stringMatching(/^[\w-]{40}$/), 'hit']);
    }
  });

  it('has the pictures that its emails ask for, in another format and at another scale too', async () => {
    const account = add();
    const connection = await connect(account);
    const order = { template: 'swatch', connection, formats: ['png', 'jpeg'], scales: [2] };
    const { id, url } = await call<{ id: string; url: string }>('POST', '/v1/links', order);
    const sharp = url.replace('.png?', '@2x.jpeg?');
    account.plan(`<body><img src="${url}"><img src="${sharp}"></body>`, Date.now() + 20 * 60_000);
    await look();
    const [send] = await sendsOf(connection);
    expect(send?.links).toEqual([id, `${id}@2x.jpg`]);
    expect(await over(send?.warmup?.id ?? '')).toBe('complete');
    for (const reference of account.references()) {
      const shown = await picture(`${service.url}${new URL(sharp).pathname}?c=${reference}`);
      expect(shown).toMatchObject({ outcome: 'hit', width: 200 });
    }
  });

  it('is tried again some minutes after its warm-up has failed', async () => {
    const { warmup, read } = await planned(add());
    const fail = (finished_at: number) =>
      service.services.records
        .updateTable('warmups')
        .set({ state: 'failed', finished_at })
        .where('id', '=', warmup.id)
        .execute();
    await fail(Date.now());
    await look();
    expect((await read()).warmup).toMatchObject({ id: warmup.id, state: 'failed' });
    await fail(Date.now() - 11 * 60_000);
    await look();
    const again = (await read()).warmup;
    expect([again.state, again.id === warmup.id]).toEqual(['queued', false]);
  });

  it('is looked at once more for what has changed since', async () => {
    const { connection, warmup, read } = await planned(add(), { inMs: 1.75 * HOUR });
    expect([await over(warmup.id), warmup.againAt === null]).toEqual(['complete', false]);
    await look();
    expect((await read()).warmup.id).toBe(warmup.id);
    await service.services.records
      .updateTable('sends')
      .set({ again_at: Date.now() - 1 })
      .where('connection', '=', connection)
      .execute();
    await look();
    const again = (await read()).warmup;
    expect(again).toMatchObject({ againAt: null });
    expect(again.id).not.toBe(warmup.id);
    expect(await over(again.id)).toBe('complete');
    await look();
    expect((await read()).warmup.id).toBe(again.id);
  });

  it('is left alone once somebody has cancelled its warm-up, until it is another one', async () => {
    const { campaign, warmup, read } = await planned(add());
    await call('DELETE', `/v1/warmups/${warmup.id}`);
    await look();
    expect((await read()).warmup).toMatchObject({ id: warmup.id, state: 'cancelled' });
    campaign.move(Date.now() + 7 * HOUR);
    await look();
    expect((await read()).warmup.state).toBe('queued');
  });

  it('can be warmed at once, and is not begun anew by it when it is looked at', async () => {
    const { campaign, connection, warmup, read } = await planned(add());
    const order = { connection, send: campaign.id };
    const now = await call<Warmup>('POST', '/v1/warmups', order);
    expect([await over(now.id), (await warmupOf(warmup.id)).state]).toEqual(['complete', 'cancelled']);
    await look();
    const { id, againAt } = (await read()).warmup;
    expect([id, againAt]).toEqual([now.id, warmup.againAt]);
    const refused = async (body: object) => (await service.api('POST', '/v1/warmups', body)).body;
    expect(await refused({ ...order, send: 'none' })).toMatchObject({ status: 404, code: 'not_found' });
    for (const more of [{ audiences: ['L1'] }, { sendAt: '2026-05-04T12:00:00Z' }, { limits: {} }, { send: undefined }])
      expect(await refused({ ...order, ...more })).toMatchObject({ status: 400, code: 'request_invalid' });
    campaign.edit('<p>Words</p>');
    expect(await refused(order)).toMatchObject({ status: 404, code: 'link_not_found' });
  });

  it('is warmed long before, and planned again when its day comes', async () => {
    const account = add();
    const connection = await connect(account);
    const { html } = await linkFor(connection);
    const campaign = account.plan(`<body>${html}</body>`, Date.now() + 200 * HOUR);
    const early = await warmSend(
      service.services,
      { workspace: 'default', id: 'me' },
      { connection, send: campaign.id },
    );
    await look();
    expect(await over(early.id)).toBe('complete');
    campaign.move(Date.now() + 20 * HOUR);
    await look();
    const [send] = await sendsOf(connection);
    expect([send?.warmup?.state, send?.warmup?.id === early.id]).toEqual(['queued', false]);
  });

  it('is not warmed where the connection says so', async () => {
    const { connection, warmup, read } = await planned(add());
    expect(await call('PATCH', `/v1/connections/${connection}`, { warmSends: false })).toMatchObject({
      warmSends: false,
    });
    expect((await warmupOf(warmup.id)).state).toBe('cancelled');
    await look();
    expect(await sendsOf(connection)).toMatchObject([{ links: null, warmup: null }]);
    await call('PATCH', `/v1/connections/${connection}`, { warmSends: true });
    await look();
    expect((await read()).warmup.state).toBe('queued');
  });

  it('ends its warm-up with its connection', async () => {
    const { connection, warmup } = await planned(add());
    await call('DELETE', `/v1/connections/${connection}`);
    expect((await warmupOf(warmup.id)).state).toBe('cancelled');
  });

  it('has no pictures made of links of another workspace, of forged ones and of none', async () => {
    const account = add();
    const connection = await connect(account);
    await linkFor(connection);
    await service.api('POST', '/v1/workspaces', { id: 'theirs', name: 'Theirs' });
    const header = { 'mergepix-workspace': 'theirs' };
    const post = async (path: string, body: unknown): Promise<Record<string, string>> => {
      const answer = await fetch(service.url + path, {
        ...{ method: 'POST', body: JSON.stringify(body) },
        headers: { authorization: `Bearer ${adminKey}`, 'content-type': 'application/json', ...header },
      });
      return (await answer.json()) as Record<string, string>;
    };
    const { version } = await post('/v1/templates/swatch/versions', swatch());
    await post(`/v1/templates/swatch/versions/${version}/publish`, {});
    const theirs = await post('/v1/links', { template: 'swatch', platform: account.connection.platform });
    const forged = `${theirs.url?.replace(/.(?=\.png)/, (letter) => (letter === 'A' ? 'B' : 'A'))}`;
    account.plan(`<body>${theirs.html}<img src="${forged}"></body>`, Date.now() + 6 * HOUR);
    await look();
    expect(await sendsOf(connection)).toMatchObject([
      {
        ...{ links: [], warmup: null },
        notes: ['A picture in it is of no link of this workspace: it is not made ahead.'],
      },
    ]);
  });

  it('is one of thirty that are planned for the same day', async () => {
    const account = add();
    const connection = await connect(account);
    const { html } = await linkFor(connection);
    for (let i = 0; i < 30; i++) account.plan(`<body>${html}</body>`, Date.now() + (2 + i / 2) * HOUR);
    await Promise.all([look(), look()]);
    const sends = await sendsOf(connection);
    expect(sends.map(({ warmup }) => warmup?.state)).toEqual(Array.from({ length: 30 }, () => 'queued'));
    const { data } = await call<{ data: { connection: string }[] }>('GET', '/v1/warmups?limit=100');
    expect(data.filter((each) => each.connection === connection)).toHaveLength(30);
  }, 90_000);
});

describe('while a platform is away', () => {
  it('nothing is taken back, and what has changed is seen afterwards', async () => {
    const { campaign, warmup, read } = await planned(mailchimpAccount());
    campaign.move(Date.now() + 12 * HOUR);
    mailchimp.fault({ kind: 'html-502' }, { route: 'GET /campaigns', times: 6 });
    clock += HOUR;
    await queueLooks(service.services, clock);
    while (service.log.filter((line) => line.includes('sends.look')).length === 0) await pause(100);
    expect((await warmupOf(warmup.id)).state).toBe('queued');
    await look();
    expect((await read()).warmup.id).not.toBe(warmup.id);
    expect((await warmupOf(warmup.id)).state).toBe('cancelled');
  }, 90_000);
});

describe('mergepix warm', () => {
  it('warms a planned campaign by its id, and says what it wants otherwise', async () => {
    const { campaign, connection, link } = await planned(klaviyoAccount());
    const ids = ['--connection', connection, '--send', campaign.id];
    const done = await run(folder, ['warm', ...ids, '--json'], env);
    expect(JSON.parse(done.out), done.err).toMatchObject({ state: 'complete', links: [link.id], send: campaign.id });
    for (const args of [[], ['--connection', connection], [...ids, '--audience', 'L1']]) {
      const refused = await run(folder, ['warm', ...args], env);
      expect([refused.code, refused.err]).toEqual([1, expect.stringContaining('Name the links in the email')]);
    }
  }, 60_000);

  it('warms what is due where no service runs', async () => {
    const account = mailchimpAccount();
    const connection = await connect(account);
    const { html, id } = await linkFor(connection);
    const near = account.plan(`<body>${html}</body>`, Date.now() + 30 * 60_000);
    const later = account.plan(`<body>${html}</body>`, Date.now() + 12 * HOUR);
    const done = await run(folder, ['warm', '--due', '--json'], env);
    const sends = JSON.parse(done.out) as { send: string; links: string[]; warmup: { state: string } }[];
    const stateOf = (send: string) => sends.find((each) => each.send === send)?.warmup.state;
    expect([stateOf(near.id), stateOf(later.id)], done.err).toEqual(['complete', 'queued']);
    expect(sends.every(({ links }) => links.join() === id)).toBe(true);
    // Also what has changed since somebody looked a moment ago.
    later.move(Date.now() + 20 * 60_000);
    const read = await run(folder, ['warm', '--due'], env);
    for (const { id } of [near, later]) expect(read.out).toMatch(new RegExp(`${id}  1 link  complete, begun 20`));
  }, 60_000);
});

describe('a service that leaves its jobs to workers', () => {
  it('has planned campaigns found and warmed by them, without being asked', async () => {
    const alone = service;
    const apart = { ...env, MERGEPIX_DATA_DIR: join(folder, 'apart') };
    service = await startTestService({ ...apart, MERGEPIX_JOBS: 'off' });
    const worker = start(folder, ['worker'], { ...apart, MERGEPIX_ADMIN_KEY: adminKey, MERGEPIX_PORT: '0' });
    try {
      await publish(service, swatch());
      const account = klaviyoAccount();
      const connection = await connect(account);
      const { html, url } = await linkFor(connection);
      account.plan(`<body>${html}</body>`, Date.now() + 20 * 60_000);
      const stateOf = async () => (await sendsOf(connection))[0]?.warmup?.state;
      // It looks three times a minute.
      await expect.poll(stateOf, { timeout: 50_000, interval: 500 }).toBe('complete');
      for (const reference of account.references()) {
        const { outcome } = await picture(`${service.url}${new URL(url).pathname}?c=${reference}`);
        expect(outcome).toBe('hit');
      }
    } finally {
      const ended = once(worker, 'exit');
      worker.kill('SIGTERM');
      await ended;
      await service.close();
      service = alone;
    }
  }, 90_000);

  it('looks for none where its pictures are in its own memory, which no worker reaches', async () => {
    const alone = service;
    const own = { ...env, MERGEPIX_DATA_DIR: join(folder, 'own'), MERGEPIX_CACHE: 'memory:' };
    service = await startTestService({ ...own, MERGEPIX_JOBS: 'off' });
    try {
      await publish(service, swatch());
      await linkFor(await connect(klaviyoAccount()));
      await queueLooks(service.services, Date.now() + HOUR);
      expect(await service.services.jobs.stats()).toEqual([]);
    } finally {
      await service.close();
      service = alone;
    }
  });
});

describeReal(realPostgres, 'two services on one PostgreSQL', (server) => {
  it('look at a campaign once, and plan it anew once', async () => {
    const alone = service;
    const shared = {
      ...{ ...env, MERGEPIX_DATABASE: await server().makeDatabase(), MERGEPIX_CACHE: 'memory:' },
      MERGEPIX_DATA_DIR: join(folder, 'shared'),
    };
    service = await startTestService(shared);
    const second = await startTestService(shared);
    try {
      await publish(service, swatch());
      const { campaign, connection, warmup, read } = await planned(mailchimpAccount());
      const looks = mailchimp.count('GET /campaigns');
      clock += HOUR;
      await Promise.all([service, second].map(({ services }) => queueLooks(services, clock)));
      await look();
      // One for the two of them, one for the look behind it, one for the list of sends.
      expect((await read()).warmup).toEqual(warmup);
      expect(mailchimp.count('GET /campaigns') - looks).toBe(3);
      campaign.move(Date.now() + 8 * HOUR);
      await look();
      expect((await warmupOf(warmup.id)).state).toBe('cancelled');
      await call('PATCH', `/v1/connections/${connection}`, { warmSends: false });
      const { data } = await call<{ data: { state: string }[] }>('GET', '/v1/warmups');
      expect(data.map(({ state }) => state)).toEqual(['cancelled', 'cancelled']);
    } finally {
      await second.close();
      await service.close();
      service = alone;
    }
  }, 60_000);
});
