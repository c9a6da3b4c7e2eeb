import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeFolder, run } from '../cli/command.ts';
import { look, publish, startTestService, swatch, type TestService } from './service.ts';

const signing = { MERGEPIX_SIGNING_KEYS: `k1:${'s'.repeat(32)}` };
const [older, newer] = [`e1:${'a'.repeat(32)}`, `e2:${'b'.repeat(32)}`];

const folder = makeFolder();
let env: Record<string, string>;
let service: TestService;
let others: TestService[];
beforeEach(async () => {
  others = [];
  const database = `sqlite:${join(await mkdtemp(join(tmpdir(), 'mergepix-')), 'mergepix.db')}`;
  env = { ...signing, MERGEPIX_DATABASE: database, MERGEPIX_ENCRYPTION_KEYS: older };
  service = await startTestService(env);
  await publish(service, swatch());
});
afterEach(() => Promise.all([service, ...others].map((each) => each.close())));

const keep = async (key: string, color: string) =>
  (await service.api('POST', '/v1/contacts', { key, fields: { color } })).body as { id: string; reference: string };
const linkPath = async (): Promise<string> => {
  const { body } = await service.api('POST', '/v1/links', { template: 'swatch', platform: 'mailchimp' });
  return new URL((body as { url: string }).url).pathname;
};
const generate = async (subject: string | undefined, color: string): Promise<string> => {
  const order = { template: 'swatch', data: { first_name: 'Bo', color }, ...(subject && { subject }) };
  const { body } = await service.api('POST', '/v1/generate', order);
  return service.url + new URL((body as { url: string }).url).pathname;
};
const audited = async (action: string) =>
  ((await service.api('GET', `/v1/audit?action=${action}`)).body as { data: { subject: string }[] }).data;

describe('erasing a contact', () => {
  it('leaves nothing but an id that shows the neutral picture, in every process', async () => {
    const other = await startTestService(env);
    others.push(other);
    const path = await linkPath();
    const { id, reference } = await keep('crm-1', '#ff0000');
    for (const { url } of [service, other]) {
      expect(await look(`${url}${path}?c=${reference}`)).toMatchObject({ color: '#ff0000' });
    }
    expect((await service.api('DELETE', `/v1/contacts/${id}`)).status).toBe(204);
    expect(await look(`${service.url}${path}?c=${reference}`)).toMatchObject({
      status: 200,
      outcome: 'neutral; erased',
    });
    await expect
      .poll(async () => (await look(`${other.url}${path}?c=${reference}`)).outcome, { timeout: 10_000 })
      .toBe('neutral; erased');
    const { records } = service.services;
    expect(await records.selectFrom('contacts').selectAll().execute()).toMatchObject([
      { id, external_key: null, fields: '', erased_at: expect.any(Number) },
    ]);
    expect((await service.api('GET', `/v1/contacts/${id}`)).status).toBe(404);
    expect((await service.api('PATCH', `/v1/contacts/${id}`, { fields: { color: '#00ff00' } })).status).toBe(404);
    expect((await service.api('DELETE', `/v1/contacts/${id}`)).status).toBe(204);
    expect(await audited('contact.erased')).toMatchObject([{ subject: id }, { subject: id }]);
  });

  it('lets the same person be kept anew, under another id', async () => {
    const path = await linkPath();
    const before = await keep('crm-1', '#ff0000');
    await service.api('DELETE', `/v1/contacts/${before.id}`);
    const after = await keep('crm-1', '#00ff00');
    expect(after.id).not.toBe(before.id);
    expect(await look(`${service.url}${path}?c=${after.reference}`)).toMatchObject({ color: '#00ff00' });
    expect((await look(`${service.url}${path}?c=${before.reference}`)).outcome).toBe('neutral; erased');
  });

  it('is a command, too, which a running service follows', async () => {
    const path = await linkPath();
    const { reference } = await keep('crm-1', '#ff0000');
    expect(await look(`${service.url}${path}?c=${reference}`)).toMatchObject({ color: '#ff0000' });
    const erase = (...args: string[]) => run(folder, ['erase', ...args], env);
    expect(await erase('--key', 'crm-1')).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^erased contact \S+\n$/),
    });
    await expect
      .poll(async () => (await look(`${service.url}${path}?c=${reference}`)).outcome, { timeout: 10_000 })
      .toBe('neutral; erased');
    expect(await erase('--key', 'crm-1')).toMatchObject({
      code: 1,
      err: expect.stringContaining('no contact with that key'),
    });
    expect(await erase('--contact', 'a', '--subject', 'b')).toMatchObject({ code: 2 });
  });

  it('is for its own workspace only', async () => {
    expect((await service.api('DELETE', '/v1/contacts/nobody')).body).toMatchObject({ code: 'contact_not_found' });
  });
});

describe('contacts', () => {
  it('are listed page by page and found by their key, without what is known of them', async () => {
    const made = [await keep('crm-1', '#ff0000'), await keep('crm-2', '#00ff00'), await keep('crm-3', '#0000ff')];
    await service.api('DELETE', `/v1/contacts/${made[2]?.id}`);
    const ids: string[] = [];
    let after = '';
    for (;;) {
      const { body } = await service.api('GET', `/v1/contacts?limit=1${after}`);
      const { data, next } = body as { data: { id: string }[]; next: string | null };
      expect(data.every((entry) => !('fields' in entry))).toBe(true);
      ids.push(...data.map(({ id }) => id));
      if (next === null) break;
      after = `&after=${next}`;
    }
    expect(ids.sort()).toEqual([made[0]?.id, made[1]?.id].sort());
    const [, second] = made;
    expect((await service.api('GET', '/v1/contacts?key=crm-2')).body).toMatchObject({
      data: [{ id: second?.id, reference: second?.reference, version: 1 }],
      next: null,
    });
    expect((await service.api('GET', '/v1/contacts?key=crm-3')).body).toEqual({ data: [], next: null });
  });
});

describe('erasing a subject', () => {
  const rows = () => service.services.records.selectFrom('sealed').selectAll().execute();

  it('takes back everything made about it, under older keys too, and nothing else', async () => {
    const first = await generate('bo@example.com', '#ff0000');
    const bystander = await generate('jo@example.com', '#0000ff');
    await service.close();
    service = await startTestService({ ...env, MERGEPIX_ENCRYPTION_KEYS: `${newer},${older}` });
    const at = (url: string) => service.url + new URL(url).pathname;
    const second = await generate('bo@example.com', '#00ff00');
    expect(await look(at(first))).toMatchObject({ color: '#ff0000' });
    const { status, body } = await service.api('DELETE', `/v1/subjects/${encodeURIComponent('bo@example.com')}`);
    expect({ status, body }).toEqual({ status: 200, body: { pictures: 2, renders: 0, rows: 0 } });
    for (const url of [first, second]) expect((await look(at(url))).outcome).toBe('neutral; revoked');
    expect(await look(at(bystander))).toMatchObject({ color: '#0000ff' });
    expect((await rows()).filter(({ values }) => values === '')).toHaveLength(2);
    expect(JSON.stringify(await audited('subject.erased'))).not.toContain('bo@');
    expect(service.log.join('')).not.toContain('bo@');
  });

  it('reaches what is just being drawn for it', async () => {
    const { pool, records } = service.services;
    const order = { template_id: 'swatch', data: { first_name: 'Bo' }, format: 'png', dpi: 144, subject: 'bo' };
    const { pids } = pool.stats();
    for (const pid of pids) process.kill(pid, 'SIGSTOP');
    const { body } = await service.api('POST', '/v1/renders', order);
    const { job_id } = body as { job_id: string };
    const underWay = () => pool.stats().busy + pool.stats().waiting.background;
    await expect.poll(underWay, { timeout: 5000 }).toBeGreaterThan(0);
    const erased = await service.api('DELETE', '/v1/subjects/bo');
    expect(erased.body).toEqual({ pictures: 0, renders: 1, rows: 0 });
    for (const pid of pids) process.kill(pid, 'SIGCONT');
    await expect.poll(() => records.selectFrom('jobs').selectAll().execute(), { timeout: 20_000 }).toEqual([]);
    expect(await rows()).toEqual([]);
    expect((await service.api('GET', `/v1/renders/${job_id}`)).status).toBe(404);
  });
});
