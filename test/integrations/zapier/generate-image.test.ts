import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { look, publish, swatch } from '../../e2e/service.ts';
import { connect, runStep, startConnected, zapier } from './zapier.ts';

type Generated = {
  id: string;
  url: string;
  file: string;
  html: string;
  alt: string;
  share_url: string;
  width: number;
  height: number;
  bytes: number;
  outcome: string;
  warnings: { code: string; field?: string; message: string }[];
};
type Input = { key: string; label?: string; [more: string]: unknown };

/** A field of every type there is. */
const everything = swatch({
  name: 'everything',
  fields: {
    first_name: {
      type: 'text',
      label: 'First name',
      help: 'From the contact.',
      required: true,
      fallback: 'there',
      minLength: 2,
      maxLength: 40,
      sample: 'Amira',
    },
    note: { type: 'text', maxLength: 500, fallback: '' },
    color: { type: 'color', label: 'Colour', fallback: '#808080' },
    points: { type: 'number', integer: true, min: 0, max: 9999, fallback: 0, sample: 2450 },
    price: { type: 'number', min: 1, fallback: 1, sample: 24.5 },
    vip: { type: 'boolean', label: 'VIP', fallback: false },
    tier: { type: 'choice', options: ['silver', 'gold'], fallback: 'silver' },
    ends_on: { type: 'date', fallback: '', sample: '2027-06-18' },
    page: { type: 'url', hosts: ['example.com'], fallback: '' },
    photo: { type: 'image', hosts: ['cdn.example.com'], fallback: { initials: 'first_name' } },
    lines: {
      type: 'list',
      label: 'Order lines',
      help: 'What was bought.',
      maxItems: 5,
      fallback: [],
      of: {
        product: { type: 'text', label: 'Product', required: true, fallback: '', maxLength: 60 },
        count: { type: 'number', integer: true, fallback: 1 },
      },
    },
  },
  alt: '{{ first_name }}: {% for line in lines %}{{ line.count }} {{ line.product }}; {% endfor %}',
});

let made: Awaited<ReturnType<typeof startConnected>>;
beforeAll(async () => {
  made = await startConnected();
  await publish(made.service, swatch());
  await publish(made.service, everything);
});
afterAll(async () => {
  await made.service.close();
  await zapier.close();
});

const action = 'creates.generate_image.operation';
const inputsFor = (inputData: Record<string, unknown>) =>
  runStep<Input[]>(`${action}.inputFields`, { authData: made.authData, inputData });
const generate = (inputData: Record<string, unknown>, more: { meta?: Record<string, unknown> } = {}) =>
  runStep<Generated>(`${action}.perform`, { authData: made.authData, inputData, ...more });
const refused = (inputData: Record<string, unknown>): Promise<Error> =>
  generate(inputData).then(
    () => new Error('was not refused'),
    (error: Error) => error,
  );

/** The file that a later step gets for what an output stands for. */
async function fetched(file: string) {
  const [, call = ''] = /^hydrate\|\|\|(.*)\|\|\|hydrate$/.exec(file) ?? [];
  const { type, method, bundle } = JSON.parse(call) as { type: string; method: string; bundle: object };
  expect({ type, method }).toEqual({ type: 'file', method: 'hydrators.picture' });
  return zapier.files.get(await runStep<string>(method, { authData: made.authData, inputData: { ...bundle } }));
}

describe('the form of Generate Image', () => {
  it('asks for a template first', async () => {
    expect((await inputsFor({})).map(({ key }) => key)).toEqual([
      'template',
      'version',
      'variant',
      'format',
      'scale',
      'dpi',
      'subject',
    ]);
  });

  it('has one input for every field of the template, as its contract has it', async () => {
    const own = (await inputsFor({ template: 'everything' })).filter(({ key }) => key.startsWith('field-'));
    expect(own).toEqual([
      {
        key: 'field-first_name',
        label: 'First name',
        type: 'string',
        required: true,
        placeholder: 'Amira',
        helpText: 'From the contact. From 2 to 40 characters.',
      },
      { key: 'field-note', label: 'Note', type: 'text', required: false, helpText: 'At most 500 characters.' },
      {
        key: 'field-color',
        label: 'Colour',
        type: 'string',
        required: false,
        placeholder: '#808080',
        helpText: 'A colour such as #1a2b3c. Left blank: #808080.',
      },
      {
        key: 'field-points',
        label: 'Points',
        type: 'integer',
        required: false,
        placeholder: '2450',
        helpText: 'From 0 to 9999. Left blank: 0.',
      },
      {
        key: 'field-price',
        label: 'Price',
        type: 'number',
        required: false,
        placeholder: '24.5',
        helpText: 'At least 1. Left blank: 1.',
      },
      {
        key: 'field-vip',
        label: 'VIP',
        type: 'boolean',
        required: false,
        placeholder: 'false',
        helpText: 'Left blank: false.',
      },
      {
        key: 'field-tier',
        label: 'Tier',
        type: 'string',
        choices: ['silver', 'gold'],
        required: false,
        placeholder: 'silver',
        helpText: 'Left blank: silver.',
      },
      {
        key: 'field-ends_on',
        label: 'Ends on',
        type: 'string',
        required: false,
        placeholder: '2027-06-18',
        helpText: 'A day such as 2027-06-18, or a moment such as 2027-06-18T18:30:00Z.',
      },
      {
        key: 'field-page',
        label: 'Page',
        type: 'string',
        required: false,
        helpText: 'A web address on example.com.',
      },
      {
        key: 'field-photo',
        label: 'Photo',
        type: 'string',
        required: false,
        helpText: 'The address of a picture on cdn.example.com, or asset:name for one of your own.',
      },
      {
        key: 'field-lines',
        label: 'Order lines',
        children: [
          {
            key: 'item-lines-product',
            label: 'Product',
            type: 'string',
            required: true,
            helpText: 'What was bought. At most 5 items. At most 60 characters.',
          },
          {
            key: 'item-lines-count',
            label: 'Count',
            type: 'integer',
            required: false,
            placeholder: '1',
            helpText: 'Left blank: 1.',
          },
        ],
      },
    ]);
  });

  it('is that of the version that was chosen, or of the live one', async () => {
    await publish(made.service, swatch({ name: 'changing', fields: swatch().fields }));
    const { first_name, color } = swatch().fields;
    const tagline = { type: 'text', fallback: '' };
    await publish(made.service, swatch({ name: 'changing', fields: { first_name, color, tagline } }));
    const keys = async (version?: string) =>
      (await inputsFor({ template: 'changing', version })).map(({ key }) => key).includes('field-tagline');
    expect(await keys('1')).toBe(false);
    expect(await keys('2')).toBe(true);
    expect(await keys('live')).toBe(true);
    expect(await keys()).toBe(true);
  });

  it('keeps within what Zapier takes, however much a template says', async () => {
    const hosts = Array.from({ length: 100 }, (_, i) => `${`${'a'.repeat(60)}.`.repeat(3)}h${i}.example.com`);
    const long = { help: 'h'.repeat(300), sample: 's'.repeat(1000), fallback: 'f'.repeat(1000) };
    const fields = {
      ...swatch().fields,
      story: { type: 'text', ...long },
      photo: { type: 'image', hosts, help: long.help, fallback: { initials: 'first_name' } },
    };
    await publish(made.service, swatch({ name: 'wordy', fields }));
    for (const { helpText = '', placeholder = '' } of await inputsFor({ template: 'wordy' })) {
      expect(String(helpText).length).toBeLessThanOrEqual(1000);
      expect(String(placeholder).length).toBeLessThan(100);
    }
  });

  it('says why it cannot be shown', async () => {
    await made.service.api('POST', '/v1/templates/unready/versions', swatch({ name: 'unready' }));
    await expect(inputsFor({ template: 'unready' })).rejects.toThrow(
      'unready is not published: publish it in Mergepix, or choose a version.',
    );
    await expect(inputsFor({ template: 'nothing' })).rejects.toThrow(/There is no such version of a template nothing/);
  });
});

describe('Generate Image', () => {
  it('makes a picture that anybody can see, and says all there is to say of it', async () => {
    const picture = await generate({ template: 'swatch', 'field-first_name': 'Amira', 'field-color': '#ff0000' });
    expect(picture).toMatchObject({
      alt: 'A colour for Amira',
      width: 100,
      height: 40,
      outcome: 'rendered',
      warnings: [],
    });
    expect(picture.html).toContain(`<img src="${picture.url}" width="100" height="40"`);
    expect(await look(picture.url)).toMatchObject({ status: 200, width: 100, height: 40, color: '#ff0000' });
    expect((await fetch(picture.share_url)).status).toBe(200);
    expect((await look(picture.url)).bytes).toHaveLength(picture.bytes);
  });

  it('takes format and size, and a version that never changes', async () => {
    await publish(made.service, swatch({ name: 'sized', background: '#00ff00' }));
    await publish(made.service, swatch({ name: 'sized', background: '#0000ff' }));
    const order = { template: 'sized', 'field-first_name': 'Amira', format: 'jpeg', scale: '2', version: '1' };
    const first = await look((await generate(order)).url);
    expect(first).toMatchObject({ width: 200, height: 80 });
    expect(first.headers.get('content-type')).toBe('image/jpeg');
    const live = await look((await generate({ ...order, version: 'live' })).url);
    expect(live.bytes.equals(first.bytes)).toBe(false);
    expect((await look((await generate({ ...order, version: '2' })).url)).bytes.equals(live.bytes)).toBe(true);
    const { scale: _, ...others } = order;
    expect(await look((await generate({ ...others, dpi: 300 })).url)).toMatchObject({ width: 417, height: 167 });
  });

  it('takes line items as a list, and a single one as people type it', async () => {
    const order = { template: 'everything', 'field-first_name': 'Amira' };
    const lines = [{ 'item-lines-product': 'mug', 'item-lines-count': 2 }, { 'item-lines-product': 'tea' }];
    expect((await generate({ ...order, 'field-lines': lines })).alt).toBe('Amira: 2 mug; 1 tea;');
    const typed = { 'item-lines-product': 'mug', 'item-lines-count': '3' };
    expect((await generate({ ...order, ...typed })).alt).toBe('Amira: 3 mug;');
    // Zapier gives both when line items were mapped.
    expect((await generate({ ...order, ...typed, 'field-lines': lines })).alt).toBe('Amira: 2 mug; 1 tea;');
    expect((await generate(order)).alt).toBe('Amira:');
  });

  it('keeps a day the day it is, whatever the time zone of the account', async () => {
    const template = swatch({
      name: 'day',
      fields: { ...swatch().fields, on: { type: 'date', fallback: '' } },
      alt: "{{ on | date: 'long' }}",
    });
    await publish(made.service, template);
    const order = { template: 'day', 'field-first_name': 'Amira', 'field-on': '2027-06-18' };
    expect((await generate(order, { meta: { timezone: 'Pacific/Auckland' } })).alt).toBe('June 18, 2027');
  });

  it('tells what was mended, as line items', async () => {
    const { warnings } = await generate({ template: 'everything', 'field-first_name': 'Amira', 'field-tier': '' });
    expect(warnings).toContainEqual({
      code: 'blank',
      field: 'tier',
      message: expect.stringMatching(/its fallback is used/),
    });
  });

  it('hands the file itself to the next step', async () => {
    const { file, url } = await generate({ template: 'swatch', 'field-first_name': 'Amira' });
    const stored = await fetched(file);
    expect(stored).toMatchObject({ name: 'swatch.png', mime: 'image/png' });
    expect(stored?.bytes.equals((await look(url)).bytes)).toBe(true);
    expect(await sharp(stored?.bytes).metadata()).toMatchObject({ format: 'png', width: 100, height: 40 });

    const pdf = await generate({ template: 'swatch', 'field-first_name': 'Amira', format: 'pdf' });
    expect(await fetched(pdf.file)).toMatchObject({ name: 'swatch.pdf', mime: 'application/pdf' });
  });

  it('says so when the file cannot be had', async () => {
    const { authData, service } = made;
    const hydrated = (url: string) => runStep('hydrators.picture', { authData, inputData: { url, name: 'x.png' } });
    await expect(hydrated(`${service.url}/i/forged.png`)).rejects.toThrow(
      /does not serve the file to Zapier \(403\): set MERGEPIX_PUBLIC_URL/,
    );
    await expect(hydrated(`${service.url}/healthz`)).rejects.toThrow(/does not serve the file to Zapier/);
    await expect(hydrated('http://127.0.0.1:9/i/x.png')).rejects.toThrow(/Nothing answers at 127.0.0.1:9/);
  });

  it('makes no second picture when Zapier runs the step again', async () => {
    const order = { template: 'swatch', 'field-first_name': 'Replayed' };
    const first = await generate(order);
    expect(await generate(order)).toEqual(first);
    // Another Zap, other data, another format and another version are other pictures.
    const zap = { meta: { zap: { id: '42' } } };
    const others = [
      await generate(order, zap),
      await generate({ ...order, 'field-first_name': 'Somebody' }),
      await generate({ ...order, format: 'webp' }),
    ];
    await publish(made.service, swatch({ background: '#abcdef' }));
    others.push(await generate(order));
    expect(new Set([first.id, ...others.map(({ id }) => id)]).size).toBe(5);
    expect(await generate(order, zap)).not.toEqual(first);
  });

  it('makes a test in the editor anew, so that a design that is being mended shows', async () => {
    const order = { template: 'swatch', 'field-first_name': 'Tested' };
    const test = { meta: { isLoadingSample: true } };
    expect((await generate(order, test)).id).not.toBe((await generate(order, test)).id);
  });

  it('holds a run whose data does not fit, with every fault and none of the data', async () => {
    const error = await refused({ template: 'everything', 'field-tier': 'platinum', 'field-points': 'many' });
    expect(error.name).toBe('HaltedError');
    expect(error.message).toMatch(/^The data does not fit the fields of the template\./);
    expect(error.message).toMatch(/first_name: is required/);
    expect(error.message).toMatch(/tier: expected one of silver, gold/);
    expect(error.message.split('\nWhat happened')[0]).not.toMatch(/platinum|many/);
  });

  it('fails a run that somebody has to look at', async () => {
    const gone = await refused({ template: 'gone', 'field-first_name': 'Amira' });
    expect(gone.name).toBe('AppError');
    expect(JSON.parse(gone.message)).toMatchObject({ code: 'template_not_found', status: 404 });

    const scale = await refused({ template: 'swatch', 'field-first_name': 'Amira', scale: 'huge' });
    expect(JSON.parse(scale.message)).toMatchObject({ code: 'request_invalid', status: 400 });
    expect(JSON.parse(scale.message).message).toMatch(/scale: /);

    const authData = await connect(made.service, ['workspace:read', 'templates:read']);
    const forbidden = runStep(`${action}.perform`, {
      authData,
      inputData: { template: 'swatch', 'field-first_name': 'Amira' },
    });
    await expect(forbidden).rejects.toThrow(/pictures:write/);
  });
});
