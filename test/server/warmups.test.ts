import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import sharp from 'sharp';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AppError } from '../../core/errors.ts';
import { sealCredentials, sealWebhookSecrets } from '../../server/connections/connection.ts';
import { addConnection, type ConnectionRecord } from '../../server/stores/records/connections.ts';
import { look, publish, startTestService, swatch, type TestService } from '../e2e/service.ts';
import { startReceiver } from '../fakes/receiver.ts';
import { createFakePlatform, type FakePlatform } from './sync-platform.ts';

type Warmup = { id: string; state: string; attention: string[]; error: string | null } & Record<string, unknown>;

let service: TestService;
/** Where the pictures of links are, by their ids. */
const addresses = new Map<string, string>();
const platforms = new Map<string, FakePlatform>();
let made = 0;
let platform: FakePlatform;
let connection: string;
let link: string;

beforeAll(async () => {
  service = await startTestService({
    MERGEPIX_PUBLIC_URL: 'https://img.example.com',
    // One of this process alone: a process apart would not find the platforms made here.
    MERGEPIX_CACHE: 'memory:',
    MERGEPIX_CACHE_MB: '16',
    MERGEPIX_ALLOW_ADDRESSES: '127.0.0.1',
  });
  Object.assign(service.services.connectors, {
    open: async ({ account }: ConnectionRecord) => platforms.get(account)?.connector,
  });
  await publish(service, swatch());
  link = await makeLink('swatch');
});
afterAll(() => service.close());
beforeEach(async () => {
  platform = createFakePlatform();
  connection = await connect(platform);
});

/** A connection to an account of its own, and its references kept there by the next sync. */
async function connect(to: FakePlatform, changes: Partial<ConnectionRecord> = {}): Promise<string> {
  const { records, encryption } = service.services;
  const of = { workspace: 'default', id: `connection-${++made}` };
  platforms.set(`account-${made}`, to);
  await addConnection(records, {
    ...of,
    ...{ name: 'Shop', platform: 'klaviyo', account: `account-${made}`, reference_field: 'mergepix' },
    credentials: sealCredentials(encryption, of, { kind: 'key', apiKey: 'pk_of_nobody' }),
    ...{ audiences: '[]', mapping: '{"first_name":"First Name","color":"Colour"}' },
    webhook_secret: sealWebhookSecrets(encryption, of, { secret: 'a-secret', signing: [] }),
    ...{ sync_minutes: null, synced_from: null, full_from: null, next_sync_at: null, error: null },
    ...{ warm_sends: 1, look_at: null },
    ...{ created_by: 'admin', created_at: 1 },
    ...changes,
  });
  return of.id;
}

async function makeLink(template: string, changes: object = {}): Promise<string> {
  const answer = await service.api('POST', '/v1/links', { template, platform: 'klaviyo', ...changes });
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  const { id, url } = answer.body as { id: string; url: string };
  addresses.set(id, new URL(url).pathname);
  return id;
}

async function order(changes: object = {}): Promise<Warmup> {
  const answer = await service.api('POST', '/v1/warmups', { links: [link], connection, ...changes });
  expect(answer.status, JSON.stringify(answer.body)).toBe(202);
  return answer.body;
}

async function over({ id }: { id: string }): Promise<Warmup> {
  for (;;) {
    const { body } = await service.api('GET', `/v1/warmups/${id}`);
    if (!/queued|running/.test((body as Warmup).state)) return body;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const warm = async (changes: object = {}): Promise<Warmup> => over(await order(changes));
const reportOf = async ({ id }: { id: string }): Promise<Record<string, unknown>> =>
  (await service.api('GET', `/v1/warmups/${id}/report`)).body;

/** People who all look different, unless they are said to look the same. */
const people = (count: number, changes: (i: number) => Record<string, unknown> = () => ({})) =>
  Array.from({ length: count }, (_, i) => ({
    id: `p${i}`,
    fields: { 'First Name': `Name ${i} of ${made}`, Colour: '#ff0000', ...changes(i) },
  }));

async function written(of = platform): Promise<string[]> {
  for (let i = 0; i < 300; i++) {
    const references = [...of.people.values()].flatMap(({ reference }) => reference ?? []);
    if (references.length === of.people.size) return references;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error('the references were not written to the platform');
}

async function outcomeFor(reference: string, of = link, query = ''): Promise<string | null> {
  return (await look(`${service.url}${addresses.get(of)}?c=${reference}${query}`)).outcome;
}

describe('a warm-up', () => {
  it('makes the picture of everybody in the audience, so that each is answered from the cache', async () => {
    platform.add(...people(45));
    const done = await warm();
    expect(done).toMatchObject({
      ...{ state: 'complete', error: null, contacts: 45, pictures: 45, ready: 45, made: 45, warm: 0, failed: 0 },
    });
    for (const reference of await written()) expect(await outcomeFor(reference)).toBe('hit');
    expect(service.log.join('')).not.toMatch(/Name \d/);
  }, 30_000);

  it('makes what looks the same once, and nothing that is there', async () => {
    platform.add(...people(30, (i) => ({ 'First Name': `Twin ${i % 3} ${made}` })));
    expect(await warm()).toMatchObject({ contacts: 30, pictures: 3, made: 3, warm: 0 });
    expect(await warm()).toMatchObject({ contacts: 30, pictures: 3, made: 0, warm: 3, ready: 3 });
  }, 30_000);

  it('makes a link in the formats and scales that are named, and counts each contact once', async () => {
    platform.add(...people(4, (i) => (i === 0 ? { 'First Name': '' } : {})));
    const many = await makeLink('swatch', { formats: ['png', 'jpeg'], scales: [2] });
    const done = await warm({ links: [many, `${many}@2x.jpg`, `${many}@1x.png`, `${many}@3x.webp`] });
    // The last two are the link's own: it allows neither that scale nor that format.
    expect(done).toMatchObject({
      state: 'complete',
      links: [many, `${many}@2x.jpg`],
      contacts: 4,
      pictures: 8,
      made: 8,
    });
    const { fields, worst } = await reportOf(done);
    expect(fields).toEqual([{ link: many, field: 'first_name', counts: { blank: 1 } }]);
    const blank = (worst as { url: string; why: string[] }[]).filter(({ why }) => why.includes('blank'));
    expect(blank.map(({ url }) => /(?:@2x)?\.\w+(?=\?)/.exec(url)?.[0]).sort()).toEqual(['.png', '@2x.jpg']);
    const other = (addresses.get(many) ?? '').replace(/\.png$/, '@2x.jpg');
    for (const reference of await written()) {
      const picture = await look(`${service.url}${other}?c=${reference}`);
      expect(picture).toMatchObject({ outcome: 'hit', width: 200 });
      expect(picture.headers.get('content-type')).toBe('image/jpeg');
    }
  });

  it('takes fresh values, of those who get the send and nobody else', async () => {
    const of = (id: string, ...audiences: string[]) => ({ id, audiences, fields: { 'First Name': `${id} ${made}` } });
    platform.add(of('in', 'list'), of('both', 'list', 'not'), of('out', 'other'));
    platform.add({ ...of('gone', 'list'), state: 'unsubscribed' });
    const done = await warm({ audiences: ['list'], excluded: ['not'] });
    expect(done).toMatchObject({ state: 'complete', contacts: 1, pictures: 1, audiences: ['list'], excluded: ['not'] });
    platform.add({ ...platform.people.get('in'), id: 'in', fields: { 'First Name': `changed ${made}` } });
    // Named twice, they are read once.
    const twice = await warm({ audiences: ['list', 'list'], excluded: ['not', 'not'] });
    expect(twice).toMatchObject({ contacts: 1, made: 1, audiences: ['list'], excluded: ['not'] });
  }, 30_000);

  it('leaves out who has left the lists of its send, who is a contact of the others as before', async () => {
    platform.add(...people(3));
    await warm();
    const [person] = platform.people.values();
    if (person) person.state = 'unsubscribed';
    expect(await warm({ audiences: ['list'] })).toMatchObject({ state: 'complete', contacts: 2 });
    const { records } = service.services;
    const kept = await records
      .selectFrom('connection_contacts')
      .where('connection', '=', connection)
      .select('state')
      .execute();
    expect(kept.map(({ state }) => state)).toEqual(['active', 'active', 'active']);
  }, 30_000);

  it('is one for a send: the same order gives it again, another one takes its place', async () => {
    platform.add(...people(3));
    const first = await order({ send: 'summer', sendAt: '2031-01-01T10:00:00Z' });
    expect((await order({ send: 'summer', sendAt: '2031-01-01T10:00:00Z' })).id).toBe(first.id);
    await over(first);
    expect((await order({ send: 'summer', sendAt: '2031-01-01T10:00:00Z' })).id).toBe(first.id);
    const moved = await order({ send: 'summer', sendAt: '2031-01-01T11:00:00Z' });
    expect(moved.id).not.toBe(first.id);
    expect(await over(moved)).toMatchObject({ state: 'complete', made: 0, warm: 3 });
  }, 30_000);

  it('tells afterwards how many requests of the send came from the cache', async () => {
    platform.add(...people(4));
    const own = await makeLink('swatch');
    const done = await warm({ links: [own], send: 'autumn' });
    expect(done.served).toBe(null);
    for (const reference of await written()) await outcomeFor(reference, own, '&s=autumn');
    await outcomeFor('', own, '&s=autumn');
    await service.services.observed.flush();
    expect((await over(done)).served).toEqual({ requests: 5, hits: 4, share: 0.8 });
  }, 30_000);

  it('stops when it is cancelled, and what it has made stays', async () => {
    platform.add(...people(25));
    let isOpen = () => {};
    const gate = new Promise<void>((resolve) => {
      isOpen = resolve;
    });
    platform.beforePage = (page) => (page === 2 ? gate : undefined);
    const running = await order();
    expect((await service.api('DELETE', `/v1/warmups/${running.id}`)).status).toBe(204);
    isOpen();
    expect(await over(running)).toMatchObject({ state: 'cancelled' });
    expect((await service.api('DELETE', '/v1/warmups/nothing')).status).toBe(404);
  }, 30_000);

  it('makes those of all contacts of the workspace where no connection is named', async () => {
    const own = await startTestService({ MERGEPIX_PUBLIC_URL: 'https://img.example.com' });
    await publish(own, swatch());
    const { body } = await own.api('POST', '/v1/links', { template: 'swatch', platform: 'klaviyo' });
    for (const name of ['Amira', 'Bo', 'Bo'])
      await own.api('POST', '/v1/contacts', { key: `${name} ${Math.random()}`, fields: { first_name: name } });
    const answer = await own.api('POST', '/v1/warmups', { links: [(body as { id: string }).id] });
    const { id } = answer.body as Warmup;
    let done: Warmup | undefined;
    while (!done || /queued|running/.test(done.state)) done = (await own.api('GET', `/v1/warmups/${id}`)).body;
    expect(done).toMatchObject({ state: 'complete', contacts: 3, pictures: 2, made: 2 });
    // Nobody has a colour, and there is no mapping that could have forgotten it.
    expect(done?.attention).toEqual(['blank']);
    const { body: report } = await own.api('GET', `/v1/warmups/${id}/report`);
    expect(report).toMatchObject({ unmapped: [], fields: [{ field: 'color', counts: { blank: 3 } }] });
    await own.close();
  }, 30_000);
});

describe('the report of a warm-up', () => {
  it('counts blanks and junk by field, and shows the worst pictures without a name', async () => {
    platform.add(
      ...people(10, (i) => ({
        'First Name': i < 4 ? '' : i === 4 ? '{{ first_name }}' : `Name ${i} ${made}`,
        Colour: i === 5 ? 'no colour at all' : '#00ff00',
      })),
    );
    const done = await warm();
    expect(done).toMatchObject({ state: 'complete', attention: expect.arrayContaining(['blank', 'junk']) });
    const report = await reportOf(done);
    expect(report.fields).toEqual(
      expect.arrayContaining([
        { link, field: 'first_name', counts: { blank: 4, unreplaced: 1 } },
        { link, field: 'color', counts: { invalid: 1 } },
      ]),
    );
    const worst = report.worst as { url: string; why: string[] }[];
    expect(worst.length).toBeGreaterThan(1);
    expect(JSON.stringify(report)).not.toMatch(/Name \d/);
    const { pathname, search } = new URL(worst[0]?.url ?? '');
    expect((await look(service.url + pathname + search)).outcome).toBe('hit');
  }, 30_000);

  it('calls for attention where a field is forgotten, which is blank for nobody', async () => {
    const bare = await connect(platform, { mapping: '{"color":"Colour"}' });
    platform.add(...people(3));
    const done = await warm({ connection: bare });
    expect(done).toMatchObject({ state: 'complete', attention: ['unmapped'] });
    expect(await reportOf(done)).toMatchObject({ unmapped: [{ link, field: 'first_name' }], fields: [], worst: [] });
  }, 30_000);

  it('is quiet about a field that is left out on purpose, also once it is, and keeps nothing of it', async () => {
    const bare = await connect(platform, { mapping: '{"first_name":"First Name"}' });
    platform.add(...people(3, () => ({ '': '#00ff00' })));
    expect(await warm({ connection: bare, send: 'winter' })).toMatchObject({ attention: ['unmapped'] });
    const mapping = { first_name: 'First Name', color: '' };
    const changed = await service.api('PATCH', `/v1/connections/${bare}`, { mapping });
    expect(changed).toMatchObject({ status: 200, body: { mapping } });
    const done = await warm({ connection: bare, send: 'winter' });
    expect(done).toMatchObject({ state: 'complete', attention: [], pictures: 3, warm: 3 });
    expect(await reportOf(done)).toMatchObject({ unmapped: [], fields: [], worst: [] });
  }, 30_000);

  it('tells which fields no contact can have, and texts that did not fit', async () => {
    const bare = await connect(platform, { mapping: '{"first_name":"First Name"}' });
    platform.add(...people(3, (i) => ({ 'First Name': `Wwwwwwwwwwwwwwwwwwwwww Mmmmmmmmmmmmmmm ${i}` })));
    const report = await reportOf(await warm({ connection: bare }));
    expect(report).toMatchObject({ unmapped: [{ link, field: 'color' }], overflows: 3, contacts: 3 });
  }, 30_000);

  it('counts whom the platform has taken no reference of: they will see the defaults', async () => {
    platform.refuse = () => 'no such property';
    platform.add(...people(5));
    const done = await warm();
    expect(done).toMatchObject({ state: 'complete', made: 5, attention: ['defaults'] });
    expect(await reportOf(done)).toMatchObject({ defaults: 5 });
  }, 30_000);

  it('counts pictures of contacts that cannot be had, each once, and makes the others', async () => {
    const png = await sharp({ create: { width: 8, height: 8, channels: 3, background: '#123456' } })
      .png()
      .toBuffer();
    const asked: string[] = [];
    const host = createServer((request, response) => {
      asked.push(request.url ?? '');
      if (request.url?.startsWith('/gone')) return response.writeHead(404).end();
      response.writeHead(200, { 'content-type': 'image/png' }).end(png);
    });
    await new Promise<void>((resolve) => host.listen(0, '127.0.0.1', resolve));
    const at = `http://127.0.0.1:${(host.address() as AddressInfo).port}`;
    await publish(
      service,
      swatch({
        name: 'portrait',
        fields: {
          first_name: { type: 'text', fallback: 'there' },
          photo: { type: 'image', hosts: [new URL(at).host], fallback: { initials: 'first_name' } },
        },
        layers: [
          { id: 'photo', type: 'image', src: '{{ photo }}', box: { x: 0, y: 0, width: 40, height: 40 } },
          ...swatch().layers.slice(1),
        ],
      }),
    );
    const portrait = await makeLink('portrait');
    const own = await connect(platform, { mapping: '{"first_name":"First Name","photo":"Photo"}' });
    platform.add(...people(9, (i) => ({ Photo: `${at}/${i % 3 === 0 ? 'gone' : 'there'}` })));
    const done = await warm({ connection: own, links: [portrait] });
    expect(done).toMatchObject({ contacts: 9, pictures: 9, made: 6, failed: 3, attention: ['failed'] });
    expect(await reportOf(done)).toMatchObject({ deadAssets: 1, deadContacts: 3, failures: { image_missing: 3 } });
    expect(asked.filter((path) => path === '/gone').length).toBe(1);
    // In two links, it is still one contact who lacks it.
    const both = await warm({ connection: own, links: [portrait, await makeLink('portrait')] });
    expect(both.failed).toBe(6);
    expect(await reportOf(both)).toMatchObject({ deadAssets: 1, deadContacts: 3 });
    host.close();
  }, 30_000);

  it('is refused before anything is made when the cache has no room, and says what to set', async () => {
    platform = createFakePlatform({ pageSize: 500 });
    const large = await connect(platform);
    platform.add(...people(2700));
    const done = await warm({ connection: large });
    expect(done).toMatchObject({ state: 'refused', attention: ['refused'], pictures: 2700 });
    expect(done.error).toMatch(/set MERGEPIX_CACHE_MB to \d+ or more/);
    expect(done.made).toBe(0);
  }, 60_000);
});

describe('a warm-up that somebody should look at', () => {
  it('is told of once, before its send: to whoever asked, in the log and in the metrics', async () => {
    const receiver = await startReceiver();
    const events = ['warmup.attention', 'warmup.finished'];
    expect((await service.api('POST', '/v1/hooks', { url: `${receiver.url}/hook`, events })).status).toBe(201);
    // So slow that no reference is there by the time of the send.
    platform.jobLooks = 1000;
    platform.add(...people(25));
    const { id } = await warm({ send: 'too-soon', sendAt: new Date(Date.now() + 20).toISOString() });
    await expect.poll(() => receiver.received.length, { timeout: 10_000 }).toBe(3);
    const told = receiver.received.map(({ body }) => JSON.parse(body) as { type: string; data: object });
    // The platform has not taken the references of those who were new by the time of the send either.
    for (const cause of ['late', 'defaults'])
      expect(told).toContainEqual(
        expect.objectContaining({
          type: 'warmup.attention',
          data: expect.objectContaining({ id, connection, send: 'too-soon', causes: [cause] }),
        }),
      );
    expect(told.find(({ type }) => type === 'warmup.finished')?.data).toMatchObject({
      ...{ id, state: 'complete', contacts: 25, made: 25, failed: 0 },
    });
    const lines = service.log.filter((line) => line.includes('"warmup.attention"') && line.includes(id));
    expect(lines.map((line) => JSON.parse(line).reason)).toContain('late');
    const metrics = await service.api('GET', '/metrics');
    expect(metrics.body).toMatch(/mergepix_warmup_attention_total\{cause="late"\} 1/);
    await receiver.close();
  }, 30_000);

  it('ends when the platform refuses the connection, and says what it said', async () => {
    platform.beforePage = () => {
      throw new AppError('connection_refused', 'The key may not read profiles: make another one.');
    };
    expect(await warm()).toMatchObject({
      ...{ state: 'failed', attention: ['stopped'], error: 'The key may not read profiles: make another one.' },
    });
  }, 30_000);
});

describe('somebody who is erased while their picture is on its way', () => {
  it('has none in the end', async () => {
    platform.add(...people(12));
    const first = await warm();
    const [reference = ''] = await written();
    const id = reference.slice(0, 16);
    expect((await service.api('DELETE', `/v1/contacts/${id}`)).status).toBe(204);
    platform.people.delete('p0');
    expect(await warm()).toMatchObject({ state: 'complete', contacts: 11 });
    expect(await outcomeFor(reference)).toBe('neutral; erased');
    expect(JSON.stringify(await reportOf(first))).not.toContain(id);
  }, 30_000);
});

describe('ordering a warm-up', () => {
  it('refuses what shows nothing or is not there', async () => {
    const status = async (body: object) => (await service.api('POST', '/v1/warmups', body)).status;
    expect(await status({ links: ['nothing'] })).toBe(404);
    expect(await status({ links: [link], connection: 'nothing' })).toBe(404);
    expect(await status({ links: [] })).toBe(400);
    expect(await status({ links: [link], audiences: ['list'] })).toBe(400);
    const revoked = await makeLink('swatch');
    await service.api('DELETE', `/v1/links/${revoked}`);
    expect(await status({ links: [revoked] })).toBe(422);
    const ended = await connect(platform, { error: 'The key was taken back.' });
    expect(await status({ links: [link], connection: ended })).toBe(422);
  });
});
