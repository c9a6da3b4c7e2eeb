import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestService, type TestService } from './service.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.close());

type Key = { id: string; key: string; scopes: string[] };
const makeKey = async (order: object, by?: string) => {
  const { status, body } = await service.api('POST', '/v1/keys', { name: 'k', ...order }, by);
  return { status, ...(body as Key & { code?: string }) };
};

describe('a key', () => {
  it('may do what its role may, narrowed down to its scopes', async () => {
    const { key, scopes } = await makeKey({ role: 'editor', scopes: ['templates:read', 'assets:write'] });
    expect(scopes).toEqual(['templates:read', 'assets:write']);
    expect((await service.api('GET', '/v1/templates', undefined, key)).status).toBe(200);
    expect((await service.api('POST', '/v1/links', {}, key)).status).toBe(403);
    for (const scopes of [['templates:publish'], ['templates:fly'], []]) {
      expect((await makeKey({ role: 'editor', scopes })).status, String(scopes)).toBe(400);
    }
  });

  it('hands out no more than it may do itself', async () => {
    const { key } = await makeKey({ role: 'admin', scopes: ['access:read', 'access:write', 'templates:read'] });
    expect(await makeKey({ role: 'admin' }, key)).toMatchObject({ status: 403, code: 'forbidden' });
    expect((await makeKey({ role: 'render' }, key)).status).toBe(403);
    expect((await service.api('POST', '/v1/members', { name: 'A', role: 'viewer' }, key)).status).toBe(403);
    expect((await makeKey({ role: 'viewer', scopes: ['templates:read'] }, key)).status).toBe(201);
  });

  it('tells when it was used, and ends by itself', async () => {
    expect((await makeKey({ role: 'viewer', expiresAt: '2020-01-01T00:00:00Z' })).status).toBe(400);
    const soon = new Date(Date.now() + 1500).toISOString();
    const { id, key } = await makeKey({ role: 'viewer', expiresAt: soon });
    const seen = async () => {
      const { data } = (await service.api('GET', '/v1/keys')).body as { data: { id: string; lastUsedAt: string }[] };
      return data.find((each) => each.id === id);
    };
    expect(await seen()).toMatchObject({ lastUsedAt: null, expiresAt: soon });
    const use = async () => (await service.api('GET', '/v1/templates', undefined, key)).status;
    expect(await use()).toBe(200);
    await expect.poll(async () => (await seen())?.lastUsedAt).toMatch(/^20/);
    await expect.poll(use, { timeout: 5000 }).toBe(401);
  });

  it('stops in every process once it is revoked', async () => {
    const other = await startTestService({ MERGEPIX_DATA_DIR: service.dataDir });
    const { id, key } = await makeKey({ role: 'viewer' });
    const use = async () => (await other.api('GET', '/v1/templates', undefined, key)).status;
    expect(await use()).toBe(200);
    await service.api('DELETE', `/v1/keys/${id}`);
    expect((await service.api('GET', '/v1/templates', undefined, key)).status).toBe(401);
    await expect.poll(use, { timeout: 5000 }).toBe(401);
    await other.close();
  });

  it('is listed page by page, without its text', async () => {
    const first = (await service.api('GET', '/v1/keys?limit=2')).body as { data: Key[]; next: string };
    expect(first.data.length).toBe(2);
    const second = (await service.api('GET', `/v1/keys?limit=2&after=${first.next}`)).body as { data: Key[] };
    expect(second.data.length).toBeGreaterThan(0);
    const ids = [...first.data, ...second.data].map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(JSON.stringify([first, second])).not.toContain('mpx_');
  });
});

/** What a browser does: keeps the cookie and says where a request comes from. */
async function browse(method: string, path: string, headers: Record<string, string> = {}, body?: unknown) {
  const response = await fetch(service.url + path, {
    method,
    headers: { 'sec-fetch-site': 'same-origin', 'content-type': 'application/json', ...headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) };
}

async function signIn(key: string) {
  const answer = await browse('POST', '/v1/sessions', { authorization: `Bearer ${key}` });
  const cookie = answer.headers.get('set-cookie') ?? '';
  return { ...answer, setCookie: cookie, cookie: cookie.split(';')[0] as string, csrf: answer.body.csrf as string };
}

const addMember = async (name: string, role: string) =>
  (await service.api('POST', '/v1/members', { name, role })).body as { id: string; key: string };

describe('a member', () => {
  it('is known by name to the admin only, and nowhere in the files or the log', async () => {
    const { id } = await addMember('Wilhelmina Quist', 'editor');
    expect((await service.api('GET', '/v1/members')).body).toMatchObject({
      data: expect.arrayContaining([expect.objectContaining({ id, name: 'Wilhelmina Quist', role: 'editor' })]),
    });
    const rows = await service.services.records.selectFrom('members').selectAll().execute();
    expect(JSON.stringify(rows)).not.toContain('Wilhelmina');
    expect(service.log.join('')).not.toContain('Wilhelmina');
    expect((await service.api('POST', '/v1/members', { name: 'M', role: 'render' })).status).toBe(400);
  });

  it('can do what the role says from the moment it changes, and nothing once removed', async () => {
    const { id, key } = await addMember('Ada', 'viewer');
    const { cookie, csrf } = await signIn(key);
    const publish = () => service.api('POST', '/v1/templates/x/versions', { name: 'x' }, key);
    expect((await publish()).status).toBe(403);
    expect((await service.api('PATCH', `/v1/members/${id}`, { role: 'editor' })).body).toMatchObject({
      role: 'editor',
    });
    expect((await publish()).status).toBe(422);
    expect((await browse('GET', '/v1/sessions/current', { cookie })).body).toMatchObject({ actor: id, role: 'editor' });

    expect((await service.api('DELETE', `/v1/members/${id}`)).status).toBe(204);
    expect((await publish()).status).toBe(401);
    expect((await browse('GET', '/v1/templates', { cookie, 'x-csrf-token': csrf })).status).toBe(401);
    for (const [method, path] of [
      ['PATCH', `/v1/members/${id}`],
      ['DELETE', `/v1/members/${id}`],
      ['POST', `/v1/members/${id}/key`],
    ] as const) {
      const answer = await service.api(method, path, method === 'PATCH' ? { role: 'viewer' } : undefined);
      expect(answer.status, method).toBe(404);
    }
  });

  it('gets a new key, which ends the old one', async () => {
    const { id, key } = await addMember('Bo', 'viewer');
    const { cookie } = await signIn(key);
    const renewed = (await service.api('POST', `/v1/members/${id}/key`)).body as { key: string };
    expect((await service.api('GET', '/v1/templates', undefined, key)).status).toBe(401);
    expect((await browse('GET', '/v1/templates', { cookie })).status).toBe(401);
    expect((await service.api('GET', '/v1/templates', undefined, renewed.key)).status).toBe(200);
  });
});

describe('a session', () => {
  it('is a cookie scripts cannot read, for pages of this service only', async () => {
    const { key, id } = await addMember('Cleo', 'admin');
    const { status, setCookie, cookie, csrf, body } = await signIn(key);
    expect(status).toBe(201);
    expect(body).toMatchObject({ actor: id, workspace: 'default', role: 'admin', isOperator: false });
    expect(Date.parse(body.expiresAt)).toBeGreaterThan(Date.now() + 11 * 3_600_000);
    expect(setCookie).toMatch(/^mergepix=[\w-]{43}; Path=\/; Max-Age=\d+; HttpOnly; SameSite=Strict$/);
    const stored = JSON.stringify(await service.services.records.selectFrom('sessions').selectAll().execute());
    expect(stored).not.toContain(cookie.split('=')[1]);
    expect(stored).not.toContain(csrf);

    const read = (headers: Record<string, string>) => browse('GET', '/v1/keys', { cookie, ...headers });
    expect((await read({})).status).toBe(200);
    expect((await read({ 'sec-fetch-site': 'none' })).status).toBe(200);
    for (const headers of [
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { origin: 'https://evil.example' },
      { origin: 'null' },
    ]) {
      expect((await read(headers as Record<string, string>)).status, JSON.stringify(headers)).toBe(403);
    }
  });

  it('changes something only with the token of the page', async () => {
    const { key } = await addMember('Dee', 'admin');
    const { cookie, csrf } = await signIn(key);
    const other = await signIn(key);
    const change = (headers: Record<string, string>) =>
      browse('PATCH', '/v1/workspace', { cookie, ...headers }, { settings: {} });
    for (const headers of [
      {},
      { 'x-csrf-token': '' },
      { 'x-csrf-token': other.csrf },
      { 'x-csrf-token': `${csrf}x` },
      { 'x-csrf-token': csrf, 'sec-fetch-site': 'cross-site' },
      { 'x-csrf-token': csrf, 'sec-fetch-site': 'none' },
      { 'x-csrf-token': csrf, origin: 'https://evil.example' },
    ]) {
      expect((await change(headers as Record<string, string>)).status, JSON.stringify(headers)).toBe(403);
    }
    expect((await change({ 'x-csrf-token': csrf, origin: service.url })).status).toBe(200);
    const tls = service.url.replace('http:', 'https:');
    expect((await change({ 'x-csrf-token': csrf, origin: tls })).status).toBe(403);
  });

  it('ends when signing out, when its time is over, and begins with a key only', async () => {
    const { key } = await addMember('Eve', 'viewer');
    const { cookie, csrf } = await signIn(key);
    const again = await browse('POST', '/v1/sessions', { cookie, 'x-csrf-token': csrf });
    expect(again.status).toBe(403);
    const out = await browse('DELETE', '/v1/sessions/current', { cookie, 'x-csrf-token': csrf });
    expect(out.status).toBe(204);
    expect(out.headers.get('set-cookie')).toContain('Max-Age=0');
    expect((await browse('GET', '/v1/sessions/current', { cookie })).status).toBe(401);

    const late = await signIn(key);
    await service.services.records.updateTable('sessions').set({ expires_at: 1 }).execute();
    const look = async () => (await browse('GET', '/v1/sessions/current', { cookie: late.cookie })).status;
    await expect.poll(look, { timeout: 5000 }).toBe(401);
    expect((await service.api('GET', '/v1/sessions/current', undefined, key)).status).toBe(404);
    const machine = await makeKey({ role: 'render' });
    expect((await browse('POST', '/v1/sessions', { authorization: `Bearer ${machine.key}` })).status).toBe(403);
  });

  it('of an old one that is used lasts longer, but never beyond seven days', async () => {
    const { key } = await addMember('Fay', 'viewer');
    const hour = 3_600_000;
    const { records } = service.services;
    const age = async (hours: number) => {
      const { cookie } = await signIn(key);
      const now = Date.now();
      const newest = records.selectFrom('sessions').select('id').orderBy('created_at', 'desc').limit(1);
      await records
        .updateTable('sessions')
        .set({ created_at: now - hours * hour, used_at: now - 2 * hour, expires_at: now + hour })
        .where('id', '=', newest)
        .execute();
      const { body } = await browse('GET', '/v1/sessions/current', { cookie });
      return Math.round((Date.parse(body.expiresAt) - now) / hour);
    };
    expect(await age(10)).toBe(12);
    expect(await age(7 * 24 - 3)).toBe(3);
  });
});

describe('the audit log', () => {
  it('tells who did what, and can be searched', async () => {
    const { id, key } = await addMember('Gus', 'admin');
    await service.api('POST', '/v1/keys', { name: 'z' }, key);
    const list = async (query: string) =>
      (await service.api('GET', `/v1/audit?${query}`)).body as {
        data: { id: string; actor: string; action: string; subject: string; at: string }[];
        next: string | null;
      };
    expect((await list(`subject=${id}`)).data).toMatchObject([{ actor: 'admin', action: 'member.added' }]);
    expect((await list(`actor=${id}`)).data).toMatchObject([{ actor: id, action: 'key.created' }]);
    const actions = new Set((await list('limit=100')).data.map(({ action }) => action));
    for (const action of ['member.removed', 'member.key', 'session.begun', 'session.ended', 'keys.read']) {
      expect(actions).toContain(action);
    }
    const seen: string[] = [];
    let next: string | null = '';
    while (next !== null) {
      const page: Awaited<ReturnType<typeof list>> = await list(
        `limit=7&action=member.added${next && `&after=${next}`}`,
      );
      seen.push(...page.data.map(({ id }) => id));
      next = page.next;
    }
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toEqual((await list('limit=100&action=member.added')).data.map(({ id }) => id));
  });

  it('is changed or deleted by nobody, not even with the database at hand', async () => {
    const { records } = service.services;
    await expect(sql`update audit set actor = 'nobody'`.execute(records)).rejects.toThrow(/never changed/);
    await expect(sql`delete from audit`.execute(records)).rejects.toThrow(/never changed/);
    expect((await service.api('GET', '/v1/audit')).status).toBe(200);
  });
});
