import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signToken } from '../../core/links/token.ts';
import { apiOperations } from '../../server/api/index.ts';
import type { Operation } from '../../server/api/operation.ts';
import { fontFile } from '../coverage.ts';
import { type FakeKlaviyo, startFakeKlaviyo } from '../fakes/klaviyo.ts';
import { keepConnection, keepSync } from './connection.ts';
import { publish, startTestService, swatch, type TestService } from './service.ts';

/** Everything the first workspace has is called this, or has it inside. */
const MARK = 'only-in-a';

let service: TestService;
let klaviyo: FakeKlaviyo;
let operations: Operation[];
/** The admin key of the other workspace. */
let stranger: string;
/** What stands in the paths of the first workspace, by the path up to there. */
let ids: Record<string, string>;

beforeAll(async () => {
  klaviyo = await startFakeKlaviyo();
  klaviyo.addAccount({ apiKey: 'pk_of_nobody' });
  service = await startTestService({ MERGEPIX_KLAVIYO_URL: klaviyo.url });
  // Nobody can wait for the end of what has none: test/e2e/status.test.ts looks at it.
  const isEndless = ({ answer }: Operation) => answer !== undefined && 'isEndless' in answer;
  operations = apiOperations(service.services).filter((operation) => !isEndless(operation));
  await service.api('POST', '/v1/workspaces', { id: 'b', name: 'B' });
  stranger = await keyOf('b');
  const make = async (path: string, body: unknown): Promise<string> => {
    const answer = await service.api('POST', path, body);
    expect(answer.status, path).toBeLessThan(300);
    const { id, job_id } = (answer.body ?? {}) as { id?: string; job_id?: string };
    return id ?? job_id ?? '';
  };
  await service.api('PUT', `/v1/assets/${MARK}`, await tile());
  await service.api('PUT', `/v1/fonts/${MARK}`, fontFile('Caveat'));
  const { layers } = swatch();
  const tiled = { id: 'tile', type: 'image', src: `asset:${MARK}`, box: { x: 0, y: 0, width: 2, height: 2 } };
  await publish(service, swatch({ name: MARK, layers: [...layers, tiled] }));
  const order = { template: MARK, data: { first_name: MARK } };
  const { url } = (await service.api('POST', '/v1/generate', order)).body as { url: string };
  await service.api('PUT', `/v1/sources/${MARK}`, { url: `https://${MARK}.invalid/`, map: { temp: '$.temp' } });
  const hook = await make('/v1/hooks', { url: `https://${MARK}.invalid/`, events: ['template.published'] });
  await make(`/v1/hooks/${hook}/test`, undefined);
  const { data } = (await service.api('GET', `/v1/hooks/${hook}/deliveries`)).body as { data: { id: string }[] };
  const contact = await make('/v1/contacts', { key: MARK, fields: { first_name: MARK } });
  const warmup = (link: string) => {
    bodies.startWarmup = { links: [link] };
    return make('/v1/warmups', bodies.startWarmup);
  };
  const { data: failures } = await failing(await make('/v1/links', { template: MARK, platform: 'klaviyo' }));
  ids = {
    '/v1/batches/{id}': await make('/v1/batches', { template: MARK, rows: [{ first_name: MARK }] }),
    '/v1/assets/{name}': MARK,
    '/v1/assets/{name}/versions/{version}': '1',
    '/v1/fonts/{family}': MARK,
    '/v1/connections/{id}': await keepConnection(service, contact, MARK),
    '/v1/connections/{id}/sync/{sync}': await keepSync(service, `to-${contact}`.slice(0, 16)),
    '/v1/contacts/{id}': contact,
    '/v1/failures/{id}': failures[0]?.id ?? '',
    '/v1/hooks/{id}': hook,
    '/v1/hooks/deliveries/{id}': data[0]?.id ?? '',
    '/v1/keys/{id}': await make('/v1/keys', { name: MARK }),
    '/v1/links/{id}': await make('/v1/links', { template: MARK, platform: 'klaviyo' }),
    '/v1/members/{id}': await make('/v1/members', { name: MARK, role: 'viewer' }),
    '/v1/pictures/{id}': pictureId(url),
    '/v1/renders/{id}': await make('/v1/renders', { template_id: MARK, data: { first_name: MARK } }),
    '/v1/sources/{name}': MARK,
    '/v1/templates/{name}': MARK,
    '/v1/templates/{name}/datasets/{set}': 'good',
    '/v1/templates/{name}/versions/{version}': '1',
    '/v1/templates/{name}/versions/{version}/review/{set}': 'good',
    '/v1/warmups/{id}': await warmup(await make('/v1/links', { template: MARK, platform: 'klaviyo' })),
    '/v1/templates/{name}/versions/{version}/review/{set}/{picture}': 'after',
    '/v1/workspaces/{id}': 'default',
  };
  bodies.purgeCache = { link: ids['/v1/links/{id}'] };
});
afterAll(async () => {
  await service.close();
  await klaviyo.close();
});

async function keyOf(workspace: string): Promise<string> {
  const response = await fetch(`${service.url}/v1/keys`, {
    method: 'POST',
    headers: {
      authorization: 'Bearer an-admin-key-for-tests-that-is-long-enough',
      'content-type': 'application/json',
      'mergepix-workspace': workspace,
    },
    body: JSON.stringify({ name: 'stranger', role: 'admin' }),
  });
  return ((await response.json()) as { key: string }).key;
}

/** What is told of a link whose picture was asked for by nobody known. */
async function failing(link: string): Promise<{ data: { id: string }[] }> {
  const token = signToken({ kind: 'link', id: link }, service.services.signingKeys[0]);
  await fetch(`${service.url}/i/${token}.png`);
  return (await service.api('GET', `/v1/failures?link=${link}`)).body;
}

const tile = () =>
  sharp({ create: { width: 2, height: 2, channels: 3, background: '#123456' } })
    .png()
    .toBuffer();

const pictureId = (url: string): string =>
  JSON.parse(Buffer.from(new URL(url).pathname.split('.')[1] as string, 'base64url').toString()).s ?? '';

const order = { template: MARK, data: { first_name: 'B' } };
/** Bodies that name what the first workspace has, or would change it. */
const bodies: Record<string, unknown> = {
  changeConnection: { name: 'x' },
  callBackBatch: { callback_url: 'https://example.com/done' },
  changeContact: { fields: {} },
  changeMember: { role: 'admin' },
  createLink: { template: MARK, platform: 'klaviyo' },
  get findContact() {
    return { connection: ids['/v1/connections/{id}'], email: 'a@example.com' };
  },
  generatePicture: order,
  orderBatch: { template: MARK, rows: [{ first_name: 'x' }] },
  orderRender: { template_id: MARK, data: {} },
  editVersion: { layers: { name: { text: 'x' } } },
  placePicture: { template: MARK, into: { kind: 'template', id: 'x' } },
  putDataSet: { data: { first_name: 'x' } },
  testSource: {},
  setUpWebhook: {},
  rejectVersion: { note: 'x' },
  renameWorkspace: { name: 'x' },
  showPicture: { ref: `asset:${MARK}` },
  tagTemplate: { tags: [] },
  createWorkspace: { id: 'c', name: 'C' },
  validateRows: { template: MARK, rows: [{}] },
};

/** What their addresses have to say besides. */
const queries: Record<string, string> = { readTemplateAsset: `?ref=asset:${MARK}` };

/** Operations that may well succeed: what they make or change is the caller's own, whatever it is called. */
const own = new Set([
  'putFont',
  'addMember',
  'changeOwnWorkspace',
  'authorizeConnection',
  'createConnection',
  'createContact',
  'createHook',
  'createKey',
  'createVersion',
  'importAsset',
  'eraseSubject',
  'putAsset',
  'putSource',
  'putBrand',
  'putDictionary',
  'readSession',
  'signIn',
  'signOut',
  'validateTemplate',
]);

/** The path with the first workspace's ids in it; throws for a resource this test does not know. */
function pathInto({ id, path }: Operation): string {
  return path.replaceAll(/\{\w+\}/g, (_, at: number) => {
    const upTo = path.slice(0, path.indexOf('}', at) + 1);
    const found = ids[upTo];
    if (!found) throw new Error(`${id}: tell this test what stands at the end of ${upTo} in the first workspace`);
    return found;
  });
}

const call = async ({ method, path, id }: Operation, target: string, key?: string) => ({
  path,
  ...(await service.api(method.toUpperCase(), target + (queries[id] ?? ''), bodies[id], key)),
});

describe('a workspace', () => {
  it('answers nothing about another one, on any path', async () => {
    const into = operations.filter(({ id, path }) => path.includes('{') && !own.has(id));
    expect(into.length).toBeGreaterThan(15);
    for (const operation of into) {
      const { status, body } = await call(operation, pathInto(operation), stranger);
      expect([operation.id, status, body]).toEqual([
        operation.id,
        operation.isOperators ? 403 : 404,
        expect.anything(),
      ]);
      const said = JSON.stringify(body).replaceAll(pathInto(operation).split('/')[3] as string, '');
      expect(said, operation.id).not.toContain(MARK);
    }
  });

  it('has all of it for its own keys, so that these were no wrong addresses', async () => {
    // What is asked of a platform has none to ask here.
    const reading = operations.filter(
      ({ method, path, refuses }) =>
        method === 'get' && path.includes('{') && !refuses.includes('platform_unavailable'),
    );
    for (const operation of reading)
      expect((await call(operation, pathInto(operation))).status, operation.id).toBe(200);
    expect((await service.api('DELETE', `/v1/pictures/${ids['/v1/pictures/{id}']}`)).status).toBe(204);
  });

  it('lists only what is its own', async () => {
    const lists = operations.filter(({ id, path, method }) => method === 'get' && !path.includes('{') && !own.has(id));
    expect(lists.length).toBeGreaterThan(4);
    for (const operation of lists) {
      const { status, body } = await call(operation, operation.path, stranger);
      expect(status, operation.id).toBe(operation.isOperators ? 403 : 200);
      expect(JSON.stringify(body), operation.id).not.toContain(MARK);
    }
  });

  it('makes nothing of what is in another one', async () => {
    const making = operations.filter(({ id, path, method }) => method !== 'get' && !path.includes('{') && !own.has(id));
    for (const operation of making) {
      expect(bodies, `${operation.id}: tell this test what to send, or that it is the caller's own`).toHaveProperty(
        operation.id,
      );
      const { status } = await call(operation, operation.path, stranger);
      expect([operation.id, status]).toEqual([operation.id, operation.isOperators ? 403 : 404]);
    }
  });

  it('has its own under the same names', async () => {
    const before = await service.api('GET', `/v1/templates/${MARK}`);
    const drawn = swatch({ name: MARK, title: 'Of B' });
    expect((await service.api('PUT', `/v1/assets/${MARK}`, await tile(), stranger)).body).toMatchObject({ version: 1 });
    expect((await service.api('POST', `/v1/templates/${MARK}/versions`, drawn, stranger)).body).toMatchObject({
      version: 1,
      title: 'Of B',
    });
    const contact = { key: MARK, fields: {} };
    const mine = (await service.api('POST', '/v1/contacts', contact, stranger)).body as { id: string };
    expect(mine.id).not.toBe(ids['/v1/contacts/{id}']);
    expect((await service.api('GET', `/v1/templates/${MARK}`)).body).toEqual(before.body);
    expect((await service.api('GET', `/v1/contacts/${ids['/v1/contacts/{id}']}`)).body).toMatchObject({
      fields: { first_name: MARK },
    });
  });

  it('shows no contact of another one in its pictures', async () => {
    const { reference } = (await service.api('GET', `/v1/contacts/${ids['/v1/contacts/{id}']}`)).body as {
      reference: string;
    };
    await service.api('POST', `/v1/templates/${MARK}/versions/1/publish`, undefined, stranger);
    const link = await service.api('POST', '/v1/links', bodies.createLink, stranger);
    const { pathname } = new URL((link.body as { url: string }).url);
    const response = await fetch(`${service.url}${pathname}?c=${reference}`);
    expect(response.headers.get('x-mergepix-outcome')).toBe('defaults; contact-unknown');
  });
});
