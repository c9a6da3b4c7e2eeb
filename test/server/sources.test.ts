import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { compileTemplate } from '../../core/template/compile.ts';
import { parseTemplate } from '../../core/template/parse.ts';
import { createEncryption } from '../../server/access/encryption.ts';
import { actorOf } from '../../server/access/roles.ts';
import { type Changes, createChanges } from '../../server/changes.ts';
import { createLog } from '../../server/observe/log.ts';
import { createOutgoing } from '../../server/outgoing/client.ts';
import { checkDefinition, definition } from '../../server/sources/definition.ts';
import { dropSource, keepSource } from '../../server/sources/keep.ts';
import { pathFault, readMap } from '../../server/sources/mapping.ts';
import { createSources } from '../../server/sources/sources.ts';
import { openRecords, type Records } from '../../server/stores/records/index.ts';
import { broken, drip, type FakeSource, hang, json, startFakeSource, status, text } from '../fakes/source.ts';

const folder = await mkdtemp(join(tmpdir(), 'mergepix-sources-'));
const file = join(folder, 'records.db');
const encryption = createEncryption([{ kid: 'a', secret: 'x'.repeat(32) }]);
const outgoing = createOutgoing({ allowAddresses: ['127.0.0.1'] });
const admin = actorOf('admin', 'default', 'admin');
const logged: string[] = [];
const log = createLog('info', { write: (line) => void logged.push(line) });
const SECRET = 'a-very-secret-key';

let records: Records;
let changes: Changes;
let fake: FakeSource;
let now = Date.now();

beforeAll(async () => {
  records = await openRecords(`sqlite:${file}`, now);
  changes = createChanges(records, () => undefined);
  fake = await startFakeSource();
});
afterAll(async () => {
  changes.close();
  await outgoing.close();
  await records.destroy();
  await rm(folder, { recursive: true });
});

/** What serves live data, as after a start of the process. */
const open = () => createSources({ records, encryption, outgoing, changes, log, httpsOnly: false, now: () => now });

const template = (name: string) =>
  compileTemplate(
    parseTemplate({
      name: 'forecast',
      size: { width: 300, height: 100 },
      freshness: { mode: 'hybrid' },
      alt: 'Weather',
      fields: { city: { type: 'text', fallback: 'London' } },
      sources: { weather: { from: name, params: { city: '{{ city }}' }, fallback: { temp: '–', wind: 0 } } },
      layers: [
        {
          ...{ id: 'a', type: 'text', text: '{{ source.weather.temp }} {{ source.weather.wind }}' },
          ...{ box: { x: 0, y: 0, width: 300, height: 40 }, fontSize: 20 },
        },
      ],
    }),
  );

let count = 0;
/** A source of its own for each test. */
async function make(changed: object = {}, secrets: Record<string, string> = { 'x-api-key': SECRET }) {
  const name = `weather-${++count}`;
  const source = definition.parse({
    url: `${fake.url}/v1/{city}?units=metric`,
    params: { city: { maxLength: 20 } },
    map: { temp: '$.main.temp', wind: '$.wind[0].speed' },
    timeoutMs: 3000,
    ...changed,
  });
  await keepSource({ records, encryption, changes }, admin, name, source, secrets);
  return name;
}
const resolve = (sources: ReturnType<typeof open>, name: string, city = 'Oslo', deadlineMs = 5000) =>
  sources.resolve('default', template(name), { city }, deadlineMs);
const good = (temp: unknown, wind = 3) => json({ main: { temp }, wind: [{ speed: wind }] });
const fallback = { weather: { temp: '–', wind: 0 } };

beforeEach(() => {
  fake.asked.length = 0;
  fake.answers(good(21));
});

describe('a source', () => {
  it('is asked with its parameters and secret headers, once for all who want the same', async () => {
    const name = await make();
    const sources = open();
    const all = await Promise.all(Array.from({ length: 50 }, () => resolve(sources, name, 'São Paulo/..')));
    expect(new Set(all.map((each) => JSON.stringify(each)))).toEqual(
      new Set([JSON.stringify({ source: { weather: { temp: 21, wind: 3 } }, isFresh: true })]),
    );
    expect(fake.asked.map(({ target }) => target)).toEqual(['/v1/S%C3%A3o%20Paulo%2F..?units=metric']);
    expect(fake.asked[0]?.headers).toMatchObject({ 'x-api-key': SECRET, accept: 'application/json' });
    await resolve(sources, name, 'São Paulo/..');
    expect(fake.asked.length).toBe(1);
  });

  it('is asked again when its answer is old: behind a picture at first, before it later', async () => {
    const name = await make({ cacheSeconds: 10 });
    const sources = open();
    await resolve(sources, name);
    fake.answers(good(5));
    now += 11_000;
    expect((await resolve(sources, name)).source).toEqual({ weather: { temp: 21, wind: 3 } });
    await expect.poll(async () => (await resolve(sources, name)).source).toEqual({ weather: { temp: 5, wind: 3 } });
    expect(fake.asked.length).toBe(2);
    fake.answers(good(6));
    now += 21_000;
    expect((await resolve(sources, name)).source).toEqual({ weather: { temp: 6, wind: 3 } });
  });

  it('is asked again when its answer is from a time to come, as after a clock was set back', async () => {
    const name = await make();
    const year = 365 * 24 * 3_600_000;
    now += year;
    const sources = open();
    await resolve(sources, name);
    now -= year;
    fake.answers(good(5));
    expect((await resolve(sources, name)).source).toEqual({ weather: { temp: 5, wind: 3 } });
    expect((await resolve(open(), name)).source).toEqual({ weather: { temp: 5, wind: 3 } });
    expect(fake.asked.length).toBe(2);
  });

  it.each([
    ['slow', hang, 'late'],
    ['dripping', drip, 'late'],
    ['broken', broken, 'failed'],
    ['in trouble', status(500), 'failed'],
    ['not taking our key', status(401), 'failed'],
    ['huge', text(`"${'x'.repeat(2 * 1024 * 1024)}"`), 'failed'],
    ['garbage', text('<html>'), 'garbage'],
    ['an error in good clothes', json({ error: 'quota' }), 'garbage'],
    ['nested without end', text('['.repeat(100_000) + ']'.repeat(100_000)), 'garbage'],
  ])('that is %s gives its last good answer, also after a restart, and before it the fallback', async (_, bad, why) => {
    const name = await make({ retries: 0, cacheSeconds: 10 });
    const ask = (sources: ReturnType<typeof open>, city = 'Oslo') =>
      resolve(sources, name, city, why === 'late' ? 150 : 5000);
    fake.answers(bad);
    const expected = { isFresh: false, reason: `source-weather-${why}` };
    expect(await ask(open())).toEqual({ source: fallback, ...expected });
    fake.answers(good(21));
    const sources = open();
    const fresh = await resolve(sources, name);
    expect(fresh).toEqual({ source: { weather: { temp: 21, wind: 3 } }, isFresh: true });
    fake.answers(bad);
    now += 21_000;
    expect(await ask(sources)).toEqual({ ...fresh, ...expected });
    expect(await ask(open())).toEqual({ ...fresh, ...expected });
    // Another city has its own.
    expect(await ask(open(), 'Rome')).toEqual({ source: fallback, ...expected });
  });

  it('does not make anybody wait longer than they can, and has its answer for the next', async () => {
    const name = await make();
    const sources = open();
    let finish: () => void = () => undefined;
    fake.answers((response) => {
      finish = () => good(21)(response);
    });
    expect(await resolve(sources, name, 'Oslo', 50)).toMatchObject({ isFresh: false, reason: 'source-weather-late' });
    await expect.poll(() => fake.asked.length).toBe(1);
    finish();
    await expect.poll(async () => (await resolve(sources, name, 'Oslo', 50)).isFresh).toBe(true);
    expect(fake.asked.length).toBe(1);
  });

  it('is asked again after a passing failure, when it says so within its time', async () => {
    const name = await make({ retries: 2 });
    fake.answers(status(503), broken, good(21));
    expect(await resolve(open(), name)).toMatchObject({ isFresh: true });
    fake.answers(status(429, { 'retry-after': '1' }), good(22));
    expect((await resolve(open(), name, 'Rome')).source).toEqual({ weather: { temp: 22, wind: 3 } });
    expect(fake.asked.length).toBe(5);
  });

  it('is left alone for as long as it asks', async () => {
    const name = await make({ retries: 2 });
    const sources = open();
    fake.answers(status(429, { 'retry-after': '60' }), good(21));
    expect(await resolve(sources, name)).toMatchObject({ isFresh: false, reason: 'source-weather-failed' });
    expect(await resolve(sources, name, 'Rome')).toMatchObject({ reason: 'source-weather-failed' });
    expect(fake.asked.length).toBe(1);
    now += 61_000;
    expect(await resolve(sources, name, 'Rome')).toMatchObject({ isFresh: true });
  });

  it('is left alone while it is down, and found again by itself', async () => {
    const name = await make({ retries: 0 });
    const sources = open();
    fake.answers(status(500));
    for (let i = 0; i < 20; i++) await resolve(sources, name, `city ${i}`);
    expect(fake.asked.length).toBeLessThan(10);
    expect(sources.health()).toMatchObject([{ source: name, isFailing: true, lastSuccessAt: null }]);
    fake.answers(good(21));
    await expect.poll(async () => (await resolve(sources, name)).isFresh, { timeout: 5000 }).toBe(true);
    expect(sources.health()).toMatchObject([{ source: name, isFailing: false, latencyMs: expect.any(Number) }]);
  });

  it('is not taken for failing because it does not know a city', async () => {
    const name = await make();
    const sources = open();
    fake.answers(status(404), json({ error: 'unknown' }), status(404), json({}), status(404));
    for (let i = 0; i < 10; i++) await resolve(sources, name, `nowhere ${i}`);
    await resolve(sources, name, 'nowhere 1');
    expect(fake.asked.length).toBe(10);
    expect(sources.health()).toMatchObject([{ isFailing: false, failed: 0 }]);
  });

  it('is asked so often a minute and no more', async () => {
    const name = await make({ perMinute: 3 });
    const sources = open();
    for (let i = 0; i < 10; i++) await resolve(sources, name, `city ${i}`);
    expect(fake.asked.length).toBe(3);
  });

  it('is not asked with what breaks its rules, and the template says what is shown then', async () => {
    const name = await make({ params: { city: { maxLength: 8, pattern: '[A-Za-z ]+' } } });
    const sources = open();
    for (const city of ['', 'Llanfairpwll', 'Oslo?x=1'])
      expect(await resolve(sources, name, city)).toEqual({ source: fallback, isFresh: true });
    expect(fake.asked.length).toBe(0);
    const dots = await make();
    for (const city of ['.', '..']) expect(await resolve(sources, dots, city)).toMatchObject({ source: fallback });
    expect(fake.asked.length).toBe(0);
  });

  it('gives what it has of its fields, clean, and the fallback for the rest', async () => {
    const name = await make();
    fake.answers(json({ main: { temp: ' 21\u202e° ' }, wind: [{ speed: { kmh: 3 } }] }));
    expect(await resolve(open(), name)).toEqual({ source: { weather: { temp: '21°', wind: 0 } }, isFresh: true });
  });

  it('never leads to an address that is not public', async () => {
    const inside = await startFakeSource('127.0.0.2');
    fake.answers(status(302, { location: `${inside.url}/` }));
    const name = await make();
    expect(await resolve(open(), name)).toMatchObject({ isFresh: false, reason: 'source-weather-failed' });
    const direct = await make({ url: `${inside.url}/v1/{city}` });
    expect(await resolve(open(), direct)).toMatchObject({ isFresh: false, reason: 'source-weather-failed' });
    expect(inside.asked).toEqual([]);
  });

  it('gets a secret in its address where that has a place for it, and only there', async () => {
    const url = `${fake.url}/v1/{city}?appid={app-id}`;
    const name = await make({ url }, { 'app-id': `${SECRET}&`, 'x-other': 'b' });
    await resolve(open(), name);
    expect(fake.asked[0]).toMatchObject({ target: `/v1/Oslo?appid=${SECRET}%26`, headers: { 'x-other': 'b' } });
    expect(fake.asked[0]?.headers).not.toHaveProperty('app-id');
    await expect(make({ url }, {})).rejects.toMatchObject({ code: 'request_invalid', faults: [{ path: 'url' }] });
    await expect(make({}, { city: 'x' })).rejects.toMatchObject({ faults: [{ path: 'url' }] });
  });

  it('is another one once it is changed, and gone once it is removed', async () => {
    const name = await make();
    const sources = open();
    await resolve(sources, name);
    const changed = definition.parse({ url: `${fake.url}/v2`, map: { temp: '$.t' } });
    await keepSource({ records, encryption, changes }, admin, name, changed, undefined);
    fake.answers(json({ t: 'new' }));
    expect((await resolve(sources, name)).source).toEqual({ weather: { temp: 'new', wind: 0 } });
    expect(fake.asked.at(-1)).toMatchObject({ target: '/v2', headers: { 'x-api-key': SECRET } });
    await dropSource({ records, encryption, changes }, admin, name);
    expect(await resolve(sources, name)).toEqual({
      source: fallback,
      isFresh: false,
      reason: 'source-weather-missing',
    });
    expect(await records.selectFrom('source_values').selectAll().where('source', '=', name).execute()).toEqual([]);
  });

  it('keeps nothing that is about one person beyond half a minute', async () => {
    const name = await make({ personal: true, cacheSeconds: 10 });
    const sources = open();
    expect(await resolve(sources, name)).toMatchObject({ isFresh: true });
    await resolve(sources, name);
    expect(fake.asked.length).toBe(1);
    fake.answers(status(500));
    expect(await resolve(open(), name)).toMatchObject({ source: fallback, isFresh: false });
    expect(await records.selectFrom('source_values').selectAll().where('source', '=', name).execute()).toEqual([]);
  });

  it('tells what it gives on a good day', async () => {
    const name = await make({ sample: { temp: 25 } });
    const { sources } = template(name);
    expect(await open().samples('default', { sources })).toEqual({ weather: { temp: 25, wind: 0 } });
    expect(await open().samples('default', template('none'))).toEqual(fallback);
    expect(fake.asked).toEqual([]);
  });

  it('leaves no secret, parameter or value in the clear in the records or the log', async () => {
    const name = await make();
    fake.answers(good('twenty-one-degrees'));
    const sources = open();
    await resolve(sources, name, 'Timbuktu');
    fake.answers(status(500));
    for (let i = 0; i < 6; i++) await resolve(sources, name, `Timbuktu ${i}`);
    await expect
      .poll(() => records.selectFrom('source_values').selectAll().where('source', '=', name).execute())
      .toHaveLength(1);
    const kept = Buffer.concat([await readFile(file), await readFile(`${file}-wal`)]).toString('latin1');
    for (const text of [SECRET, 'Timbuktu', 'twenty-one-degrees']) {
      expect(kept).not.toContain(text);
      expect(logged.join('')).not.toContain(text);
    }
    expect(logged.join('')).toContain(`"source":"${name}"`);
  });
});

describe('the definition of a source', () => {
  const faults = (changed: object) => {
    const base = { url: 'https://api.example.com/{city}', params: { city: {} }, map: { temp: '$.t' } };
    const result = definition.superRefine(checkDefinition).safeParse({ ...base, ...changed });
    return result.success ? [] : result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  };

  it.each([
    ['a place for a host', { url: 'https://{city}.example.com/' }],
    ['a place for a port', { url: 'https://example.com:{city}/' }],
    ['a login', { url: 'https://me:{city}@example.com/' }],
    ['another scheme', { url: 'file:///etc/{city}' }],
    ['a fragment', { url: 'https://example.com/#{city}' }],
    ['a parameter without a place', { params: { city: {}, country: {} } }],
    ['a default that breaks its rules', { params: { city: { pattern: '[a-z]+', default: 'X' } } }],
    ['a header of the connection', { headers: { host: 'example.com' } }],
    ['a header that ends the line', { headers: { 'x-a': 'b\r\nx-c: d' } }],
    ['a sample of another field', { sample: { wind: 3 } }],
    ['no fields', { map: {} }],
  ])('is refused for %s', (_, changed) => {
    expect(faults(changed).length).toBeGreaterThan(0);
  });

  it('is taken when it is sound', () => {
    expect(faults({ sample: { temp: 21 } })).toEqual([]);
  });

  it('maps fields by JSONPath, the first match', () => {
    const map = { a: '$..price', b: "$.items[?@.sku == 'x'].name", c: '$.items[-1].name', d: '$.none', e: '$.items' };
    const answer = {
      items: [
        { sku: 'w', name: 'W', price: 1 },
        { sku: 'x', name: 'X', price: 2 },
      ],
    };
    expect(readMap(map, answer)).toEqual({ a: 1, b: 'X', c: 'X' });
    for (const path of Object.values(map)) expect(pathFault(path)).toBeUndefined();
  });

  it.each(['temp', '$.a[', '$[?match(@.a, "(a+)+")]', '$..a..b', '$[*,*][*,*]', '$[?$..a == 1]', '$[?@[?@.a]]'])(
    'takes no path like %s, which is none or has no end',
    (path) => {
      expect(pathFault(path)).toBeTypeOf('string');
    },
  );
});
