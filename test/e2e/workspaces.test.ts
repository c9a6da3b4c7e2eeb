import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adminKey, look, publish, startTestService, swatch, type TestService } from './service.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.close());

/** Calls the API with the admin key in a workspace. */
async function within(workspace: string, method: string, path: string, body?: unknown) {
  const response = await fetch(service.url + path, {
    method,
    headers: {
      authorization: `Bearer ${adminKey}`,
      'content-type': 'application/json',
      'mergepix-workspace': workspace,
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
}

const makeKey = async (workspace: string, role: string): Promise<string> =>
  (await within(workspace, 'POST', '/v1/keys', { name: role, role })).body.key;

describe('a workspace', () => {
  it('is made, listed, renamed and acted in by the operator only', async () => {
    const made = await service.api('POST', '/v1/workspaces', { id: 'north-wind', name: 'North Wind' });
    expect(made).toMatchObject({ status: 201, body: { id: 'north-wind', name: 'North Wind', closedAt: null } });
    expect(await service.api('POST', '/v1/workspaces', { id: 'north-wind', name: 'Again' })).toMatchObject({
      status: 409,
      body: { code: 'workspace_conflict' },
    });
    expect((await service.api('PATCH', '/v1/workspaces/north-wind', { name: 'North' })).body).toMatchObject({
      name: 'North',
    });
    expect((await service.api('GET', '/v1/workspaces?limit=1')).body).toMatchObject({
      data: [{ id: 'default' }],
      next: 'default',
    });
    expect((await service.api('GET', '/v1/workspaces?after=default')).body).toMatchObject({
      data: [{ id: 'north-wind', name: 'North' }],
      next: null,
    });
    expect((await within('north-wind', 'GET', '/v1/workspace')).body).toMatchObject({ id: 'north-wind' });

    const key = await makeKey('north-wind', 'admin');
    for (const [method, path, body] of [
      ['POST', '/v1/workspaces', { id: 'mine', name: 'Mine' }],
      ['GET', '/v1/workspaces', undefined],
      ['PATCH', '/v1/workspaces/north-wind', { name: 'Mine' }],
      ['DELETE', '/v1/workspaces/north-wind', undefined],
    ] as const) {
      expect((await service.api(method, path, body, key)).status, method).toBe(403);
    }
    const headers = { authorization: `Bearer ${key}` };
    const enter = (workspace: string) =>
      fetch(`${service.url}/v1/workspace`, { headers: { ...headers, 'mergepix-workspace': workspace } });
    expect((await enter('north-wind')).status).toBe(200);
    expect((await enter('default')).status).toBe(403);
    expect((await within('nowhere', 'GET', '/v1/workspace')).status).toBe(404);
  });

  it('has settings that begin somewhere and change one by one', async () => {
    const first = await service.api('GET', '/v1/workspace');
    expect(first.body).toMatchObject({ id: 'default', settings: { requireReview: false, retention: { jobDays: 30 } } });
    const change = (settings: unknown) => service.api('PATCH', '/v1/workspace', { settings });
    await change({ assetHosts: ['*.example.com'], retention: { contactDays: 90 } });
    const changed = await change({ requireReview: true, retention: { jobDays: 7 } });
    expect(changed.body).toMatchObject({
      settings: {
        requireReview: true,
        assetHosts: ['*.example.com'],
        retention: { contactDays: 90, sealedDays: null, jobDays: 7, failureDays: 30 },
      },
    });
    expect((await service.api('GET', '/v1/workspace')).body).toEqual(changed.body);
    expect(await service.services.settings.get('default')).toEqual((changed.body as { settings: unknown }).settings);
    expect((await change({ retention: { contactDays: null } })).body).toMatchObject({
      settings: { retention: { contactDays: null, jobDays: 7 } },
    });
    for (const wrong of [{ assetHosts: ['*.com'] }, { requireReviews: true }, { retention: { jobDays: 0 } }]) {
      expect((await change(wrong)).status, JSON.stringify(wrong)).toBe(400);
    }
    const all = await Promise.all([1, 2, 3, 4].map((days) => change({ retention: { failureDays: days } })));
    expect(all.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  });

  it('uses only the buckets the operator allows it', async () => {
    await service.api('POST', '/v1/workspaces', { id: 'tenant', name: 'Tenant' });
    const key = await makeKey('tenant', 'admin');
    const own = (s3Buckets: string[]) => service.api('PATCH', '/v1/workspace', { settings: { s3Buckets } }, key);
    expect(await own(['photos-of-others'])).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    await within('tenant', 'PATCH', '/v1/workspace', { settings: { s3Buckets: ['photos', 'more'] } });
    expect(await own(['photos'])).toMatchObject({ status: 200, body: { settings: { s3Buckets: ['photos'] } } });
    expect((await own(['photos', 'photos-of-others'])).status).toBe(403);
  });

  it('stops its keys and shows nothing any more once it is closed', async () => {
    await service.api('POST', '/v1/workspaces', { id: 'leaving', name: 'Leaving' });
    const key = await makeKey('leaving', 'admin');
    const inside: TestService = {
      ...service,
      api: (method, path, body) => service.api(method, path, body, key),
    };
    await publish(inside, swatch());
    const link = await inside.api('POST', '/v1/links', { template: 'swatch', platform: 'klaviyo' });
    const sealed = await inside.api('POST', '/v1/generate', { template: 'swatch', data: { first_name: 'A' } });
    const addresses = [link.body, sealed.body].map(({ url }: { url: string }) => service.url + new URL(url).pathname);
    for (const address of addresses) expect((await look(address)).outcome).toMatch(/^(defaults|hit)/);

    expect((await service.api('DELETE', '/v1/workspaces/leaving')).status).toBe(204);
    expect((await inside.api('GET', '/v1/templates')).status).toBe(401);
    expect((await within('leaving', 'GET', '/v1/templates')).status).toBe(404);
    await expect
      .poll(async () => (await look(addresses[0] as string)).outcome, { timeout: 5000 })
      .toBe('neutral; revoked');
    await expect
      .poll(async () => (await look(addresses[1] as string)).outcome, { timeout: 5000 })
      .toBe('neutral; revoked');
    expect((await service.api('DELETE', '/v1/workspaces/leaving')).status).toBe(404);
    expect((await service.api('POST', '/v1/workspaces', { id: 'leaving', name: 'Back' })).status).toBe(409);
    expect((await service.api('DELETE', '/v1/workspaces/default')).status).toBe(409);
  });
});
