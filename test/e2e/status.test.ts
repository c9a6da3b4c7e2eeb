import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createFigures } from '../../server/observe/figures.ts';
import { readOutcome } from '../../server/observe/shown.ts';
import { keepConnection, keepSync } from './connection.ts';
import { adminKey, look, publish, startTestService, swatch, type TestService } from './service.ts';

let service: TestService;
/** The key of another workspace. */
let stranger: string;
beforeAll(async () => {
  service = await startTestService();
  await publish(service, swatch());
  await service.api('POST', '/v1/workspaces', { id: 'b', name: 'B' });
  const made = await fetch(`${service.url}/v1/keys`, {
    method: 'POST',
    headers: { authorization: `Bearer ${adminKey}`, 'content-type': 'application/json', 'mergepix-workspace': 'b' },
    body: JSON.stringify({ name: 'stranger', role: 'admin' }),
  });
  stranger = ((await made.json()) as { key: string }).key;
});
afterAll(() => service.close());

async function makeLink(): Promise<{ id: string; address: string }> {
  const { body } = await service.api('POST', '/v1/links', { template: 'swatch', platform: 'klaviyo' });
  const { id, url } = body as { id: string; url: string };
  return { id, address: service.url + new URL(url).pathname };
}

const makeContact = async (fields: object) =>
  (await service.api('POST', '/v1/contacts', { fields })).body as { id: string; reference: string };
const read = async (path: string, key = adminKey) => (await service.api('GET', path, undefined, key)).body;

/** What is heard on `/v1/events`, one line for each event. */
async function listen(headers: Record<string, string> = { authorization: `Bearer ${adminKey}` }, at = service.url) {
  const asking = request(`${at}/v1/events`, { headers }).end();
  const [response] = (await once(asking, 'response')) as [IncomingMessage];
  const heard: string[] = [];
  let text = '';
  let isOver = false;
  response.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    const whole = text.split('\n\n');
    text = whole.pop() ?? '';
    heard.push(...whole.filter((each) => each.startsWith('event: ')).map((each) => each.replace('\ndata:', '')));
  });
  response.on('close', () => {
    isOver = true;
  });
  response.on('error', () => undefined);
  const { statusCode: status, headers: answered } = response;
  return { status, answered, heard, isOver: () => isOver, close: () => void asking.destroy() };
}
const WAIT = { timeout: 15_000 };

describe('the figures', () => {
  it('tell how pictures were served by all processes, how fast, and which fields fell back, of one workspace', async () => {
    const { id, address } = await makeLink();
    const { reference } = await makeContact({ first_name: 'Figuretta', color: 'reddish' });
    for (let i = 0; i < 3; i++) await look(`${address}?c=${reference}`);
    await look(address);
    const other = createFigures(service.services.records);
    const shown = { kind: 'link', id, workspace: 'default', template: 'swatch', version: 1 } as const;
    const asked = { reader: 'browser', now: Date.now() } as const;
    const list = [{ field: 'items.2.price', reason: 'junk' }];
    other.count({ ...shown, mended: list }, readOutcome('rendered'), { ...asked, ms: 900 });
    const { template: _, ...revoked } = shown;
    other.count(revoked, readOutcome('neutral; revoked'), { ...asked, ms: 0 });
    await other.flush();
    const figures = (await read('/v1/figures')) as {
      pictures: number;
      within: object;
      outcomes: { outcome: string; pictures: number }[];
      steps: { pictures: number }[];
    };
    expect(figures).toMatchObject({
      ...{ stepMinutes: 5, pictures: 6, below: 1, within: { p95: 1000, p99: 1000 } },
      fields: [
        { template: 'swatch', field: 'color', reason: 'invalid', count: 3, share: 3 / 4 },
        { template: 'swatch', field: 'items.price', reason: 'junk', count: 1, share: 1 / 4 },
      ],
    });
    const counts = Object.fromEntries(figures.outcomes.map(({ outcome, pictures }) => [outcome, pictures]));
    expect(counts).toEqual({ rendered: 2, hit: 2, defaults: 1, neutral: 1 });
    expect(figures.steps.length).toBe(12);
    expect(figures.steps.reduce((sum, { pictures }) => sum + pictures, 0)).toBe(6);
    expect(await read('/v1/figures?window=day')).toMatchObject({ pictures: 6, stepMinutes: 30 });
    expect(JSON.stringify(figures)).not.toMatch(/Figuretta|reddish/);
    const nothing = { pictures: 0, below: 0, within: null, outcomes: [], fields: [] };
    expect(await read('/v1/figures', stranger)).toMatchObject(nothing);
  });

  it('show failures as the pictures they were, without counting that', async () => {
    const { id, address } = await makeLink();
    const list = async () =>
      ((await read(`/v1/failures?link=${id}`)) as { data: { id: string; picture: string; count: number }[] }).data;
    await look(address);
    const [failure] = await list();
    expect(failure).toMatchObject({ outcome: 'defaults', cause: 'contact-blank', picture: 'shown', count: 1 });
    const path = `/v1/failures/${failure?.id}/picture`;
    const seen = await look(service.url + path, { headers: { authorization: `Bearer ${adminKey}` } });
    expect(seen).toMatchObject({ status: 200, color: '#808080', width: 100 });
    expect((await list())[0]?.count).toBe(1);
    expect((await service.api('GET', path, undefined, stranger)).status).toBe(404);
    // A picture that lacked something is shown as its recipient would see it now.
    const { id: contact } = await makeContact({ first_name: 'Amira', color: '#123456' });
    const figures = createFigures(service.services.records);
    const shown = { kind: 'link', id, workspace: 'default', template: 'swatch', version: 1, contact } as const;
    const asked = { reader: 'browser', now: Date.now(), ms: 5 } as const;
    figures.count(shown, readOutcome('rendered; image-missing'), asked);
    await figures.flush();
    const missing = (await list()).find(({ picture }) => picture === 'now');
    expect(missing).toMatchObject({ outcome: 'rendered', cause: 'image-missing' });
    const now = await look(`${service.url}/v1/failures/${missing?.id}/picture`, {
      headers: { authorization: `Bearer ${adminKey}` },
    });
    expect(now.color).toBe('#123456');
  });

  it('tell whether everything answers, and how much of the workspace waits', async () => {
    const health = { records: true, cache: true, queue: true, renderers: 2, jobs: { waiting: 0, oldestSeconds: 0 } };
    expect(await read('/v1/health')).toEqual(health);
    const job = { payload: '', kind: 'warmup.make', state: 'queued', attempts: 0, takeovers: 0, lease: null } as const;
    const late = { id: 'late', workspace: 'nowhere', run_at: Date.now() - 90_000, leased_until: null, error: null };
    const { records } = service.services;
    await records
      .insertInto('jobs')
      .values({ ...job, ...late, kind: 'of-nobody', workspace: 'b', created_at: 1, finished_at: null })
      .execute();
    expect(await read('/v1/health', stranger)).toMatchObject({ jobs: { waiting: 1, oldestSeconds: 90 } });
    expect(await read('/v1/health')).toEqual(health);
    await records.deleteFrom('jobs').where('id', '=', 'late').execute();
  });

  it('tell for how many contacts of a connection the mapped fields are filled', async () => {
    const { id: contact } = await makeContact({ first_name: 'Covera' });
    const connection = await keepConnection(service, contact);
    const path = `/v1/connections/${connection}/coverage`;
    const filled = { field: 'first_name', filled: 1, junk: 0, sentence: 'first_name filled for 100%' };
    expect(await read(path)).toEqual({ contacts: 1, fields: [filled] });
    await service.api('PATCH', `/v1/contacts/${contact}`, { fields: { first_name: '*|FNAME|*' } });
    expect(await read(path)).toMatchObject({ fields: [{ filled: 1, junk: 1 }] });
  });
});

describe('events', () => {
  it('tell what has changed, whichever process did it, to nobody of another workspace', async () => {
    const [own, other] = [await listen(), await listen({ authorization: `Bearer ${stranger}` })];
    expect(own.answered['content-type']).toBe('text/event-stream; charset=utf-8');
    expect(own.answered['x-accel-buffering']).toBe('no');
    for (const { heard } of [own, other]) await expect.poll(() => heard, WAIT).toEqual(['event: ready {}']);
    const { id: link, address } = await makeLink();
    await look(address);
    await service.services.observed.flush();
    const { id: contact } = await makeContact({ first_name: 'Eventa' });
    const connection = await keepConnection(service, contact, 'Eventa');
    await expect.poll(() => own.heard, WAIT).toContain(`event: connection {"id":"${connection}"}`);
    const sync = await keepSync(service, connection);
    const { records } = service.services;
    const times = () => own.heard.filter((each) => each.includes(connection)).length;
    await expect.poll(times, WAIT).toBeGreaterThan(1);
    const before = times();
    // As another process would.
    await records.updateTable('syncs').set({ read: 500 }).where('id', '=', sync).execute();
    await expect.poll(times, WAIT).toBeGreaterThan(before);
    const { id } = (await service.api('POST', '/v1/warmups', { links: [link] })).body as { id: string };
    await expect.poll(() => own.heard, WAIT).toContain(`event: warmup {"id":"${id}"}`);
    await expect.poll(() => own.heard, WAIT).toContain('event: figures {}');
    expect(own.heard.join()).not.toContain('Eventa');
    expect(other.heard).toEqual(['event: ready {}']);
    own.close();
    other.close();
  }, 60_000);

  it('end with the session or the key of whoever listens, and need the right one', async () => {
    const signedIn = await fetch(`${service.url}/v1/sessions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${adminKey}`, 'content-type': 'application/json' },
    });
    const cookie = signedIn.headers.get('set-cookie')?.split(';')[0] ?? '';
    const { csrf } = (await signedIn.json()) as { csrf: string };
    const inSession = await listen({ cookie });
    await expect.poll(() => inSession.heard.length, WAIT).toBe(1);
    const ending = { method: 'DELETE', headers: { cookie, 'x-csrf-token': csrf } };
    expect((await fetch(`${service.url}/v1/sessions/current`, ending)).status).toBe(204);
    await expect.poll(inSession.isOver, WAIT).toBe(true);
    expect(inSession.heard.at(-1)).toBe('event: ended {}');

    const { id, key } = (await service.api('POST', '/v1/keys', { name: 'ends', role: 'viewer' })).body as {
      id: string;
      key: string;
    };
    const withKey = await listen({ authorization: `Bearer ${key}` });
    expect((await service.api('DELETE', `/v1/keys/${id}`)).status).toBe(204);
    await expect.poll(withKey.isOver, WAIT).toBe(true);
    const refused = await listen({ authorization: `Bearer ${key}` });
    expect(refused.status).toBe(401);
  });

  it('are for so many at a time, and keep no service from stopping', async () => {
    const small = await startTestService();
    const listenThere = () => listen({ authorization: `Bearer ${adminKey}` }, small.url);
    const open = await Promise.all(Array.from({ length: 50 }, listenThere));
    expect(open.map(({ status }) => status)).toEqual(Array(50).fill(200));
    expect((await listenThere()).status).toBe(503);
    open[0]?.close();
    await expect.poll(async () => (await listenThere()).status, WAIT).toBe(200);
    await small.close();
    await expect.poll(() => open.every(({ isOver }) => isOver()), WAIT).toBe(true);
  });
});
