import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FakeKlaviyo, startFakeKlaviyo } from '../fakes/klaviyo.ts';
import { addList, addMember, createAccount, type FakeMailchimp, startFakeMailchimp } from '../fakes/mailchimp.ts';
import { startTestService, type TestService } from './service.ts';

type Entry = { id: string; reference: string; version: number; updatedAt: string };

let klaviyo: FakeKlaviyo;
let mailchimp: FakeMailchimp;
let service: TestService;
beforeAll(async () => {
  klaviyo = await startFakeKlaviyo({ limits: Number.POSITIVE_INFINITY, importMs: 50 });
  mailchimp = await startFakeMailchimp({ accounts: [] });
  service = await startTestService({
    MERGEPIX_PUBLIC_URL: 'https://img.example.com',
    MERGEPIX_KLAVIYO_URL: klaviyo.url,
    MERGEPIX_MAILCHIMP_URL: mailchimp.url,
  });
  // The first call loads the platform's library, which takes long on a busy machine, however it ends.
  await service.api('POST', '/v1/connections', { platform: 'klaviyo', apiKey: klaviyo.addAccount().apiKey });
});
afterAll(async () => {
  await service.close();
  await Promise.all([klaviyo.close(), mailchimp.close()]);
});

const find = (by: object) => service.api('POST', '/v1/contacts/find', by);
const found = async (by: object): Promise<Entry[]> => ((await find(by)).body as { data: Entry[] }).data;

/** A connection whose contacts have been synced. */
async function connected(order: object): Promise<string> {
  const { id } = (await service.api('POST', '/v1/connections', { mapping: { first_name: 'FNAME' }, ...order }))
    .body as { id: string };
  const sync = (await service.api('POST', `/v1/connections/${id}/sync`, { mode: 'full' })).body as { id: string };
  for (;;) {
    const { body } = await service.api('GET', `/v1/connections/${id}/sync/${sync.id}`);
    if (!/queued|running/.test((body as { state: string }).state)) {
      expect(body).toMatchObject({ state: 'complete', error: null });
      return id;
    }
    await pause(20);
  }
}

describe('a contact', () => {
  it('is found by our id, its reference and the key it was kept under', async () => {
    const { body } = await service.api('POST', '/v1/contacts', { key: 'crm-42', fields: { first_name: 'Amira' } });
    const { id, reference, version, updatedAt } = body as Entry;
    for (const by of [{ id }, { reference }, { key: 'crm-42' }])
      expect(await found(by)).toEqual([{ id, reference, version, updatedAt }]);
    const forged = `${reference.slice(0, -1)}${reference.endsWith('A') ? 'B' : 'A'}`;
    for (const by of [{ id: 'nobody' }, { reference: forged }, { key: 'crm-43' }]) expect(await found(by)).toEqual([]);
    await service.api('DELETE', `/v1/contacts/${id}`);
    for (const by of [{ id }, { reference }, { key: 'crm-42' }]) expect(await found(by)).toEqual([]);
  });

  it('is found by its address on Klaviyo, however it is written', async () => {
    const account = klaviyo.addAccount();
    const profile = account.addProfile({ email: 'amira@example.com', first_name: 'Amira' });
    account.addProfile({ email: 'bo@example.com', first_name: 'Bo' });
    const connection = await connected({
      ...{ platform: 'klaviyo', apiKey: account.apiKey, mapping: { first_name: 'first_name' } },
    });
    const [entry, ...others] = await found({ connection, email: 'Amira@Example.com' });
    expect(others).toEqual([]);
    expect(entry?.reference).toBe(profile.properties.mergepix);
    expect(await found({ connection, email: 'nobody@example.com' })).toEqual([]);
    expect(await found({ connection, platformId: profile.id })).toEqual([entry]);
    expect(await found({ connection, platformId: 'nobody' })).toEqual([]);
    expect(await found({ key: profile.id })).toEqual([]);
  });

  it('is found in each list of its account on Mailchimp', async () => {
    const account = createAccount('A club');
    mailchimp.accounts.push(account);
    const lists = [addList(account, 'News'), addList(account, 'Members')];
    for (const list of lists) addMember(list, 'amira@example.com', { FNAME: 'Amira' });
    const audiences = lists.map(({ id }) => id);
    const connection = await connected({ platform: 'mailchimp', apiKey: account.apiKey, audiences });
    const entries = await found({ connection, email: 'AMIRA@example.com' });
    expect(new Set(entries.map(({ id }) => id)).size).toBe(2);
    expect(await found({ connection, email: 'bo@example.com' })).toEqual([]);
  });

  it('is looked for by nothing that is no address, and its address stands in no answer and no log', async () => {
    const account = klaviyo.addAccount();
    account.addProfile({ email: 'secret.reader@example.com', first_name: 'Amira' });
    const connection = await connected({
      ...{ platform: 'klaviyo', apiKey: account.apiKey, mapping: { first_name: 'first_name' } },
    });
    for (const email of ['x', 'a"),equals(id,"b@c', 'a@b c', `${'a'.repeat(250)}@b.de`])
      expect((await find({ connection, email })).status, email).toBe(400);
    for (const by of [{ connection }, { email: 'a@b.de' }, { key: 'x', id: 'y' }, {}])
      expect((await find(by)).status).toBe(400);
    expect((await find({ connection: 'nothing', email: 'a@b.de' })).body).toMatchObject({
      code: 'connection_not_found',
    });
    const { body } = await find({ connection, email: 'secret.reader@example.com' });
    expect((body as { data: Entry[] }).data).toHaveLength(1);
    expect(JSON.stringify(body)).not.toContain('secret.reader');
    expect(service.log.join('\n')).not.toContain('secret.reader');
  });
});
