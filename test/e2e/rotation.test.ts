import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openKeyring } from '../../server/access/keyring.ts';
import { rotateKeys } from '../../server/access/rotate.ts';
import { openSource } from '../../server/sources/definition.ts';
import { createKnownAnswers } from '../../server/sources/known.ts';
import { openRecords, type Records } from '../../server/stores/records/index.ts';
import { sealedColumns } from '../../server/stores/records/sealed-columns.ts';
import { findSource } from '../../server/stores/records/sources.ts';
import { makeFolder, run } from '../cli/command.ts';
import { describeReal } from '../real/describe.ts';
import { realPostgres } from '../real/postgres.ts';
import { keepConnection } from './connection.ts';
import { adminKey, look, publish, startTestService, swatch, type TestService } from './service.ts';

const older = { kid: 'e1', secret: 'a'.repeat(32) };
const newer = { kid: 'e2', secret: 'b'.repeat(32) };
const keysIn = (...keys: { kid: string; secret: string }[]) => ({
  MERGEPIX_SIGNING_KEYS: `k1:${'s'.repeat(32)}`,
  MERGEPIX_ENCRYPTION_KEYS: keys.map(({ kid, secret }) => `${kid}:${secret}`).join(','),
});

const folder = makeFolder();
describe('with its records in SQLite, a rotation of the encryption keys', () => {
  itRotates(async () => `sqlite:${folder}/rotated.db`);

  it('is a command, which tells what it could not open; a start tells which key is missing', async () => {
    const env = { MERGEPIX_DATABASE: `sqlite:${folder}/missing.db` };
    const before = await startTestService({ ...env, ...keysIn(older) });
    await before.api('POST', '/v1/contacts', { key: 'crm-1', fields: {} });
    await before.close();
    const after = await startTestService({ ...env, ...keysIn(newer) });
    await after.close();
    expect(after.log.find((line) => line.includes('encryption.key_missing'))).toMatch(/"kid":"e1"/);
    const rotate = (...keys: Parameters<typeof keysIn>) =>
      run(folder, ['keys', 'rotate'], { ...env, ...keysIn(...keys) });
    expect(await rotate(newer)).toMatchObject({ code: 1, err: expect.stringContaining('could not be opened') });
    expect(await rotate(newer, older)).toMatchObject({ code: 0, out: expect.stringContaining('nothing needs e1 any') });
    const records = await openRecords(env.MERGEPIX_DATABASE, 1);
    const { missing, encryption } = await openKeyring(records, [newer], 2);
    expect({ missing, keys: encryption.fingerprints('crm-1', 'x').length }).toEqual({ missing: [], keys: 2 });
    await records.destroy();
  });
});
describeReal(realPostgres, 'with its records in PostgreSQL, a rotation of the encryption keys', (server) =>
  itRotates(() => server().makeDatabase()),
);

function itRotates(makeDatabase: () => Promise<string>): void {
  let env: Record<string, string>;
  let service: TestService;
  beforeAll(async () => {
    env = { MERGEPIX_DATABASE: await makeDatabase() };
    service = await startTestService({ ...env, ...keysIn(older) });
  });
  afterAll(() => service.close());

  it('reaches everything that is sealed, beside a service that runs', async () => {
    const { records, encryption, pool } = service.services;
    await fill(service);
    expect(await sealedUnder(records, 'e1')).toEqual(
      sealedColumns.map(({ table, column }) => `${table}.${column}`).sort(),
    );
    const ring = await openKeyring(records, [newer, older], 2);
    expect(await rotateKeys({ records, encryption: ring.encryption }, 3)).toMatchObject({ closed: 0, retired: ['e1'] });
    expect(await sealedUnder(records, 'e1')).toEqual([]);
    expect(await rotateKeys({ records, encryption: ring.encryption }, 4)).toMatchObject({ renewed: 0, closed: 0 });
    expect(encryption.kid).toBe('e1');
    for (const pid of pool.stats().pids) process.kill(pid, 'SIGCONT');
  });

  it('leaves nothing that needs the old key: values, names and subjects are found as before', async () => {
    await service.close();
    service = await startTestService({ ...env, ...keysIn(newer) });
    const before = (await service.api('GET', '/v1/contacts?key=crm-1')).body as {
      data: { id: string; reference: string }[];
    };
    const [contact] = before.data;
    const { body } = await service.api('POST', '/v1/links', { template: 'swatch', platform: 'mailchimp' });
    const address = service.url + new URL((body as { url: string }).url).pathname;
    expect(await look(`${address}?c=${contact?.reference}`)).toMatchObject({ color: '#ff0000' });
    const again = await service.api('POST', '/v1/contacts', { key: 'crm-1', fields: { color: '#00ff00' } });
    expect(again.body).toMatchObject({ id: contact?.id });
    expect((await service.api('DELETE', '/v1/subjects/bo')).body).toMatchObject({ pictures: 1 });
    expect(service.log.join('')).not.toContain('encryption.key_missing');
  });
}

/** Has something of every kind sealed: as it is kept while nothing is drawn. */
async function fill({ api, services, url }: TestService): Promise<void> {
  const { records, encryption, pool } = services;
  const post = async (path: string, body: unknown, headers: Record<string, string> = {}) => {
    const response = await fetch(url + path, {
      method: 'POST',
      headers: { authorization: `Bearer ${adminKey}`, 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${path}: ${await response.text()}`);
    return (await response.json()) as { id: string };
  };
  await publish({ api } as TestService, swatch());
  const contact = { key: 'crm-1', fields: { color: '#ff0000' } };
  const { id } = await post('/v1/contacts', contact, { 'idempotency-key': 'once' });
  await keepConnection({ services } as TestService, id);
  await post('/v1/generate', { template: 'swatch', data: { first_name: 'Bo' }, subject: 'bo' });
  await post('/v1/members', { name: 'Robin', role: 'viewer' });
  const hook = await post('/v1/hooks', { url: 'https://hooks.invalid/', events: ['template.published'] });
  await api('POST', `/v1/hooks/${hook.id}/test`);
  const source = { url: 'https://weather.invalid/', map: { temp: '$.temp' }, secrets: { 'x-key': 'geheim' } };
  await api('PUT', '/v1/sources/weather', source);
  const record = await findSource(records, 'default', 'weather');
  if (!record) throw new Error('the source was refused');
  const answers = createKnownAnswers({ records, encryption }, (error) => {
    throw error;
  });
  answers.keep(openSource(encryption, record), { city: 'Oslo' }, { values: { temp: 1 }, at: Date.now() });
  for (const pid of pool.stats().pids) process.kill(pid, 'SIGSTOP');
  const callback_url = 'https://hooks.invalid/done';
  await post('/v1/renders', { template_id: 'swatch', data: { first_name: 'Bo' }, callback_url });
  await post('/v1/batches', { template: 'swatch', rows: [{ first_name: 'Bo' }], callback_url });
}

/** The columns that hold texts sealed under a key, whether anybody knows of them or not. */
async function sealedUnder(records: Records, kid: string): Promise<string[]> {
  const found: string[] = [];
  for (const { name: table, columns } of await records.introspection.getTables()) {
    for (const { name: column, dataType } of columns) {
      if (dataType.toLowerCase() !== 'text') continue;
      const { rows } =
        await sql`select 1 from ${sql.table(table)} where ${sql.ref(column)} like ${`${kid}.%`} limit 1`.execute(
          records,
        );
      if (rows.length > 0) found.push(`${table}.${column}`);
    }
  }
  return found.sort();
}
