import { afterEach, describe, expect, it } from 'vitest';
import { type FakeKlaviyo, type FakeKlaviyoOptions, startFakeKlaviyo } from './klaviyo.ts';

let fake: FakeKlaviyo;
afterEach(() => fake.close());

const start = async (options: FakeKlaviyoOptions = {}) => {
  fake = await startFakeKlaviyo(options);
  return fake.addAccount({ apiKey: 'pk_one' });
};

async function ask(path: string, method = 'GET', body?: unknown, apiKey = 'pk_one') {
  const answer = await fetch(`${fake.url}${path}`, {
    method,
    headers: {
      authorization: `Klaviyo-API-Key ${apiKey}`,
      revision: '2026-07-15',
      'content-type': 'application/vnd.api+json',
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  return { status: answer.status, headers: answer.headers, body: text.startsWith('{') ? JSON.parse(text) : text };
}

const wish = (query: Record<string, string>): string => `?${new URLSearchParams(query)}`;
type Listed = {
  readonly body: { readonly data: { readonly id: string; readonly attributes: Record<string, unknown> }[] };
};

describe('the stand-in for Klaviyo', () => {
  it('pages through members and profiles with a cursor that nobody who comes or goes disturbs', async () => {
    const account = await start();
    const profiles = Array.from({ length: 5 }, (_, i) => account.addProfile({ first_name: `N${i}` }));
    const list = account.addList('Newsletter', profiles);
    const first = await ask(`/api/lists/${list.id}/profiles${wish({ 'page[size]': '2' })}`);
    account.leave(list, profiles[0] as (typeof profiles)[0]);
    const seen = [...first.body.data];
    for (let next = first.body.links.next; next; ) {
      const page = await ask(next.slice(fake.url.length));
      seen.push(...page.body.data);
      next = page.body.links.next;
    }
    expect(seen.map(({ id }) => id)).toEqual(profiles.map(({ id }) => id));
  });

  it('refuses what Klaviyo refuses', async () => {
    const account = await start({ isChecked: false });
    const list = account.addList('Newsletter');
    const statuses = await Promise.all(
      [
        `/api/profiles${wish({ 'page[size]': '101' })}`,
        `/api/lists${wish({ 'page[size]': '11' })}`,
        `/api/templates${wish({ 'page[size]': '11' })}`,
        `/api/campaigns`,
        `/api/campaigns${wish({ filter: "equals(messages.channel,'email'),greater-than(send_time,2026-01-01T00:00:00Z)" })}`,
        `/api/lists/${list.id}/profiles${wish({ filter: 'greater-than(updated,2026-01-01T00:00:00Z)' })}`,
        `/api/profiles${wish({ 'fields[profile]': 'favourite_city' })}`,
        `/api/profiles${wish({ 'page[cursor]': 'nonsense' })}`,
      ].map(async (path) => (await ask(path)).status),
    );
    expect(statuses).toEqual([400, 400, 400, 400, 400, 400, 400, 400]);
    expect((await ask('/api/profiles', 'GET', undefined, 'pk_other')).status).toBe(401);
  });

  it('wants the scope of each call', async () => {
    await start();
    fake.addAccount({ apiKey: 'pk_two', scopes: ['lists:read'] });
    const refused = await ask('/api/profiles', 'GET', undefined, 'pk_two');
    expect(refused.status).toBe(403);
    expect(refused.body.errors[0].code).toBe('permission_denied');
    expect((await ask('/api/lists', 'GET', undefined, 'pk_two')).status).toBe(200);
  });

  it('takes a bulk import and does it later, with errors for those it cannot take', async () => {
    const account = await start();
    const known = account.addProfile({ properties: { city: 'Bonn' } });
    const before = known.updated;
    const profile = (id: string) => ({ type: 'profile', id, attributes: { properties: { mergepix: 'reference' } } });
    const started = await ask('/api/profile-bulk-import-jobs', 'POST', {
      data: {
        type: 'profile-bulk-import-job',
        attributes: { profiles: { data: [profile(known.id), profile('01NOBODY')] } },
      },
    });
    expect(started.status).toBe(202);
    expect(started.body.data.attributes.status).toBe('queued');
    const path = `/api/profile-bulk-import-jobs/${started.body.data.id}`;
    await expect.poll(async () => (await ask(path)).body.data.attributes.status).toBe('complete');
    expect(known.properties).toEqual({ city: 'Bonn', mergepix: 'reference' });
    expect(known.updated).toBeGreaterThan(before);
    const errors: Listed = await ask(`${path}/import-errors`);
    expect(errors.body.data.map(({ attributes }) => attributes.original_payload)).toEqual([profile('01NOBODY')]);
    const changed: Listed = await ask(
      `/api/profiles${wish({ sort: 'updated', filter: `greater-than(updated,${new Date(before).toISOString()})` })}`,
    );
    expect(changed.body.data.map(({ id }) => id)).toEqual([known.id]);
  });

  it('slows down whoever asks too often, with a time to wait', async () => {
    await start();
    const first = await ask('/api/accounts');
    const second = await ask('/api/accounts');
    expect([first.status, second.status]).toEqual([200, 429]);
    expect(second.headers.get('retry-after')).toBe('1');
  });

  it('misbehaves when told to', async () => {
    await start();
    fake.happen([{ kind: 'html', status: 502 }, { kind: 'throttled', isEmpty: true }, { kind: 'cut' }]);
    const bad = await ask('/api/profiles');
    const empty = await ask('/api/profiles');
    expect([bad.status, bad.headers.get('content-type')]).toEqual([502, 'text/html']);
    expect([empty.status, empty.body]).toEqual([429, '']);
    await expect(ask('/api/profiles')).rejects.toThrow();
    expect((await ask('/api/profiles')).status).toBe(200);
    expect(fake.count('profiles')).toBe(4);
  });

  it('sends what it has cloned, to members who may be mailed, with their own values', async () => {
    const account = await start();
    const ann = account.addProfile({ first_name: 'Ann & Bo', properties: { mergepix: 'abc' } });
    const bob = account.addProfile({ first_name: 'Bob' });
    const gone = account.addProfile({ marketing: 'unsubscribed' });
    const excluded = account.addProfile();
    const list = account.addList('Newsletter', [ann, bob, gone, excluded]);
    const staff = account.addSegment('Staff', [excluded]);
    const template = account.addTemplate({
      editor_type: 'CODE',
      html: "<p>{{ first_name|default:'' }} {{ person|lookup:'mergepix'|default:'none' }}</p>",
    });
    const campaign = account.addCampaign({ templates: [template], included: [list.id], excluded: [staff.id] });
    template.html = 'changed later';
    expect(account.send(campaign).map(({ profile, html }) => [profile.id, html])).toEqual([
      [ann.id, '<p>Ann &amp; Bo abc</p>'],
      [bob.id, '<p>Bob none</p>'],
    ]);
    const flow = account.addFlow('Cart', [
      { email: account.addTemplate({ editor_type: 'CODE', html: "{{ event.Item|default:'' }}" }) },
    ]);
    expect(account.sendFlow(flow.actions[0]?.message?.id ?? '', bob, { Item: 'Boots' })).toBe('Boots');
  });
});
