import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adminKey, look, publish, startTestService, swatch, type TestService } from './service.ts';

let service: TestService;
let template: ReturnType<typeof swatch>;
beforeAll(async () => {
  service = await startTestService();
  template = swatch({ links: { allowMerge: true } });
  await publish(service, template);
});
afterAll(() => service.close());

type Placed = { id: string; url: string; html: string };
const link = async (order: object): Promise<Placed> => {
  const { status, body } = await service.api('POST', '/v1/links', {
    template: 'swatch',
    platform: 'mailchimp',
    ...order,
  });
  expect(body, JSON.stringify(body)).toHaveProperty('url');
  expect(status).toBe(201);
  return body;
};
/** The link's address on this machine, its tags replaced by a query. */
const local = (url: string, query = '') => service.url + new URL(url).pathname + (query && `?${query}`);
const contact = async (fields: object): Promise<{ id: string; reference: string }> =>
  (await service.api('POST', '/v1/contacts', { fields })).body;

describe('a generated picture', () => {
  it('is served from its address with the values it was made from', async () => {
    const data = { first_name: 'Amira', color: '#ff0000' };
    const { status, body } = await service.api('POST', '/v1/generate', { template: 'swatch', data });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      width: 100,
      height: 40,
      alt: 'A colour for Amira',
      outcome: 'rendered',
      warnings: [],
    });
    const { url, bytes, html } = body as { url: string; bytes: number; html: string };
    expect(html).toContain('alt="A colour for Amira"');
    expect(url).not.toMatch(/Amira|ff0000/);
    const picture = await look(local(url));
    expect(picture).toMatchObject({ status: 200, outcome: 'hit', width: 100, height: 40, color: '#ff0000' });
    expect(picture.bytes.length).toBe(bytes);
    expect(picture.headers.get('cache-control')).toBe('public, max-age=3600, stale-if-error=86400');
    expect(picture.headers.get('content-type')).toBe('image/png');
    expect(picture.headers.get('x-content-type-options')).toBe('nosniff');
    expect(picture.headers.get('content-security-policy')).toBe("default-src 'none'; sandbox");
    expect(picture.headers.get('cross-origin-resource-policy')).toBe('cross-origin');
  });

  it('can be taken back', async () => {
    const { body } = await service.api('POST', '/v1/generate', { template: 'swatch', data: { first_name: 'Cy' } });
    const { id, url } = body as { id: string; url: string };
    expect((await look(local(url))).outcome).toBe('hit');
    expect((await service.api('DELETE', `/v1/pictures/${id}`)).status).toBe(204);
    expect(await look(local(url))).toMatchObject({ status: 200, outcome: 'neutral; revoked', width: 1 });
    expect((await service.api('DELETE', '/v1/pictures/nothing')).status).toBe(404);
  });

  it('can be tried by the row before anything is kept', async () => {
    const rows = [
      { first_name: 'Amira' },
      { first_name: '*|FNAME|*' },
      { first_name: 'Wolfeschlegelsteinhausenbergerdorff' },
      { first_name: 'Bo', color: 'reddish' },
    ];
    const { status, body } = await service.api('POST', '/v1/validate', { template: 'swatch', rows });
    expect(status).toBe(200);
    const verdict = body as { rows: { row: number; fits: boolean; faults: { path: string }[] }[] };
    expect(verdict.rows.map(({ row, fits }) => [row, fits])).toEqual([
      [2, false],
      [4, false],
      [3, false],
      [1, true],
    ]);
    expect(verdict.rows[1]?.faults.map(({ path }) => path)).toEqual(['color']);
    expect(verdict).toMatchObject({
      ...{ total: 4, fits: 1, ignoredColumns: [] },
      counts: { unreplaced: 1, ellipsis: 1, invalid: 1, refused: 2 },
      fields: { first_name: { unreplaced: 1 }, color: { invalid: 1 } },
      texts: { name: { whole: 3, ellipsis: 1, smallest: 6 } },
    });
    expect(verdict.rows[2]).toMatchObject({ texts: [{ layer: 'name', rung: 'ellipsis', size: 6, lines: 1 }] });
    expect(JSON.stringify(body)).not.toContain('reddish');
  });

  it('can be tried by the thousand from a CSV table, of which the worst rows are told', async () => {
    const cells = Array.from({ length: 3000 }, (_, i) => (i % 100 === 7 ? 'Wolfeschlegelsteinhausen' : 'Bo'));
    const ask = (query: string, body: string) =>
      fetch(`${service.url}/v1/validate${query}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${adminKey}`, 'content-type': 'text/csv' },
        body,
      });
    const csv = `first_name;nickname\n${cells.map((cell) => `${cell};x`).join('\n')}\n`;
    const { rows, ...verdict } = (await (await ask('?template=swatch&limit=3', csv)).json()) as { rows: object[] };
    expect(verdict).toMatchObject({ total: 3000, fits: 2970, counts: { ellipsis: 30 }, ignoredColumns: ['nickname'] });
    expect(rows).toMatchObject([{ row: 8 }, { row: 108 }, { row: 208 }]);

    const refused = await ask('?template=swatch', `first_name\n${'Bo\n'.repeat(20_001)}`);
    expect([refused.status, await refused.json()]).toMatchObject([422, { detail: expect.stringContaining('20000') }]);
    const header = Array.from({ length: 300_000 }, (_, i) => `c${i}`).join(',');
    const wide = await ask('?template=swatch', `${header}\n1,2`);
    expect([wide.status, await wide.json()]).toMatchObject([422, { detail: expect.stringContaining('1000 columns') }]);
    expect((await ask('', csv)).status).toBe(400);
    expect((await ask('?template=nothing', csv)).status).toBe(404);
  });

  it('is drawn in another format and scale when asked for', async () => {
    const order = { template: 'swatch', data: { first_name: 'Bo' }, format: 'webp', scale: 2 };
    const { body } = await service.api('POST', '/v1/generate', order);
    const { url, width } = body as { url: string; width: number };
    expect(width).toBe(100);
    expect(url).toMatch(/\.webp$/);
    const picture = await look(local(url));
    expect(picture).toMatchObject({ width: 200, height: 80 });
    expect(picture.headers.get('content-type')).toBe('image/webp');
  });

  it('is refused with every fault of its data at once', async () => {
    const data = { color: 'reddish', frist_name: 'Amira' };
    const { status, body, headers } = await service.api('POST', '/v1/generate', { template: 'swatch', data });
    expect(status).toBe(422);
    expect(headers.get('content-type')).toContain('application/problem+json');
    const { code, faults } = body as { code: string; faults: { path: string; message: string }[] };
    expect(code).toBe('data_invalid');
    expect(faults.map(({ path }) => path).sort()).toEqual(['color', 'first_name', 'frist_name']);
    expect(JSON.stringify(body)).not.toContain('reddish');
  });
});

describe('a contact link', () => {
  it('shows each contact its own values, and everybody else the defaults', async () => {
    const { url } = await link({});
    expect(url).toContain('?c=*|MERGEPIX|*&s=*|CAMPAIGN_UID|*');
    const red = await contact({ first_name: 'Ruby', color: '#ff0000' });
    const blue = await contact({ first_name: 'Bo', color: '#0000ff' });
    expect(await look(local(url, `c=${red.reference}&s=1`))).toMatchObject({ outcome: 'rendered', color: '#ff0000' });
    expect(await look(local(url, `s=2&c=${red.reference}`))).toMatchObject({ outcome: 'hit', color: '#ff0000' });
    expect(await look(local(url, `c=${blue.reference}`))).toMatchObject({ color: '#0000ff' });
    const changed = `${blue.reference.slice(0, -1)}${blue.reference.endsWith('A') ? 'B' : 'A'}`;
    for (const [query, reason] of [
      ['', 'contact-blank'],
      ['c=', 'contact-blank'],
      ['c=*|MERGEPIX|*', 'contact-blank'],
      ['c=%2A%7CMERGEPIX%7C%2A', 'contact-blank'],
      ['c=%3C%3C%20Test%20Mergepix%20%3E%3E', 'contact-blank'],
      [`c=${changed}`, 'contact-invalid'],
    ]) {
      const picture = await look(local(url, query));
      expect(picture, query).toMatchObject({ status: 200, outcome: `defaults; ${reason}`, color: '#808080' });
      expect(picture.headers.get('cache-control')).toBe('public, max-age=60');
    }
  });

  it('shows a change of the contact at once', async () => {
    const { url } = await link({});
    const { id, reference } = await contact({ color: '#ff0000' });
    const address = local(url, `c=${reference}`);
    for (let i = 0; i < 3; i++) expect(await look(address)).toMatchObject({ color: '#ff0000' });
    expect((await service.api('PATCH', `/v1/contacts/${id}`, { fields: { color: '#00ff00' } })).status).toBe(200);
    expect(await look(address)).toMatchObject({ color: '#00ff00' });
  });

  it('knows the platform by its own field names, and takes fixed values', async () => {
    const { url } = await link({
      fields: { first_name: { from: 'contact', tag: 'FNAME' }, color: { from: 'fixed', value: '#123456' } },
    });
    const { reference } = await contact({ FNAME: 'Amira', color: '#ff0000' });
    expect(await look(local(url, `c=${reference}`))).toMatchObject({ outcome: 'rendered', color: '#123456' });
  });

  it('ignores keys nobody asked for, whatever they are', async () => {
    const { url } = await link({});
    const { reference } = await contact({ color: '#ff00ff' });
    const first = await look(local(url, `c=${reference}`));
    const second = await look(local(url, `utm=1&color=%23000000&c=${reference}&c=other&__proto__=1&amp;s=9`));
    expect(second).toMatchObject({ outcome: 'hit', color: '#ff00ff' });
    expect(second.headers.get('etag')).toBe(first.headers.get('etag'));
  });

  it('serves the format of an allowed extension, and its own for any other', async () => {
    const { url } = await link({ formats: ['jpeg', 'webp'] });
    const types = [];
    for (const extension of ['jpg', 'jpeg', 'webp', 'png', 'gif', 'exe']) {
      const picture = await look(local(url).replace(/\.\w+$/, `.${extension}`));
      types.push(picture.headers.get('content-type'));
    }
    expect(types).toEqual(['image/jpeg', 'image/jpeg', 'image/webp', 'image/jpeg', 'image/jpeg', 'image/jpeg']);
  });

  it('serves a web page every scale the link allows, and its own for any other', async () => {
    const { url, web } = (await link({ scales: [1, 2] })) as Placed & { web: string };
    expect(web).toContain('@2x.png?');
    for (const [suffix, width] of [
      ['', 100],
      ['@1x', 100],
      ['@2x', 200],
      ['@3x', 100],
    ] as const) {
      expect(await look(local(url).replace(/(\.\w+)$/, `${suffix}$1`))).toMatchObject({ status: 200, width });
    }
    const plain = await link({});
    expect(await look(local(plain.url).replace(/(\.\w+)$/, '@3x$1'))).toMatchObject({ status: 200, width: 100 });
  });

  it('becomes a neutral picture when it is revoked', async () => {
    const { id, url } = await link({});
    expect(await look(local(url))).toMatchObject({ status: 200, width: 100 });
    expect((await service.api('DELETE', `/v1/links/${id}`)).status).toBe(204);
    expect(await look(local(url))).toMatchObject({ status: 200, outcome: 'neutral; revoked', width: 1, height: 1 });
    expect(await service.api('DELETE', '/v1/links/nothing-here')).toMatchObject({
      status: 404,
      body: { code: 'link_not_found' },
    });
  });

  it('follows the newest published version when it is live', async () => {
    await publish(service, { ...swatch({ name: 'living' }) });
    const { url } = await link({ template: 'living' });
    const { url: pinned } = await link({ template: 'living', version: 1 });
    expect(await look(local(url))).toMatchObject({ color: '#808080' });
    const next = swatch({ name: 'living' });
    next.fields.color.fallback = '#abcdef';
    await publish(service, next);
    expect(await look(local(url))).toMatchObject({ color: '#abcdef' });
    expect(await look(local(pinned))).toMatchObject({ color: '#808080' });
  });
});

describe('a countdown link', () => {
  it('runs for everybody with the same end in one picture a minute, and stands still once that is past', async () => {
    await publish(service, {
      ...swatch({ name: 'sale' }),
      freshness: { mode: 'live', seconds: 60, stale: 0 },
      fields: { ends: { type: 'date', fallback: '' } },
      countdown: { to: '{{ ends }}' },
      output: { format: 'gif', scale: 1, frames: 5 },
      alt: 'A sale',
      layers: [
        {
          ...{ id: 'clock', type: 'text', text: '{{ countdown.minutes }}:{{ countdown.seconds }}', fontSize: 12 },
          ...{ box: { x: 0, y: 0, width: 90, height: 30 }, fit: { maxLines: 1 } },
        },
      ],
    } as never);
    const { url } = await link({ template: 'sale' });
    expect(url).toMatch(/\.gif\?/);
    const day = 86_400_000;
    const [first, second, late] = await Promise.all(
      [day, day, -day].map((ms) =>
        contact({ ends: new Date(Math.round(Date.now() / day) * day + 3 * ms).toISOString() }),
      ),
    );
    const at = (who: typeof first) => look(local(url, `c=${who?.reference}`));
    const picture = await at(first);
    expect(picture).toMatchObject({ status: 200, outcome: 'rendered', width: 100, height: 40 });
    expect(picture.headers.get('content-type')).toBe('image/gif');
    expect(picture.headers.get('cache-control')).toMatch(/^public, max-age=(?:\d|[1-5]\d|60), stale-if-error=/);
    expect((await sharp(picture.bytes, { animated: true }).metadata()).pages).toBe(5);
    const again = await at(second);
    // Unless the minute has just turned, which makes another picture.
    if (again.headers.get('etag') === picture.headers.get('etag')) expect(again.outcome).toBe('hit');
    expect((await sharp((await at(late)).bytes, { animated: true }).metadata()).pages ?? 1).toBe(1);
  });
});

describe('a merge link', () => {
  const fields = { first_name: { from: 'open', tag: 'FNAME' }, color: { from: 'open', tag: 'COLOR' } };

  it('takes its values from the address, within its policy', async () => {
    const { url } = await link({ mode: 'merge', fields, policy: { fields: { first_name: { words: ['rude'] } } } });
    expect(url).toContain('color=*|URL:COLOR|*');
    expect(await look(local(url, 'first_name=Rosa&color=%23ff0000'))).toMatchObject({
      outcome: 'rendered',
      color: '#ff0000',
    });
    const plain = await look(local(url, 'color=%23ff0000'));
    for (const name of ['a'.repeat(61), 'see evil.com', 'https://x.y', 'two%0Alines', 'so RUDE', '*|FNAME|*']) {
      const picture = await look(local(url, `color=%23ff0000&first_name=${name}`));
      expect(picture.headers.get('etag'), name).toBe(plain.headers.get('etag'));
    }
  });

  it('has a budget of new pictures, and shows the defaults past it', async () => {
    const { url } = await link({ mode: 'merge', fields, policy: { rendersPerMinute: 2 } });
    const ask = async (color: string) => (await look(local(url, `color=%23${color}`))).outcome;
    const outcomes = [];
    for (const color of ['010203', '010204', '010205', '010206', '010207']) outcomes.push(await ask(color));
    // A minute may end in between, but not two; what is drawn already never counts.
    expect(outcomes.slice(0, 2)).toEqual(['rendered', 'rendered']);
    expect(outcomes).toContain('defaults; overloaded');
    expect(await ask('010203')).toBe('hit');
  });

  it('is refused where the template does not allow it', async () => {
    await publish(service, swatch({ name: 'closed' }));
    const order = { template: 'closed', platform: 'mailchimp', mode: 'merge', fields };
    const { status, body } = await service.api('POST', '/v1/links', order);
    expect(status).toBe(422);
    expect(body).toMatchObject({ code: 'link_refused', faults: [{ path: 'mode' }] });
  });
});

describe('the picture endpoint', () => {
  it('answers 304 to an ETag it made, without the bytes', async () => {
    const { url } = await link({});
    const { reference } = await contact({ color: '#101010' });
    const address = local(url, `c=${reference}`);
    const etag = (await look(address)).headers.get('etag') ?? '';
    expect(etag).toMatch(/^"[\w-]{43}"$/);
    const again = await look(address, { headers: { 'if-none-match': etag } });
    expect(again.status).toBe(304);
    expect(again.bytes.length).toBe(0);
    expect(again.headers.get('cache-control')).toBe('public, max-age=3600, stale-if-error=86400');
    expect((await look(address, { headers: { 'if-none-match': '"other"' } })).status).toBe(200);
  });

  it('answers HEAD like GET, without the bytes, and no other method', async () => {
    const { url } = await link({});
    const get = await look(local(url));
    const head = await look(local(url), { method: 'HEAD' });
    expect(head.status).toBe(200);
    expect(head.headers.get('content-length')).toBe(String(get.bytes.length));
    expect(head.bytes.length).toBe(0);
    expect((await look(local(url), { method: 'POST' })).status).toBe(405);
  });

  it('refuses forged and malformed tokens with 403, draws nothing and keeps nothing', async () => {
    const { url } = await link({});
    const path = new URL(url).pathname;
    const mid = path.length - 20;
    for (const bad of [
      `${path.slice(0, mid)}${path[mid] === 'A' ? 'B' : 'A'}${path.slice(mid + 1)}`,
      '/i/abc.jpg',
      '/i/a.b.c.png',
      '/i/',
      '/i/%00.png',
      `/i/${'x'.repeat(2000)}.png`,
      path.replace('.png', ''),
    ]) {
      const response = await look(service.url + bad);
      expect(response.status, bad).toBe(403);
      expect(response.headers.get('cache-control')).toBe('no-store');
      expect(response.headers.get('x-mergepix-outcome')).toBeNull();
    }
  });

  it('draws equal pictures once, however many ask at once', async () => {
    const { url } = await link({});
    const { reference } = await contact({ color: '#0f0f0f' });
    const pictures = await Promise.all(Array.from({ length: 40 }, (_, i) => look(local(url, `c=${reference}&s=${i}`))));
    expect(new Set(pictures.map(({ color }) => color))).toEqual(new Set(['#0f0f0f']));
    expect(new Set(pictures.map(({ bytes }) => bytes.toString('base64'))).size).toBe(1);
  });

  it('keeps values, references, tokens and keys out of the log', async () => {
    const { url } = await link({ mode: 'merge', fields: { first_name: { from: 'open', tag: 'FNAME' } } });
    await look(local(url, 'first_name=Rumpelstiltskin&email=secret@example.com'));
    await service.api('POST', '/v1/generate', {
      template: 'swatch',
      data: { first_name: 'Rumpelstiltskin', nope: 'secret@example.com' },
    });
    await service.api('POST', '/v1/generate', '{"data": "Rumpelstiltskin');
    await service.api('GET', '/v1/contacts/Rumpelstiltskin?x=secret@example.com');
    const log = service.log.join('');
    expect(log.length).toBeGreaterThan(100);
    for (const secret of ['Rumpelstiltskin', 'secret@', adminKey, new URL(url).pathname.slice(3, 40)])
      expect(log).not.toContain(secret);
  });
});
