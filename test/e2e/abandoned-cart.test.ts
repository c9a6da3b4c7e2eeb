import { cp, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { places } from '../../core/node/places.ts';
import { loadSamples } from '../../server/templates/samples.ts';
import { type FakeKlaviyo, type KlaviyoAccount, startFakeKlaviyo } from '../fakes/klaviyo.ts';
import { readImage, requestTarget } from '../fakes/mail-client.ts';
import { fillAs } from '../fakes/platforms.ts';
import { startFakeSource } from '../fakes/source.ts';
import { look, startTestService, type TestService } from './service.ts';

const PRODUCT = '#2060c0';
// As a JPEG tells it.
const isProduct = expect.stringMatching(/^#2060c[01]$/);

type Profile = Parameters<KlaviyoAccount['sendFlow']>[1];
type Placed = { link: string; changes: { difference: string }[]; step: { url: string; body: string } | null };

let service: TestService;
let klaviyo: FakeKlaviyo;
let account: KlaviyoAccount;
let profile: Profile;
let message: string;
let placed: Placed;
let secret: string;
let shop: string;

const ok = async <Body>(method: string, path: string, body?: unknown): Promise<Body> => {
  const answer = await service.api(method, path, body);
  expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(300);
  return answer.body;
};

beforeAll(async () => {
  const photos = await startFakeSource();
  const photo = await sharp({ create: { width: 60, height: 60, channels: 3, background: PRODUCT } })
    .png()
    .toBuffer();
  photos.answers((response) => response.setHeader('content-type', 'image/png').end(photo));
  shop = photos.url;
  klaviyo = await startFakeKlaviyo();
  account = klaviyo.addAccount();
  service = await startTestService({
    MERGEPIX_PUBLIC_URL: 'https://img.example.com',
    MERGEPIX_ALLOW_ADDRESSES: '127.0.0.1',
    MERGEPIX_KLAVIYO_URL: klaviyo.url,
  });
  const samples = await mkdtemp(join(tmpdir(), 'mergepix-samples-'));
  await cp(join(places.samples, 'abandoned-cart'), join(samples, 'abandoned-cart'), { recursive: true });
  await loadSamples(service.services, samples);
  await ok('PATCH', '/v1/workspace', { settings: { assetHosts: [new URL(shop).host] } });

  const contact = await ok<{ reference: string }>('POST', '/v1/contacts', { fields: { first_name: 'Amira' } });
  profile = account.addProfile({ first_name: 'Amira', properties: { mergepix: contact.reference } });
  const connection = await ok<{ id: string }>('POST', '/v1/connections', {
    ...{ platform: 'klaviyo', apiKey: account.apiKey, mapping: { first_name: 'first_name' } },
  });
  const setup = await ok<{ header: { value: string } }>('GET', `/v1/connections/${connection.id}/webhook-setup`);
  secret = setup.header.value;
  const link = await ok<{ id: string }>('POST', '/v1/links', {
    template: 'abandoned-cart',
    connection: connection.id,
    fields: {
      product: { from: 'open', tag: 'event.Product Name' },
      price: { from: 'open', tag: 'event.$value' },
      photo: { from: 'open', tag: 'event.extra.line_items.0.image' },
    },
  });
  const email = account.addTemplate({ editor_type: 'CODE', html: '<body><p>Hi</p>[[mergepix]]</body>' });
  const flow = account.addFlow('Abandoned cart', [{ email }]);
  message = flow.actions[0]?.message?.id ?? '';
  placed = await ok('POST', `/v1/connections/${connection.id}/place`, {
    ...{ link: link.id, into: { kind: 'flow-message', id: message }, href: 'https://shop.example.com/cart' },
  });
});
afterAll(async () => {
  await service.close();
  await klaviyo.close();
});

type Cart = { product?: unknown; price?: unknown; photo?: unknown };

/** The picture as somebody gets it whose cart was left with this. */
async function receive({ product, price, photo }: Cart, to: Profile = profile) {
  const event = { 'Product Name': product, $value: price, extra: { line_items: [{ image: photo }] } };
  const email = account.sendFlow(message, to, event);
  const { attributes } = readImage(email.slice(email.indexOf('<img')));
  return { email, alt: attributes.alt, ...(await look(service.url + requestTarget(attributes.src ?? ''))) };
}

/** The picture of these very values. */
async function expected(data: object) {
  const { url } = await ok<{ url: string }>('POST', '/v1/generate', { template: 'abandoned-cart', data });
  return look(service.url + requestTarget(url));
}

describe('the email of an abandoned cart', () => {
  it('gets the picture where its placeholder is, and tells which step makes it in time', () => {
    expect(placed.changes[0]?.difference).toContain('[[mergepix]]');
    expect(placed.step?.url).toMatch(/^https:\/\/img\.example\.com\/v1\/connections\/.+\/webhook$/);
    expect(placed.step?.body).toContain("product={{ event|lookup:'Product Name'|default:''|urlencode }}");
  });

  it("shows the contact's name beside the product, price and picture of the event", async () => {
    const photo = `${shop}/files/${'long-'.repeat(70)}mug.png?v=1&width=600`;
    const product = 'Tom & Jerry’s "Best" Mug — 100% stoneware, 350 ml, with a lid, in a box of its own';
    const picture = await receive({ product, price: 24.5, photo });
    expect(picture).toMatchObject({ status: 200, outcome: 'rendered', color: isProduct });
    expect(picture.alt).toBe(`Still in your cart, Amira: ${product}`);
    expect(picture.email).toContain('<a href="https://shop.example.com/cart"');
    const same = await expected({ first_name: 'Amira', product, price: 24.5, photo });
    expect(picture.bytes.equals(same.bytes)).toBe(true);
  });

  it.each([
    ['19.9900', 19.99],
    ['1,299.00', 1299],
    [19.99, 19.99],
    ['24', 24],
    ['', undefined],
    ['$24.50 or so', undefined],
    ['{{ event.Price }}', undefined],
  ])('reads the price %s', async (price, read) => {
    const picture = await receive({ product: 'Mug', price });
    const same = await expected({ first_name: 'Amira', product: 'Mug', ...(read !== undefined && { price: read }) });
    expect(picture.status).toBe(200);
    expect(picture.bytes.equals(same.bytes)).toBe(true);
  });

  it.each([
    ['a picture from a host that nobody allowed', { photo: 'http://127.0.0.1:9/x.png' }, {}],
    ['a picture of ours', { photo: 'asset:mug' }, {}],
    ['an address for a name', { product: 'win at evil.com' }, {}],
    ['a name in two lines', { product: 'Mug\nfree' }, {}],
    ['a name that is far too long', { product: 'x'.repeat(121) }, {}],
    ['nothing at all', {}, {}],
  ])('shows the fallback for %s', async (_, cart, data) => {
    const picture = await receive(cart);
    const same = await expected({ first_name: 'Amira', ...data });
    expect(picture.status).toBe(200);
    expect(picture.bytes.equals(same.bytes)).toBe(true);
  });

  it('has its picture made by the step before it, for whatever the event says', async () => {
    const [product, photo] = ['A "quoted" mug & saucer', `${shop}/saucer.png`];
    const body = fillAs('klaviyo', placed.step?.body ?? '', {
      ...{ KlaviyoID: profile.id, mergepix: String(profile.properties.mergepix) },
      ...{ 'event.Product Name': product, 'event.$value': '31', 'event.extra.line_items.0.image': photo },
    });
    const { pathname } = new URL(placed.step?.url ?? '');
    const headers = { 'content-type': 'application/json', 'x-mergepix-secret': secret };
    expect((await fetch(service.url + pathname, { method: 'POST', headers, body })).status).toBe(200);
    const jobs = () =>
      service.services.records.selectFrom('jobs').select('id').where('state', '!=', 'failed').execute();
    await expect.poll(jobs, { timeout: 20_000 }).toEqual([]);
    expect(await receive({ product, price: 31, photo })).toMatchObject({
      status: 200,
      outcome: 'hit',
      color: isProduct,
    });
  });

  it('shows the product also to somebody who is not synced yet, without a name', async () => {
    const stranger = account.addProfile({ first_name: 'Bo' });
    const picture = await receive({ product: 'Mug', price: 5, photo: `${shop}/mug.png` }, stranger);
    expect(picture).toMatchObject({ status: 200, color: isProduct });
    const same = await expected({ product: 'Mug', price: 5, photo: `${shop}/mug.png` });
    expect(picture.bytes.equals(same.bytes)).toBe(true);
  });
});
