import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { AppError } from '../../core/errors.ts';
import { runBatch } from '../../server/batches/run.ts';
import { startReceiver } from '../fakes/receiver.ts';
import { startFakeS3 } from '../fakes/s3.ts';
import { adminKey, look, publish, startTestService, swatch, type TestService } from './service.ts';
import { unzip } from './unzip.ts';

type Batch = {
  id: string;
  state: string;
  total: number;
  done: number;
  failed: number;
  warnings: Record<string, Record<string, number>>;
  ignoredColumns: string[];
};
type Row = { row: number; state: string; url: string | null; warnings: { code: string }[]; error: string | null };
type Page<Item> = { data: Item[]; next: string | null };

let service: TestService;
beforeAll(async () => {
  service = await startTestService({ MERGEPIX_ALLOW_ADDRESSES: '127.0.0.1' });
  await publish(service, swatch());
});
afterAll(() => service.close());

const sendCsv = async (csv: string | Buffer, query: string) => {
  const response = await fetch(`${service.url}/v1/batches?${query}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${adminKey}`, 'content-type': 'text/csv' },
    body: new Uint8Array(Buffer.from(csv)),
  });
  return { status: response.status, body: (await response.json()) as Batch & { code?: string } };
};
const send = async (order: object): Promise<Batch> => {
  const { status, body } = await service.api('POST', '/v1/batches', order);
  expect(status, JSON.stringify(body)).toBe(202);
  return body as Batch;
};
const read = async (id: string, of = service): Promise<Batch> =>
  (await of.api('GET', `/v1/batches/${id}`)).body as Batch;
const finished = (id: string, of = service): Promise<Batch> =>
  vi.waitFor(
    async () => {
      const batch = await read(id, of);
      expect(['queued', 'running']).not.toContain(batch.state);
      return batch;
    },
    { timeout: 20_000, interval: 50 },
  );
const rowsOf = async (id: string, query = ''): Promise<Page<Row>> =>
  (await service.api('GET', `/v1/batches/${id}/rows${query}`)).body as Page<Row>;

const download = async (id: string) => {
  const response = await fetch(`${service.url}/v1/batches/${id}/zip`, {
    headers: { authorization: `Bearer ${adminKey}` },
  });
  expect(response.headers.get('content-type')).toBe('application/zip');
  return unzip(Buffer.from(await response.arrayBuffer()));
};

describe('a batch', () => {
  it('draws every row of a CSV table, whatever is wrong with others', async () => {
    const csv = [
      'first_name;color;crm',
      'Amira;#112233;a-1',
      ';#445566;a-2',
      'Bo;not a colour;a-3',
      'Chen;#778899;a-4;too many',
      'Dina;;a-5',
    ].join('\r\n');
    const { status, body } = await sendCsv(csv, 'template=swatch&format=png&scale=2&naming=crm&subjectField=crm');
    expect(status).toBe(202);
    expect(body).toMatchObject({ total: 5, template: 'swatch', version: 1, scale: 2 });
    expect(await finished(body.id)).toMatchObject({
      ...{ state: 'complete', total: 5, done: 5, failed: 3 },
      warnings: { color: { blank: 1 } },
    });
    const { data } = await rowsOf(body.id);
    expect(data.map(({ row, state }) => `${row} ${state}`)).toEqual([
      ...['1 complete', '2 failed', '3 failed', '4 failed', '5 complete'],
    ]);
    expect(data[1]?.error).toMatch(/^first_name: is required/);
    expect(data[3]?.error).toMatch(/^The row has not as many cells/);
    expect(data[4]?.warnings).toMatchObject([{ code: 'blank' }]);
    expect(await look(data[0]?.url ?? '')).toMatchObject({ status: 200, width: 200, color: '#112233', outcome: 'hit' });
    const files = await download(body.id);
    expect(Object.keys(files)).toEqual(['a-1.png', 'a-5.png']);
    expect(files['a-1.png']).toEqual((await look(data[0]?.url ?? '')).bytes);
    const { records } = service.services;
    const kept = await records.selectFrom('batch_rows').selectAll().where('batch', '=', body.id).execute();
    expect(kept.map(({ data }) => data)).toEqual(['', '', '', '', '']);
    expect(JSON.stringify(kept)).not.toMatch(/Amira|a-1/);
  });

  it('takes rows as JSON, and tells its callback when it is finished', async () => {
    const receiver = await startReceiver();
    const { id } = await send({
      ...{ template: 'swatch', naming: 'first_name', callback_url: `${receiver.url}/done` },
      rows: [{ first_name: 'Zoë' }, { first_name: 'Zoë' }, 'no object', {}],
    });
    expect(await finished(id)).toMatchObject({ state: 'complete', done: 4, failed: 2 });
    await vi.waitFor(() => expect(receiver.received).toHaveLength(1), { timeout: 5000 });
    expect(JSON.parse(receiver.received[0]?.body ?? '')).toMatchObject({
      type: 'batch.finished',
      data: { id, state: 'complete', total: 4, done: 4, failed: 2 },
    });
    await receiver.close();
    expect(Object.keys(await download(id))).toEqual(['Zoë.png', 'Zoë-2.png']);
  });

  it('tells an address that is named later, at once when it is over, and also when it is cancelled', async () => {
    const receiver = await startReceiver();
    const told = (count: number) =>
      vi
        .waitFor(() => expect(receiver.received).toHaveLength(count), { timeout: 5000 })
        .then(() => JSON.parse(receiver.received.at(-1)?.body ?? '') as { type: string; data: object });
    const { id } = await send({ template: 'swatch', rows: [{ first_name: 'Zoë' }] });
    await finished(id);
    const name = (batch: string, url: string) =>
      service.api('POST', `/v1/batches/${batch}/callback`, { callback_url: url });
    expect((await name(id, `${receiver.url}/done`)).status).toBe(202);
    expect(await told(1)).toMatchObject({ type: 'batch.finished', data: { id, state: 'complete', done: 1 } });

    const rows = Array.from({ length: 400 }, (_, i) => ({ first_name: `Reader ${i}` }));
    const long = await send({ template: 'swatch', rows, callback_url: `${receiver.url}/first` });
    expect((await name(long.id, `${receiver.url}/second`)).status).toBe(202);
    await service.api('DELETE', `/v1/batches/${long.id}`);
    expect(await told(2)).toMatchObject({ data: { id: long.id, state: 'cancelled', total: 400 } });
    expect(receiver.received.map(({ path }) => path)).toEqual(['/done', '/second']);

    expect((await name('nothing', receiver.url)).status).toBe(404);
    expect((await name(id, 'ftp://example.com')).body).toMatchObject({ code: 'address_refused' });
    await receiver.close();
  });

  it('tells from the start which columns nothing is made of', async () => {
    const rows = [
      { first_name: 'Amira', colour: '#112233', crm: 'a-1' },
      { first_name: 'Bo', who: 'b' },
    ];
    const { id, ignoredColumns } = await send({ template: 'swatch', naming: 'crm', subjectField: 'who', rows });
    expect(ignoredColumns).toEqual(['colour']);
    expect(await finished(id)).toMatchObject({ state: 'complete', ignoredColumns: ['colour'] });
  });

  it('is listed, and its rows are paged', async () => {
    const { id } = await send({ template: 'swatch', rows: [{ first_name: 'A' }, {}, {}, { first_name: 'B' }, {}] });
    await finished(id);
    const list = (await service.api('GET', '/v1/batches?limit=1')).body as Page<Batch>;
    expect(list.data).toMatchObject([{ id }]);
    expect(list.next).not.toBeNull();
    const first = await rowsOf(id, '?state=failed&limit=2');
    expect(first).toMatchObject({ data: [{ row: 2 }, { row: 3 }], next: '3' });
    expect(await rowsOf(id, `?state=failed&limit=2&after=${first.next}`)).toMatchObject({
      data: [{ row: 5 }],
      next: null,
    });
  });

  it('leaves a picture out of its file once that is taken back', async () => {
    const { id } = await send({ template: 'swatch', rows: [{ first_name: 'A' }, { first_name: 'B' }] });
    await finished(id);
    const rows = await service.services.records
      .selectFrom('batch_rows')
      .select('sealed')
      .where('batch', '=', id)
      .orderBy('row')
      .execute();
    expect((await service.api('DELETE', `/v1/pictures/${rows[0]?.sealed}`)).status).toBe(204);
    expect(Object.keys(await download(id))).toEqual(['row-00002.png']);
  });

  it('stops when it is cancelled, and keeps what is finished', async () => {
    const rows = Array.from({ length: 2000 }, (_, i) => ({ first_name: `Name ${i}` }));
    const { id } = await send({ template: 'swatch', rows });
    await vi.waitFor(async () => expect((await read(id)).done).toBeGreaterThan(0), { timeout: 10_000, interval: 20 });
    expect((await service.api('DELETE', `/v1/batches/${id}`)).status).toBe(204);
    const batch = await read(id);
    expect(batch.state).toBe('cancelled');
    const { records } = service.services;
    await vi.waitFor(async () => expect(await records.selectFrom('jobs').selectAll().execute()).toEqual([]), 10_000);
    expect(await read(id)).toEqual(batch);
    const { data } = await rowsOf(id, '?state=failed&limit=1');
    expect(data).toMatchObject([{ error: 'The batch was cancelled.' }]);
    expect((await service.api('DELETE', `/v1/batches/${id}`)).status).toBe(204);
    expect(await read(id)).toEqual(batch);
  });

  it('goes on where it was when the service comes back, and makes each picture once', async () => {
    const rows = Array.from({ length: 400 }, (_, i) => ({ first_name: `Person ${i}` }));
    const first = await startTestService();
    await publish(first, swatch());
    const { body } = await first.api('POST', '/v1/batches', { template: 'swatch', rows });
    const { id } = body as Batch;
    await vi.waitFor(async () => expect((await read(id, first)).done).toBeGreaterThan(0), {
      timeout: 10_000,
      interval: 20,
    });
    await first.close();
    const second = await startTestService({ MERGEPIX_DATA_DIR: first.dataDir });
    expect(await finished(id, second)).toMatchObject({ state: 'complete', total: 400, done: 400, failed: 0 });
    const { records } = second.services;
    expect(await records.selectFrom('sealed').select('id').execute()).toHaveLength(400);
    await second.close();
  }, 40_000);

  it('waits as long as the processes are busy, and keeps what was drawn by then', async () => {
    const idle = await startTestService({ MERGEPIX_JOBS: 'off' });
    await publish(idle, swatch());
    const rows = Array.from({ length: 80 }, (_, i) => ({ first_name: `Person ${i}` }));
    const { id } = (await idle.api('POST', '/v1/batches', { template: 'swatch', rows })).body as Batch;
    const { pictures } = idle.services;
    let drawn = 0;
    // Every seventh time there is no room.
    let asked = 0;
    const make: typeof pictures.make = async (...order) => {
      if (++asked % 7 === 0) throw new AppError('overloaded', 'Too many pictures are waiting: try again in a moment.');
      drawn++;
      return pictures.make(...order);
    };
    const services = { ...idle.services, pictures: { ...pictures, make } };
    const { signal } = new AbortController();
    const job = { id: 'job', workspace: 'default', kind: 'batch.run', attempt: 1, createdAt: 0, signal } as const;
    const turn = () => runBatch(services, { ...job, payload: { batch: id } });
    let waits = 0;
    for (let again = await turn(); again; again = await turn()) if (again.againIn > 0) waits++;
    expect(waits).toBeGreaterThan(3);
    expect(await read(id, idle)).toMatchObject({ state: 'complete', done: 80, failed: 0 });
    expect(drawn).toBe(80);
    await idle.close();
  });

  it.each([
    ['an unknown template', { template: 'nothing', rows: [{}] }, 'template_not_found'],
    ['rows that are none', { template: 'swatch', rows: 'all' }, 'request_invalid'],
    ['no row', { template: 'swatch', rows: [] }, 'request_invalid'],
    ['columns that are no fields', { template: 'swatch', rows: [{ name: 'x' }] }, 'data_invalid'],
    [
      'a column to name by that is not there',
      { template: 'swatch', naming: 'id', rows: [{ color: '' }] },
      'data_invalid',
    ],
  ])('is refused for %s', async (_what, order, code) => {
    expect((await service.api('POST', '/v1/batches', order)).body).toMatchObject({ code });
  });

  it.each([
    ['no template', 'first_name\nA', '', 'request_invalid'],
    ['a column twice', 'first_name,first_name\nA,B', 'template=swatch', 'data_invalid'],
    ['a header alone', 'first_name\n', 'template=swatch', 'data_invalid'],
    ['more rows than fit', `first_name\n${'A\n'.repeat(50_001)}`, 'template=swatch', 'data_invalid'],
    ['more than 20 MB', Buffer.alloc(20 * 1024 * 1024 + 1, 'a'), 'template=swatch', 'body_too_large'],
  ])('of CSV is refused for %s', async (_what, csv, query, code) => {
    expect((await sendCsv(csv, query)).body).toMatchObject({ code });
    const { records } = service.services;
    const orphans = records
      .selectFrom('batch_rows')
      .select('batch')
      .where('batch', 'not in', records.selectFrom('batches').select('id'));
    expect(await orphans.execute()).toEqual([]);
  });

  it('is put into a bucket of the workspace, and into no other', async () => {
    const store = await startFakeS3();
    const { endpoint, region, credentials } = store.settings;
    const delivering = await startTestService({
      MERGEPIX_S3_ENDPOINT: endpoint,
      MERGEPIX_S3_REGION: region,
      MERGEPIX_S3_ACCESS_KEY_ID: credentials.accessKeyId,
      MERGEPIX_S3_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    });
    try {
      await publish(delivering, swatch());
      const order = { template: 'swatch', naming: 'first_name', rows: [{ first_name: 'Amira' }, { first_name: '' }] };
      const ask = (output: string) => delivering.api('POST', '/v1/batches', { ...order, output });
      expect(await ask('s3://pictures/may')).toMatchObject({ status: 400, body: { faults: [{ path: 'output' }] } });
      await delivering.api('PATCH', '/v1/workspace', { settings: { s3Buckets: ['pictures'] } });
      for (const bad of ['s3://other/may', 's3://pictures/../may', 'file:///tmp', 'https://a.example'])
        expect((await ask(bad)).status, bad).toBe(400);
      const { body } = await ask('s3://pictures/may');
      expect(await finished((body as Batch).id, delivering)).toMatchObject({ state: 'complete', failed: 1 });
      expect([...store.objects.keys()]).toEqual(['pictures/may/Amira.png']);
      expect(store.objects.get('pictures/may/Amira.png')?.subarray(1, 4).toString()).toBe('PNG');
    } finally {
      await delivering.close();
      await store.close();
    }
  });
});
