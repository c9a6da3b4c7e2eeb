import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { queueLooks } from '../../server/warmups/schedule.ts';
import { run, start } from '../cli/command.ts';
import { describeReal } from '../real/describe.ts';
import { realPostgres } from '../real/postgres.ts';
import {
  call,
  connect,
  env,
  folder,
  HOUR,
  inPlaceOf,
  klaviyoAccount,
  linkFor,
  look,
  mailchimp,
  mailchimpAccount,
  planned,
  queue,
  sendsOf,
  service,
  stageSends,
  warmupOf,
} from './sends.ts';
import { adminKey, look as picture, publish, startTestService, swatch } from './service.ts';

stageSends();

describe('mergepix warm', () => {
  it('warms a planned campaign by its id, and says what it wants otherwise', async () => {
    const { campaign, connection, link } = await planned(klaviyoAccount());
    const ids = ['--connection', connection, '--send', campaign.id];
    const done = await run(folder, ['warm', ...ids, '--json'], env);
    expect(JSON.parse(done.out), done.err).toMatchObject({ state: 'complete', links: [link.id], send: campaign.id });
    for (const args of [[], ['--connection', connection], [...ids, '--audience', 'L1']]) {
      const refused = await run(folder, ['warm', ...args], env);
      expect([refused.code, refused.err]).toEqual([1, expect.stringContaining('Name the links in the email')]);
    }
  }, 60_000);

  it('warms what is due where no service runs', async () => {
    const account = mailchimpAccount();
    const connection = await connect(account);
    const { html, id } = await linkFor(connection);
    const near = account.plan(`<body>${html}</body>`, Date.now() + 30 * 60_000);
    const later = account.plan(`<body>${html}</body>`, Date.now() + 12 * HOUR);
    const done = await run(folder, ['warm', '--due', '--json'], env);
    const sends = JSON.parse(done.out) as { send: string; links: string[]; warmup: { state: string } }[];
    const stateOf = (send: string) => sends.find((each) => each.send === send)?.warmup.state;
    expect([stateOf(near.id), stateOf(later.id)], done.err).toEqual(['complete', 'queued']);
    expect(sends.every(({ links }) => links.join() === id)).toBe(true);
    // Also what has changed since somebody looked a moment ago.
    later.move(Date.now() + 20 * 60_000);
    const read = await run(folder, ['warm', '--due'], env);
    for (const { id } of [near, later]) expect(read.out).toMatch(new RegExp(`${id}  1 link  complete, begun 20`));
  }, 60_000);
});

describe('a connection', () => {
  it('is looked at again when the clock is set right that was far ahead', async () => {
    const { records } = service.services;
    const { connection, campaign } = await planned(mailchimpAccount());
    campaign.become('draft');
    const set = (look_at: number) =>
      records.updateTable('connections').set({ look_at }).where('id', '=', connection).execute();
    await set(Date.now() + 60_000);
    expect(await queueLooks(service.services, Date.now())).toBe(0);
    await set(Date.now() + 365 * 24 * HOUR);
    expect(await queueLooks(service.services, Date.now())).toBe(1);
    await expect.poll(() => sendsOf(connection), { timeout: 20_000 }).toEqual([]);
  }, 60_000);
});

describe('a service that leaves its jobs to workers', () => {
  it('has planned campaigns found and warmed by them, without being asked', async () => {
    const apart = { ...env, MERGEPIX_DATA_DIR: join(folder, 'apart') };
    await inPlaceOf(await startTestService({ ...apart, MERGEPIX_JOBS: 'off' }), async () => {
      const worker = start(folder, ['worker'], { ...apart, MERGEPIX_ADMIN_KEY: adminKey, MERGEPIX_PORT: '0' });
      const ended = once(worker, 'exit');
      try {
        await publish(service, swatch());
        const account = klaviyoAccount();
        const connection = await connect(account);
        const { html, url } = await linkFor(connection);
        account.plan(`<body>${html}</body>`, Date.now() + 20 * 60_000);
        const stateOf = async () => (await sendsOf(connection))[0]?.warmup?.state;
        // It looks three times a minute.
        await expect.poll(stateOf, { timeout: 50_000, interval: 500 }).toBe('complete');
        for (const reference of account.references()) {
          const { outcome } = await picture(`${service.url}${new URL(url).pathname}?c=${reference}`);
          expect(outcome).toBe('hit');
        }
      } finally {
        worker.kill('SIGTERM');
        await ended;
      }
    });
  }, 90_000);

  it('looks for none where its pictures are in its own memory, which no worker reaches', async () => {
    const own = { ...env, MERGEPIX_DATA_DIR: join(folder, 'own'), MERGEPIX_CACHE: 'memory:' };
    await inPlaceOf(await startTestService({ ...own, MERGEPIX_JOBS: 'off' }), async () => {
      await publish(service, swatch());
      await linkFor(await connect(klaviyoAccount()));
      await queue(service);
      expect(await service.services.jobs.stats()).toEqual([]);
    });
  });
});

describeReal(realPostgres, 'two services on one PostgreSQL', (server) => {
  it('look at a campaign once, and plan it anew once', async () => {
    const shared = {
      ...{ ...env, MERGEPIX_DATABASE: await server().makeDatabase(), MERGEPIX_CACHE: 'memory:' },
      MERGEPIX_DATA_DIR: join(folder, 'shared'),
    };
    await inPlaceOf(await startTestService(shared), async () => {
      const second = await startTestService(shared);
      try {
        await publish(service, swatch());
        const { campaign, connection, warmup, read } = await planned(mailchimpAccount());
        const looks = mailchimp.count('GET /campaigns');
        await queue(service, second);
        await look();
        // One for the two of them, one for the look behind it, one for the list of sends.
        expect((await read()).warmup).toEqual(warmup);
        expect(mailchimp.count('GET /campaigns') - looks).toBe(3);
        campaign.move(Date.now() + 8 * HOUR);
        await look();
        expect((await warmupOf(warmup.id)).state).toBe('cancelled');
        await call('PATCH', `/v1/connections/${connection}`, { warmSends: false });
        const { data } = await call<{ data: { state: string }[] }>('GET', '/v1/warmups');
        expect(data.map(({ state }) => state)).toEqual(['cancelled', 'cancelled']);
      } finally {
        await second.close();
      }
    });
  }, 60_000);
});
