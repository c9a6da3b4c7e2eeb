import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { digestOf } from '../../server/access/api-keys.ts';
import { makeSignIn } from '../../server/access/sign-in.ts';
import { adminKey, publish, startTestService, swatch, type TestService } from './service.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
  await publish(service, swatch());
});
afterAll(() => service.close());

type Preview = {
  picture: string;
  alt: string;
  faults: { path: string }[];
  warnings: { code: string }[];
  bytes: number;
};
const preview = (version: number, body: object) =>
  service.api('POST', `/v1/templates/swatch/versions/${version}/preview`, body);

it('previews a version with any data, drafts too, and keeps nothing', async () => {
  const good = await preview(1, { data: { first_name: 'Amira', color: '#ff0000' } });
  expect(good.body).toMatchObject({ alt: 'A colour for Amira', faults: [], warnings: [], width: 100, height: 40 });
  const { picture, bytes } = good.body as Preview;
  expect(Buffer.from(picture.replace('data:image/png;base64,', ''), 'base64').length).toBe(bytes);

  const blank = (await preview(1, {})).body as Preview;
  expect(blank.faults).toMatchObject([{ path: 'first_name' }]);
  expect(blank.alt).toBe('A colour for there');

  const { body } = await service.api('POST', '/v1/templates/swatch/versions', swatch({ alt: 'Anew' }));
  const draft = await preview((body as { version: number }).version, { data: { first_name: 'A' }, format: 'jpeg' });
  expect(draft.body).toMatchObject({ alt: 'Anew', picture: expect.stringMatching(/^data:image\/jpeg;/) });

  expect((await preview(99, {})).status).toBe(404);
  expect((await preview(1, { data: [] })).status).toBe(400);
});

it('says in a preview and a review which text is hard to read and that a picture is heavy', async () => {
  const pale = { id: 'pale', type: 'text', text: 'Barely there', color: '#f4f4f4', fontSize: 16, fit: { maxLines: 1 } };
  const text = { ...pale, box: { x: 4, y: 4, width: 300, height: 30 } };
  const noise = { type: 'gaussian' as const, mean: 128, sigma: 60 };
  const sand = await sharp({ create: { width: 300, height: 300, channels: 3, background: '#888', noise } })
    .png()
    .toBuffer();
  await service.api('PUT', '/v1/assets/sand', sand);
  const ground = { id: 'ground', type: 'image', src: 'asset:sand', box: { x: 0, y: 40, width: 300, height: 300 } };
  const size = { width: 300, height: 340 };
  const output = { format: 'png', scale: 2 };
  const design = { name: 'pale', alt: 'Pale', fields: {}, size, output, background: '#ffffff', layers: [ground, text] };
  await publish(service, design);
  const codes = ['low_contrast', 'too_heavy'];
  const { body } = await service.api('POST', '/v1/templates/pale/versions/1/preview', {});
  expect((body as Preview).warnings.map(({ code }) => code)).toEqual(codes);
  const review = await service.api('GET', '/v1/templates/pale/versions/1/review');
  const { sets } = review.body as { sets: { after: { warnings: { code: string }[] } }[] };
  expect(sets[0]?.after.warnings.map(({ code }) => code)).toEqual(codes);
  const limited = { ...design, output: { format: 'jpeg', scale: 2, maxBytes: 150_000 } };
  await publish(service, limited);
  const inLimits = await service.api('GET', '/v1/templates/pale/versions/2/review');
  expect(
    (inLimits.body as typeof review.body as { sets: typeof sets }).sets[0]?.after.warnings.map(({ code }) => code),
  ).toEqual(['low_contrast', 'lower_quality']);
  const small = { data: {}, format: 'jpeg', scale: 1, late: true };
  const light = await service.api('POST', '/v1/templates/pale/versions/1/preview', small);
  expect((light.body as Preview).warnings.map(({ code }) => code)).toEqual(['low_contrast']);
});

it('shows a version as a picture, to keys that may read templates', async () => {
  const ask = (key: string) =>
    fetch(`${service.url}/v1/templates/swatch/versions/1/thumbnail`, { headers: { authorization: `Bearer ${key}` } });
  const shown = await ask(adminKey);
  expect([shown.status, shown.headers.get('content-type')]).toEqual([200, 'image/png']);
  expect((await ask('mpx_no')).status).toBe(401);
});

it('gives the pictures a version is drawn with, and no others', async () => {
  const png = Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==',
    'base64',
  );
  await service.api('PUT', '/v1/assets/dot', png);
  const layer = { id: 'dot', type: 'image', src: 'asset:dot', box: { x: 0, y: 0, width: 10, height: 10 } };
  const { fields, layers } = swatch();
  await publish(service, swatch({ name: 'dotted', fields, layers: [...layers, layer] }));
  const ask = (ref: string) =>
    fetch(`${service.url}/v1/templates/dotted/versions/1/asset?ref=${encodeURIComponent(ref)}`, {
      headers: { authorization: `Bearer ${adminKey}` },
    });
  const dot = await ask('asset:dot');
  expect([dot.status, dot.headers.get('content-type')]).toEqual([200, 'image/png']);
  expect(Buffer.from(await dot.arrayBuffer()).equals(png)).toBe(true);
  for (const ref of ['asset:other', 'constructor', '../dot']) expect((await ask(ref)).status, ref).toBe(404);
});

const open = (token: unknown, headers: Record<string, string> = {}) =>
  fetch(`${service.url}/studio/sign-in`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ token }),
  });

it('signs in by a link once, from its own pages only, and by no other way with what the link holds', async () => {
  const token = await makeSignIn(service.services.records, 'default', digestOf(adminKey), Date.now());
  expect((await open(token, { 'sec-fetch-site': 'cross-site' })).status).toBe(403);
  expect((await open(token, { origin: 'https://elsewhere.example' })).status).toBe(403);
  const asCookie = await fetch(`${service.url}/v1/sessions/current`, { headers: { cookie: `mergepix=${token}` } });
  expect(asCookie.status).toBe(401);

  const [first, second] = (await Promise.all([open(token), open(token)])).sort((a, b) => a.status - b.status);
  expect([first?.status, second?.status]).toEqual([204, 401]);
  const cookie = first?.headers.get('set-cookie')?.split(';')[0] ?? '';
  const session = await fetch(`${service.url}/v1/sessions/current`, { headers: { cookie } });
  expect(await session.json()).toMatchObject({ actor: 'admin', workspace: 'default' });
});

it('refuses sign-in links that are too old, or none', async () => {
  const HOUR_MS = 3_600_000;
  const old = await makeSignIn(service.services.records, 'default', digestOf(adminKey), Date.now() - HOUR_MS - 1);
  for (const token of [old, 'x'.repeat(43), '', 7, null]) expect((await open(token)).status, String(token)).toBe(401);
});
