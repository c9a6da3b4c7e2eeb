import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { startSweeping, sweep } from '../../server/retention/sweep.ts';
import type { Tables } from '../../server/stores/records/tables.ts';
import { describeReal } from '../real/describe.ts';
import { realPostgres } from '../real/postgres.ts';
import { look, publish, startTestService, swatch, type TestService } from './service.ts';

const DAY_MS = 24 * 3_600_000;
const never = new AbortController().signal;

describe('with its records in SQLite, retention', () => itSweeps(async () => ({})));
describeReal(realPostgres, 'with its records in PostgreSQL, retention', (server) =>
  itSweeps(async () => ({ MERGEPIX_DATABASE: await server().makeDatabase() })),
);

function itSweeps(makeEnv: () => Promise<Record<string, string>>): void {
  let service: TestService;
  beforeAll(async () => {
    service = await startTestService(await makeEnv());
    await publish(service, swatch());
  });
  afterAll(() => service.close());

  const inDays = (days: number) => sweep(service.services, Date.now() + days * DAY_MS, never);
  const retain = (retention: object) => service.api('PATCH', '/v1/workspace', { settings: { retention } });
  const count = async (table: keyof Tables): Promise<number> => {
    const { count } = await service.services.records
      .selectFrom(table)
      .select((row) => row.fn.countAll<number>().as('count'))
      .executeTakeFirstOrThrow();
    return count;
  };

  it('keeps people until a workspace says otherwise, then erases whom nobody has changed for so long', async () => {
    const { body } = await service.api('POST', '/v1/links', { template: 'swatch', platform: 'mailchimp' });
    const address = service.url + new URL((body as { url: string }).url).pathname;
    const contact = (await service.api('POST', '/v1/contacts', { fields: { color: '#ff0000' } })).body;
    const { id, reference } = contact as { id: string; reference: string };
    const order = { template: 'swatch', data: { first_name: 'Bo', color: '#00ff00' } };
    const generated = (await service.api('POST', '/v1/generate', order)).body as { url: string };
    const picture = service.url + new URL(generated.url).pathname;
    await inDays(3000);
    expect(await look(`${address}?c=${reference}`)).toMatchObject({ color: '#ff0000' });
    expect(await look(picture)).toMatchObject({ color: '#00ff00' });

    expect((await retain({ contactDays: 30, sealedDays: 10 })).status).toBe(200);
    await inDays(9);
    expect(await look(picture)).toMatchObject({ color: '#00ff00' });
    await inDays(29);
    await expect.poll(async () => (await look(picture)).outcome, { timeout: 5000 }).toMatch(/^neutral/);
    expect(await look(`${address}?c=${reference}`)).toMatchObject({ color: '#ff0000' });
    await inDays(31);
    expect((await look(`${address}?c=${reference}`)).outcome).toBe('neutral; erased');
    expect((await service.api('GET', '/v1/audit?action=contact.erased')).body).toMatchObject({
      data: [{ actor: 'retention', subject: id }],
    });
    await retain({ contactDays: null, sealedDays: null });
  });

  it('keeps what came of a warm-up for as long as jobs, and what it worked with for a day', async () => {
    const { body } = await service.api('POST', '/v1/links', { template: 'swatch', platform: 'mailchimp' });
    await service.api('POST', '/v1/contacts', { fields: { first_name: 'Cleo' } });
    const ordered = await service.api('POST', '/v1/warmups', { links: [(body as { id: string }).id] });
    const path = `/v1/warmups/${(ordered.body as { id: string }).id}`;
    await expect
      .poll(async () => ((await service.api('GET', path)).body as { state: string }).state, { timeout: 20_000 })
      .toBe('complete');
    expect(await count('warmup_contacts')).toBeGreaterThan(0);
    const before = await service.api('GET', `${path}/report`);
    await inDays(2);
    for (const table of ['warmup_contacts', 'warmup_pictures', 'warmup_chunks', 'warmup_excluded'] as const)
      expect([table, await count(table)]).toEqual([table, 0]);
    expect((await service.api('GET', `${path}/report`)).body).toEqual(before.body);
    await inDays(400);
    expect((await service.api('GET', path)).status).toBe(404);
  }, 40_000);

  it('deletes what is only looked back at, more of it than one statement takes, and nothing that is under way', async () => {
    const { records } = service.services;
    const at = Date.now();
    const failure = { workspace: 'default', at, cause: 'late', outcome: 'defaults', count: 1, contact: null };
    const nowhere = { template: null, version: null, link: null };
    const failures = Array.from({ length: 450 }, (_, i) => ({ ...failure, ...nowhere, id: `f${i}` }));
    await records.insertInto('failures').values(failures).execute();
    const kept = { workspace: 'default', request: '', subject: null, sealed: null, error: null, created_at: at };
    await records
      .insertInto('renders')
      .values([
        { ...kept, id: 'done', state: 'complete', finished_at: at },
        { ...kept, id: 'waiting', state: 'queued', finished_at: null },
      ])
      .execute();
    const shown = { workspace: 'default', link: 'l', send: '', reader: 'other', outcome: 'hit', count: 3 };
    await records
      .insertInto('impressions')
      .values({ ...shown, hour: at })
      .execute();
    await inDays(29);
    expect([await count('failures'), await count('renders')]).toEqual([450, 2]);
    await inDays(31);
    expect([await count('failures'), await count('renders'), await count('impressions')]).toEqual([0, 1, 1]);
    await inDays(401);
    expect(await count('impressions')).toBe(0);
  });

  it('deletes a finished batch with its rows', async () => {
    const { records } = service.services;
    const batch = {
      workspace: 'default',
      template: 'swatch',
      version: 1,
      format: 'png',
      scale: 1,
      warnings: '{}',
      ignored_columns: '[]',
      callback: null,
    } as const;
    const counts = { total: 300, done: 300, failed: 0, created_by: 'a', created_at: Date.now() };
    await records
      .insertInto('batches')
      .values({ ...batch, ...counts, id: 'b', state: 'complete', finished_at: Date.now() })
      .execute();
    const row = {
      batch: 'b',
      data: '',
      name: '',
      subject: null,
      state: 'complete',
      sealed: null,
      warnings: '[]',
      error: null,
    } as const;
    await records
      .insertInto('batch_rows')
      .values(Array.from({ length: 300 }, (_, i) => ({ ...row, row: i })))
      .execute();
    await inDays(31);
    expect([await count('batches'), await count('batch_rows')]).toEqual([0, 0]);
  });

  it('stops when it is told to', async () => {
    const { records } = service.services;
    const session = { workspace: 'default', api_key: 'k', created_at: 0, used_at: 0, expires_at: 1 };
    await records
      .insertInto('sessions')
      .values({ ...session, id: 's' })
      .execute();
    await sweep(service.services, Date.now(), AbortSignal.abort());
    expect(await count('sessions')).toBe(1);
    await inDays(0);
    expect(await count('sessions')).toBe(0);
  });
}

describe('while the clock has jumped ahead, retention', () => {
  it('takes nothing out, and says so', async () => {
    const service = await startTestService();
    onTestFinished(() => service.close());
    const { records } = service.services;
    const sessions = async () => (await records.selectFrom('sessions').select('id').execute()).map(({ id }) => id);
    const logged = () => service.log.filter((line) => line.includes('sweep.skipped'));
    const keepSession = (id: string, expires_at: number) =>
      records
        .insertInto('sessions')
        .values({ workspace: 'default', api_key: 'k', created_at: 0, used_at: 0, id, expires_at })
        .execute();
    await keepSession('over', 1);
    vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'] });
    const chance = vi.spyOn(Math, 'random').mockReturnValue(0);
    const sweeping = startSweeping(service.services);
    chance.mockRestore();
    try {
      vi.advanceTimersByTime(60_000);
      await vi.waitFor(async () => expect(await sessions()).toEqual([]), 20_000);
      await keepSession('in force', Date.now() + 30 * DAY_MS);
      vi.setSystemTime(Date.now() + 365 * DAY_MS);
      await vi.waitFor(() => {
        vi.advanceTimersByTime(60_000);
        expect(logged().length).toBeGreaterThan(0);
      }, 20_000);
      expect(await sessions()).toEqual(['in force']);
      expect(JSON.parse(logged()[0] ?? '')).toMatchObject({ event: 'sweep.skipped', reason: 'clock' });
    } finally {
      vi.useRealTimers();
      await sweeping.close();
    }
  }, 60_000);
});
