import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { isWarmedInTime } from './planned-campaign.ts';
import {
  call,
  HOUR,
  klaviyo,
  klaviyoAccount,
  look,
  over,
  planned,
  sendsOf,
  service,
  stageSends,
  warmupOf,
} from './sends.ts';

stageSends();

describe('a campaign that is planned on Klaviyo', () => isWarmedInTime(klaviyoAccount));

describe('a campaign that was looked at before', () => {
  it('keeps its warm-up when that was by a version that did not mind its mapping', async () => {
    const { campaign, connection, read } = await planned(klaviyoAccount());
    const { id } = await call<{ id: string }>('POST', '/v1/warmups', { connection, send: campaign.id });
    expect(await over(id)).toBe('complete');
    await service.services.records
      .updateTable('sends')
      .set({ basis: sql`substr(basis, 1, 22)` })
      .where('connection', '=', connection)
      .execute();
    await look();
    expect((await read()).warmup.id).toBe(id);
  });
});

describe('a campaign that is planned after one whose references were long on their way', () => {
  it('is begun by how long pictures take', async () => {
    const account = klaviyoAccount(230);
    klaviyo.imports.isHeld = true;
    const { connection, link, warmup } = await planned(account, { inMs: HOUR / 2 });
    const { records } = service.services;
    const phaseOf = () => call<{ phase: string }>('GET', `/v1/warmups/${warmup.id}`).then(({ phase }) => phase);
    await expect.poll(phaseOf, { timeout: 30_000 }).toBe('reporting');
    const waited = 8 * 60_000;
    await records
      .updateTable('warmups')
      .set((row) => ({ started_at: row('started_at', '-', waited) }))
      .where('id', '=', warmup.id)
      .execute();
    await records
      .updateTable('jobs')
      .set((row) => ({ created_at: row('created_at', '-', waited) }))
      .where('kind', '=', 'warmup.report')
      .execute();
    klaviyo.imports.isHeld = false;
    expect(await over(warmup.id)).toBe('complete');
    const campaign = account.plan(`<body>${link.html}</body>`, Date.now() + 6 * HOUR);
    await look();
    const send = (await sendsOf(connection)).find(({ id }) => id === campaign.id);
    const early = Date.parse(send?.firstAt ?? '') - Date.parse(send?.warmup?.startAt ?? '');
    // A quarter of an hour, an hour to mend what is found, and twice what it takes.
    expect(early).toBeGreaterThan(1.25 * HOUR);
    expect(early).toBeLessThan(1.25 * HOUR + waited);
  }, 90_000);
});

describe('a campaign whose email Klaviyo refuses to show', () => {
  it('hides no other, and keeps the warm-up it has', async () => {
    const account = klaviyoAccount();
    const { link, connection, warmup } = await planned(account);
    for (const hours of [7, 8]) account.plan(`<body>${link.html}</body>`, Date.now() + hours * HOUR);
    const refused = klaviyo.count('messages') + 1;
    klaviyo.happen([{ kind: 'html', status: 400 }], 'messages');
    await look();
    expect(klaviyo.count('messages')).toBeGreaterThan(refused);
    expect((await warmupOf(warmup.id)).state).toBe('queued');
    const warmed = (await sendsOf(connection)).filter((send) => send.warmup?.state === 'queued');
    expect(warmed.length).toBeGreaterThan(1);
  });
});
