import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FakeKlaviyo, type KlaviyoAccount, startFakeKlaviyo } from '../fakes/klaviyo.ts';
import {
  addList,
  addMember,
  addMergeField,
  createAccount,
  type FakeAccount,
  type FakeMailchimp,
  startFakeMailchimp,
} from '../fakes/mailchimp.ts';
import { adminKey, publish, startTestService, swatch, type TestService } from './service.ts';

const HOUR_MS = 3_600_000;

type Connection = {
  readonly id: string;
  readonly account: string;
  readonly referenceField: string;
  readonly error: string | null;
  readonly syncedAt: string | null;
  readonly missing: readonly string[];
};
type Problem = {
  readonly code: string;
  readonly detail: string;
  readonly faults: readonly { readonly path: string; readonly message: string }[];
};

let klaviyo: FakeKlaviyo;
let mailchimp: FakeMailchimp;
let service: TestService;
/** The key of an admin of another workspace. */
let neighbour: string;

beforeAll(async () => {
  [klaviyo, mailchimp] = await Promise.all([startFakeKlaviyo(), startFakeMailchimp()]);
  service = await startTestService({
    MERGEPIX_KLAVIYO_URL: klaviyo.url,
    MERGEPIX_KLAVIYO_CLIENT_ID: klaviyo.oauth.options.clientId,
    MERGEPIX_KLAVIYO_CLIENT_SECRET: klaviyo.oauth.options.clientSecret,
    MERGEPIX_MAILCHIMP_URL: mailchimp.url,
    MERGEPIX_MAILCHIMP_CLIENT_ID: mailchimp.app.id,
    MERGEPIX_MAILCHIMP_CLIENT_SECRET: mailchimp.app.secret,
  });
  await service.api('POST', '/v1/workspaces', { id: 'b', name: 'B' });
  const response = await fetch(`${service.url}/v1/keys`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${adminKey}`,
      'content-type': 'application/json',
      'mergepix-workspace': 'b',
    },
    body: JSON.stringify({ name: 'neighbour', role: 'admin' }),
  });
  neighbour = ((await response.json()) as { key: string }).key;
});
afterAll(async () => {
  await service.close();
  await Promise.all([klaviyo.close(), mailchimp.close()]);
});

/** An account at Klaviyo, with a key of its own. */
const shop = (options: { readonly scopes?: readonly string[] } = {}): KlaviyoAccount =>
  klaviyo.addAccount({ apiKey: `pk_${randomBytes(17).toString('hex')}`, name: 'A shop', ...options });

/** An account at Mailchimp, which is asked about as often as anybody likes. */
function club(): FakeAccount {
  const account = createAccount('A club');
  mailchimp.accounts.push(account);
  return account;
}

/** How often the platforms were asked in the name of an account, or of nobody they know. */
const askedFor = (account: KlaviyoAccount | FakeAccount): number =>
  klaviyo.asked.filter((each) => each.account === null || each.account === account.id).length +
  mailchimp.requests.filter((each) => each.account === undefined || each.account === account).length;

const add = (body: Record<string, unknown>, key?: string) =>
  service.api('POST', '/v1/connections', body, key) as Promise<{ status: number; body: Connection & Problem }>;
async function connect(
  { apiKey }: { readonly apiKey: string },
  settings: Record<string, unknown> = {},
): Promise<Connection> {
  const platform = apiKey.startsWith('pk_') ? 'klaviyo' : 'mailchimp';
  const { status, body } = await add({ platform, apiKey, ...settings });
  expect([status, body]).toEqual([201, expect.anything()]);
  return body;
}
const change = (id: string, body: Record<string, unknown>) =>
  service.api('PATCH', `/v1/connections/${id}`, body) as Promise<{ status: number; body: Connection & Problem }>;
const keyOf = async (role: string): Promise<string> =>
  ((await service.api('POST', '/v1/keys', { name: role, role })).body as { key: string }).key;

describe('a connection', () => {
  it('is kept once the platform has told whose key it is, and never shows the key', async () => {
    const account = shop();
    const made = await connect(account, { mapping: { tier: 'Loyalty Tier' }, syncMinutes: 60 });
    expect(made).toMatchObject({ account: account.id, name: account.name, referenceField: 'mergepix', missing: [] });
    const read = await service.api('GET', `/v1/connections/${made.id}`);
    expect(read.body).toMatchObject({ id: made.id, mapping: { tier: 'Loyalty Tier' }, syncMinutes: 60, error: null });
    const list = await service.api('GET', '/v1/connections');
    expect((list.body as { data: Connection[] }).data.map(({ id }) => id)).toContain(made.id);
    const rows = await service.services.records.selectFrom('connections').selectAll().execute();
    const told = [made, read.body, list.body, rows, service.log, await audited(made.id)];
    expect(JSON.stringify(told)).not.toContain(account.apiKey);
    expect(await audited(made.id)).toEqual(['connection.added']);
  });

  it('leaves a field out on purpose, which is more than saying nothing of it', async () => {
    const made = await connect(shop(), { mapping: { tier: 'Loyalty Tier', color: '', city: null } });
    const read = await service.api('GET', `/v1/connections/${made.id}`);
    expect((read.body as { mapping: unknown }).mapping).toEqual({ tier: 'Loyalty Tier', color: '' });
    await publish(service, swatch());
    const { body } = await service.api('GET', `/v1/connections/${made.id}/fields?template=swatch`);
    const { template } = body as { template: { field: string }[] };
    expect(template.find(({ field }) => field === 'color')).toEqual({
      ...{ field: 'color', tag: '', isMapped: true, coverage: null },
    });
    expect(template.find(({ field }) => field === 'first_name')).toMatchObject({ isMapped: false });
  });

  it('tells what its key may not do there', async () => {
    const account = shop({ scopes: ['accounts:read', 'lists:read'] });
    const { missing } = await connect(account);
    expect(missing.join(' ')).toContain('profiles:read');
  });

  it('is not kept when the platform does not know the key', async () => {
    const before = await listed();
    const refused = await add({ platform: 'klaviyo', apiKey: `pk_${'f'.repeat(32)}` });
    expect(refused).toMatchObject({ status: 422, body: { code: 'connection_refused' } });
    expect(JSON.stringify(refused.body)).not.toContain('ffff');
    expect(await listed()).toEqual(before);
  });

  it('is not asked for with a text that can be no key', async () => {
    const before = mailchimp.requests.length;
    for (const apiKey of ['short', `${'a'.repeat(32)}-us21.example.com/`, `${'a'.repeat(32)}-localhost`]) {
      const refused = await add({ platform: 'mailchimp', apiKey });
      expect([apiKey, refused.status, refused.body.code]).toEqual([apiKey, 400, 'request_invalid']);
      expect(JSON.stringify(refused.body)).not.toContain(apiKey);
    }
    expect(mailchimp.requests.length).toBe(before);
  });

  it('takes only fields the platform can have, and writes references into none that is used', async () => {
    const { apiKey } = club();
    const mapping = { first_name: '*|FNAME|*', last_name: 'LNAME' };
    const refused = await add({ platform: 'mailchimp', apiKey, mapping, referenceField: 'LNAME' });
    expect(refused.status).toBe(400);
    expect(refused.body.faults.map(({ path }) => path)).toEqual(['mapping.first_name', 'referenceField']);
    expect((await add({ platform: 'mailchimp', apiKey, referenceField: 'FNAME' })).body.faults).toEqual([
      { path: 'referenceField', message: expect.stringContaining('MERGEPIX') },
    ]);
  });

  it.each([
    ['klaviyo', ['email', 'Email', 'location.city', '$email', 'event.x', '__proto__', ' ', "a'}}"]],
    ['mailchimp', ['EMAIL', 'ADDRESS', 'mergepix', 'TOO_LONG_AS_A_TAG', '*|X|*']],
  ])('writes references into no field of the own of %s', async (platform, fields) => {
    const account = platform === 'klaviyo' ? shop() : club();
    const before = askedFor(account);
    for (const referenceField of fields) {
      const { status, body } = await add({ platform, apiKey: account.apiKey, referenceField });
      expect([referenceField, status, body.faults?.map(({ path }) => path)]).toEqual([
        ...[referenceField, 400],
        ['referenceField'],
      ]);
    }
    expect(askedFor(account)).toBe(before);
  });

  it('maps no value of an event, which is no contact’s, and is called by a name in one line', async () => {
    const { apiKey } = shop();
    const refused = await add({ platform: 'klaviyo', apiKey, mapping: { product: 'event.ProductName' } });
    expect(refused.body.faults.map(({ path }) => path)).toEqual(['mapping.product']);
    expect((await add({ platform: 'klaviyo', apiKey, name: 'a\u0000b' })).status).toBe(400);
  });

  it('is looked at by viewers, checked by editors, and changed by admins only', async () => {
    const { id } = await connect(club());
    const [viewer, editor] = [await keyOf('viewer'), await keyOf('editor')];
    const ask = async (method: string, path: string, key: string, body?: unknown) =>
      (await service.api(method, `/v1/connections${path}`, body, key)).status;
    expect(await ask('GET', `/${id}`, viewer)).toBe(200);
    expect(await ask('POST', `/${id}/check`, viewer)).toBe(403);
    expect(await ask('POST', `/${id}/check`, editor)).toBe(200);
    expect(await ask('PATCH', `/${id}`, editor, { name: 'x' })).toBe(403);
    expect(await ask('DELETE', `/${id}`, editor)).toBe(403);
    expect(await ask('POST', '', editor, { platform: 'klaviyo', apiKey: 'pk_x' })).toBe(403);
    expect(await ask('POST', '/authorize', editor, { platform: 'klaviyo' })).toBe(403);
  });

  it('asks for a full sync when other fields or audiences are chosen', async () => {
    const account = club();
    const [one, two] = [addList(account, 'One').id, addList(account, 'Two').id];
    const { id } = await connect(account, { syncMinutes: 60, audiences: [one] });
    const synced = { synced_from: 1000, full_from: 1000, next_sync_at: 2000 };
    const look = () =>
      service.services.records.selectFrom('connections').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
    for (const edit of [{ mapping: { city: 'CITY' } }, { audiences: [two] }, { referenceField: 'OTHER' }]) {
      await service.services.records.updateTable('connections').set(synced).where('id', '=', id).execute();
      expect((await change(id, edit)).body).toMatchObject({ ...edit, syncedAt: null });
      expect((await look()).next_sync_at).toBeGreaterThan(2000);
    }
    await service.services.records.updateTable('connections').set(synced).where('id', '=', id).execute();
    expect((await change(id, { name: 'Other' })).body).toMatchObject({ name: 'Other', syncedAt: expect.any(String) });
    expect((await look()).next_sync_at).toBe(2000);
    await Promise.all([change(id, { mapping: { zip: 'ZIP' } }), change(id, { name: 'Third' })]);
    expect(await look()).toMatchObject({ name: 'Third', mapping: '{"zip":"ZIP"}' });
    expect((await change(id, { syncMinutes: null })).body).toMatchObject({ nextSyncAt: null });
  });

  it('takes only audiences that there are', async () => {
    const account = shop();
    const { id } = await connect(account);
    const refused = await change(id, { audiences: [account.addSegment('VIP').id, 'NoList'] });
    expect(refused).toMatchObject({ status: 400, body: { faults: [{ path: 'audiences.1' }] } });
  });
});

describe('a reference field', () => {
  it('is refused where it holds something else, and taken where references stand', async () => {
    const account = club();
    const list = addList(account, 'Everybody');
    addMergeField(list, 'CITY', 'City', 'text');
    addMergeField(list, 'OLD', 'Old', 'text');
    addMember(list, 'ada@example.com', { CITY: 'London', OLD: 'r'.repeat(40) });
    const { id } = await connect(account, { audiences: [list.id] });
    const refused = await change(id, { referenceField: 'CITY' });
    expect(refused).toMatchObject({ status: 400, body: { faults: [{ path: 'referenceField' }] } });
    expect(JSON.stringify(refused.body)).not.toContain('London');
    expect((await change(id, { referenceField: 'OLD' })).status).toBe(200);
  });
});

describe('an account', () => {
  it('tells its lists and segments to the last page', async () => {
    const account = shop();
    const lists = Array.from({ length: 12 }, (_, i) => account.addList(`List ${i}`).id);
    const segment = account.addSegment('VIP').id;
    const { id } = await connect(account);
    const { body } = await service.api('GET', `/v1/connections/${id}/audiences`);
    const { data } = body as { data: { id: string; kind: string }[] };
    expect(data.map((audience) => audience.id).sort()).toEqual([...lists, segment].sort());
    expect(data.find((audience) => audience.id === segment)?.kind).toBe('segment');
  });

  it('tells the campaigns that go out within the hours asked for', async () => {
    const account = shop();
    const list = account.addList('Everybody');
    const scheduled = (name: string, hours: number) => {
      const sendTime = Date.now() + hours * HOUR_MS;
      const strategy = { method: 'static', datetime: new Date(sendTime).toISOString(), options: { is_local: false } };
      account.addCampaign({ name, status: 'Scheduled', included: [list.id], strategy, sendTime });
    };
    scheduled('Soon', 2);
    scheduled('Next week', 200);
    const { id } = await connect(account);
    const { body } = await service.api('GET', `/v1/connections/${id}/sends?hours=24`);
    expect((body as { data: unknown[] }).data).toEqual([
      expect.objectContaining({ name: 'Soon', included: [list.id], excluded: [], sendAt: expect.stringMatching(/Z$/) }),
    ]);
    expect((await service.api('GET', `/v1/connections/${id}/sends?hours=1000`)).status).toBe(400);
  });
});

describe('a key that is renewed', () => {
  it('lifts what the platform had against the old one', async () => {
    const account = club();
    const { id } = await connect(account);
    const old = account.apiKey;
    account.apiKey = createAccount('').apiKey;
    const refused = await service.api('POST', `/v1/connections/${id}/check`);
    expect(refused).toMatchObject({ status: 422, body: { code: 'connection_refused' } });
    const { detail } = refused.body as Problem;
    expect((await service.api('GET', `/v1/connections/${id}`)).body).toMatchObject({ error: detail });
    expect((await change(id, { apiKey: old })).status).toBe(422);
    expect((await change(id, { apiKey: account.apiKey })).body).toMatchObject({ error: null, account: account.id });
    expect((await service.api('POST', `/v1/connections/${id}/check`)).body).toMatchObject({
      name: 'A club',
      missing: [],
    });
    expect(await audited(id)).toEqual(['connection.changed', 'connection.added']);
  });

  it('opens the same account, not another one', async () => {
    const { id } = await connect(club());
    const other = await change(id, { apiKey: club().apiKey });
    expect(other).toMatchObject({ status: 409, body: { code: 'connection_conflict' } });
    expect((await service.api('POST', `/v1/connections/${id}/check`)).status).toBe(200);
  });
});

describe('two connections to one account', () => {
  it('of two workspaces do not write into the same field, and hear nothing of each other', async () => {
    const account = club();
    const { id } = await connect(account, { name: 'only in default' });
    const order = { platform: 'mailchimp', apiKey: account.apiKey };
    const refused = await add(order, neighbour);
    expect(refused).toMatchObject({ status: 409, body: { code: 'connection_conflict' } });
    for (const secret of [id, 'only in default', '"default"'])
      expect(JSON.stringify(refused.body)).not.toContain(secret);
    const made = await add({ ...order, referenceField: 'MERGEPIX_B' }, neighbour);
    expect(made.status).toBe(201);
    const path = `/v1/connections/${made.body.id}`;
    expect((await service.api('PATCH', path, { referenceField: 'MERGEPIX' }, neighbour)).status).toBe(409);
  });

  it('of one workspace have their own audiences', async () => {
    const account = club();
    const [one, two] = [addList(account, 'One').id, addList(account, 'Two').id];
    const order = { platform: 'mailchimp', apiKey: account.apiKey };
    const first = await add({ ...order, audiences: [one] });
    expect(await add(order)).toMatchObject({ status: 409, body: { detail: expect.stringContaining(first.body.id) } });
    const second = await add({ ...order, audiences: [two] });
    expect(second.status).toBe(201);
    expect((await change(second.body.id, { audiences: [one, two] })).status).toBe(409);
  });
});

describe('a connection that is taken out', () => {
  it('leaves its contacts, asks the platform nothing and lets the account be connected anew', async () => {
    const account = club();
    const { id } = await connect(account);
    const { records } = service.services;
    const contact = (await service.api('POST', '/v1/contacts', { key: 'stays', fields: {} })).body as { id: string };
    const row = { workspace: 'default', handle: 'h', digest: 'd', state: 'active', seen: 's', job: null } as const;
    const contacts = Array.from({ length: 1200 }, (_, i) => ({
      ...row,
      ...{ connection: id, contact: i === 0 ? contact.id : `c${i}`, reference: 'wanted' as const },
    }));
    for (let i = 0; i < contacts.length; i += 300)
      await records
        .insertInto('connection_contacts')
        .values(contacts.slice(i, i + 300))
        .execute();
    const before = askedFor(account);
    expect((await service.api('DELETE', `/v1/connections/${id}`)).status).toBe(204);
    expect(askedFor(account)).toBe(before);
    expect((await service.api('GET', `/v1/connections/${id}`)).body).toMatchObject({ code: 'connection_not_found' });
    expect((await service.api('DELETE', `/v1/connections/${id}`)).status).toBe(404);
    const left = records.selectFrom('connection_contacts').select('contact').where('connection', '=', id);
    expect(await left.execute()).toEqual([]);
    expect((await service.api('GET', `/v1/contacts/${contact.id}`)).status).toBe(200);
    expect(await audited(id)).toEqual(['connection.removed', 'connection.added']);
    await connect(account);
  });
});

describe('a connection that is taken out while it is synced', () => {
  it('ends the sync: nothing of it is left but the contacts, and nothing more is asked', async () => {
    const account = club();
    const list = addList(account, 'Everybody');
    for (let i = 0; i < 1500; i++) addMember(list, `taken-out-${i}@example.com`, { FNAME: `N${i}` });
    const { id } = await connect(account, { audiences: [list.id], mapping: { first_name: 'FNAME' } });
    let letGo: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    mailchimp.before = async ({ route, query }) => {
      if (route === '/lists/{}/members' && Number(query.get('offset')) > 0) await held;
    };
    expect((await service.api('POST', `/v1/connections/${id}/sync`, {})).status).toBe(202);
    const { records } = service.services;
    const count = async (table: 'connection_contacts' | 'syncs') =>
      (await records.selectFrom(table).select('connection').where('connection', '=', id).execute()).length;
    await expect.poll(() => count('connection_contacts'), { timeout: 20_000 }).toBe(1000);
    expect((await service.api('DELETE', `/v1/connections/${id}`)).status).toBe(204);
    letGo();
    mailchimp.before = undefined;
    const jobs = () => records.selectFrom('jobs').select('id').where('kind', '=', 'connection.sync').execute();
    await expect.poll(jobs, { timeout: 20_000 }).toEqual([]);
    expect([await count('connection_contacts'), await count('syncs')]).toEqual([0, 0]);
    const asked = mailchimp.requests.filter((request) => request.account === account);
    expect(asked.at(-1)?.route).toBe('/lists/{}/members');
    const kept = await records.selectFrom('contacts').select('id').where('erased_at', 'is', null).execute();
    expect(kept.length).toBeGreaterThanOrEqual(1000);
  });
});

describe('a platform that does not answer', () => {
  it('keeps nobody waiting for long', { timeout: 40_000 }, async () => {
    const { id } = await connect(shop());
    klaviyo.happen([{ kind: 'hang' }], 'accounts');
    const late = await service.api('POST', `/v1/connections/${id}/check`);
    expect(late).toMatchObject({ status: 503, body: { code: 'platform_unavailable' } });
    expect(late.headers.get('retry-after')).toBe('60');
    expect((await service.api('GET', `/v1/connections/${id}`)).body).toMatchObject({ error: null });
  });

  it('is asked again after a page of a proxy, an empty answer and a broken line', async () => {
    const { id } = await connect(club());
    for (const kind of ['html-502', 'empty-429', 'cut'] as const) mailchimp.fault({ kind });
    expect((await service.api('POST', `/v1/connections/${id}/check`)).status).toBe(200);
  });
});

describe('connecting without a key', () => {
  const wish = async (path: string, body?: unknown): Promise<string> => {
    const answer = await service.api('POST', `/v1/connections${path}`, body);
    expect([answer.status, answer.body]).toEqual([200, { url: expect.any(String), expiresAt: expect.any(String) }]);
    return (answer.body as { url: string }).url;
  };
  /** Comes back to this service as a browser does. */
  const comeBack = async (address: string, method = 'GET') => {
    const { pathname, search } = new URL(address);
    const response = await fetch(service.url + pathname + search, { method });
    return { status: response.status, headers: response.headers, page: await response.text() };
  };

  it('works for whoever owns a Klaviyo account, once', async () => {
    const account = shop();
    const url = await wish('/authorize', { platform: 'klaviyo', name: 'By app', referenceField: 'ours' });
    expect(new URL(url).searchParams.get('redirect_uri')).toMatch(/\/v1\/connections\/callback$/);
    const back = klaviyo.oauth.allow(account, url);
    await comeBack(back, 'HEAD');
    const done = await comeBack(back);
    expect([done.status, done.page]).toEqual([200, expect.stringContaining('Klaviyo is connected')]);
    expect(done.headers.get('content-security-policy')).toContain("default-src 'none'");
    const made = (await listed()).find(({ account: id }) => id === account.id);
    expect(made).toMatchObject({ name: 'By app', referenceField: 'ours' });
    expect((await service.api('GET', `/v1/connections/${made?.id}/audiences`)).status).toBe(200);
    expect(await comeBack(back)).toMatchObject({ status: 400, page: expect.stringContaining('ask for a new one') });
    const told = JSON.stringify([service.log, await listed()]);
    for (const secret of ['code', 'state'])
      expect(told).not.toContain(new URL(back).searchParams.get(secret) as string);
  });

  it('says at once what could not be set afterwards', async () => {
    const body = { platform: 'mailchimp', referenceField: 'FNAME' };
    const refused = await service.api('POST', '/v1/connections/authorize', body);
    expect(refused).toMatchObject({ status: 400, body: { faults: [{ path: 'referenceField' }] } });
  });

  it('works for Mailchimp', async () => {
    const url = await wish('/authorize', { platform: 'mailchimp' });
    const { headers } = await fetch(url, { redirect: 'manual' });
    const done = await comeBack(headers.get('location') ?? '');
    expect([done.status, done.page]).toEqual([200, expect.stringContaining('Mailchimp is connected')]);
    const made = (await listed()).find(({ account }) => account === mailchimp.accounts[0]?.id);
    expect((await service.api('POST', `/v1/connections/${made?.id}/check`)).body).toMatchObject({ missing: [] });
  });

  it('goes on with renewed tokens, which are kept', async () => {
    const account = shop();
    await comeBack(klaviyo.oauth.allow(account, await wish('/authorize', { platform: 'klaviyo' })));
    const id = (await listed()).find((connection) => connection.account === account.id)?.id;
    const look = async () => (await service.api('GET', `/v1/connections/${id}/audiences`)).status;
    for (let i = 0; i < 2; i++) {
      klaviyo.oauth.expire();
      expect(await look()).toBe(200);
    }
    const before = klaviyo.count('token');
    expect(await look()).toBe(200);
    expect(klaviyo.count('token')).toBe(before);
  });

  it('is renewed by the same account only, after somebody took the app away', async () => {
    const account = shop();
    await comeBack(klaviyo.oauth.allow(account, await wish('/authorize', { platform: 'klaviyo' })));
    const id = (await listed()).find((connection) => connection.account === account.id)?.id;
    klaviyo.oauth.revoke(account);
    expect((await service.api('POST', `/v1/connections/${id}/check`)).status).toBe(422);
    const other = await comeBack(klaviyo.oauth.allow(shop(), await wish(`/${id}/authorize`)));
    expect(other).toMatchObject({ status: 409, page: expect.stringContaining('another account') });
    expect((await comeBack(klaviyo.oauth.allow(account, await wish(`/${id}/authorize`)))).status).toBe(200);
    expect((await service.api('GET', `/v1/connections/${id}`)).body).toMatchObject({ error: null });
    expect((await service.api('GET', `/v1/connections/${id}/audiences`)).status).toBe(200);
  });

  it('ends after 15 minutes, and with the workspace', async () => {
    const url = new URL(await wish('/authorize', { platform: 'klaviyo' }));
    const { encryption } = service.services;
    const state = JSON.parse(encryption.open(url.searchParams.get('state') ?? '', 'connection-authorize'));
    expect(state.until).toBeGreaterThan(Date.now() + 14 * 60_000);
    const account = shop();
    for (const change of [{ until: Date.now() - 1 }, { workspace: 'closed' }, {}]) {
      const text = JSON.stringify({ ...state, ...change });
      url.searchParams.set('state', encryption.seal(text, 'connection-authorize'));
      const { status } = await comeBack(klaviyo.oauth.allow(account, url.href));
      expect([change, status]).toEqual([change, Object.keys(change).length > 0 ? 400 : 200]);
    }
  });

  it('says so when the owner of the account did not want to', async () => {
    const state = new URL(await wish('/authorize', { platform: 'klaviyo' })).searchParams.get('state') ?? '';
    const query = new URLSearchParams({ state, error: 'access_denied', error_description: '<b>no</b>' });
    const refused = await comeBack(`http://x/v1/connections/callback?${query}`);
    expect(refused).toMatchObject({ status: 422, page: expect.stringContaining('was not allowed') });
    expect(refused.page).not.toContain('<b>');
  });

  it.each(['', '?state=', '?state=e1.AAAA&code=x', '?state=a&state=b&code=x', '?error=<script>alert(1)</script>'])(
    'says in a page of its own that a made-up way back is none: %s',
    async (query) => {
      const { status, headers, page } = await comeBack(`http://x/v1/connections/callback${query}`);
      expect(status).toBe(400);
      expect(headers.get('content-type')).toMatch(/^text\/html/);
      expect(headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(page).toContain('Nothing was connected');
      expect(page).not.toContain('alert');
    },
  );

  it('needs an app that is registered', async () => {
    const plain = await startTestService();
    const { status, body } = await plain.api('POST', '/v1/connections/authorize', { platform: 'klaviyo' });
    await plain.close();
    expect(status).toBe(400);
    expect((body as Problem).detail).toContain('MERGEPIX_KLAVIYO_CLIENT_ID');
  });
});

const listed = async (): Promise<Connection[]> =>
  ((await service.api('GET', '/v1/connections?limit=100')).body as { data: Connection[] }).data;

const audited = async (subject: string): Promise<string[]> => {
  const { body } = await service.api('GET', `/v1/audit?subject=${subject}`);
  return (body as { data: { action: string }[] }).data.map(({ action }) => action);
};
