import { createHmac } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { Pool } from 'undici';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { AppError } from '../../core/errors.ts';
import { signReference } from '../../core/links/reference.ts';
import type { Connector, PlatformContact, ReferenceEntry } from '../../integrations/connector.ts';
import { memberHandle, memberKey } from '../../integrations/mailchimp/member.ts';
import {
  openWebhookSecrets,
  sealCredentials,
  sealWebhookSecrets,
  type WebhookSecrets,
} from '../../server/connections/connection.ts';
import { addConnection, findAnyConnection } from '../../server/stores/records/connections.ts';
import { adminKey, look, publish, startTestService, swatch, type TestService } from './service.ts';

const SECRET = 'the-secret-of-a-webhook';
const LIST = 'a1b2c3d4e5';

let service: TestService;
/** The contacts that the platform has, by handle, and how often each was asked for. */
let people: Map<string, PlatformContact>;
let asked: string[];
let written: ReferenceEntry[];
let isDown: boolean;
/** What the platform says of a contact that it lets nobody read, and of the credentials. */
let refused: Map<string, string>;
let locked: string | undefined;
let beforeFound: () => Promise<void>;

beforeAll(async () => {
  service = await startTestService({
    MERGEPIX_ALLOW_ADDRESSES: '127.0.0.1',
    MERGEPIX_PUBLIC_URL: 'http://127.0.0.1:8',
  });
  const template = swatch({ links: { allowMerge: true } });
  await publish(service, template);
  Object.assign(service.services, { connectors: { open: async () => platform } });
});
afterAll(() => service.close());
beforeEach(() => {
  people = new Map();
  asked = [];
  written = [];
  isDown = false;
  refused = new Map();
  locked = undefined;
  beforeFound = async () => undefined;
});
afterEach(async () => {
  const { records } = service.services;
  for (const table of ['jobs', 'connections', 'connection_contacts', 'contacts', 'received'] as const)
    await records.deleteFrom(table).execute();
});

/** A platform that has the contacts above. */
const platform = {
  async find(handle: string) {
    asked.push(handle);
    await beforeFound();
    if (isDown) throw new Error('down');
    const refusal = refused.get(handle);
    if (refusal !== undefined) throw new AppError('connection_refused', refusal);
    return people.get(handle) ?? null;
  },
  async check() {
    if (locked !== undefined) throw new AppError('connection_refused', locked);
    return { id: 'AbC123', name: 'Acme', missing: [] };
  },
  async *contacts() {
    yield { contacts: [...people.values()], cursor: null, total: people.size };
  },
  writesAtOnce: 500,
  ensureField: async () => undefined,
  async writeReferences(entries) {
    written.push(...entries);
    return { job: null, refused: [] };
  },
  gone: async (handles: readonly string[]) => handles.filter((handle) => !people.has(handle)),
} as Partial<Connector> as Connector;

const soon = <T>(check: () => T | Promise<T>) => vi.waitFor(check, { timeout: 15_000, interval: 25 });
const idle = () =>
  soon(async () => {
    const { records } = service.services;
    const jobs = await records.selectFrom('jobs').select('state').where('kind', '=', 'connection.receive').execute();
    expect(jobs).toEqual([]);
  });

let made = 0;

async function connect(to: 'klaviyo' | 'mailchimp', signing: WebhookSecrets['signing'] = []): Promise<string> {
  const { records, encryption } = service.services;
  const of = { workspace: 'default', id: `of-${to}-${made++}` };
  await addConnection(records, {
    ...of,
    ...{ name: 'Shop', platform: to, account: 'AbC123', reference_field: 'mergepix' },
    credentials: sealCredentials(encryption, of, { kind: 'key', apiKey: 'pk_of_nobody' }),
    audiences: to === 'mailchimp' ? JSON.stringify([LIST]) : '[]',
    mapping: JSON.stringify({ first_name: 'FNAME', color: 'COLOR' }),
    webhook_secret: sealWebhookSecrets(encryption, of, { secret: SECRET, signing }),
    ...{ sync_minutes: null, synced_from: null, full_from: null, next_sync_at: null, error: null },
    ...{ warm_sends: 1, look_at: null },
    ...{ created_by: 'admin', created_at: 1 },
  });
  return of.id;
}

type Call = { readonly secret?: string | null; readonly headers?: Record<string, string>; readonly method?: string };

async function post(connection: string, body: string, { secret = SECRET, headers = {}, method = 'POST' }: Call = {}) {
  const isMailchimp = connection.includes('mailchimp');
  const query = isMailchimp && secret !== null ? `?secret=${secret}` : '';
  const answer = await fetch(`${service.url}/v1/connections/${connection}/webhook${query}`, {
    method,
    headers: {
      'content-type': isMailchimp ? 'application/x-www-form-urlencoded' : 'application/json',
      ...(!isMailchimp && secret !== null && { 'x-mergepix-secret': secret }),
      ...headers,
    },
    ...(method === 'POST' && { body }),
  });
  return { status: answer.status, text: await answer.text() };
}

const flowStep = (profile: string, pictures: readonly string[] = []) => JSON.stringify({ profile, pictures });

function form(type: string, data: Record<string, string>, firedAt = '2026-11-21 10:00:00'): string {
  const entries = Object.entries({ list_id: LIST, ...data }).map(([name, value]) => [`data[${name}]`, value]);
  return new URLSearchParams([['type', type], ['fired_at', firedAt], ...(entries as [string, string][])]).toString();
}

function person(handle: string, fields: Record<string, string>, more: Partial<PlatformContact> = {}): void {
  const colon = handle.indexOf(':');
  const key = colon < 0 ? handle : memberKey(handle.slice(0, colon), handle.slice(colon + 1));
  const contact = { key, handle, state: 'active' as const, isMember: true, fields, reference: null, ...more };
  people.set(handle, contact);
}
const member = (email: string, color: string, more: Partial<PlatformContact> = {}) =>
  person(memberHandle(LIST, email), { FNAME: 'Ada', COLOR: color }, more);

async function contacts(): Promise<string[]> {
  const { records } = service.services;
  const rows = await records.selectFrom('connection_contacts').select('contact').orderBy('contact').execute();
  return rows.map(({ contact }) => contact);
}

async function only(): Promise<string> {
  const found = await contacts();
  expect(found).toHaveLength(1);
  return found[0] as string;
}

async function keyOf(workspace: string): Promise<{ key: string }> {
  const headers = {
    authorization: `Bearer ${adminKey}`,
    'content-type': 'application/json',
    'mergepix-workspace': workspace,
  };
  const body = JSON.stringify({ name: 'stranger', role: 'admin' });
  return (await fetch(`${service.url}/v1/keys`, { method: 'POST', headers, body })).json() as Promise<{ key: string }>;
}

const referenceOf = (contact: string): string => signReference(contact, service.services.signingKeys[0]);

/** A link of the connection, as its platform would fill it in for a contact. */
async function link(connection: string, fields: object = {}): Promise<(contact: string, open?: string) => string> {
  const order = { template: 'swatch', platform: 'klaviyo', fields };
  const { status, body } = await service.api('POST', '/v1/links', order);
  expect(status, JSON.stringify(body)).toBe(201);
  const { id, url } = body as { id: string; url: string };
  await service.services.records.updateTable('links').set({ connection }).where('id', '=', id).execute();
  const path = new URL(url).pathname;
  return (contact, open = '') => `${service.url}${path}?c=${referenceOf(contact)}${open}`;
}

describe('the webhook of a connection', () => {
  it('opens for its own secret only, and tells nobody else anything', async () => {
    const mailchimp = await connect('mailchimp');
    const klaviyo = await connect('klaviyo');
    for (const connection of [mailchimp, klaviyo]) {
      expect(await post(connection, '', { method: 'GET' })).toEqual({ status: 200, text: '' });
      for (const secret of ['', 'wrong', `${SECRET}x`, SECRET.slice(1), null])
        for (const method of ['GET', 'POST'])
          expect(await post(connection, flowStep('x'), { method, secret })).toEqual({ status: 403, text: '' });
    }
    for (const id of ['of-mailchimp-nobody', '%00', '%27%20or%201=1', 'x'.repeat(5000)])
      expect(await post(id, ''), id.slice(0, 20)).toEqual({ status: 403, text: '' });
    expect(await post(mailchimp, '', { secret: `a&secret=${SECRET}` })).toEqual({ status: 403, text: '' });
    // Where the secret is not looked for, it does not count.
    expect(await post(mailchimp, '', { secret: null, headers: { 'x-mergepix-secret': SECRET } })).toMatchObject({
      status: 403,
    });
    expect(asked).toEqual([]);
    expect(service.log.join('\n')).toContain('/v1/connections/:id/webhook');
    expect(service.log.join('\n')).not.toContain(SECRET);
  });

  it('keeps the profile of a flow and has its pictures ready before they are asked for', async () => {
    const connection = await connect('klaviyo');
    const url = await link(connection);
    person('01PROFILE', { FNAME: 'Ada', COLOR: '#ff0000', SHOE_SIZE: '38' });
    expect((await post(connection, flowStep('01PROFILE'))).status).toBe(200);
    await idle();
    const contact = await only();
    expect(await look(url(contact))).toMatchObject({ status: 200, outcome: 'hit', color: '#ff0000' });
    expect((await service.api('GET', `/v1/contacts/${contact}`)).body).toMatchObject({
      fields: { first_name: 'Ada', color: '#ff0000' },
    });
    await soon(() => expect(written).toEqual([{ handle: '01PROFILE', reference: referenceOf(contact) }]));
    // It stands there now.
    person('01PROFILE', { FNAME: 'Ada', COLOR: '#0000ff' }, { reference: referenceOf(contact) });
    await post(connection, flowStep('01PROFILE', [url(contact)]));
    await idle();
    expect(await look(url(contact))).toMatchObject({ outcome: 'hit', color: '#0000ff' });
    expect(written).toHaveLength(1);
  });

  it('has what comes together written back together', async () => {
    const connection = await connect('klaviyo');
    for (let i = 0; i < 50; i++) person(`01MANY${i}`, { COLOR: '#ff0000' });
    const calls = vi.spyOn(platform, 'writeReferences');
    await Promise.all(Array.from({ length: 50 }, (_, i) => post(connection, flowStep(`01MANY${i}`))));
    await idle();
    await soon(() => expect(written).toHaveLength(50));
    expect(calls.mock.calls.length).toBeLessThan(25);
    calls.mockRestore();
  });

  it("makes the picture that the event's own data give, as the email's address will have them", async () => {
    const connection = await connect('klaviyo');
    const url = await link(connection, { first_name: { from: 'open', tag: 'event.Name' } });
    person('01CART', { COLOR: '#00ff00' });
    const open = '&first_name=Tom%20%26%20%22Jerry%22';
    // The property is empty until our reference is written.
    const filled = url('0123456789abcdef', open).replace(/c=[^&]*/, 'c=');
    expect((await post(connection, flowStep('01CART', [filled]))).status).toBe(200);
    await idle();
    const contact = await only();
    expect(await look(url(contact, open))).toMatchObject({ outcome: 'hit', color: '#00ff00' });
    expect((await look(url(contact, '&first_name=Somebody'))).outcome).toBe('rendered');
  });

  it('makes nothing of addresses of another workspace, of none or of anything else', async () => {
    const connection = await connect('klaviyo');
    await service.api('POST', '/v1/workspaces', { id: 'other', name: 'Other' });
    const { key } = await keyOf('other');
    const theirs: TestService = { ...service, api: (method, path, body) => service.api(method, path, body, key) };
    await publish(theirs, swatch({ name: 'theirs' }));
    const made = await theirs.api('POST', '/v1/links', { template: 'theirs', platform: 'klaviyo' });
    const { url } = made.body as { url: string };
    const drawing = vi.spyOn(service.services.pictures, 'make');
    person('01THIEF', { COLOR: '#0000ff' });
    const pictures = [url, `${url.slice(0, -60)}x`, 'https://elsewhere.invalid/', '', '/i/x.jpg', '\u0000'];
    expect((await post(connection, flowStep('01THIEF', pictures))).status).toBe(200);
    await idle();
    await only();
    expect(drawing).not.toHaveBeenCalled();
    drawing.mockRestore();
    expect(service.log.join('\n')).not.toContain('job.failed');
  });

  it('takes an event once, however often it is told', async () => {
    const connection = await connect('mailchimp');
    member('ada@example.com', '#ff0000');
    const body = form('profile', { email: 'ada@example.com' });
    for (let i = 0; i < 5; i++) expect((await post(connection, body)).status).toBe(200);
    await idle();
    expect(asked).toHaveLength(1);
    await post(connection, form('profile', { email: 'ada@example.com' }, '2026-11-21 10:00:01'));
    await idle();
    expect(asked).toHaveLength(2);
  });

  it('tries again when the platform does not answer', async () => {
    const connection = await connect('mailchimp');
    isDown = true;
    member('ada@example.com', '#ff0000');
    await post(connection, form('subscribe', { email: 'ada@example.com' }));
    await soon(() => expect(asked).toHaveLength(1));
    isDown = false;
    await idle();
    await only();
  });

  it('waits for pictures as long as nobody has time for them, and counts that as no failure', async () => {
    const { services } = service;
    const connection = await connect('klaviyo');
    const url = await link(connection);
    person('01PROFILE', { FNAME: 'Ada', COLOR: '#00ff00' });
    const busy = vi.spyOn(services.pictures, 'make');
    busy.mockRejectedValueOnce(new AppError('overloaded', 'Too many pictures are waiting: try again in a moment.'));
    const warned = service.log.length;
    await post(connection, flowStep('01PROFILE'));
    await soon(() => expect(asked).toHaveLength(2));
    await idle();
    busy.mockRestore();
    expect(service.log.slice(warned).join('\n')).not.toContain('job.failed');
    expect(await look(url(await only()))).toMatchObject({ outcome: 'hit', color: '#00ff00' });
  });
});

describe('what the platform, or somebody here, refuses', () => {
  const errorOf = async (connection: string) =>
    ((await service.api('GET', `/v1/connections/${connection}`)).body as { error: string | null }).error;

  it('of one contact holds up nobody else', async () => {
    const connection = await connect('klaviyo');
    refused.set('01ODD', 'Klaviyo could not read profiles as it was asked to.');
    person('01ADA', { COLOR: '#ff0000' });
    expect((await post(connection, flowStep('01ODD'))).status).toBe(200);
    await idle();
    expect(await errorOf(connection)).toBe(null);
    await post(connection, flowStep('01ADA'));
    await idle();
    await only();
  });

  it('leaves nothing of a connection that is taken out while it is asked', async () => {
    const connection = await connect('klaviyo');
    person('01ADA', { COLOR: '#ff0000' });
    beforeFound = async () => {
      expect((await service.api('DELETE', `/v1/connections/${connection}`)).status).toBe(204);
    };
    await post(connection, flowStep('01ADA'));
    await idle();
    expect(asked).toEqual(['01ADA']);
    expect(await contacts()).toEqual([]);
    const { records } = service.services;
    for (const table of ['contacts', 'received'] as const)
      expect(await records.selectFrom(table).selectAll().execute(), table).toEqual([]);
  });

  it('of every contact, since the key is worth nothing any more, is said of the connection', async () => {
    const connection = await connect('klaviyo');
    locked = 'Klaviyo does not accept this key any more.';
    refused.set('01ADA', locked);
    await post(connection, flowStep('01ADA'));
    await idle();
    expect(await errorOf(connection)).toBe(locked);
    await post(connection, flowStep('01BOB'));
    await idle();
    expect(asked).toEqual(['01ADA']);
  });
});

describe('a member of a Mailchimp list', () => {
  const told = async (connection: string, type: string, data: Record<string, string>) => {
    expect(await post(connection, form(type, data))).toEqual({ status: 200, text: '' });
    await idle();
  };

  it('is kept, changed, and unsubscribed', async () => {
    const connection = await connect('mailchimp');
    const url = await link(connection);
    const email = 'ada@example.com';
    member(email, '#ff0000');
    await told(connection, 'subscribe', { email });
    const contact = await only();
    expect(await look(url(contact))).toMatchObject({ outcome: 'hit', color: '#ff0000' });
    member(email, '#00ff00');
    await told(connection, 'profile', { email });
    expect(await look(url(contact))).toMatchObject({ outcome: 'hit', color: '#00ff00' });
    member(email, '#00ff00', { state: 'unsubscribed' });
    await told(connection, 'unsubscribe', { email, action: 'unsub', reason: 'manual' });
    const { records } = service.services;
    expect((await records.selectFrom('connection_contacts').select('state').executeTakeFirst())?.state).toBe(
      'unsubscribed',
    );
    // What was sent goes on showing it.
    expect(await look(url(contact))).toMatchObject({ color: '#00ff00' });
    expect(await contacts()).toEqual([contact]);
  });

  it('is erased when it was deleted, and not on the word of a stranger who has the address', async () => {
    const connection = await connect('mailchimp');
    const url = await link(connection);
    const email = 'ada@example.com';
    member(email, '#ff0000');
    await told(connection, 'subscribe', { email });
    const contact = await only();
    await told(connection, 'unsubscribe', { email, action: 'delete' });
    expect(await contacts()).toEqual([contact]);
    people.clear();
    await told(connection, 'unsubscribe', { email, action: 'delete', reason: 'manual' });
    expect(await contacts()).toEqual([]);
    expect((await look(url(contact))).outcome).toBe('neutral; erased');
    expect((await service.api('GET', '/v1/audit')).body).toMatchObject({
      data: expect.arrayContaining([expect.objectContaining({ action: 'contact.erased', subject: contact })]),
    });
  });

  it('is not erased while the platform refuses to be asked, but by the sync that comes after', async () => {
    const connection = await connect('mailchimp');
    const email = 'ada@example.com';
    member(email, '#ff0000');
    await told(connection, 'subscribe', { email });
    await only();
    const { records } = service.services;
    const now = Date.now();
    const synced = { synced_from: now, full_from: now };
    await records
      .updateTable('connections')
      .set({ error: 'The key was revoked.', ...synced })
      .execute();
    await told(connection, 'unsubscribe', { email, action: 'delete' });
    // Of one who is only archived it tells the same.
    await only();
    people.clear();
    await records.updateTable('connections').set({ error: null }).execute();
    const { body } = await service.api('POST', `/v1/connections/${connection}/sync`, { mode: 'incremental' });
    expect(body).toMatchObject({ mode: 'full' });
    await soon(async () => expect(await contacts()).toEqual([]));
    const path = `/v1/connections/${connection}/sync/${(body as { id: string }).id}`;
    await soon(async () =>
      expect((await service.api('GET', path)).body).toMatchObject({ state: 'complete', erased: 1 }),
    );
  });

  it.each(['upemail first', 'profile first'])('stays who it is under another address: %s', async (order) => {
    const connection = await connect('mailchimp');
    const [old, email] = ['ada@example.com', 'ada@example.org'];
    member(old, '#ff0000');
    await told(connection, 'subscribe', { email: old });
    const contact = await only();
    people.clear();
    member(email, '#00ff00', { reference: referenceOf(contact) });
    const events = [
      ['upemail', { old_email: old, new_email: email, new_id: '51da8c3259' }],
      ['profile', { email }],
    ] as const;
    for (const [type, data] of order === 'upemail first' ? events : events.toReversed())
      await told(connection, type, data);
    expect(await contacts()).toEqual([contact]);
    expect((await service.api('GET', `/v1/contacts/${contact}`)).body).toMatchObject({ fields: { color: '#00ff00' } });
  });

  it('is somebody else than the one whose reference it was given', async () => {
    const connection = await connect('mailchimp');
    member('ada@example.com', '#ff0000');
    await told(connection, 'subscribe', { email: 'ada@example.com' });
    const ada = await only();
    member('bob@example.com', '#00ff00', { reference: referenceOf(ada) });
    await told(connection, 'subscribe', { email: 'bob@example.com' });
    expect(await contacts()).toHaveLength(2);
    expect((await service.api('GET', `/v1/contacts/${ada}`)).body).toMatchObject({ fields: { color: '#ff0000' } });
  });

  it('is no concern of a connection to other lists', async () => {
    const connection = await connect('mailchimp');
    await told(connection, 'subscribe', { email: 'ada@example.com', list_id: 'another1' });
    await told(connection, 'campaign', { id: '1', subject: 'Hello' });
    await told(connection, 'something new', {});
    expect(asked).toEqual([]);
  });
});

describe('whoever attacks a webhook', () => {
  const sign = (body: string, secret: string, at = Math.floor(Date.now() / 1000)) => ({
    'x-mailchimp-signature': `t=${at},v1=${createHmac('sha256', secret).update(`${at}.${body}`).digest('hex')}`,
  });

  it('cannot sign: a signature that came is right, new, and over this very body', async () => {
    const connection = await connect('mailchimp', ['of-the-first-list', 'of-the-second']);
    const body = form('campaign', {});
    const now = Math.floor(Date.now() / 1000);
    const status = async (headers: Record<string, string>) => (await post(connection, body, { headers })).status;
    expect(await status({})).toBe(200);
    expect(await status(sign(body, 'of-the-first-list'))).toBe(200);
    expect(await status(sign(body, 'of-the-second', now - 290))).toBe(200);
    expect(await status(sign(body, 'of-the-second', now - 310))).toBe(403);
    expect(await status(sign(body, 'of-the-second', now + 310))).toBe(403);
    expect(await status(sign(`${body}&x=1`, 'of-the-second'))).toBe(403);
    expect(await status(sign(body, SECRET))).toBe(403);
    for (const header of ['', 't=,v1=', `t=${now}`, `v1=00`, `t=${now},v1=`, `t=NaN,v1=00`, 'x'.repeat(5000)])
      expect(await status({ 'x-mailchimp-signature': header }), header.slice(0, 20)).toBe(403);
  });

  it('is believed by our secret alone where nobody told us what the platform signs with', async () => {
    const connection = await connect('mailchimp');
    const body = form('campaign', {});
    expect((await post(connection, body, { headers: sign(body, 'unknown') })).status).toBe(200);
  });

  it('gets nowhere with bodies that are huge, deep or no body at all', async () => {
    const klaviyo = await connect('klaviyo');
    const mailchimp = await connect('mailchimp');
    expect((await post(klaviyo, `{"profile":"${'x'.repeat(300 * 1024)}"}`)).status).toBe(413);
    const bomb = gzipSync(Buffer.alloc(20 * 1024 * 1024, ' '));
    const headers = { 'x-mergepix-secret': SECRET, 'content-encoding': 'gzip' };
    const address = `${service.url}/v1/connections/${klaviyo}/webhook`;
    expect((await fetch(address, { method: 'POST', headers, body: new Uint8Array(bomb) })).status).toBe(413);
    const bad = [
      '[',
      'null',
      '7',
      '[]',
      '{}',
      '['.repeat(200_000),
      `${'['.repeat(100_000)}${']'.repeat(100_000)}`,
      '{"__proto__":{"profile":"01PROFILE"}}',
      '{"constructor":{"prototype":{"profile":"01PROFILE"}}}',
      '{"profile":{"toString":"x"}}',
      '{"profile":"../lists"}',
      '{"profile":""}',
      '{"profile":"01PROFILE","pictures":{"0":"x"}}',
      '{"profile":"01PROFILE","pictures":[{}]}',
      JSON.stringify({ profile: 'x', pictures: Array.from({ length: 11 }, () => 'x') }),
    ];
    for (const body of bad) expect((await post(klaviyo, body)).status, body.slice(0, 40)).toBe(400);
    const forms = [
      form('subscribe', {}),
      form('subscribe', { email: 'nobody' }),
      form('subscribe', { email: `${'a'.repeat(70)}@example.com` }),
      form('subscribe', { email: 'a@b', list_id: '../x' }),
      form('upemail', { new_email: 'a@example.com' }),
      'type=subscribe&data[__proto__][email]=a@example.com',
    ];
    for (const body of forms) expect((await post(mailchimp, body)).status, body.slice(0, 60)).toBe(400);
    for (const body of ['', '&&&', 'type=__proto__', 'type=constructor', '%', '\u0000'])
      expect((await post(mailchimp, body)).status, body).toBe(200);
    expect((await post(klaviyo, '')).status).toBe(200);
    expect(asked).toEqual([]);
    expect({}).not.toHaveProperty('profile');
    expect(service.log.join('\n')).not.toContain('01PROFILE');
  });

  it('floods it in vain: what is told again is taken once, and what is too much is turned away', async () => {
    const connection = await connect('klaviyo');
    person('01FLOOD', { COLOR: '#ff0000' });
    const pool = new Pool(service.url, { connections: 20 });
    const headers = { 'x-mergepix-secret': SECRET };
    const statuses = new Set<number>();
    let left = 10_000;
    const send = async () => {
      while (left-- > 0) {
        const path = `/v1/connections/${connection}/webhook`;
        const { statusCode, body } = await pool.request({ method: 'POST', path, headers, body: flowStep('01FLOOD') });
        await body.dump();
        statuses.add(statusCode);
      }
    };
    await Promise.all(Array.from({ length: 20 }, send));
    await pool.close();
    // A machine that takes longer than a minute for them turns nothing away.
    statuses.delete(429);
    expect([...statuses]).toEqual([200]);
    await idle();
    // Twice, if the flood went on from one span of ten minutes into the next.
    expect(asked.length).toBeLessThanOrEqual(2);
  }, 120_000);
});

describe('setting a webhook up', () => {
  it('shows an administrator what to enter, and nobody else', async () => {
    const klaviyo = await connect('klaviyo');
    const mailchimp = await connect('mailchimp');
    const url = await link(klaviyo);
    const { records } = service.services;
    const { id } = await records
      .selectFrom('links')
      .select('id')
      .orderBy('created_at', 'desc')
      .executeTakeFirstOrThrow();
    const shown = await service.api('GET', `/v1/connections/${klaviyo}/webhook-setup?links=${id}`);
    expect(shown).toMatchObject({
      status: 200,
      body: {
        url: `${service.services.publicUrl}/v1/connections/${klaviyo}/webhook`,
        header: { name: 'X-Mergepix-Secret', value: SECRET },
      },
    });
    const body = JSON.parse((shown.body as { body: string }).body) as { profile: string; pictures: string[] };
    expect(body.profile).toBe('{{ person.KlaviyoID }}');
    expect(body.pictures[0]).toContain(new URL(url('0123456789abcdef')).pathname);
    expect((await service.api('GET', `/v1/connections/${mailchimp}/webhook-setup`)).body).toEqual({
      url: `${service.services.publicUrl}/v1/connections/${mailchimp}/webhook?secret=${SECRET}`,
      header: null,
      body: null,
    });
    const { key } = (await service.api('POST', '/v1/keys', { name: 'Editor', role: 'editor' })).body as { key: string };
    expect((await service.api('GET', `/v1/connections/${klaviyo}/webhook-setup`, undefined, key)).status).toBe(403);
    expect((await service.api('GET', `/v1/connections/${klaviyo}/webhook-setup?links=none`)).status).toBe(404);
  });

  it('renews the secret', async () => {
    const connection = await connect('klaviyo');
    const { body } = await service.api('POST', `/v1/connections/${connection}/webhook-setup`, { renew: true });
    const { value } = (body as { header: { value: string } }).header;
    expect(value).not.toBe(SECRET);
    const { records, encryption } = service.services;
    const record = await findAnyConnection(records, connection);
    expect(record && openWebhookSecrets(encryption, record).secret).toBe(value);
    await soon(async () => expect((await post(connection, '', { method: 'GET' })).status).toBe(403));
    expect((await post(connection, '', { method: 'GET', secret: value })).status).toBe(200);
    expect((await service.api('POST', `/v1/connections/${connection}/webhook-setup`, {})).body).toMatchObject({
      code: 'connection_refused',
    });
  });
});
