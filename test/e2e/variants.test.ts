import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signReference } from '../../core/links/reference.ts';
import { startReceiver } from '../fakes/receiver.ts';
import { look, publish, startTestService, swatch, type TestService } from './service.ts';

const variants = {
  story: {
    title: 'Story',
    size: { width: 60, height: 90 },
    layers: { half: { box: { width: 30, height: 90 } }, name: { hidden: true } },
  },
  square: { size: { width: 80, height: 80 }, layers: { half: { box: { height: 80 }, fill: '#123456' } } },
};
const SIZES = { undefined: [100, 40], story: [60, 90], square: [80, 80] };

let service: TestService;
beforeAll(async () => {
  service = await startTestService({ MERGEPIX_ALLOW_ADDRESSES: '127.0.0.1' });
  await publish(service, swatch({ variants }));
});
afterAll(() => service.close());

const data = { first_name: 'Amira', color: '#ff0000' };
const post = async <Body = Record<string, unknown>>(path: string, body: object) => {
  const answer = await service.api('POST', path, body);
  expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(300);
  return answer.body as Body;
};
const sizeOf = async (url: string) => {
  const { width, height } = await look(url.replace(/^https?:\/\/[^/]+/, service.url));
  return [width, height];
};

describe('a variant of a template', () => {
  it('is told with its size, and drawn in previews, thumbnails and reviews', async () => {
    const { body } = await service.api('GET', '/v1/templates/swatch');
    expect((body as { variants: object[] }).variants).toEqual([
      { name: 'story', title: 'Story', width: 60, height: 90 },
      { name: 'square', title: null, width: 80, height: 80 },
    ]);
    const at = '/v1/templates/swatch/versions/1';
    expect(await post(`${at}/preview`, { data, variant: 'story' })).toMatchObject({ width: 60, height: 90 });
    const { sets } = (await service.api('GET', `${at}/review`)).body as {
      sets: { set: string; variant: string | null; after: { url: string } }[];
    };
    expect(new Set(sets.map(({ variant }) => variant))).toEqual(new Set([null, 'story', 'square']));
    const story = sets.find(({ variant, set }) => variant === 'story' && set === 'blank');
    expect(story?.after.url).toBe(`${at}/review/blank/after.png?variant=story`);
    const shown = async (path: string) => {
      const answer = await fetch(service.url + path, {
        headers: { authorization: 'Bearer an-admin-key-for-tests-that-is-long-enough' },
      });
      return Buffer.from(await answer.arrayBuffer())
        .subarray(16, 24)
        .toString('hex');
    };
    expect(await shown(`${at}/thumbnail?variant=story`)).toBe('0000003c0000005a');
    expect(await shown(story?.after.url ?? '')).toBe('0000003c0000005a');
  });

  it('is generated, ordered and made in a batch, and its page and address stay in that size', async () => {
    for (const variant of [undefined, 'story', 'square'] as const) {
      const [width, height] = SIZES[`${variant}`];
      const made = await post<{ url: string; html: string }>('/v1/generate', { template: 'swatch', data, variant });
      expect(made).toMatchObject({ width, height });
      expect(made.html).toContain(`width="${width}" height="${height}"`);
      expect(await sizeOf(made.url)).toEqual([width, height]);
      // Nothing in an address chooses another size.
      expect(await sizeOf(`${made.url}?variant=square&v=square`)).toEqual([width, height]);
    }
    const receiver = await startReceiver();
    const callback_url = receiver.url;
    const { job_id } = await post<{ job_id: string }>('/v1/renders', {
      ...{ template_id: 'swatch', data, variant: 'story', callback_url },
    });
    const ready = async () =>
      (await service.api('GET', `/v1/renders/${job_id}`)).body as { status: string; output_url: string };
    await expect.poll(async () => (await ready()).status, { timeout: 10_000 }).toBe('complete');
    expect(await sizeOf((await ready()).output_url)).toEqual([60, 90]);
    const { id } = await post<{ id: string }>('/v1/batches', {
      ...{ template: 'swatch', rows: [data], variant: 'square', callback_url },
    });
    const batch = async () => (await service.api('GET', `/v1/batches/${id}`)).body as { state: string };
    await expect.poll(async () => (await batch()).state, { timeout: 10_000 }).toBe('complete');
    expect(await batch()).toMatchObject({ variant: 'square' });
    const rows = (await service.api('GET', `/v1/batches/${id}/rows`)).body as { data: { url: string }[] };
    expect(await sizeOf(rows.data[0]?.url ?? '')).toEqual([80, 80]);
    const told = () => receiver.received.map(({ body }) => JSON.parse(body));
    await expect.poll(() => told().length, { timeout: 10_000 }).toBe(2);
    expect(told()).toContainEqual(
      expect.objectContaining({ data: expect.objectContaining({ job_id, variant: 'story' }) }),
    );
    expect(told()).toContainEqual(
      expect.objectContaining({ data: expect.objectContaining({ id, variant: 'square' }) }),
    );
    await receiver.close();
  });

  it('is validated by itself: a text that is hidden there always fits', async () => {
    const rows = [{ ...data, first_name: 'W'.repeat(40) }];
    expect(await post('/v1/validate', { template: 'swatch', rows })).toMatchObject({ fits: 0 });
    expect(await post('/v1/validate', { template: 'swatch', rows, variant: 'story' })).toMatchObject({ fits: 1 });
  });

  it('that is not there is told with those there are, wherever one is asked for', async () => {
    const detail = 'The template swatch has no such variant: choose from story, square, or leave it out.';
    const title = 'There is no such template, version or variant';
    for (const [path, body] of [
      ['/v1/generate', { template: 'swatch', data }],
      ['/v1/renders', { template_id: 'swatch', data }],
      ['/v1/batches', { template: 'swatch', rows: [data] }],
      ['/v1/validate', { template: 'swatch', rows: [data] }],
      ['/v1/links', { template: 'swatch', platform: 'klaviyo' }],
      ['/v1/templates/swatch/versions/1/preview', { data }],
    ] as const)
      for (const variant of ['stroy', 'constructor']) {
        const answer = await service.api('POST', path, { ...body, variant });
        expect([answer.status, answer.body], path).toMatchObject([404, { title, detail }]);
      }
  });
});

describe('a link of a variant', () => {
  const make = (variant?: string, template = 'swatch') =>
    post<{ id: string; url: string; html: string; block: string }>('/v1/links', {
      template,
      platform: 'klaviyo',
      variant,
    });
  const open = (url: string, contact = '') => look(service.url + new URL(url).pathname + contact);

  it('carries its size into the email, shows it, and is kept apart in the cache', async () => {
    const contact = await post<{ id: string; reference: string }>('/v1/contacts', { fields: data });
    const [own, story] = [await make(), await make('story')];
    expect(story.html).toContain('width="60" height="90"');
    expect(story.block).toContain('width="60"');
    const list = (await service.api('GET', '/v1/links')).body as { data: { id: string; variant: string | null }[] };
    expect(list.data.find(({ id }) => id === story.id)).toMatchObject({ variant: 'story' });
    expect(list.data.find(({ id }) => id === own.id)).toMatchObject({ variant: null });
    const reference = signReference(contact.id, service.services.signingKeys[0]);
    const looks = [await open(own.url, `?c=${reference}`), await open(story.url, `?c=${reference}`)];
    expect(looks.map(({ width, height, color }) => [width, height, color])).toEqual([
      [100, 40, '#ff0000'],
      [60, 90, '#ff0000'],
    ]);
    expect(new Set(looks.map(({ headers }) => headers.get('etag'))).size).toBe(2);
    expect((await open(story.url, `?c=${reference}&variant=square`)).outcome).toBe('hit');
    expect((await open((await make('story')).url, `?c=${reference}`)).outcome).toBe('hit');
  });

  it('falls back to a picture of its own size, and to the template where a newer version has no such variant', async () => {
    await publish(service, swatch({ name: 'shrinking', variants }));
    const { url } = await make('story', 'shrinking');
    const { library } = service.services;
    const published = await library.get('default', 'shrinking', { channel: 'production', variant: 'story' });
    expect(published?.fallback?.subarray(16, 24).toString('hex')).toBe('0000003c0000005a');
    expect(await open(url)).toMatchObject({ width: 60, height: 90 });
    await publish(service, swatch({ name: 'shrinking', alt: 'Anew' }));
    await expect.poll(async () => (await open(url)).height, { timeout: 10_000 }).toBe(40);
    const refused = await service.api('POST', '/v1/links', {
      template: 'shrinking',
      platform: 'klaviyo',
      variant: 'story',
    });
    expect(refused.body).toMatchObject({ detail: expect.stringContaining('it has one size, so leave it out') });
  });

  it('is told to whoever reviews, publishes or goes back to a version without it, with how many links there are', async () => {
    const name = 'dropping';
    const at = `/v1/templates/${name}`;
    type Told = { version: number; warnings: object[] };
    const warningsOf = async (path: string, body: object = {}) => (await post<Told>(`${at}/${path}`, body)).warnings;
    const draft = async (changes: object) => (await post<Told>(`${at}/versions`, swatch({ name, ...changes }))).version;
    await draft({});
    expect(await warningsOf('versions/1/publish')).toEqual([]);
    await draft({ variants });
    expect(await warningsOf('versions/2/publish')).toEqual([]);
    for (const changes of [{}, { channel: 'staging' }, { version: 2 }])
      await post('/v1/links', { template: name, platform: 'klaviyo', variant: 'story', ...changes });
    const taken = await make('square', name);
    await service.api('DELETE', `/v1/links/${taken.id}`);
    await draft({ variants: { square: variants.square } });
    const lost = (links: number, version: number) => [
      {
        ...{ code: 'lost_variant', variant: 'story', links },
        message: `${links === 1 ? '1 link is' : `${links} links are`} of the variant story, which version ${version} of dropping does not have: its own size is shown there.`,
      },
    ];
    const review = (await service.api('GET', `${at}/versions/3/review`)).body as Told;
    expect(review.warnings).toEqual(lost(2, 3));
    // Staging shows what production does until something is put there.
    expect(await warningsOf('versions/3/publish', { channel: 'staging' })).toEqual(lost(1, 3));
    expect(await warningsOf('versions/3/publish')).toEqual(lost(1, 3));
    expect(await warningsOf('rollback')).toEqual([]);
    expect(await warningsOf('rollback', { to: 1 })).toEqual(lost(1, 1));
  });

  it('is published only when its data sets fit, and the verdict names it unless the set is waived', async () => {
    const narrow = { story: { ...variants.story, layers: { name: { box: { x: 0, width: 12 } } } } };
    const document = swatch({
      name: 'tight',
      variants: narrow,
      datasets: { longest: { first_name: 'Wolfeschlegel' } },
    });
    expect((await service.api('POST', '/v1/templates/tight/versions', document)).status).toBe(201);
    const at = '/v1/templates/tight/versions/1/publish';
    const refused = await service.api('POST', at, {});
    expect([refused.status, refused.body]).toMatchObject([
      422,
      { faults: [{ path: 'variants.story.datasets.longest', message: expect.stringContaining('name is cut off') }] },
    ]);
    expect((await service.api('POST', at, { waive: ['longest'] })).status).toBe(200);
  });
});
