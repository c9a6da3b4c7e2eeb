import { beforeEach, describe, expect, it } from 'vitest';
import { signToken } from '../../core/links/token.ts';
import { createSigningKey } from '../../core/node/keys.ts';
import type { RenderPool } from '../../core/node/pool.ts';
import type { RenderJob } from '../../core/node/renderer.ts';
import { parseTemplate } from '../../core/template/parse.ts';
import type { KnownContact } from '../../server/contacts/contact.ts';
import { createImageEndpoint, type ImageEndpoint } from '../../server/image/endpoint.ts';
import { createPictures } from '../../server/image/pictures.ts';
import { createBudget } from '../../server/links/budget.ts';
import { linkPolicy, readLink } from '../../server/links/link.ts';
import { createSends } from '../../server/links/sends.ts';
import { createLog } from '../../server/observe/log.ts';
import type { Sealed } from '../../server/sealed/sealed.ts';
import type { Resolved } from '../../server/sources/sources.ts';
import { createCache } from '../../server/stores/cache/index.ts';
import { openMemoryStore } from '../../server/stores/cache/memory.ts';
import { createCopies } from '../../server/stores/copies.ts';
import { describePublished, type Published } from '../../server/templates/library.ts';
import { firstSettings } from '../../server/workspaces/settings.ts';

const key = createSigningKey('k1', 'a-secret-that-is-long-enough-for-tests');
const target = `/i/${signToken({ kind: 'link', id: 'the-only-link' }, key)}.png`;
const link = readLink({
  ...{
    id: 'the-only-link',
    workspace: 'default',
    template: 'weather',
    version: 1,
    variant: null,
    channel: 'production',
  },
  ...{ platform: 'klaviyo', connection: null, mode: 'merge', formats: '["png"]', scale: 1, scales: '[]', fields: '{}' },
  ...{ policy: JSON.stringify(linkPolicy.parse({})), created_at: 0, expires_at: 90_000_000, revoked_at: null },
});

const publish = (freshness: object): Published => {
  const template = parseTemplate({
    ...{ name: 'weather', size: { width: 10, height: 10 }, output: { format: 'png', scale: 1 }, alt: 'Weather' },
    freshness,
    fields: {},
    sources: { weather: { from: 'weather', fallback: { temp: 0 } } },
    layers: [
      {
        ...{ id: 'text', type: 'text', text: '{{ source.weather.temp }}', fontFamily: 'Inter', fontSize: 5 },
        ...{ box: { x: 0, y: 0, width: 9, height: 9 }, color: '#000', fit: { minFontSize: 5, maxLines: 1 } },
      },
    ],
  });
  const noBlobs = { put: async () => '', get: async () => undefined, delete: async () => undefined };
  const described = describePublished({ template, assets: {}, picture: 'jpeg' }, noBlobs, 'digest');
  return { ...described, workspace: 'default', name: 'weather', version: 1, state: 'published', fallback: undefined };
};

/** What is drawn: the moment and the temperature, so that a test sees what a picture is of. */
let drawn: string[];
let draw: () => Promise<void>;
let weather: Resolved;
let asked: number;
let now: number;
beforeEach(() => {
  drawn = [];
  asked = 0;
  now = 600_000;
  draw = async () => undefined;
  weather = { source: { weather: { temp: 20 } }, isFresh: true };
});

async function serve(freshness: object): Promise<ImageEndpoint> {
  const published = publish(freshness);
  const pool = {
    async render({ live }: RenderJob) {
      const text = `${live?.now ?? 'static'} ${live?.source?.weather?.temp}`;
      drawn.push(text);
      await draw();
      return { bytes: Buffer.from(text), width: 10, height: 10, warnings: [] };
    },
  } as unknown as RenderPool;
  const log = createLog('silent');
  const cache = createCache(await openMemoryStore('', 1_000_000), { maxBytes: 1_000_000, onFault: () => undefined });
  const images = { identify: async () => [], load: async () => ({}), quarantine: () => undefined };
  return createImageEndpoint(
    {
      pictures: createPictures({ build: 'build', cache, pool, images }),
      sources: {
        async resolve() {
          asked++;
          return weather;
        },
      },
      ...{ log, budget: createBudget(() => 0), sends: createSends(), changes: { count: () => 0 } },
      observed: { served: () => undefined, refused: () => undefined },
      links: createCopies(10, async () => link),
      sealed: createCopies<Sealed>(10, async () => undefined),
      contacts: createCopies<KnownContact>(10, async () => undefined),
      library: { get: async () => published, expireLive: () => undefined },
      settings: { get: async () => firstSettings },
      signingKeys: [key],
    },
    () => now,
  );
}

/** What came back: the outcome, what the picture shows, and what caches in front are told. */
async function look(endpoint: ImageEndpoint) {
  const { status, headers, body, outcome } = await endpoint.answer(target);
  expect(status).toBe(200);
  const header = (name: string) => headers[headers.indexOf(name) + 1];
  return {
    outcome,
    shows: body?.toString(),
    kept: header('Cache-Control'),
    hasTag: headers.includes('ETag'),
  };
}

describe('a live picture', () => {
  const live = { mode: 'live', seconds: 300, stale: 120 };

  it('is drawn once in its bucket, whatever its sources say meanwhile, and may be kept until the bucket ends', async () => {
    const endpoint = await serve(live);
    expect(await look(endpoint)).toEqual({
      outcome: 'rendered',
      shows: '600000 20',
      kept: 'public, max-age=300, stale-while-revalidate=120, stale-if-error=86400',
      hasTag: true,
    });
    weather = { source: { weather: { temp: 21 } }, isFresh: true };
    now += 299_000;
    expect(await look(endpoint)).toMatchObject({ outcome: 'hit', shows: '600000 20' });
    expect(asked).toBe(1);
    expect(drawn).toEqual(['600000 20']);
  });

  it('tells how many seconds of its bucket are left', async () => {
    const endpoint = await serve(live);
    now += 240_000;
    expect((await look(endpoint)).kept).toMatch(/^public, max-age=60, /);
  });

  it('is shown old at once for a while after its bucket, and is then the new one', async () => {
    const endpoint = await serve(live);
    await look(endpoint);
    now += 300_000;
    expect(await look(endpoint)).toEqual({
      outcome: 'stale',
      shows: '600000 20',
      kept: 'public, max-age=60',
      hasTag: false,
    });
    await expect.poll(() => drawn).toEqual(['600000 20', '900000 20']);
    expect(await look(endpoint)).toMatchObject({ outcome: 'hit', shows: '900000 20' });
  });

  it('is waited for once it is older than that', async () => {
    const endpoint = await serve(live);
    await look(endpoint);
    now += 300_000 + 120_001;
    expect(await look(endpoint)).toMatchObject({ outcome: 'rendered', shows: '900000 20' });
  });

  it('is shown however old when no new one can be drawn', async () => {
    const endpoint = await serve(live);
    await look(endpoint);
    now += 3_600_000;
    draw = () => Promise.reject(new Error('down'));
    expect(await look(endpoint)).toEqual({
      outcome: 'stale; error',
      shows: '600000 20',
      kept: 'public, max-age=60',
      hasTag: false,
    });
  });

  it('is a stand-in for a moment when a source does not answer, and never the good one', async () => {
    const endpoint = await serve(live);
    weather = { source: { weather: { temp: 0 } }, isFresh: false, reason: 'source-weather-late' };
    expect(await look(endpoint)).toEqual({
      outcome: 'rendered; source-weather-late',
      shows: '600000 0',
      kept: 'public, max-age=60',
      hasTag: false,
    });
    weather = { source: { weather: { temp: 22 } }, isFresh: true };
    expect(await look(endpoint)).toMatchObject({ outcome: 'rendered', shows: '600000 22', hasTag: true });
  });

  it('is drawn once for all who ask at the same time', async () => {
    const endpoint = await serve(live);
    const all = await Promise.all(Array.from({ length: 1000 }, () => look(endpoint)));
    expect(drawn).toHaveLength(1);
    expect(new Set(all.map(({ shows }) => shows))).toEqual(new Set(['600000 20']));
  });
});

describe('a hybrid picture', () => {
  const hybrid = { mode: 'hybrid', seconds: 300, stale: 120 };

  it('is drawn anew only when its sources say something else', async () => {
    const endpoint = await serve(hybrid);
    expect(await look(endpoint)).toMatchObject({ outcome: 'rendered', shows: 'static 20' });
    now += 3_600_000;
    expect(await look(endpoint)).toMatchObject({ outcome: 'hit', shows: 'static 20' });
    weather = { source: { weather: { temp: 25 } }, isFresh: true };
    now += 300_000;
    // The one before was the right one a bucket ago.
    expect(await look(endpoint)).toMatchObject({ outcome: 'stale', shows: 'static 20' });
    await expect.poll(() => drawn).toEqual(['static 20', 'static 25']);
    now += 60_000;
    expect(await look(endpoint)).toMatchObject({ outcome: 'hit', shows: 'static 25' });
  });

  it('says so when it shows what a source said before', async () => {
    const endpoint = await serve(hybrid);
    await look(endpoint);
    weather = { ...weather, isFresh: false, reason: 'source-weather-failed' };
    now += 300_000;
    expect(await look(endpoint)).toEqual({
      outcome: 'hit; source-weather-failed',
      shows: 'static 20',
      kept: 'public, max-age=60',
      hasTag: false,
    });
  });
});

describe('a link', () => {
  it('shows the neutral picture once it has expired', async () => {
    const endpoint = await serve({ mode: 'hybrid' });
    now = 89_000_000;
    expect((await look(endpoint)).outcome).toBe('rendered');
    now = 90_002_000;
    expect((await look(endpoint)).outcome).toBe('neutral; expired');
  });
});
