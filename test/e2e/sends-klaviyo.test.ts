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
