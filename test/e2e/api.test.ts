import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { places } from '../../core/node/places.ts';
import { roles } from '../../server/access/roles.ts';
import { apiOperations } from '../../server/api/index.ts';
import { isBytes } from '../../server/api/operation.ts';
import { problems } from '../../server/api/problems.ts';
import { loadSamples } from '../../server/templates/samples.ts';
import { adminKey, look, publish, startTestService, swatch, type TestService } from './service.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
  await publish(service, swatch());
  await publish(
    service,
    swatch({
      name: 'wall',
      size: { width: 2000, height: 2000 },
      fields: {},
      alt: 'Wall',
      layers: swatch()
        .layers.slice(0, 0)
        .concat({ id: 'x', type: 'shape', shape: 'rect', box: { x: 0, y: 0, width: 9, height: 9 }, fill: '#000' }),
    }),
  );
});
afterAll(() => service.close());

type Fault = { path: string; message: string };
type Problem = {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: keyof typeof problems;
  faults: Fault[];
};

const refused = async (
  method: string,
  path: string,
  body?: unknown,
  key?: string,
  by: Pick<TestService, 'api'> = service,
): Promise<Problem> => {
  const response = await by.api(method, path, body, key);
  const problem = response.body as Problem;
  expect(response.headers.get('content-type'), path).toContain('application/problem+json');
  expect(problem, path).toMatchObject({ status: response.status, title: problems[problem.code]?.title });
  expect(response.status).toBe(problems[problem.code].status);
  expect(problem.detail, 'one sentence that says what to do').toMatch(/^[A-Z].{10,}[.?]$/);
  return problem;
};

describe('what the API refuses', () => {
  const order = { template: 'swatch', data: { first_name: 'Amira' } };

  it.each([
    ['an unknown path', 'GET', '/v2/nothing', undefined, 'not_found'],
    ['an unknown template', 'POST', '/v1/generate', { ...order, template: 'nothing' }, 'template_not_found'],
    ['an unknown version', 'POST', '/v1/generate', { ...order, version: 99 }, 'template_not_found'],
    ['an unknown format', 'POST', '/v1/generate', { ...order, format: 'bmp' }, 'request_invalid'],
    [
      'a picture that is too large',
      'POST',
      '/v1/generate',
      { ...order, template: 'wall', data: {}, scale: 3 },
      'request_invalid',
    ],
    ['too large a scale', 'POST', '/v1/generate', { ...order, scale: 9 }, 'request_invalid'],
    ['data that is no object', 'POST', '/v1/generate', { ...order, data: 'text' }, 'request_invalid'],
    ['missing data', 'POST', '/v1/generate', { template: 'swatch' }, 'request_invalid'],
    ['data that does not fit', 'POST', '/v1/generate', { ...order, data: {} }, 'data_invalid'],
    ['malformed JSON', 'POST', '/v1/generate', '{"template": "swatch"', 'request_invalid'],
    [
      'JSON nested too deep',
      'POST',
      '/v1/contacts',
      `{"fields": {"a": ${'['.repeat(50_000)}${']'.repeat(50_000)}}}`,
      'request_invalid',
    ],
    ['JSON that is a list', 'POST', '/v1/generate', [], 'request_invalid'],
    ['a body over 1 MB', 'POST', '/v1/generate', { ...order, subject: 'x'.repeat(1_100_000) }, 'body_too_large'],
    ['an unknown query key', 'GET', '/v1/templates?size=3', undefined, 'request_invalid'],
    ['a page that is too long', 'GET', '/v1/templates?limit=1000', undefined, 'request_invalid'],
    ['a version that is no number', 'GET', '/v1/templates/swatch/versions/one', undefined, 'request_invalid'],
    ['a path that cannot be decoded', 'GET', '/v1/templates/%zz', undefined, 'request_invalid'],
    [
      'a template with faults',
      'POST',
      '/v1/templates/bad/versions',
      { name: 'bad', layers: 'none' },
      'template_invalid',
    ],
    ['a template under another name', 'POST', '/v1/templates/other/versions', swatch(), 'request_invalid'],
    [
      'publishing what is not there',
      'POST',
      '/v1/templates/swatch/versions/9/publish',
      undefined,
      'template_not_found',
    ],
    ['publishing twice', 'POST', '/v1/templates/swatch/versions/1/publish', undefined, 'version_conflict'],
    [
      'a link on an unknown platform',
      'POST',
      '/v1/links',
      { template: 'swatch', platform: 'pigeon' },
      'request_invalid',
    ],
    [
      'a link of an unknown template',
      'POST',
      '/v1/links',
      { template: 'no', platform: 'klaviyo' },
      'template_not_found',
    ],
    ['an unknown contact', 'GET', '/v1/contacts/nobody', undefined, 'contact_not_found'],
    ['a change of an unknown contact', 'PATCH', '/v1/contacts/nobody', { fields: {} }, 'contact_not_found'],
    ['an unknown key', 'DELETE', '/v1/keys/nothing', undefined, 'not_found'],
    [
      'an asset that is no picture',
      'PUT',
      '/v1/assets/x',
      Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'),
      'asset_invalid',
    ],
    ['an asset without bytes', 'PUT', '/v1/assets/x', Buffer.alloc(0), 'request_invalid'],
    ['an asset over 10 MB', 'PUT', '/v1/assets/x', Buffer.alloc(10 * 1024 * 1024 + 1), 'body_too_large'],
    ['an asset with a bad name', 'PUT', '/v1/assets/X_y', Buffer.from('x'), 'request_invalid'],
  ])('is %s', async (_what, method, path, body, code) => {
    expect((await refused(method, path, body)).code).toBe(code);
  });

  it('lists everything wrong at once, and knows the nearest name', async () => {
    const { faults } = await refused('POST', '/v1/generate', { templat: 'swatch', data: {}, scale: 'big' });
    expect(Object.fromEntries(faults.map(({ path, message }) => [path, message]))).toEqual({
      template: expect.stringContaining('missing'),
      templat: expect.stringContaining('did you mean template?'),
      scale: expect.any(String),
    });
  });

  it('names what keeps a template from being published', async () => {
    const open = swatch({ name: 'open' });
    const fields = { ...open.fields, first_name: { type: 'text', maxLength: 40 } };
    const photo = { id: 'photo', type: 'image', src: 'asset:nowhere', box: { x: 0, y: 0, width: 9, height: 9 } };
    const made = await service.api('POST', '/v1/templates/open/versions', {
      ...open,
      fields,
      layers: [...open.layers, photo],
    });
    expect(made.status).toBe(201);
    const { code, faults } = await refused('POST', '/v1/templates/open/versions/1/publish');
    expect(code).toBe('template_not_publishable');
    expect(faults.map(({ path }) => path)).toEqual(['fields.first_name', 'asset:nowhere']);
    expect((await refused('POST', '/v1/generate', { ...order, template: 'open', version: 1 })).code).toBe(
      'template_not_found',
    );
  });

  it('refuses a link whose fields the template or the platform does not know', async () => {
    const fields = { frist_name: { from: 'contact' }, color: { from: 'fixed', value: 'reddish' } };
    const { code, faults } = await refused('POST', '/v1/links', { template: 'swatch', platform: 'klaviyo', fields });
    expect(code).toBe('link_refused');
    expect(faults.map(({ path }) => path)).toEqual(['fields.frist_name', 'fields.color.value']);
    const spaced = { first_name: { from: 'contact', tag: 'First Name' } };
    expect(
      (await refused('POST', '/v1/links', { template: 'swatch', platform: 'mailchimp', fields: spaced })).code,
    ).toBe('link_refused');
  });
});

describe('API keys', () => {
  const render = new Set<string>(roles.render);

  it('are needed for everything under /v1, before anything else is looked at', async () => {
    const operations = apiOperations(service.services);
    // After 60 wrong keys a service hears no more of a stranger, so the walk begins anew at another one.
    for (let from = 0; from < operations.length; from += 60) {
      const other = await startTestService();
      for (const { method, path, body } of operations.slice(from, from + 60)) {
        const target = path.replaceAll(/\{\w+\}/g, 'x');
        const sent = body && (isBytes(body) ? Buffer.from('x') : '{not json');
        expect((await refused(method.toUpperCase(), target, sent, 'wrong', other)).code, path).toBe('unauthorized');
      }
      await other.close();
    }
  });

  it('with the role render make pictures and links, and nothing else', async () => {
    const { body } = await service.api('POST', '/v1/keys', { name: 'zap', role: 'render' });
    const { id, key } = body as { id: string; key: string };
    expect(
      (await service.api('POST', '/v1/generate', { template: 'swatch', data: { first_name: 'Bo' } }, key)).status,
    ).toBe(200);
    expect((await service.api('POST', '/v1/links', { template: 'swatch', platform: 'klaviyo' }, key)).status).toBe(201);
    expect((await service.api('GET', '/v1/templates', undefined, key)).status).toBe(200);
    const closed = apiOperations(service.services).filter(({ scope }) => scope !== undefined && !render.has(scope));
    for (const { id, method, path } of closed) {
      expect((await refused(method.toUpperCase(), path.replaceAll(/\{\w+\}/g, 'x'), undefined, key)).code, id).toBe(
        'forbidden',
      );
    }
    const sensitive = ['readContact', 'changeContact', 'createKey', 'publishVersion', 'revokeLink', 'revokePicture'];
    expect(closed.map(({ id }) => id)).toEqual(expect.arrayContaining(sensitive));
    const listed = await service.api('GET', '/v1/keys');
    expect(listed.body).toMatchObject({ data: [{ id, name: 'zap', role: 'render' }] });
    expect(JSON.stringify(listed.body)).not.toContain(key);
    expect((await service.api('DELETE', `/v1/keys/${id}`)).status).toBe(204);
    expect((await refused('GET', '/v1/templates', undefined, key)).code).toBe('unauthorized');
  });
});

describe('templates', () => {
  it('are listed page by page with their newest version', async () => {
    for (const name of ['page-a', 'page-b', 'page-c']) await publish(service, swatch({ name }));
    await service.api('POST', '/v1/templates/page-b/versions', swatch({ name: 'page-b', title: 'The second' }));
    const names: string[] = [];
    let next: string | null = '';
    while (next !== null) {
      const page = (await service.api('GET', `/v1/templates?limit=2${next && `&after=${next}`}`)).body as {
        data: { name: string }[];
        next: string | null;
      };
      expect(page.data.length).toBeLessThanOrEqual(2);
      names.push(...page.data.map(({ name }) => name));
      next = page.next;
    }
    expect(names).toEqual([...new Set(names)].sort());
    expect(names).toEqual(expect.arrayContaining(['page-a', 'page-b', 'page-c', 'swatch']));
    const newest = await service.api('GET', '/v1/templates/page-b');
    expect(newest.body).toMatchObject({
      version: 2,
      state: 'draft',
      title: 'The second',
      width: 100,
      document: { name: 'page-b' },
    });
    const versions = await service.api('GET', '/v1/templates/page-b/versions?limit=1');
    expect(versions.body).toMatchObject({ data: [{ version: 2 }], next: '2' });
    expect((await service.api('GET', '/v1/templates/page-b/versions?limit=1&after=2')).body).toMatchObject({
      data: [{ version: 1, state: 'published' }],
      next: null,
    });
  });

  it('draw the assets they were published with, whatever is uploaded later', async () => {
    const paint = (background: string) =>
      sharp({ create: { width: 20, height: 20, channels: 3, background } })
        .png()
        .toBuffer();
    const put = await service.api('PUT', '/v1/assets/tile', await paint('#ff0000'));
    expect(put.body).toMatchObject({ reference: 'asset:tile@1', mime: 'image/png' });
    const tile = { id: 'tile', type: 'image', src: 'asset:tile', box: { x: 0, y: 0, width: 100, height: 40 } };
    const template = swatch({ name: 'tiled', layers: [tile] });
    await publish(service, template);
    const { url } = (await service.api('POST', '/v1/links', { template: 'tiled', platform: 'klaviyo' })).body as {
      url: string;
    };
    const address = service.url + new URL(url).pathname;
    expect(await look(address)).toMatchObject({ color: '#ff0000' });
    expect((await service.api('PUT', '/v1/assets/tile', await paint('#0000ff'))).body).toMatchObject({
      reference: 'asset:tile@2',
    });
    expect(await look(address)).toMatchObject({ color: '#ff0000' });
    await publish(service, template);
    expect(await look(address)).toMatchObject({ color: '#0000ff' });
  });

  it('take pictures from the data, and their fallback where one cannot be had', async () => {
    const paint = (background: string) =>
      sharp({ create: { width: 20, height: 20, channels: 3, background } })
        .png()
        .toBuffer();
    await service.api('PUT', '/v1/assets/plain', await paint('#00ff00'));
    await service.api('PUT', '/v1/assets/face', await paint('#ff8800'));
    const photo = { id: 'photo', type: 'image', src: '{{ photo }}', box: { x: 0, y: 0, width: 100, height: 40 } };
    const fields = { photo: { type: 'image', fallback: 'asset:plain', hosts: ['pictures.invalid'] } };
    await publish(service, swatch({ name: 'photo', alt: 'Photo', fields, layers: [photo] }));
    const of = async (value: string) => {
      const { body } = await service.api('POST', '/v1/generate', { template: 'photo', data: { photo: value } });
      const { url, warnings } = body as { url: string; warnings: { code: string }[] };
      return { codes: warnings.map(({ code }) => code), ...(await look(service.url + new URL(url).pathname)) };
    };
    expect(await of('asset:face')).toMatchObject({ outcome: 'hit', codes: [], color: '#ff8800' });
    for (const gone of ['https://pictures.invalid/a.jpg', 'asset:nowhere']) {
      const picture = await of(gone);
      expect(picture, gone).toMatchObject({
        outcome: 'rendered; image-missing',
        codes: ['image_missing'],
        color: '#00ff00',
      });
      expect(picture.headers.get('cache-control')).toBe('public, max-age=60');
    }
  });
});

describe('contacts', () => {
  it('are one per key, and keep what a change leaves out', async () => {
    const first = (await service.api('POST', '/v1/contacts', { key: 'crm-1', fields: { a: 1, b: [{ c: 'x' }] } }))
      .body as { id: string; reference: string };
    expect(first.reference).toMatch(/^[\w-]{40}$/);
    const second = (await service.api('POST', '/v1/contacts', { key: 'crm-1', fields: { a: 2, d: null } })).body;
    expect(second).toMatchObject({
      id: first.id,
      reference: first.reference,
      version: 2,
      fields: { a: 2, b: [{ c: 'x' }] },
    });
    const changed = await service.api('PATCH', `/v1/contacts/${first.id}`, { fields: { b: null, e: true } });
    expect(changed.body).toMatchObject({ version: 3, fields: { a: 2, e: true } });
    expect((await service.api('GET', `/v1/contacts/${first.id}`)).body).toMatchObject({ fields: { a: 2, e: true } });
  });

  it('lose no change when many come at once', async () => {
    const { id } = (await service.api('POST', '/v1/contacts', { fields: {} })).body as { id: string };
    await Promise.all(
      Array.from({ length: 10 }, (_, i) => service.api('PATCH', `/v1/contacts/${id}`, { fields: { [`f${i}`]: i } })),
    );
    const { body } = await service.api('GET', `/v1/contacts/${id}`);
    expect(Object.keys((body as { fields: object }).fields).length).toBe(10);
  });
});

describe('the documents', () => {
  it('describe every operation from the schemas that check it', async () => {
    const response = await fetch(`${service.url}/openapi.json`);
    const document = (await response.json()) as {
      openapi: string;
      paths: Record<string, Record<string, { operationId: string; tags: string[]; responses: object }>>;
    };
    expect(document.openapi).toMatch(/^3\.1\./);
    // What platforms and browsers call by themselves needs no key, and is no operation.
    const keyed = Object.entries(document.paths).flatMap(([path, methods]) =>
      path.startsWith('/v1/') && !Object.values(methods).some(({ tags }) => tags.includes('Open')) ? [methods] : [],
    );
    expect(Object.keys(document.paths)).toEqual(expect.arrayContaining(['/i/{address}', '/healthz', '/readyz']));
    const described = keyed.flatMap((path) => Object.values(path).map(({ operationId }) => operationId));
    expect(described.sort()).toEqual(
      apiOperations(service.services)
        .map(({ id }) => id)
        .sort(),
    );
    const text = JSON.stringify(document);
    for (const [, name] of text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
      expect(document, `${name} is referred to`).toHaveProperty(['components', 'schemas', name as string]);
    }
    for (const path of keyed) {
      for (const { responses } of Object.values(path))
        expect(Object.keys(responses)).toEqual(expect.arrayContaining(['401']));
    }
  });

  it('are a page that loads nothing from anywhere else', async () => {
    const page = await fetch(`${service.url}/docs`);
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    const text = await page.text();
    const sources = [...text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, source]) => source as string);
    expect(sources.length).toBeGreaterThan(2);
    for (const source of sources) {
      const response = await fetch(new URL(source, `${service.url}/docs`));
      expect(response.status, source).toBe(200);
      expect((await response.arrayBuffer()).byteLength).toBeGreaterThan(50);
    }
  });

  it('show examples that the API takes', async () => {
    await loadSamples(service.services, places.samples);
    const document = await (await fetch(`${service.url}/openapi.json`)).json();
    const { schemas } = (document as { components: { schemas: Record<string, { examples?: unknown[] }> } }).components;
    for (const [schema, path] of [
      ['PictureOrder', '/v1/generate'],
      ['LinkOrder', '/v1/links'],
      ['ContactOrder', '/v1/contacts'],
      ['ApiKeyOrder', '/v1/keys'],
    ] as const) {
      const examples = schemas[schema]?.examples ?? [];
      expect(examples.length, schema).toBeGreaterThan(0);
      for (const example of examples) {
        const { status, body } = await service.api('POST', path, example);
        expect(status, JSON.stringify(body)).toBeLessThan(300);
      }
    }
  });
});

describe('health', () => {
  it('is told without a key', async () => {
    expect(await (await fetch(`${service.url}/healthz`)).json()).toEqual({ status: 'ok' });
    const ready = await fetch(`${service.url}/readyz`);
    expect(ready.status).toBe(200);
    expect(await ready.json()).toMatchObject({ status: 'ready' });
  });

  it('never answers with a key in a header or a page', async () => {
    for (const path of ['/healthz', '/readyz', '/openapi.json', '/docs', '/v1/keys']) {
      const response = await fetch(service.url + path);
      expect(JSON.stringify([...response.headers]) + (await response.text())).not.toContain(adminKey);
    }
  });
});
