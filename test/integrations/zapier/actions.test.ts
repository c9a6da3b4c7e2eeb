import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dialects } from '../../../core/links/dialects/index.ts';
import { look, publish, swatch } from '../../e2e/service.ts';
import { unzip } from '../../e2e/unzip.ts';
import { app, runStep, runWaiting, startConnected, zapier } from './zapier.ts';

type Batch = {
  id: string;
  state: string;
  made: number;
  failed: number;
  images: { row: number; state: string; url: string; share_url: string; error: string }[];
  file?: string;
};
type Link = { id: string; url: string; html: string; block: string; alt: string; notes: string[] };
type Warmup = { id: string; state: string; contacts: number; ready: number; needs_attention: boolean };
type Input = { key: string; label?: string; choices?: unknown; children?: Input[]; helpText?: string };

let made: Awaited<ReturnType<typeof startConnected>>;
beforeAll(async () => {
  made = await startConnected({ MERGEPIX_ALLOW_ADDRESSES: '127.0.0.1' });
  await publish(made.service, swatch());
  await publish(made.service, swatch({ name: 'open', links: { allowMerge: true } }));
});
afterAll(async () => {
  await made.service.close();
  await zapier.close();
});

const run = <Result>(action: string, inputData: Record<string, unknown>) =>
  runStep<Result>(`creates.${action}.operation.perform`, { authData: made.authData, inputData });
const wait = <Result>(action: string, inputData: Record<string, unknown>) =>
  runWaiting<Result>(action, { authData: made.authData, inputData });
const form = (action: string, inputData: Record<string, unknown>) =>
  runStep<Input[]>(`creates.${action}.operation.inputFields`, { authData: made.authData, inputData });
const dropdown = (trigger: string, inputData: Record<string, unknown> = {}) =>
  runStep<{ id: string; name: string }[]>(`triggers.${trigger}.operation.perform`, {
    ...{ authData: made.authData, inputData },
  });

/** The file that stands behind an output, as a later step gets it. */
async function fileOf(file: string | undefined) {
  const [, call = ''] = /^hydrate\|\|\|(.*)\|\|\|hydrate$/.exec(file ?? '') ?? [];
  const { method, bundle } = JSON.parse(call) as { method: string; bundle: object };
  return zapier.files.get(await runStep<string>(method, { authData: made.authData, inputData: { ...bundle } }));
}

describe('Create Merge-Tag Link', () => {
  it('offers every platform there is, by its name', () => {
    const { choices } = JSON.parse(JSON.stringify(app.creates?.create_merge_tag_link?.operation.inputFields)).find(
      ({ key }: Input) => key === 'platform',
    );
    const titles = Object.entries(dialects).map(([id, { title }]) => [id, title]);
    expect(Object.entries(choices)).toEqual(titles);
  });

  it("makes an address with the platform's tag of the contact", async () => {
    const link = await run<Link>('create_merge_tag_link', { template: 'swatch', platform: 'mailchimp' });
    expect(link.url).toContain('c=*|MERGEPIX|*');
    expect(link.html).toContain(`width="100" height="40"`);
    const { body } = await made.service.api('POST', '/v1/contacts', { fields: { color: '#ff0000' } });
    const filled = link.url.replace('*|MERGEPIX|*', (body as { reference: string }).reference);
    expect(await look(filled)).toMatchObject({ status: 200, color: '#ff0000' });
    expect((await dropdown('list_links'))[0]).toMatchObject({ id: link.id, name: /^swatch \(mailchimp, / });
  });

  it('takes tags for fields, fixed values, format and size', async () => {
    const link = await run<Link>('create_merge_tag_link', {
      ...{ template: 'open', platform: 'klaviyo', mode: 'merge', 'tag-first_name': 'first_name', marker: 'spring' },
      ...{ fixed: { color: '#0000ff' }, format: 'jpeg', scale: '2', href: 'https://example.com/shop' },
    });
    expect(link.url).toMatch(/\.jpg\?.*s=spring/);
    expect(link.url).toContain('first_name');
    expect(link.block).toContain('https://example.com/shop');
    const { origin, pathname } = new URL(link.url);
    expect(await look(`${origin}${pathname}?first_name=Amira`)).toMatchObject({ width: 200, height: 80 });
  });

  it('has an input for the tag of each field, and says what it is for', async () => {
    const tags = async (mode: string) =>
      (await form('create_merge_tag_link', { template: 'swatch', mode })).filter(({ key }) => key.startsWith('tag-'));
    expect((await tags('merge')).map(({ key }) => key)).toEqual(['tag-first_name', 'tag-color']);
    expect((await tags('contact'))[0]?.helpText).not.toBe((await tags('merge'))[0]?.helpText);
    expect((await form('create_merge_tag_link', {})).filter(({ key }) => key.startsWith('tag-'))).toEqual([]);
  });

  it('is held without a platform, makes no second link, and says what cannot be', async () => {
    const order = { template: 'swatch', platform: 'brevo' };
    await expect(run('create_merge_tag_link', { template: 'swatch' })).rejects.toMatchObject({ name: 'HaltedError' });
    const first = await run<Link>('create_merge_tag_link', order);
    expect(await run<Link>('create_merge_tag_link', order)).toEqual(first);
    await expect(run('create_merge_tag_link', { ...order, template: 'gone' })).rejects.toThrow(/template/);
  });
});

describe('Generate PDF', () => {
  it('makes a page, and hands it to the next step', async () => {
    const pdf = await run<{ url: string; file: string; bytes: number }>('generate_pdf', {
      ...{ template: 'swatch', 'field-first_name': 'Amira' },
    });
    const file = await fileOf(pdf.file);
    expect(file).toMatchObject({ name: 'swatch.pdf', mime: 'application/pdf' });
    expect(file?.bytes.subarray(0, 5).toString()).toBe('%PDF-');
    expect(file?.bytes).toHaveLength(pdf.bytes);
  });
});

describe('Generate Images from Rows', () => {
  const rows = [
    { 'row-first_name': 'Amira', 'row-color': '#ff0000' },
    { 'row-first_name': 'Bo', 'row-color': '#00ff00' },
    { 'row-color': '#0000ff' },
  ];

  it('goes on with an address for every row, and one file', async () => {
    const order = { template: 'swatch', rows, naming: 'first_name', format: 'png', scale: '2' };
    const [begun, done] = await wait<Batch>('generate_images_from_rows', order);
    expect(begun).toMatchObject({ images: [] });
    expect(done).toMatchObject({ id: begun?.id, state: 'complete', made: 2, failed: 1 });
    expect(done?.images.map(({ row, state }) => [row, state])).toEqual([
      [1, 'complete'],
      [2, 'complete'],
      [3, 'failed'],
    ]);
    expect(await look(done?.images[1]?.url ?? '')).toMatchObject({ color: '#00ff00', width: 200 });
    expect(done?.images[2]).toMatchObject({ url: '', error: expect.stringContaining('first_name') });
    const file = await fileOf(done?.file);
    expect(file).toMatchObject({ name: `swatch-${done?.id}.zip`, mime: 'application/zip' });
    expect(Object.keys(unzip(file?.bytes ?? Buffer.alloc(0)))).toEqual(['Amira.png', 'Bo.png']);
    expect(Object.keys(done ?? {}).sort()).toEqual(
      Object.keys(app.creates?.generate_images_from_rows?.operation.sample ?? {}).sort(),
    );
    // Whatever was posted, it is the batch itself that tells.
    const resumed = runStep('creates.generate_images_from_rows.operation.performResume', {
      ...{ authData: made.authData, outputData: begun, cleanedRequest: { data: { id: 'another', state: 'complete' } } },
    });
    expect(await resumed).toEqual(done);
    // Run again, there is nothing to make and nothing to wait for.
    const again = await wait<Batch>('generate_images_from_rows', order);
    expect(again).toEqual([done]);
  });

  it('takes a single row as people type it, and asks for rows by the fields of the template', async () => {
    const single = { template: 'swatch', 'row-first_name': 'Alone' };
    const ended = (await wait<Batch>('generate_images_from_rows', single)).at(-1);
    expect(ended).toMatchObject({ state: 'complete', made: 1, failed: 0 });
    const inputs = await form('generate_images_from_rows', { template: 'swatch' });
    const list = inputs.find(({ key }) => key === 'rows');
    expect(list?.children?.map(({ key }) => key)).toEqual(['row-first_name', 'row-color']);
    expect(inputs.find(({ key }) => key === 'naming')?.choices).toEqual(['first_name', 'color']);
  });

  it('goes on when the batch is cancelled, and is held without rows', async () => {
    await expect(run('generate_images_from_rows', { template: 'swatch' })).rejects.toMatchObject({
      name: 'HaltedError',
    });
    const many = Array.from({ length: 400 }, (_, i) => ({ 'row-first_name': `Reader ${i}` }));
    const waiting = wait<Batch>('generate_images_from_rows', { template: 'swatch', rows: many });
    for (let id = ''; id === ''; ) {
      const { body } = await made.service.api('GET', '/v1/batches');
      id = (body as { data: { id: string; total: number }[] }).data.find(({ total }) => total === 400)?.id ?? '';
      if (id !== '') await made.service.api('DELETE', `/v1/batches/${id}`);
    }
    expect((await waiting).at(-1)).toMatchObject({ state: 'cancelled' });
  });

  it('says so when the file is gone', async () => {
    const { authData } = made;
    const fetched = runStep('hydrators.batch', { authData, inputData: { id: 'gone', name: 'x.zip' } });
    await expect(fetched).rejects.toThrow(/There is no batch with that id/);
  });
});

describe('Warm Up Send', () => {
  it('goes on when the pictures are there', async () => {
    const { service } = made;
    const link = await run<Link>('create_merge_tag_link', { template: 'swatch', platform: 'mailchimp' });
    const { body } = await service.api('POST', '/v1/contacts', { fields: { first_name: 'Warm', color: '#123456' } });
    const [begun, done] = await wait<Warmup>('warm_up_send', { link: link.id });
    expect(begun?.state).toMatch(/queued|running/);
    expect(done).toMatchObject({ id: begun?.id, state: 'complete' });
    expect(done?.ready).toBeGreaterThan(0);
    const filled = link.url.replace('*|MERGEPIX|*', (body as { reference: string }).reference);
    expect(await look(filled)).toMatchObject({ color: '#123456', outcome: 'hit' });
    // Run again, it finds warm what it has made.
    expect((await wait<Warmup & { made: number }>('warm_up_send', { link: link.id })).at(-1)).toMatchObject({
      made: 0,
    });
  });

  it('goes on with the warm-up that took the place of its own, and with none of another send', async () => {
    const { service, authData } = made;
    const { id: link } = await run<Link>('create_merge_tag_link', { template: 'swatch', platform: 'mailchimp' });
    const order = async (send: string, sendAt: string) => {
      const ordered = await service.api('POST', '/v1/warmups', { links: [link], send, sendAt });
      const { id } = ordered.body as Warmup;
      const stateOf = async () => ((await service.api('GET', `/v1/warmups/${id}`)).body as Warmup).state;
      await expect.poll(stateOf, { timeout: 20_000 }).toBe('complete');
      return id;
    };
    const first = await order('spring', '2030-05-04T12:00:00Z');
    const { records } = service.services;
    await records.updateTable('warmups').set({ state: 'cancelled' }).where('id', '=', first).execute();
    const second = await order('spring', '2030-05-05T12:00:00Z');
    const other = await order('summer', '2030-05-05T12:00:00Z');
    const resumed = (id: string | undefined) =>
      runStep<Warmup>('creates.warm_up_send.operation.performResume', {
        ...{ authData, outputData: { id: first }, cleanedRequest: { type: 'warmup.finished', data: { id } } },
      });
    expect(await resumed(second)).toMatchObject({ id: second, state: 'complete' });
    for (const id of [first, other, undefined])
      expect(await resumed(id)).toMatchObject({ id: first, state: 'cancelled' });
  });

  it('is held with nothing to warm, and says what cannot be', async () => {
    await expect(run('warm_up_send', { connection: 'x' })).rejects.toMatchObject({ name: 'HaltedError' });
    await expect(wait('warm_up_send', { connection: 'gone', send: 'x' })).rejects.toThrow(/There is no connection/);
  });
});
