import { describe, expect, it } from 'vitest';
import { isWarmedInTime } from './planned-campaign.ts';
import { HOUR, klaviyo, klaviyoAccount, look, planned, sendsOf, stageSends, warmupOf } from './sends.ts';

stageSends();

describe('a campaign that is planned on Klaviyo', () => isWarmedInTime(klaviyoAccount));

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
