import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adminKey, publish, startTestService, swatch, type TestService } from './service.ts';

const origin = 'https://app.example.com';
let service: TestService;
beforeAll(async () => {
  service = await startTestService({ MERGEPIX_CORS_ORIGINS: `${origin},https://studio.example.com` });
  await publish(service, swatch());
});
afterAll(() => service.close());

type Answer = { status: number; headers: Headers; body: Record<string, unknown> };
const ask = async (
  method: string,
  path: string,
  { headers = {}, body, at = service }: { headers?: Record<string, string>; body?: unknown; at?: TestService } = {},
): Promise<Answer> => {
  const response = await fetch(at.url + path, {
    method,
    headers: { authorization: `Bearer ${adminKey}`, 'content-type': 'application/json', ...headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === '' ? {} : JSON.parse(text) };
};
const once = (key: string, body: unknown, path = '/v1/generate') =>
  ask('POST', path, { headers: { 'idempotency-key': key }, body });
const order = (first_name: string) => ({ template: 'swatch', data: { first_name } });
const count = async (table: 'sealed' | 'api_keys') =>
  (await service.services.records.selectFrom(table).selectAll().execute()).length;

describe('a request with an Idempotency-Key', () => {
  it('is done once and answered alike, as long as it is the same', async () => {
    const key = randomUUID();
    const first = await once(key, order('Amira'));
    const made = await count('sealed');
    const again = await once(key, order('Amira'));
    expect(again).toMatchObject({ status: first.status, body: first.body });
    expect(first.headers.get('idempotency-replayed')).toBeNull();
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(await count('sealed')).toBe(made);
    expect(await once(key, order('Bo'))).toMatchObject({ status: 422, body: { code: 'idempotency_conflict' } });
    expect(await once(key, order('Amira'), '/v1/renders')).toMatchObject({ status: 400 });
    expect((await once(randomUUID(), order('Amira'))).body.id).not.toBe(first.body.id);
  });

  it('is done once when it comes ten times at once', async () => {
    const made = await count('sealed');
    const key = randomUUID();
    const answers = await Promise.all(Array.from({ length: 10 }, () => once(key, order('Chen'))));
    expect(await count('sealed')).toBe(made + 1);
    for (const { status, body, headers } of answers) {
      if (status === 200) expect(body.url).toEqual(expect.stringContaining('/i/'));
      else {
        expect(body).toMatchObject({ code: 'idempotency_pending' });
        expect(headers.get('retry-after')).toBe('2');
      }
    }
  });

  it('may come again when it failed, and when it is a day old', async () => {
    const key = randomUUID();
    expect((await once(key, order(''))).status).toBe(422);
    const first = await once(key, order('Dina'));
    expect(first.status).toBe(200);
    await service.services.records
      .updateTable('idempotency')
      .set({ created_at: Date.now() - 25 * 3_600_000 })
      .execute();
    expect((await once(key, order('Dina'))).body.id).not.toBe(first.body.id);
  });

  it('keeps answers sealed, and a secret that is shown once not at all', async () => {
    const key = `person-${randomUUID()}`;
    const body = { name: 'Zapier', role: 'render' };
    expect((await once(key, body, '/v1/keys')).status).toBe(201);
    const made = await count('api_keys');
    expect(await once(key, body, '/v1/keys')).toMatchObject({ status: 422, body: { code: 'idempotency_conflict' } });
    expect(await count('api_keys')).toBe(made);
    const kept = JSON.stringify(await service.services.records.selectFrom('idempotency').selectAll().execute());
    expect(kept).not.toMatch(/\/i\/|mpx_|person-/);
  });

  it('is refused when the key is none', async () => {
    expect((await once('two words', order('Amira'))).body).toMatchObject({ code: 'request_invalid' });
  });
});

describe('limits', () => {
  let limited: TestService;
  beforeAll(async () => {
    limited = await startTestService({ MERGEPIX_RATE_LIMIT: '8' });
  });
  afterAll(() => limited.close());

  it('hold for each key, and are told with every answer', async () => {
    const { body } = await ask('POST', '/v1/keys', { at: limited, body: { name: 'a', role: 'viewer' } });
    const headers = { authorization: `Bearer ${body.key}` };
    const answers: Answer[] = [];
    for (let i = 0; i < 9; i++) answers.push(await ask('GET', '/v1/templates', { at: limited, headers }));
    expect(answers.map(({ status }) => status)).toEqual([...Array(8).fill(200), 429]);
    expect(answers[0]?.headers.get('ratelimit-policy')).toMatch(/^"general"; ?q=8; ?w=60/);
    expect(answers[0]?.headers.get('ratelimit')).toMatch(/^"general"; ?r=7; ?t=\d+/);
    const last = answers[8] as Answer;
    expect(last.body).toMatchObject({ code: 'rate_limited', status: 429 });
    expect(Number(last.headers.get('retry-after'))).toBeGreaterThan(0);
    // The other key has its own.
    expect((await ask('GET', '/v1/templates', { at: limited })).status).toBe(200);
  });

  it('leave more room for making pictures', async () => {
    const { headers } = await ask('POST', '/v1/generate', { at: limited, body: order('Amira') });
    expect(headers.get('ratelimit-policy')).toMatch(/^"making"; ?q=40; ?w=60/);
  });

  it('stop whoever guesses keys, but nobody whose key was right before', async () => {
    const guess = (i: number) => ask('GET', '/v1/templates', { headers: { authorization: `Bearer a-wrong-key-${i}` } });
    expect((await ask('GET', '/v1/templates')).status).toBe(200);
    const statuses: number[] = [];
    for (let i = 0; i < 61; i++) statuses.push((await guess(i)).status);
    expect(statuses).toEqual([...Array(60).fill(401), 429]);
    expect((await ask('GET', '/v1/templates')).status).toBe(200);
    expect((await fetch(`${service.url}/i/a.b.c.png`)).status).toBe(403);
  });
});

describe('pages of other origins', () => {
  const preflight = (from: string, path = '/v1/generate') =>
    fetch(service.url + path, {
      method: 'OPTIONS',
      headers: {
        origin: from,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization',
      },
    });

  it('may ask the API where they are named, with a key and without cookies', async () => {
    const { status, headers } = await preflight(origin);
    expect(status).toBe(204);
    expect(headers.get('access-control-allow-origin')).toBe(origin);
    expect(headers.get('access-control-allow-headers')).toContain('Authorization');
    expect(headers.get('access-control-allow-credentials')).toBeNull();
    const answer = await ask('GET', '/v1/templates', { headers: { origin } });
    expect(answer.headers.get('access-control-allow-origin')).toBe(origin);
    expect(answer.headers.get('vary')).toContain('Origin');
    const refused = await ask('GET', '/v1/templates', { headers: { origin, authorization: 'Bearer wrong' } });
    expect(refused.headers.get('access-control-allow-origin'), 'a page must see why').toBe(origin);
  });

  it.each(['https://evil.example.com', 'https://app.example.com.evil.com', 'http://app.example.com', 'null'])(
    'are told nothing when they are %s',
    async (from) => {
      const { headers } = await preflight(from);
      expect(headers.get('access-control-allow-origin')).toBeNull();
      const answer = await ask('GET', '/v1/templates', { headers: { origin: from } });
      expect(answer.headers.get('access-control-allow-origin')).toBeNull();
      expect(answer.headers.get('vary')).toContain('Origin');
    },
  );

  it('are let through to nothing but the API', async () => {
    for (const path of ['/readyz', '/openapi.json', '/docs'])
      expect((await preflight(origin, path)).headers.get('access-control-allow-origin')).toBeNull();
  });
});
