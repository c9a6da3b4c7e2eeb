import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { isWarmedInTime } from './planned-campaign.ts';
import { HOUR, look, mailchimp, mailchimpAccount, planned, queue, service, stageSends, warmupOf } from './sends.ts';

stageSends();

describe('a campaign that is planned on Mailchimp', () => isWarmedInTime(mailchimpAccount));

describe('while a platform is away', () => {
  it('nothing is taken back, and what has changed is seen afterwards', async () => {
    const { campaign, warmup, read } = await planned(mailchimpAccount());
    campaign.move(Date.now() + 12 * HOUR);
    mailchimp.fault({ kind: 'html-502' }, { route: 'GET /campaigns', times: 6 });
    await queue(service);
    while (service.log.filter((line) => line.includes('sends.look')).length === 0) await pause(100);
    expect((await warmupOf(warmup.id)).state).toBe('queued');
    // The next try, which comes some seconds later, comes at once.
    await service.services.records
      .updateTable('jobs')
      .set({ run_at: Date.now() })
      .where('kind', '=', 'sends.look')
      .execute();
    await look();
    expect((await read()).warmup.id).not.toBe(warmup.id);
    expect((await warmupOf(warmup.id)).state).toBe('cancelled');
  }, 90_000);
});
