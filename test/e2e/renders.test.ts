import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { look, publish, startTestService, swatch, type TestService } from './service.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
  await publish(service, swatch());
  // A4 at 200 dpi, whose pictures have 150.
  await publish(service, swatch({ name: 'sheet', size: { width: 1654, height: 2339 }, output: { dpi: 150 } }));
  await publish(service, swatch({ name: 'poster', size: { width: 1000, height: 1000 }, output: { scale: 1 } }));
});
afterAll(() => service.close());

type Render = { job_id: string; status: string; output_url?: string; error?: string };
const order = { template_id: 'swatch', data: { first_name: 'Amira', color: '#112233' }, format: 'png', dpi: 144 };

const ordered = async (body: object): Promise<string> => {
  const answer = await service.api('POST', '/v1/renders', body);
  expect(answer.status).toBe(202);
  return (answer.body as Render).job_id;
};
const finished = (id: string): Promise<Render> =>
  vi.waitFor(
    async () => {
      const { body } = await service.api('GET', `/v1/renders/${id}`);
      expect((body as Render).status).not.toBe('queued');
      return body as Render;
    },
    { timeout: 10_000, interval: 30 },
  );

describe('a render that is ordered', () => {
  it('is ready soon, at an address that shows the picture', async () => {
    const id = await ordered(order);
    const render = await finished(id);
    expect(render).toEqual({
      job_id: id,
      status: 'complete',
      template: 'swatch',
      version: 1,
      format: 'png',
      output_url: expect.stringMatching(/\/i\/.*\.png$/),
      createdAt: expect.stringMatching(/Z$/),
      finishedAt: expect.stringMatching(/Z$/),
    });
    const picture = await look(render.output_url ?? '');
    expect(picture).toMatchObject({ status: 200, outcome: 'hit', width: 200, height: 80, color: '#112233' });
  });

  it.each([
    ['swatch', 'jpeg', 300, [417, 167]],
    ['swatch', 'png', 600, [833, 333]],
    ['sheet', 'jpeg', 100, [827, 1170]],
    ['sheet', 'png', undefined, [1241, 1754]],
  ])('has as many dots as it is asked for, and says so: %s as %s at %s dpi', async (template_id, format, dpi, size) => {
    const { output_url = '' } = await finished(await ordered({ ...order, template_id, format, dpi }));
    const { width, height, density } = await sharp(
      Buffer.from(await (await fetch(output_url)).arrayBuffer()),
    ).metadata();
    expect([width, height, density]).toEqual([...size, dpi ?? 150]);
  });

  it('stands in the list of all, newest first, which can be narrowed down', async () => {
    await publish(service, swatch({ name: 'listed' }));
    const ids = [];
    for (const template_id of ['swatch', 'listed', 'listed']) ids.push(await ordered({ ...order, template_id }));
    for (const id of ids) await finished(id);
    type List = { data: Render[]; next: string | null };
    const list = async (query: string) => (await service.api('GET', `/v1/renders${query}`)).body as List;
    const first = await list('?limit=2');
    expect(first.data.map(({ job_id }) => job_id)).toEqual([ids[2], ids[1]]);
    expect((await list(`?limit=1&after=${first.next}`)).data.map(({ job_id }) => job_id)).toEqual([ids[0]]);
    const ofOne = await list('?template=listed&status=complete');
    expect(ofOne.data.map(({ job_id }) => job_id)).toEqual([ids[2], ids[1]]);
    expect(ofOne.data[0]).toEqual(await finished(ids[2] ?? ''));
    expect((await list('?status=failed')).data).toEqual([]);
  });

  it('shows the version that was live when it was ordered', async () => {
    await publish(service, swatch({ name: 'moving' }));
    const id = await ordered({ template_id: 'moving', data: order.data });
    await publish(service, swatch({ name: 'moving', size: { width: 120, height: 40 } }));
    expect(await look((await finished(id)).output_url ?? '')).toMatchObject({ width: 100 });
  });

  it.each([
    ['data that does not fit', { ...order, data: {} }, 'data_invalid'],
    ['an unknown template', { ...order, template_id: 'nothing' }, 'template_not_found'],
    ['a picture for a field that takes none', { ...order, assets: { color: 'asset:red@1' } }, 'data_invalid'],
    ['more dots than are taken', { ...order, dpi: 601 }, 'request_invalid'],
    ['more pixels than are drawn', { ...order, template_id: 'poster', dpi: 600 }, 'request_invalid'],
  ])('is refused at once for %s', async (_what, body, code) => {
    expect((await service.api('POST', '/v1/renders', body)).body).toMatchObject({ code });
  });

  it('is not to be seen from elsewhere, and leaves nothing but its sealed picture', async () => {
    expect((await service.api('GET', '/v1/renders/nothing')).body).toMatchObject({ code: 'not_found' });
    const id = await ordered(order);
    await finished(id);
    const { records } = service.services;
    const kept = await records.selectFrom('renders').selectAll().where('id', '=', id).execute();
    expect(kept).toMatchObject([{ state: 'complete', request: '' }]);
    expect(await records.selectFrom('jobs').selectAll().execute()).toEqual([]);
  });

  it('tells why a picture cannot be drawn', async () => {
    const { records, encryption } = service.services;
    const id = await ordered({ ...order, data: { first_name: 'B' } });
    await finished(id);
    // As if its template had been taken back meanwhile.
    const request = { template: 'gone', version: 1, values: {}, format: 'png', scale: 1 };
    const sealed = encryption.seal(JSON.stringify(request), `render:default:${id}`);
    await records.updateTable('renders').set({ state: 'queued', request: sealed }).where('id', '=', id).execute();
    await service.services.jobs.add('render.make', { workspace: 'default', payload: { render: id } });
    expect(await finished(id)).toMatchObject({
      status: 'failed',
      error: expect.stringMatching(/^The template gone has no/),
    });
  });
});
