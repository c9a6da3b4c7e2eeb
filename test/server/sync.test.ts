import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AppError } from '../../core/errors.ts';
import { signReference } from '../../core/links/reference.ts';
import type { PlatformContact } from '../../integrations/connector.ts';
import { readConnection, sealCredentials, sealWebhookSecrets } from '../../server/connections/connection.ts';
import { eraseByKey } from '../../server/connections/follow.ts';
import { keepContacts } from '../../server/connections/pages.ts';
import { eraseContact } from '../../server/erasure/contact.ts';
import type { ConnectionRecord } from '../../server/stores/records/connections.ts';
import { addConnection, changeConnection, findConnection } from '../../server/stores/records/connections.ts';
import { findSync } from '../../server/stores/records/syncs.ts';
import { orderSync } from '../../server/syncs/order.ts';
import { queueDue } from '../../server/syncs/schedule.ts';
import { adminKey, publish, startTestService, swatch, type TestService } from '../e2e/service.ts';
import { describeReal } from '../real/describe.ts';
import { realPostgres } from '../real/postgres.ts';
import { createFakePlatform, type FakePlatform } from './sync-platform.ts';

type Sync = { id: string; state: string; mode: string; notes: string[]; error: string | null } & Record<
  'read' | 'added' | 'changed' | 'unsubscribed' | 'left' | 'erased' | 'written' | 'refused',
  number
>;

let service: TestService;
const platforms = new Map<string, FakePlatform>();
let made = 0;
let platform: FakePlatform;
let connection: string;

/** A connection to an account of its own. */
async function connect(to: FakePlatform, changes: Partial<ConnectionRecord> = {}): Promise<string> {
  const { records, encryption } = service.services;
  const of = { workspace: 'default', id: `connection-${++made}` };
  platforms.set(`account-${made}`, to);
  await addConnection(records, {
    ...of,
    ...{ name: 'Shop', platform: 'klaviyo', account: `account-${made}`, reference_field: 'mergepix' },
    credentials: sealCredentials(encryption, of, { kind: 'key', apiKey: 'pk_of_nobody' }),
    ...{ audiences: '[]', mapping: '{"first_name":"First Name"}' },
    webhook_secret: sealWebhookSecrets(encryption, of, { secret: 'a-secret', signing: [] }),
    ...{ sync_minutes: null, synced_from: null, full_from: null, next_sync_at: null, error: null },
    ...{ warm_sends: 1, look_at: null },
    ...{ created_by: 'admin', created_at: 1 },
    ...changes,
  });
  return of.id;
}

async function sync(mode: 'full' | 'incremental' = 'incremental', of = connection): Promise<Sync> {
  const started = await service.api('POST', `/v1/connections/${of}/sync`, { mode });
  expect(started.status, JSON.stringify(started.body)).toBe(202);
  return over(of, (started.body as Sync).id);
}

async function over(of: string, id: string): Promise<Sync> {
  for (;;) {
    const { body } = await service.api('GET', `/v1/connections/${of}/sync/${id}`);
    if (!['queued', 'running'].includes((body as Sync).state)) return body;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const people = (count: number, from = 0) => Array.from({ length: count }, (_, i) => ({ id: `p${from + i}` }));

/** What each person's reference shows, by the person. */
async function shown(of = platform): Promise<Record<string, unknown>> {
  const entries = [...of.people.values()].map(async ({ id, reference }) => {
    if (reference === null) return [id, null];
    const { body } = await service.api('GET', `/v1/contacts/${reference.slice(0, 16)}`);
    return [id, (body as { fields?: unknown }).fields ?? 'none'];
  });
  return Object.fromEntries(await Promise.all(entries));
}

describe('with its records in SQLite,', () => itSyncs(async () => ({})));
describeReal(realPostgres, 'with its records in PostgreSQL,', (server) =>
  itSyncs(async () => ({ MERGEPIX_DATABASE: await server().makeDatabase() })),
);

function itSyncs(makeDatabase: () => Promise<Record<string, string>>): void {
  beforeAll(async () => {
    service = await startTestService({ MERGEPIX_PUBLIC_URL: 'https://img.example.com', ...(await makeDatabase()) });
    Object.assign(service.services.connectors, {
      open: async ({ account }: ConnectionRecord) => platforms.get(account)?.connector,
    });
  });
  afterAll(() => service.close());
  beforeEach(async () => {
    platform = createFakePlatform();
    connection = await connect(platform);
  });

  describe('a sync', () => {
    it('keeps the mapped fields of every contact and writes a reference for each, which shows them', async () => {
      platform.add(...people(47), {
        id: 'hostile',
        fields: { 'First Name': `Bo "'<&> O’Neil 🎉`, 'Secret Note': 'x' },
      });
      expect(await sync()).toMatchObject({
        state: 'complete',
        mode: 'full',
        read: 48,
        added: 48,
        written: 48,
        error: null,
      });
      expect(await shown()).toMatchObject({
        p0: { first_name: 'Name p0' },
        p46: { first_name: 'Name p46' },
        hostile: { first_name: `Bo "'<&> O’Neil 🎉` },
      });
      expect(platform.asked).toMatchObject({ contacts: 5, writeReferences: 3, ensureField: 1 });
      expect(service.log.join('')).not.toMatch(/Name p|O’Neil/);
    });

    it('finds nothing new in what it has written itself: a second one changes and writes nothing', async () => {
      platform.add(...people(25));
      await sync();
      const references = [...platform.people.values()].map(({ reference }) => reference);
      const again = await sync();
      expect(again).toMatchObject({ mode: 'incremental', read: 25, added: 0, changed: 0, written: 0 });
      expect(await sync('full')).toMatchObject({ mode: 'full', read: 25, added: 0, changed: 0, written: 0, left: 0 });
      expect([...platform.people.values()].map(({ reference }) => reference)).toEqual(references);
      expect(platform.asked.writeReferences).toBe(2);
    });

    it('takes over what has changed, whoever is new, and who does not want mail any more', async () => {
      platform.add(...people(5));
      await sync();
      const [first] = [...platform.people.values()];
      platform.add({ ...first, id: 'p0', fields: { 'First Name': 'Renamed' }, changedAt: Date.now() });
      platform.add({ ...platform.people.get('p1'), id: 'p1', state: 'unsubscribed', reference: null });
      platform.add(
        { id: 'new' },
        { id: 'never-subscribed', state: 'unsubscribed' },
        { id: 'stranger', isMember: false },
      );
      const p1 = (await shown()).p1;
      expect(p1).toBe(null);
      expect(await sync()).toMatchObject({ added: 1, changed: 1, unsubscribed: 1, written: 1 });
      expect(await shown()).toMatchObject({ p0: { first_name: 'Renamed' }, p1: null, new: { first_name: 'Name new' } });
      expect(platform.people.get('stranger')?.reference).toBe(null);
      expect(platform.people.get('never-subscribed')?.reference).toBe(null);
    });

    it('leaves what was set here, and brings back what is mapped', async () => {
      platform.add({ id: 'p0' }, { id: 'p1' });
      await sync();
      const contact = `/v1/contacts/${platform.people.get('p0')?.reference?.slice(0, 16)}`;
      const set = async (fields: object) => expect((await service.api('PATCH', contact, { fields })).status).toBe(200);
      await set({ offer_code: 'VIP20', first_name: 'Typo' });
      expect(await sync('full')).toMatchObject({ changed: 1, written: 0 });
      expect(await shown()).toMatchObject({ p0: { first_name: 'Name p0', offer_code: 'VIP20' } });
      await set({ first_name: null, tier: 'gold' });
      expect(await sync('full')).toMatchObject({ changed: 1 });
      platform.add({ ...platform.people.get('p0'), id: 'p0', fields: { 'First Name': 'Ada' }, changedAt: Date.now() });
      expect(await sync()).toMatchObject({ changed: 1 });
      expect((await shown()).p0).toEqual({ first_name: 'Ada', offer_code: 'VIP20', tier: 'gold' });
      await set({ offer_code: 'VIP30' });
      expect(await sync('full')).toMatchObject({ changed: 0 });
      expect((await shown()).p0).toEqual({ first_name: 'Ada', offer_code: 'VIP30', tier: 'gold' });
    });

    it('keeps nothing of what is mapped no more, and takes over what is mapped now', async () => {
      platform.add({ id: 'p0', fields: { 'First Name': 'Ada', Tier: 'gold', City: 'Rome' } });
      const map = async (mapping: object) =>
        expect((await service.api('PATCH', `/v1/connections/${connection}`, { mapping })).status).toBe(200);
      await map({ first_name: 'First Name', tier: 'Tier' });
      await sync();
      const contact = `/v1/contacts/${platform.people.get('p0')?.reference?.slice(0, 16)}`;
      await service.api('PATCH', contact, { fields: { city: 'Oslo', photo: 'ada.jpg' } });
      await map({ first_name: 'First Name', city: 'City', photo: '' });
      expect(await sync()).toMatchObject({ mode: 'full', changed: 1 });
      expect((await shown()).p0).toEqual({ first_name: 'Ada', city: 'Rome', photo: 'ada.jpg' });
    });

    it('erases whom the platform has deleted, and only leaves alone who left the audiences', async () => {
      platform.add(...people(12));
      await sync();
      const [gone, left] = ['p3', 'p7'].map((id) => platform.people.get(id)?.reference as string);
      platform.people.delete('p3');
      const p7 = platform.people.get('p7') as { changedAt: number };
      platform.people.delete('p7');
      const { connector } = platform;
      const original = connector.gone;
      Object.assign(connector, { gone: async (handles: string[]) => handles.filter((handle) => handle === 'p3') });
      expect(await sync('full')).toMatchObject({ erased: 1, left: 1 });
      expect((await service.api('GET', `/v1/contacts/${gone?.slice(0, 16)}`)).status).toBe(404);
      expect((await service.api('GET', `/v1/contacts/${left?.slice(0, 16)}`)).body).toMatchObject({
        fields: { first_name: 'Name p7' },
      });
      expect(await sync('full')).toMatchObject({ erased: 0, left: 0 });
      Object.assign(connector, { gone: original });
      platform.add({ id: 'p7', ...p7 }, { id: 'p3' });
      expect(await sync('full')).toMatchObject({ added: 2, written: 1 });
      expect(platform.people.get('p7')?.reference).toBe(left);
      expect(platform.people.get('p3')?.reference?.slice(0, 16)).not.toBe(gone?.slice(0, 16));
    });

    it('does not bring back who was deleted while a page with them was on its way, and takes who comes anew', async () => {
      const { services } = service;
      const isMet = (id: string) => platform.people.get(id)?.reference !== null;
      platform.add(...people(12));
      platform.beforePage = async (page) => {
        if (page !== 1) return;
        const record = (await findConnection(services.records, 'default', connection)) as ConnectionRecord;
        await eraseByKey(services, readConnection(record), 'p11');
      };
      expect(await sync()).toMatchObject({ state: 'complete', read: 12, added: 11 });
      expect(isMet('p11')).toBe(false);
      await services.records.updateTable('received').set({ at: 1 }).execute();
      platform.beforePage = () => undefined;
      platform.add({ ...platform.people.get('p11'), id: 'p11', changedAt: Date.now() });
      expect(await sync()).toMatchObject({ state: 'complete' });
      expect(isMet('p11')).toBe(true);
    });

    it('never shows an erased contact again under its old reference', async () => {
      platform.add({ id: 'p0' });
      await sync();
      const before = platform.people.get('p0')?.reference as string;
      expect((await service.api('DELETE', `/v1/contacts/${before.slice(0, 16)}`)).status).toBe(204);
      platform.add({ ...platform.people.get('p0'), id: 'p0', changedAt: Date.now() });
      expect(await sync()).toMatchObject({ added: 1, written: 1 });
      expect(platform.people.get('p0')?.reference).not.toBe(before);
      expect((await service.api('GET', `/v1/contacts/${before.slice(0, 16)}`)).status).toBe(404);
    });

    it('mends references that are copied, made up or of an older key', async () => {
      platform.add(...people(4));
      await sync();
      const own = [...platform.people.values()].map(({ reference }) => reference);
      for (const [id, reference] of [
        ['p0', own[1] as string],
        ['p1', 'nonsense'],
        ['p2', ''],
      ] as const)
        platform.add({ ...platform.people.get(id), id, reference, changedAt: Date.now() });
      expect(await sync()).toMatchObject({ changed: 0, written: 3 });
      expect([...platform.people.values()].map(({ reference }) => reference)).toEqual(own);
    });

    it.each(['full', 'incremental'] as const)(
      'leaves who has another address by now who they are: %s',
      async (mode) => {
        platform.add(...people(25));
        await sync();
        const before = [...platform.people.values()].map(({ id, reference }) => [`${id}@new`, reference] as const);
        platform.people.clear();
        for (const [id, reference] of before) platform.add({ id, reference });
        const [[first], [, reference]] = before as [(typeof before)[0], (typeof before)[0]];
        platform.add({ ...platform.people.get(first), id: first, state: 'unsubscribed' });
        const asked = platform.asked.gone ?? 0;
        expect(await sync(mode)).toMatchObject({ added: 0, changed: 25, unsubscribed: 1, erased: 0, written: 0 });
        // Once for each page.
        expect((platform.asked.gone ?? 0) - asked).toBe(3);
        expect(await shown()).toMatchObject({ 'p1@new': { first_name: 'Name p1@new' } });
        expect(platform.people.get('p1@new')?.reference).toBe(reference);
        expect(await sync('full')).toMatchObject({ added: 0, changed: 0, erased: 0, left: 0 });
      },
    );

    it('takes nobody for the one whose reference they were given, as long as that one is there', async () => {
      platform.add({ id: 'p0' });
      await sync();
      const own = platform.people.get('p0')?.reference as string;
      platform.add({ id: 'copy', reference: own });
      expect(await sync()).toMatchObject({ added: 1, changed: 0, written: 1 });
      expect(platform.people.get('copy')?.reference).not.toBe(own);
      expect(await shown()).toMatchObject({ p0: { first_name: 'Name p0' }, copy: { first_name: 'Name copy' } });
    });

    it('stops where another workspace writes its references into the same field, but not for one that was copied', async () => {
      const { records, signingKeys } = service.services;
      await service.api('POST', '/v1/workspaces', { id: 'other', name: 'Other' });
      const contacts = people(12).map((_, i) =>
        `of-the-other-${String(made).padStart(3, '0')}${i}`.padEnd(16, '-').slice(-16),
      );
      await records
        .insertInto('contacts')
        .values(
          contacts.map((id) => ({
            ...{ id, workspace: 'other', external_key: null, fields: '', version: 1 },
            ...{ created_at: 1, updated_at: 1, erased_at: null },
          })),
        )
        .execute();
      platform.add({ id: 'p0', reference: signReference(contacts[0] as string, signingKeys[0]) }, { id: 'p1' });
      expect(await sync()).toMatchObject({ state: 'complete', written: 2 });
      platform.add(...contacts.map((id, i) => ({ id: `q${i}`, reference: signReference(id, signingKeys[0]) })));
      expect(await sync('full')).toMatchObject({
        state: 'failed',
        error: expect.stringContaining('Another workspace'),
      });
    });

    it('waits for jobs of the platform, counts what they refuse and says why, without whom', async () => {
      platform.jobLooks = 1;
      platform.refuse = (handle) => (handle === 'p2' ? 'bo@example.com is not a valid address' : undefined);
      platform.add(...people(25));
      const done = await sync();
      expect(done).toMatchObject({ state: 'complete', added: 25, written: 24, refused: 1 });
      expect(done.notes).toEqual([expect.stringContaining('is not a valid address')]);
      expect(JSON.stringify(done)).not.toContain('bo@');
      expect(await sync()).toMatchObject({ changed: 0, written: 0, refused: 0 });
    });

    it('writes nothing without a public address, and says so', async () => {
      const { config } = service.services;
      const { publicUrl } = service.services;
      Object.assign(service.services, { publicUrl: 'http://localhost:8080' });
      platform.add(...people(3));
      const done = await sync();
      Object.assign(service.services, { publicUrl });
      expect(config.allowAddresses).toEqual([]);
      expect(done).toMatchObject({ state: 'complete', added: 3, written: 0 });
      expect(done.notes.join()).toContain('Set MERGEPIX_PUBLIC_URL');
      expect(platform.asked.writeReferences ?? 0).toBe(0);
      expect(await sync()).toMatchObject({ written: 3 });
    });
  });

  describe('a sync that is interrupted', () => {
    it('goes on after its last page while the platform is away, and says meanwhile what it waits for', async () => {
      platform.add(...people(45));
      let isDown = true;
      platform.beforePage = (page) => {
        if (page === 2 && isDown) {
          isDown = false;
          throw new AppError(
            'platform_unavailable',
            'Klaviyo did not answer well several times over: try again later.',
          );
        }
      };
      expect(await sync()).toMatchObject({ state: 'complete', read: 45, added: 45, written: 45, error: null });
      expect(platform.asked.contacts).toBe(5);
    }, 20_000);

    it('ends with the sentence of the platform when that refuses it, and is not started again before that is mended', async () => {
      platform.add(...people(5));
      const sentence = 'Klaviyo does not know this key: make a new one.';
      platform.beforePage = () => {
        throw new AppError('connection_refused', sentence);
      };
      expect(await sync()).toMatchObject({ state: 'failed', error: sentence });
      expect((await service.api('GET', `/v1/connections/${connection}`)).body).toMatchObject({ error: null });
      Object.assign(platform.connector, { check: () => Promise.reject(new AppError('connection_refused', sentence)) });
      expect(await sync()).toMatchObject({ state: 'failed', error: sentence });
      const refused = await service.api('POST', `/v1/connections/${connection}/sync`, {});
      expect([refused.status, refused.body]).toMatchObject([422, { code: 'connection_refused', detail: sentence }]);
    });

    it('ends with its workspace: nothing more is asked of the platform', async () => {
      const { services } = service;
      const workspace = `closing-${made}`;
      await service.api('POST', '/v1/workspaces', { id: workspace, name: 'Closing' });
      platform.add(...people(5));
      const of = await connect(platform, { workspace });
      expect((await service.api('DELETE', `/v1/workspaces/${workspace}`)).status).toBe(204);
      const { id } = await orderSync(services, { workspace, id: 'cli' }, of, 'full');
      const ended = () => findSync(services.records, { workspace, connection: of }, id);
      await expect.poll(async () => (await ended())?.state, { timeout: 10_000 }).toBe('failed');
      expect((await ended())?.error).toBe('The workspace of this connection is closed.');
      expect(platform.asked).toEqual({});
    });

    it('is the only one of its connection, and stops when it is cancelled', async () => {
      platform.add(...people(60));
      platform.beforePage = () => new Promise((resolve) => setTimeout(resolve, 50));
      const path = `/v1/connections/${connection}/sync`;
      const { id } = (await service.api('POST', path, {})).body as Sync;
      expect((await service.api('POST', path, {})).body).toMatchObject({ code: 'sync_pending' });
      expect((await service.api('DELETE', `${path}/${id}`)).status).toBe(204);
      platform.beforePage = () => undefined;
      expect(await sync()).toMatchObject({ state: 'complete', mode: 'full' });
      expect((await service.api('GET', `${path}/${id}`)).body).toMatchObject({ state: 'cancelled' });
      const { data } = (await service.api('GET', path)).body as { data: Sync[] };
      expect(data.map(({ state }) => state)).toEqual(['complete', 'cancelled']);
    });

    it('reads everything again, into the same contacts, when other fields are mapped', async () => {
      platform.add(...people(25).map((each) => ({ ...each, fields: { 'First Name': 'Bo', Tier: 'gold' } })));
      await sync();
      const mapping = { first_name: 'First Name', tier: 'Tier' };
      expect((await service.api('PATCH', `/v1/connections/${connection}`, { mapping })).status).toBe(200);
      expect(await sync()).toMatchObject({ mode: 'full', changed: 25, written: 0 });
      expect(await shown()).toMatchObject({ p0: { first_name: 'Bo', tier: 'gold' } });
    });
  });

  describe('contacts that are kept twice at once', () => {
    const keep = async (contacts: readonly PlatformContact[]) => {
      const { services } = service;
      const record = (await findConnection(services.records, 'default', connection)) as ConnectionRecord;
      return keepContacts(services, readConnection(record), contacts, {
        seen: '1',
        askedAt: Date.now(),
        isFull: false,
        gone: (handles) => platform.connector.gone(handles, new AbortController().signal),
      });
    };
    const told = (key: string, name: string, reference: string | null = null): PlatformContact => ({
      ...{ key, handle: key, state: 'active', isMember: true, reference, fields: { 'First Name': name } },
    });

    it('are kept once, and the last one wins', async () => {
      const kept = await Promise.all(
        ['Bo', 'Bo', 'Zoe', 'Bo'].map((name) => keep(people(30).map(({ id }) => told(id, name)))),
      );
      for (const each of kept) expect([...(each?.ids ?? [])]).toEqual([...(kept[0]?.ids ?? [])]);
      expect(kept.map((each) => each?.added).sort()).toEqual([0, 0, 0, 30]);
      const { body } = await service.api('GET', `/v1/contacts/${kept[0]?.ids.get('p0')}`);
      expect(['Bo', 'Zoe']).toContain((body as { fields: { first_name: string } }).fields.first_name);
    });

    it('leave no trace of somebody who is erased meanwhile', async () => {
      platform.add({ id: 'p0' });
      await sync();
      const id = platform.people.get('p0')?.reference?.slice(0, 16) as string;
      await Promise.all([
        keep([told('p0', 'Name p0', 'changed by hand')]),
        service.api('DELETE', `/v1/contacts/${id}`),
      ]);
      const rows = await service.services.records
        .selectFrom('connection_contacts')
        .select('contact')
        .where('connection', '=', connection)
        .execute();
      expect(rows.map(({ contact }) => contact)).not.toContain(id);
    });

    it('leave no trace of somebody who is being erased, when only the reference is to be written', async () => {
      platform.add({ id: 'p0' });
      await sync();
      const id = platform.people.get('p0')?.reference?.slice(0, 16) as string;
      const { services } = service;
      let keeping: Promise<unknown> = Promise.resolve();
      await eraseContact(services, { workspace: 'default', id: 'admin' }, id, async () => {
        keeping = keep([told('p0', 'Name p0', 'changed by hand')]);
        // It waits for what is not committed yet, or will.
        await new Promise((resolve) => setTimeout(resolve, 200));
      });
      const kept = (await keeping) as Awaited<ReturnType<typeof keep>>;
      expect(kept?.ids.get('p0')).not.toBe(id);
      const rows = await services.records
        .selectFrom('connection_contacts')
        .select('contact')
        .where('connection', '=', connection)
        .execute();
      expect(rows).toEqual([{ contact: kept?.ids.get('p0') }]);
    });
  });

  describe('two accounts synced at once', () => {
    it('never mix', async () => {
      const other = createFakePlatform({ pageSize: 7, writesAtOnce: 5 });
      const second = await connect(other);
      platform.add(...people(60).map((each) => ({ ...each, fields: { 'First Name': 'Of the first' } })));
      other.add(...people(60).map((each) => ({ ...each, fields: { 'First Name': 'Of the second' } })));
      const [a, b] = await Promise.all([sync('full'), sync('full', second)]);
      expect([a.written, b.written]).toEqual([60, 60]);
      for (const fields of Object.values(await shown(platform))) expect(fields).toEqual({ first_name: 'Of the first' });
      for (const fields of Object.values(await shown(other))) expect(fields).toEqual({ first_name: 'Of the second' });
    });
  });

  describe('the schedule', () => {
    it('queues what is due once, however many processes look, and leaves what is refused alone', async () => {
      const { services } = service;
      const now = Date.now();
      const due = await connect(createFakePlatform(), { sync_minutes: 60, next_sync_at: now - 1 });
      const later = await connect(createFakePlatform(), { sync_minutes: 60, next_sync_at: now + 60_000 });
      const refused = await connect(createFakePlatform(), { sync_minutes: 60, next_sync_at: now - 1, error: 'No.' });
      await Promise.all([queueDue(services, now), queueDue(services, now)]);
      await queueDue(services, now + 1);
      const count = async (id: string) =>
        ((await service.api('GET', `/v1/connections/${id}/sync`)).body as { data: unknown[] }).data.length;
      expect([await count(due), await count(later), await count(refused)]).toEqual([1, 0, 0]);
      const [{ id }] = ((await service.api('GET', `/v1/connections/${due}/sync`)).body as { data: [Sync] }).data;
      expect(await over(due, id)).toMatchObject({ state: 'complete' });
      const metrics = await fetch(`${service.url}/metrics`, { headers: { authorization: `Bearer ${adminKey}` } });
      const told = await metrics.text();
      expect(told).toMatch(/mergepix_syncs_total\{platform="klaviyo",state="complete"\} [1-9]/);
      expect(told).toMatch(/mergepix_synced_contacts_total\{platform="klaviyo",what="written"\} [1-9]/);
      expect(told).toMatch(/mergepix_sync_age_seconds\{platform="klaviyo"\} \d/);
      await changeConnection(services.records, { workspace: 'default', id: due }, { sync_minutes: null });
    });

    it('goes on after the clock was far ahead, and reads everything again', async () => {
      const { services } = service;
      const now = Date.now();
      const year = 365 * 24 * 3_600_000;
      const [week, hour] = [7 * 24 * 60, 60];
      const asOf = (sync_minutes: number, ahead: number) =>
        connect(createFakePlatform(), {
          ...{ sync_minutes, next_sync_at: now + ahead, synced_from: now + ahead, full_from: now - 1 },
        });
      const [ahead, alone] = [await asOf(week, year), await asOf(week, week * 60_000)];
      const often = await asOf(hour, 2 * hour * 60_000);
      await queueDue(services, now);
      const modes = async (id: string) =>
        ((await service.api('GET', `/v1/connections/${id}/sync`)).body as { data: Sync[] }).data.map(
          ({ mode }) => mode,
        );
      expect([await modes(ahead), await modes(alone), await modes(often)]).toEqual([['full'], [], ['full']]);
      for (const id of [ahead, alone, often])
        await changeConnection(services.records, { workspace: 'default', id }, { sync_minutes: null });
    });
  });

  describe('the fields of a connection', () => {
    it('are told with what each contact has in them for a template, and no value', async () => {
      await publish(service, swatch());
      Object.assign(platform.connector, {
        fields: async () => ['First Name', 'Shirt Colour', 'Shoe'].map((tag) => ({ tag, title: tag, type: 'text' })),
      });
      const values = { 'First Name': 'Amira', 'Shirt Colour': '#ff0000', Shoe: 'brown' };
      platform.add(...people(18).map((each) => ({ ...each, fields: values })));
      platform.add(
        ...people(2, 18).map((each) => ({ ...each, fields: { 'First Name': ' ', 'Shirt Colour': 'red-ish' } })),
      );
      const path = `/v1/connections/${connection}/fields`;
      const { status, body } = await service.api('GET', `${path}?template=swatch`);
      expect([status, body]).toEqual([
        200,
        {
          contacts: 20,
          fields: ['First Name', 'Shirt Colour', 'Shoe'].map((tag) => ({ tag, title: tag, type: 'text' })),
          template: [
            {
              ...{ field: 'first_name', tag: 'First Name', isMapped: true },
              coverage: { filled: 0.9, junk: 0, sentence: 'first_name filled for 90%' },
            },
            {
              ...{ field: 'color', tag: 'Shirt Colour', isMapped: false },
              coverage: { filled: 1, junk: 0.1, sentence: 'color filled for 100%, 10% look like junk' },
            },
          ],
        },
      ]);
      expect(JSON.stringify(body)).not.toMatch(/Amira|ff0000/);
      expect((await service.api('GET', path)).body).toMatchObject({ contacts: 0, template: [] });
      expect((await service.api('GET', `${path}?template=nothing`)).status).toBe(404);
    });
  });
}
