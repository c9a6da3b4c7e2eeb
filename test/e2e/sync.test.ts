import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConfig } from '../../server/config.ts';
import { connectAccount } from '../../server/connections/keep.ts';
import type { PlatformId } from '../../server/connections/platforms.ts';
import { openServices, type Services } from '../../server/services.ts';
import { findSync, type SyncRecord } from '../../server/stores/records/syncs.ts';
import { orderSync } from '../../server/syncs/order.ts';
import { makeFolder, run, start } from '../cli/command.ts';
import { type FakeKlaviyo, startFakeKlaviyo } from '../fakes/klaviyo.ts';
import {
  addList,
  addMember,
  changeMember,
  createAccount,
  type FakeMailchimp,
  startFakeMailchimp,
} from '../fakes/mailchimp.ts';
import { adminKey, look, publish, startTestService, swatch, type TestService } from './service.ts';

let klaviyo: FakeKlaviyo;
let mailchimp: FakeMailchimp;
let service: TestService;
let env: Record<string, string>;

beforeAll(async () => {
  klaviyo = await startFakeKlaviyo({ limits: Number.POSITIVE_INFINITY, importMs: 100 });
  mailchimp = await startFakeMailchimp({ accounts: [] });
  env = {
    MERGEPIX_PUBLIC_URL: 'https://img.example.com',
    MERGEPIX_KLAVIYO_URL: klaviyo.url,
    MERGEPIX_MAILCHIMP_URL: mailchimp.url,
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

/** An account with so many contacts on a platform, looked at and changed from the outside. */
type Account = {
  readonly platform: PlatformId;
  readonly apiKey: string;
  readonly audiences: readonly string[];
  readonly mapping: Record<string, string>;
  /** Name and reference of everybody, in their order. */
  people(): { name: unknown; reference: unknown }[];
  rename(index: number, name: string): void;
  /** How often it was told references. */
  writes(): number;
};

const names = ['Amira', `Bo "'<&>`, 'Zoë', 'محمد', '名前', "O'Neil"];
const nameOf = (index: number): string => `${names[index % names.length]} ${index}`;
const each = <Result>(count: number, make: (index: number) => Result): Result[] =>
  Array.from({ length: count }, (_, index) => make(index));

function klaviyoAccount(count: number): Account {
  const account = klaviyo.addAccount();
  const profiles = each(count, (i) =>
    account.addProfile({ email: `p${i}@example.com`, first_name: nameOf(i), properties: { Colour: '#ff0000' } }),
  );
  return {
    ...{ platform: 'klaviyo', apiKey: account.apiKey, audiences: [] },
    mapping: { first_name: 'first_name', color: 'Colour' },
    people: () => profiles.map(({ first_name, properties }) => ({ name: first_name, reference: properties.mergepix })),
    rename: (index, name) => void account.changeProfile(profiles[index]?.id ?? '', { first_name: name }),
    writes: () => account.jobs.size,
  };
}

function mailchimpAccount(count: number): Account {
  const account = createAccount('Acme');
  mailchimp.accounts.push(account);
  const list = addList(account, 'Customers');
  const members = each(count, (i) => addMember(list, `p${i}@example.com`, { FNAME: nameOf(i) }));
  return {
    ...{ platform: 'mailchimp', apiKey: account.apiKey, audiences: [list.id], mapping: { first_name: 'FNAME' } },
    people: () => members.map(({ fields }) => ({ name: fields.FNAME, reference: fields.MERGEPIX })),
    rename: (index, name) => void changeMember(list, members[index]?.email ?? '', { FNAME: name }),
    writes: () =>
      mailchimp.requests.filter(
        ({ route, method, account: of }) => of === account && method === 'POST' && route === '/lists/{}',
      ).length,
  };
}

async function connect({ platform, apiKey, audiences, mapping }: Account): Promise<string> {
  const made = await service.api('POST', '/v1/connections', { platform, apiKey, audiences, mapping });
  expect(made.status, JSON.stringify(made.body)).toBe(201);
  return (made.body as { id: string }).id;
}

async function sync(connection: string, mode = 'incremental'): Promise<Record<string, unknown>> {
  const path = `/v1/connections/${connection}/sync`;
  const started = await service.api('POST', path, { mode });
  expect(started.status, JSON.stringify(started.body)).toBe(202);
  for (;;) {
    const { body } = await service.api('GET', `${path}/${(started.body as { id: string }).id}`);
    if (!/queued|running/.test((body as { state: string }).state)) return body;
    await pause(20);
  }
}

const fieldsOf = async (reference: unknown): Promise<unknown> => {
  const { body } = await service.api('GET', `/v1/contacts/${String(reference).slice(0, 16)}`);
  return (body as { fields: unknown }).fields;
};

describe.each([
  ['Klaviyo', klaviyoAccount, 230],
  ['Mailchimp', mailchimpAccount, 1230],
] as const)('a sync with %s', (_, accountOf, count) => {
  it('gives everybody a reference to their own fields, once, and a second one finds nothing to do', async () => {
    const account = accountOf(count);
    const connection = await connect(account);
    expect(await sync(connection)).toMatchObject({
      ...{ state: 'complete', mode: 'full', error: null, notes: [] },
      ...{ read: count, added: count, written: count, refused: 0 },
    });
    const people = account.people();
    expect(new Set(people.map(({ reference }) => reference)).size).toBe(count);
    for (const index of [0, 1, 2, 3, 4, 5, count - 1])
      expect(await fieldsOf(people[index]?.reference)).toMatchObject({ first_name: nameOf(index) });
    const writes = account.writes();
    for (const mode of ['incremental', 'full'])
      expect(await sync(connection, mode)).toMatchObject({
        ...{ state: 'complete', mode, error: null },
        ...{ added: 0, changed: 0, unsubscribed: 0, left: 0, erased: 0, written: 0, refused: 0 },
      });
    expect(account.writes()).toBe(writes);
    expect(account.people()).toEqual(people);
    expect(service.log.join('')).not.toMatch(/Amira|example\.com/);
  }, 60_000);

  it('takes a change over, which the next picture shows', async () => {
    const account = accountOf(3);
    const connection = await connect(account);
    await sync(connection);
    const [{ reference } = { reference: '' }] = account.people();
    account.rename(0, 'Renamed');
    expect(await sync(connection)).toMatchObject({ mode: 'incremental', changed: 1, written: 0 });
    expect(await fieldsOf(reference)).toMatchObject({ first_name: 'Renamed' });
    const made = await service.api('POST', '/v1/links', { template: 'swatch', platform: account.platform });
    const { pathname } = new URL((made.body as { url: string }).url);
    const shown = await look(`${service.url}${pathname}?c=${reference}`);
    expect([shown.status, shown.outcome]).toEqual([200, 'rendered']);
  }, 30_000);

  it('tells which fields a template may be filled from', async () => {
    const account = accountOf(20);
    const connection = await connect({ ...account, mapping: {} });
    const { body } = await service.api('GET', `/v1/connections/${connection}/fields?template=swatch`);
    const { first_name: tag } = account.mapping;
    expect(body).toMatchObject({
      contacts: 20,
      template: expect.arrayContaining([
        expect.objectContaining({
          ...{ field: 'first_name', tag, isMapped: false },
          coverage: { filled: 1, junk: 0, sentence: 'first_name filled for 100%' },
        }),
      ]),
    });
    expect(JSON.stringify(body)).not.toMatch(/Amira|example\.com/);
  }, 30_000);
});

describe('accounts of both platforms synced at once', () => {
  it('never mix', async () => {
    const accounts = [klaviyoAccount(150), klaviyoAccount(150), mailchimpAccount(150), mailchimpAccount(150)];
    for (const [a, account] of accounts.entries())
      for (let index = 0; index < 150; index++) account.rename(index, `Of ${a}`);
    const connections = await Promise.all(accounts.map(connect));
    for (const done of await Promise.all(connections.map((id) => sync(id))))
      expect(done).toMatchObject({ state: 'complete', added: 150, written: 150 });
    const all = accounts.flatMap((account) => account.people().map(({ reference }) => reference));
    expect(new Set(all).size).toBe(600);
    for (const [a, account] of accounts.entries())
      for (const { reference } of account.people().slice(0, 20))
        expect(await fieldsOf(reference)).toMatchObject({ first_name: `Of ${a}` });
  }, 60_000);
});

describe('mergepix sync', () => {
  it('works beside a service that runs, maps fields, and says what came of it', async () => {
    const account = klaviyoAccount(12);
    const connection = await connect({ ...account, mapping: {} });
    const command = (...args: string[]) => run(service.dataDir, args, { ...env, MERGEPIX_DATA_DIR: service.dataDir });
    const first = await command('connection', 'fields', connection, '--template', 'swatch');
    expect([first.code, first.out]).toEqual([0, expect.stringContaining('first_name <- first_name (suggested)')]);
    const done = await command('sync', connection, '--map', 'first_name=first_name');
    expect([done.code, done.out]).toEqual([0, expect.stringContaining('full sync complete: 12 contacts read')]);
    expect(done.out).toContain('12 references written, 0 refused');
    const again = await command('sync', connection, '--json');
    expect(JSON.parse(again.out)).toMatchObject({ state: 'complete', mode: 'incremental', changed: 0, written: 0 });
    expect(await fieldsOf(account.people()[1]?.reference)).toEqual({ first_name: nameOf(1) });
    expect(await command('sync', 'nothing')).toMatchObject({ code: 1, err: expect.stringContaining('no connection') });
  }, 60_000);
});

describe('mergepix sync that is stopped', () => {
  const own = makeFolder();

  it('says how to go on, and does', async () => {
    const account = klaviyoAccount(320);
    const key = join(own, 'klaviyo.key');
    await writeFile(key, account.apiKey);
    const map = 'first_name=first_name';
    const added = await run(own, ['connection', 'add', 'klaviyo', '--key-file', key, '--map', map, '--json'], env);
    const { id } = JSON.parse(added.out) as { id: string };
    klaviyo.happen(
      each(3, () => ({ kind: 'slow' as const, ms: 1500 })),
      'profiles',
    );
    const asked = klaviyo.count('profiles');
    const child = start(own, ['sync', id], env);
    let said = '';
    child.stderr.on('data', (text) => {
      said += text;
    });
    while (klaviyo.count('profiles') === asked) await pause(20);
    child.kill('SIGINT');
    const [code] = await once(child, 'close');
    expect([code, said]).toEqual([130, expect.stringContaining('stopped: ')]);
    const done = await run(own, ['sync', id, '--json'], env);
    expect(JSON.parse(done.out)).toMatchObject({ state: 'complete', read: 320, added: 320, written: 320 });
    expect(done.err).toContain('going on with that one');
  }, 60_000);
});

const folder = makeFolder();

describe.each([
  ['Klaviyo', klaviyoAccount, 330, 100],
  ['Mailchimp', mailchimpAccount, 2100, 1000],
] as const)('a sync with %s whose process is killed at every page', (name, accountOf, count, pageSize) => {
  let services: Services;
  let childEnv: Record<string, string>;
  let child: ChildProcess | undefined;

  beforeAll(async () => {
    childEnv = {
      ...env,
      MERGEPIX_DATA_DIR: join(folder, name),
      MERGEPIX_ADMIN_KEY: adminKey,
      MERGEPIX_RENDER_PROCESSES: '1',
    };
    const config = readConfig({ ...childEnv, MERGEPIX_LOG_LEVEL: 'silent' });
    services = { ...(await openServices(config)), publicUrl: 'https://img.example.com' };
  });
  afterAll(async () => {
    child?.kill('SIGKILL');
    await services.close();
  });

  const startWorker = () => {
    child = spawn(process.execPath, [resolve('test/e2e/sync-worker.mjs')], {
      env: { PATH: process.env.PATH, MERGEPIX_LOG_LEVEL: 'silent', MERGEPIX_CACHE: 'memory:', ...childEnv },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    return child;
  };

  it('goes on after its last page and ends the same', async () => {
    const account = accountOf(count);
    // So that a page is kept before the next one comes.
    klaviyo.happen(
      each(40, () => ({ kind: 'slow' as const, ms: 40 })),
      'profiles',
    );
    mailchimp.before = ({ route }) => (route === '/lists/{}/members' ? pause(60) : undefined);
    const by = { workspace: 'default', id: 'admin' };
    const { record } = await connectAccount(services, by, {
      ...{ platform: account.platform, audiences: [...account.audiences], mapping: account.mapping },
      credentials: { kind: 'key', apiKey: account.apiKey },
    });
    const of = { workspace: 'default', connection: record.id };
    const { id } = await orderSync(services, by, record.id, 'full');
    const state = async (): Promise<SyncRecord> => (await findSync(services.records, of, id)) as SyncRecord;
    const seen: number[] = [];
    // Each process is killed after the next page, and once more while references are written.
    for (let isOver = false; !isOver; ) {
      const worker = startWorker();
      const before = await state();
      for (;;) {
        const now = await state();
        isOver = now.state === 'complete' || now.state === 'failed';
        if (isOver || now.read > before.read || now.phase !== before.phase) break;
        await pause(2);
      }
      worker.kill('SIGKILL');
      await once(worker, 'exit');
      seen.push((await state()).read);
    }
    mailchimp.before = undefined;
    const done = await state();
    expect(done).toMatchObject({
      ...{ state: 'complete', error: null, notes: '[]', read: count, added: count, changed: 0, left: 0, erased: 0 },
      ...{ refused: 0 },
    });
    // At every page, that is: never two of them in one life, as far as pages are slow enough.
    expect(new Set(seen).size).toBeGreaterThanOrEqual(Math.ceil(count / pageSize) - 1);
    expect(done.written).toBe(count);
    const references = account.people().map(({ reference }) => reference);
    expect(new Set(references).size).toBe(count);
    const rows = await services.records
      .selectFrom('connection_contacts')
      .selectAll()
      .where('connection', '=', record.id)
      .execute();
    expect(rows.length).toBe(count);
    expect(new Set(rows.map(({ reference }) => reference))).toEqual(new Set(['written']));
    expect(rows.map(({ contact }) => contact).sort()).toEqual(
      references.map((each) => String(each).slice(0, 16)).sort(),
    );
    const contacts = await services.records.selectFrom('contacts').select('id').execute();
    expect(contacts.length, 'a contact was kept twice').toBe(count);
  }, 120_000);
});
