import { expect, it } from 'vitest';
import { warmSend } from '../../server/warmups/look.ts';
import {
  type Account,
  call,
  connect,
  HOUR,
  linkFor,
  look,
  over,
  planned,
  sendsOf,
  service,
  type Warmup,
  warmupOf,
} from './sends.ts';
import { adminKey, look as picture, swatch } from './service.ts';

/** What is promised of a campaign that is planned on a platform, each time on an account that `add` makes. */
export function isWarmedInTime(add: () => Account): void {
  it('has one warm-up, well before its first recipient, however often it is looked at', async () => {
    const { campaign, link, warmup, read } = await planned(add());
    expect(warmup.state).toBe('queued');
    const { firstAt, links, notes } = await read();
    expect([links, notes]).toEqual([[link.id], []]);
    const early = Date.parse(firstAt) - Date.parse(warmup.startAt);
    expect(early).toBeGreaterThan(HOUR);
    expect(early).toBeLessThan(3 * HOUR);
    expect(Date.parse(warmup.againAt ?? '')).toBeLessThan(Date.parse(firstAt));
    await Promise.all([look(), look()]);
    expect((await read()).warmup).toEqual(warmup);
    expect(await warmupOf(warmup.id)).toMatchObject({ send: campaign.id, state: 'queued' });
  });

  it('is planned anew when it is moved', async () => {
    const { campaign, warmup, read } = await planned(add());
    campaign.move(Date.now() + 9 * HOUR);
    await look();
    const later = (await read()).warmup;
    expect(later.id).not.toBe(warmup.id);
    expect(Math.round((Date.parse(later.startAt) - Date.parse(warmup.startAt)) / HOUR)).toBe(3);
    expect((await warmupOf(warmup.id)).state).toBe('cancelled');
  });

  it('is planned anew for other people, and for other pictures', async () => {
    const { campaign, connection, warmup, read } = await planned(add());
    campaign.addressTo('others');
    await look();
    const others = (await read()).warmup;
    expect([others.id === warmup.id, (await warmupOf(warmup.id)).state]).toEqual([false, 'cancelled']);
    const second = await linkFor(connection);
    campaign.edit(`<table background="${second.url}"></table>`);
    await look();
    const edited = await read();
    expect(edited.links).toEqual([second.id]);
    expect([edited.warmup.id === others.id, (await warmupOf(others.id)).state]).toEqual([false, 'cancelled']);
  });

  it('has none any more when its pictures are taken out', async () => {
    const { campaign, connection, warmup } = await planned(add());
    campaign.edit('<p>Words</p>');
    await look();
    expect(await sendsOf(connection)).toMatchObject([{ links: [], warmup: null }]);
    expect((await warmupOf(warmup.id)).state).toBe('cancelled');
  });

  it('has none any more when it is taken back, and goes on with it when it is on its way', async () => {
    const back = await planned(add());
    const gone = await planned(add());
    back.campaign.become('draft');
    gone.campaign.become('sending');
    await look();
    expect(await sendsOf(back.connection)).toEqual([]);
    expect((await warmupOf(back.warmup.id)).state).toBe('cancelled');
    expect((await warmupOf(gone.warmup.id)).state).toBe('queued');
  });

  it('is begun before the first of those who get it by their own clocks', async () => {
    const at = 30 * HOUR;
    const { read, warmup } = await planned(add(), { inMs: at, isLocal: true });
    const { firstAt } = await read();
    expect(Date.parse(firstAt)).toBeLessThan(Date.now() + at - 10 * HOUR);
    expect(Date.parse(warmup.startAt)).toBeLessThan(Date.parse(firstAt));
  });

  it('has its pictures when it goes out, though it was planned a moment before', async () => {
    const account = add();
    const { link, connection, warmup } = await planned(account, { inMs: 20 * 60_000 });
    expect(await over(warmup.id)).toBe('complete');
    const [send] = await sendsOf(connection);
    expect(send?.warmup).toMatchObject({ id: warmup.id, state: 'complete', againAt: null });
    for (const reference of account.references()) {
      const { outcome } = await picture(`${service.url}${new URL(link.url).pathname}?c=${reference}`);
      expect([reference, outcome]).toEqual([expect.stringMatching(/^[\w-]{40}$/), 'hit']);
    }
  });

  it('has the pictures that its emails ask for, in another format and at another scale too', async () => {
    const account = add();
    const connection = await connect(account);
    const order = { template: 'swatch', connection, formats: ['png', 'jpeg'], scales: [2] };
    const { id, url } = await call<{ id: string; url: string }>('POST', '/v1/links', order);
    const sharp = url.replace('.png?', '@2x.jpeg?');
    account.plan(`<body><img src="${url}"><img src="${sharp}"></body>`, Date.now() + 20 * 60_000);
    await look();
    const [send] = await sendsOf(connection);
    expect(send?.links).toEqual([id, `${id}@2x.jpg`]);
    expect(await over(send?.warmup?.id ?? '')).toBe('complete');
    for (const reference of account.references()) {
      const shown = await picture(`${service.url}${new URL(sharp).pathname}?c=${reference}`);
      expect(shown).toMatchObject({ outcome: 'hit', width: 200 });
    }
  });

  it('is tried again some minutes after its warm-up has failed', async () => {
    const { warmup, read } = await planned(add());
    const fail = (finished_at: number) =>
      service.services.records
        .updateTable('warmups')
        .set({ state: 'failed', finished_at })
        .where('id', '=', warmup.id)
        .execute();
    await fail(Date.now());
    await look();
    expect((await read()).warmup).toMatchObject({ id: warmup.id, state: 'failed' });
    await fail(Date.now() - 11 * 60_000);
    await look();
    const again = (await read()).warmup;
    expect([again.state, again.id === warmup.id]).toEqual(['queued', false]);
  });

  it('is looked at once more for what has changed since', async () => {
    const { connection, warmup, read } = await planned(add(), { inMs: 1.75 * HOUR });
    expect([await over(warmup.id), warmup.againAt === null]).toEqual(['complete', false]);
    await look();
    expect((await read()).warmup.id).toBe(warmup.id);
    await service.services.records
      .updateTable('sends')
      .set({ again_at: Date.now() - 1 })
      .where('connection', '=', connection)
      .execute();
    await look();
    const again = (await read()).warmup;
    expect(again).toMatchObject({ againAt: null });
    expect(again.id).not.toBe(warmup.id);
    expect(await over(again.id)).toBe('complete');
    await look();
    expect((await read()).warmup.id).toBe(again.id);
  });

  it('is looked at once more also where that has failed the first time', async () => {
    const { warmup, read } = await planned(add(), { inMs: 1.75 * HOUR });
    expect(await over(warmup.id)).toBe('complete');
    const { records } = service.services;
    await records.updateTable('sends').set({ again_at: Date.now() }).where('warmup', '=', warmup.id).execute();
    await look();
    const late = (await read()).warmup;
    await over(late.id);
    const failed = { state: 'failed', finished_at: Date.now() - 11 * 60_000 } as const;
    await records.updateTable('warmups').set(failed).where('id', '=', late.id).execute();
    await look();
    const again = (await read()).warmup;
    expect([warmup.id, late.id]).not.toContain(again.id);
    expect(again.state).toBe('queued');
  });

  it('is warmed anew when its mapping is mended, unless somebody has cancelled its warm-up', async () => {
    const account = add();
    const { connection, warmup, read } = await planned(account, { inMs: 20 * 60_000 });
    expect([await over(warmup.id), (await read()).warmup.againAt]).toEqual(['complete', null]);
    const mend = async (mapping: object) => {
      await call('PATCH', `/v1/connections/${connection}`, { mapping });
      await look();
      return (await read()).warmup;
    };
    const tag = Object.values(account.connection.mapping as object)[0] as string;
    const again = await mend({ first_name: tag, color: tag });
    expect(again.id).not.toBe(warmup.id);
    expect(await over(again.id)).toBe('complete');
    const { records } = service.services;
    await records.updateTable('warmups').set({ state: 'cancelled' }).where('id', '=', again.id).execute();
    expect((await mend({ first_name: tag })).id).toBe(again.id);
  });

  it('is left alone once somebody has cancelled its warm-up, until it is another one', async () => {
    const { campaign, warmup, read } = await planned(add());
    await call('DELETE', `/v1/warmups/${warmup.id}`);
    await look();
    expect((await read()).warmup).toMatchObject({ id: warmup.id, state: 'cancelled' });
    campaign.move(Date.now() + 7 * HOUR);
    await look();
    expect((await read()).warmup.state).toBe('queued');
  });

  it('can be warmed at once, and is not begun anew by it when it is looked at', async () => {
    const { campaign, connection, warmup, read } = await planned(add());
    const order = { connection, send: campaign.id };
    const now = await call<Warmup>('POST', '/v1/warmups', order);
    expect([await over(now.id), (await warmupOf(warmup.id)).state]).toEqual(['complete', 'cancelled']);
    await look();
    const { id, againAt } = (await read()).warmup;
    expect([id, againAt]).toEqual([now.id, warmup.againAt]);
    const refused = async (body: object) => (await service.api('POST', '/v1/warmups', body)).body;
    expect(await refused({ ...order, send: 'none' })).toMatchObject({ status: 404, code: 'not_found' });
    for (const more of [{ audiences: ['L1'] }, { sendAt: '2026-05-04T12:00:00Z' }, { limits: {} }, { send: undefined }])
      expect(await refused({ ...order, ...more })).toMatchObject({ status: 400, code: 'request_invalid' });
    campaign.edit('<p>Words</p>');
    expect(await refused(order)).toMatchObject({ status: 404, code: 'link_not_found' });
  });

  it('is warmed long before, and planned again when its day comes', async () => {
    const account = add();
    const connection = await connect(account);
    const { html } = await linkFor(connection);
    const campaign = account.plan(`<body>${html}</body>`, Date.now() + 200 * HOUR);
    const early = await warmSend(
      service.services,
      { workspace: 'default', id: 'me' },
      { connection, send: campaign.id },
    );
    await look();
    expect(await over(early.id)).toBe('complete');
    campaign.move(Date.now() + 20 * HOUR);
    await look();
    const [send] = await sendsOf(connection);
    expect([send?.warmup?.state, send?.warmup?.id === early.id]).toEqual(['queued', false]);
  });

  it('is not warmed where the connection says so', async () => {
    const { connection, warmup, read } = await planned(add());
    expect(await call('PATCH', `/v1/connections/${connection}`, { warmSends: false })).toMatchObject({
      warmSends: false,
    });
    expect((await warmupOf(warmup.id)).state).toBe('cancelled');
    await look();
    expect(await sendsOf(connection)).toMatchObject([{ links: null, warmup: null }]);
    await call('PATCH', `/v1/connections/${connection}`, { warmSends: true });
    await look();
    expect((await read()).warmup.state).toBe('queued');
  });

  it('ends its warm-up with its connection', async () => {
    const { connection, warmup } = await planned(add());
    await call('DELETE', `/v1/connections/${connection}`);
    expect((await warmupOf(warmup.id)).state).toBe('cancelled');
  });

  it('has no pictures made of links of another workspace, of forged ones and of none', async () => {
    const account = add();
    const connection = await connect(account);
    await linkFor(connection);
    await service.api('POST', '/v1/workspaces', { id: 'theirs', name: 'Theirs' });
    const header = { 'mergepix-workspace': 'theirs' };
    const post = async (path: string, body: unknown): Promise<Record<string, string>> => {
      const answer = await fetch(service.url + path, {
        ...{ method: 'POST', body: JSON.stringify(body) },
        headers: { authorization: `Bearer ${adminKey}`, 'content-type': 'application/json', ...header },
      });
      return (await answer.json()) as Record<string, string>;
    };
    const { version } = await post('/v1/templates/swatch/versions', swatch());
    await post(`/v1/templates/swatch/versions/${version}/publish`, {});
    const theirs = await post('/v1/links', { template: 'swatch', platform: account.connection.platform });
    const forged = `${theirs.url?.replace(/.(?=\.png)/, (letter) => (letter === 'A' ? 'B' : 'A'))}`;
    account.plan(`<body>${theirs.html}<img src="${forged}"></body>`, Date.now() + 6 * HOUR);
    await look();
    expect(await sendsOf(connection)).toMatchObject([
      {
        ...{ links: [], warmup: null },
        notes: ['A picture in it is of no link of this workspace: it is not made ahead.'],
      },
    ]);
  });

  it('is one of thirty that are planned for the same day', async () => {
    const account = add();
    const connection = await connect(account);
    const { html } = await linkFor(connection);
    for (let i = 0; i < 30; i++) account.plan(`<body>${html}</body>`, Date.now() + (2 + i / 2) * HOUR);
    await Promise.all([look(), look()]);
    const sends = await sendsOf(connection);
    expect(sends.map(({ warmup }) => warmup?.state)).toEqual(Array.from({ length: 30 }, () => 'queued'));
    const { data } = await call<{ data: { connection: string }[] }>('GET', '/v1/warmups?limit=100');
    expect(data.filter((each) => each.connection === connection)).toHaveLength(30);
  }, 90_000);
}
